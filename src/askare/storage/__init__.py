"""Transactions on SQLite or PostgreSQL, migrations, history, remembered counts, search words.

Rooms above write SQL once, with `:name` parameters; what differs between the two databases is one `Flavour` value.
"""
