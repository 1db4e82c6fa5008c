"""A realty: what is known of a home for sale.  Source: OviPro contract 8.1, and 4.4 for the code lists."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.model import Address, Code
from askare.kernel.time import settled, written
from askare.kernel.verbatim import CurrencyCode

FOR_SALE = "FOR_SALE"
AREA_MAX = 1e12  # square metres; only to protect the server
AMOUNT_MAX = 1e15

Area = Annotated[float, Meta(ge=0, le=AREA_MAX)]


class PropertyType(Enum):
    """Closed, since a realty of an unknown type could never match anything (contract 4.4 and 5.4)."""

    ESTATE = "ESTATE"
    LEISURE = "LEISURE"
    PLOT = "PLOT"
    RESIDENTIAL = "RESIDENTIAL"
    OTHER = "OTHER"
    SUBLEASE = "SUBLEASE"
    SHARED_APARTMENT = "SHARED_APARTMENT"
    COMMERCIAL_PROPERTY = "COMMERCIAL_PROPERTY"


class Money(Struct, frozen=True, rename="camel"):
    """Whole currency units, not cents (contract 1.4)."""

    amount: Annotated[float, Meta(ge=0, le=AMOUNT_MAX)]
    currency_code: CurrencyCode

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "amount", _plain(self.amount))


def _plain(number: float) -> float:
    """The same number as people write it: 145000, not 145000.0."""
    return int(number) if float(number).is_integer() else number


class Features(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a home has; a feature that is not said is not known."""

    has_elevator: bool | None = None
    has_balcony: bool | None = None
    has_sauna: bool | None = None
    housing_company_has_sauna: bool | None = None


class RealtyContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is said of a realty: the whole body of a PUT.

    Everything may be left out.  An optional field that is None is absent, and properties that nobody knows are
    ignored (contract 1.8).  A realty without an office belongs to the whole organization.
    """

    friendly_id: Annotated[str, Meta(max_length=64)] | None = None
    agency_office_id: UUID | None = None
    status_code: Code | None = None
    listed_time: datetime | None = None
    property_type_code: PropertyType | None = None
    residential_type_code: Code | None = None
    plot_property_type_code: Code | None = None
    estate_property_type_code: Code | None = None
    other_property_type_code: Code | None = None
    ownership_type_code: Code | None = None
    availability_code: Code | None = None
    condition_code: Code | None = None
    construction_year: Annotated[int, Meta(ge=0, le=9999)] | None = None
    room_count_code: Code | None = None
    room_structure: Annotated[str, Meta(max_length=200, examples=["3h+k+s"])] | None = None
    living_area_in_square_meters: Area | None = None
    plot_area_in_square_meters: Area | None = None
    plot_holding_type_code: Code | None = None
    debt_free_price: Money | None = None
    address: Address | None = None
    features: Features | None = None

    def __post_init__(self) -> None:
        if self.listed_time is not None:
            msgspec.structs.force_setattr(self, "listed_time", settled(self.listed_time))
        for area in ("living_area_in_square_meters", "plot_area_in_square_meters"):
            if (number := getattr(self, area)) is not None:
                msgspec.structs.force_setattr(self, area, _plain(number))


class Realty(Struct, frozen=True):
    """A realty as it is kept."""

    realty_id: UUID
    version: int  # 1 when created, one more with every change
    content: RealtyContent
    created: datetime
    modified: datetime


class _Times(Struct, rename="camel"):
    creation_time: datetime
    modification_time: datetime


_content_decoder = msgspec.json.Decoder(RealtyContent)
_times_decoder = msgspec.json.Decoder(_Times)


def document_of(realty: Realty) -> str:
    """The JSON that answers this realty, and in which it is stored."""
    content = msgspec.to_builtins(realty.content, builtin_types=(UUID, datetime))
    if realty.content.listed_time is not None:
        content["listedTime"] = written(realty.content.listed_time)
    return msgspec.json.encode(
        {
            "realtyId": realty.realty_id,
            **content,
            "creationTime": written(realty.created),
            "modificationTime": written(realty.modified),
        }
    ).decode()


def content_of(document: str) -> RealtyContent:
    """What was said of the realty, from a stored document."""
    return _content_decoder.decode(document)


def realty_of(realty_id: UUID, version: int, document: str) -> Realty:
    """The realty of a stored document."""
    times = _times_decoder.decode(document)
    return Realty(
        realty_id,
        version,
        content_of(document),
        created=settled(times.creation_time),
        modified=settled(times.modification_time),
    )


class RealtyFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing."""

    office_ids: frozenset[UUID] = frozenset()
    statuses: frozenset[str] = frozenset()
    property_types: frozenset[PropertyType] = frozenset()
    friendly_ids: frozenset[str] = frozenset()
    text: str = ""
    modified_after: datetime | None = None
