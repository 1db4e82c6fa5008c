"""E-mail as rows: written once, kept, delivered as often as it takes, and never twice on purpose.

`operations.write_alerts` and its neighbours write letters, `jobs.Delivery` delivers them, `rules` says when.
"""
