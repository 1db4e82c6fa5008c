"""Open objects: JSON that belongs to the client and is given back as it came, whatever it says.

They are kept as text (`msgspec.Raw`).  What is known of them is checked by a typed reading beside it, with the types
below; what is not known stays.  Source: OviPro contract 3.2, 4.3 and 4.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

TEXT_LETTERS_MAX = 10_000  # contract 1.4: a generous cap, only to protect the server
END = r"$(?!\n)"  # of a pattern: Python's `$` alone also stands before a last newline
Code = Annotated[str, Meta(pattern="^[A-Z0-9_+]{1,64}" + END, description="A code of an open list.")]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}" + END, description="A currency by ISO 4217.", examples=["EUR"])]
Text = Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)]
Amount = Annotated[float, Meta(ge=0)]
Year = Annotated[int, Meta(ge=0)]


class KnownAddress(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where something is, as far as it is said."""

    street_address: Text | None = None
    district: Text | None = None
    region: Text | None = None
    region_code: Text | None = None
    postcode: Text | None = None
    postal_area: Text | None = None
    locality: Text | None = None
    locality_code: Text | None = None
    country_code: Text | None = None


class PriceRange(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """From what price to what price, in whole units of the currency."""

    minimum_price: Amount | None = None
    maximum_price: Amount | None = None
    currency_code: CurrencyCode | None = None


ABSENT = Raw()  # an open object that is not there; an optional one is never None


def present(said: Raw) -> Raw:
    """The same text, or `ABSENT` for a null: an optional object that is null is not there."""
    return ABSENT if said in (_NULL, ABSENT) else said


_NULL = Raw(b"null")


def compact(said: Raw) -> Raw:
    """The same text without the blanks between its parts; letters, digits and order stay as they were written."""
    return ABSENT if said == ABSENT else Raw(msgspec.json.format(bytes(said), indent=-1))


def value_of(said: Raw) -> Any:
    """The plain value of an open object; None for one that is absent."""
    return None if said == ABSENT else msgspec.json.decode(said)


def same(one: Raw, other: Raw) -> bool:
    """Whether two open objects say the same.

    The order of keys counts, and so does `1` beside `1.0`: both come back as they were sent.  Blanks and the way a
    letter is escaped are no difference.
    """
    if one == other:
        return True
    return ABSENT not in (one, other) and _plainly(one) == _plainly(other)


def _plainly(said: Raw) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(said))


def strings_in(value: Any) -> Iterator[str]:
    """Every string anywhere inside a plain value, keys aside, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
