"""Promises of later work: made in a transaction, kept by the night shift, as often as it takes.

`outbox.promise` makes one; `runner` keeps them; `kinds.Kind` is the list of everything that is ever promised.
"""
