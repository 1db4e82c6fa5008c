"""Meetings: an agent's visits to people who may want to sell."""
