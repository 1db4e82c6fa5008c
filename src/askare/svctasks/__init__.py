"""Service tasks: when a script is to start, that it starts once, and what became of each planned start."""
