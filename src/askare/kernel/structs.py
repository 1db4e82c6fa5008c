"""Structs are made ready while there is one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import msgspec
from msgspec import Struct


def make_ready() -> int:
    """Have msgspec look through every struct that is loaded so far; returns how many there are.

    It does that by itself when the first value is turned into a struct.  A second thread that comes by meanwhile finds
    it half done and reads where nothing is (msgspec 0.22: a segmentation fault), and the whole process is gone.
    """
    structs = list(_below(Struct))
    for struct in structs:
        with suppress(TypeError, NameError):  # one into which nothing is ever turned
            msgspec.json.Decoder(struct)
    return len(structs)


def _below(struct: type[Struct]) -> Iterator[type[Struct]]:
    for one in struct.__subclasses__():
        yield one
        yield from _below(one)
