"""The shapes in which an entity is answered: whole, as in lists, masked, flat.  Source: contract 2 and 4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]


def read_mask(text: str) -> tuple[str, ...]:
    """The field names of a mask.  Blanks say nothing, and names that nobody knows choose nothing."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def masked(document: Document, names: Iterable[str]) -> Document:
    """The fields that are named, in the document's own order; `ext` chooses all of it, `ext.lwt` one of it."""
    return _chosen(document, frozenset(names), "")


def _chosen(document: Document, names: frozenset[str], prefix: str) -> Document:
    chosen: Document = {}
    for name, value in document.items():
        path = prefix + name
        if path in names:
            chosen[name] = value
        elif isinstance(value, dict) and any(one.startswith(f"{path}.") for one in names):
            inner = _chosen(value, names, f"{path}.")
            if inner:
                chosen[name] = inner
    return chosen


def as_listed(document: Document, unlisted: frozenset[str]) -> Document:
    """The form of lists: without the large fields, and of `ext` only the times."""
    listed = {name: value for name, value in document.items() if name not in unlisted}
    if "ext" in listed:
        listed["ext"] = {name: value for name, value in listed["ext"].items() if name in ("ct", "lwt")}
    return listed


def flattened(document: Document) -> Document:
    """Composite fields as dotted keys: `opts.title`, `ext.ct`."""
    flat: Document = {}
    for name, value in document.items():
        if isinstance(value, dict) and value:
            flat.update({f"{name}.{inner}": one for inner, one in flattened(value).items()})
        else:
            flat[name] = value
    return flat
