"""Homes and other realties, as far as they are known here.  Nothing fails when there are none.

Source: OviPro contract 8.1.
"""
