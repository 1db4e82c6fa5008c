"""A window on a list, and what is seen through it."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")


class Window(Struct, frozen=True):
    """`size` things from the `start`-th on, counted from 0."""

    start: int
    size: int


class Order(Struct, frozen=True):
    """One sort wish.  The field is a name of ours from a closed table, never a client's word."""

    field: str
    descending: bool = False


class Page(Struct, Generic[Item], frozen=True):
    """The things seen through a window, and how many there are in all."""

    items: list[Item]
    total: int
