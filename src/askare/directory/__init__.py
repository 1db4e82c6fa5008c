"""Offices, agents, parties and realties as far as they are known here.  Nothing fails when it is empty.

Source: OviPro contract 8.1.
"""
