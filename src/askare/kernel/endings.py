"""What a command may end with."""

from __future__ import annotations


class Ending(Exception):
    """A command cannot go on; the text says in words what is wrong and what to do, so nobody needs a traceback."""
