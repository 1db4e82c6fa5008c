"""Reverse search: who wants to hear about this realty?"""
