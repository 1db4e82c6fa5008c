"""What of a realty matters to whom.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from askare.directory.model import Address
from askare.realties.model import FOR_SALE, Realty, RealtyContent, RealtyFilter

# What matching never looks at: how the realty is named, and whose it is.  All else it does (contract 5.4).
_UNMATCHED = {"friendly_id": None, "agency_office_id": None, "room_structure": None}


def is_on_the_market(content: RealtyContent) -> bool:
    """For sale, or nothing said of it."""
    return content.status_code in (None, FOR_SALE)


def differs_in_matching(stored: RealtyContent, wanted: RealtyContent) -> bool:
    """Whether matching may answer otherwise: price, status, or any other field that it looks at has changed."""
    return _matched(stored) != _matched(wanted)


def _matched(content: RealtyContent) -> RealtyContent:
    address = content.address
    if address is not None:
        address = msgspec.structs.replace(address, street_address=None)
        if address == Address():
            address = None
    return msgspec.structs.replace(content, address=address, **_UNMATCHED)


# What a document has besides what was said of its realty.
_NOT_SAID = frozenset({"realtyId", "creationTime", "modificationTime"})


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which two documents differ, each as it was and as it became; None is absent."""
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if name not in _NOT_SAID and before.get(name) != after.get(name)
    }


def matches(wanted: RealtyFilter, realty: Realty) -> bool:
    """Whether a search without free text finds this realty: the definition that the store's SQL is held to."""
    content = realty.content
    return (
        (not wanted.office_ids or content.agency_office_id in wanted.office_ids)
        and (not wanted.statuses or content.status_code in wanted.statuses)
        and (not wanted.property_types or content.property_type_code in wanted.property_types)
        and (not wanted.friendly_ids or content.friendly_id in wanted.friendly_ids)
        and (wanted.modified_after is None or realty.modified > wanted.modified_after)
    )


def name_of(content: RealtyContent) -> str:
    """By what people look for a realty: `Hämeenkatu 1, Tammela, 33500 Tampere, 40142361`."""
    address = content.address or Address()
    town = " ".join(filter(None, (address.postcode, address.locality or address.postal_area)))
    return ", ".join(filter(None, (address.street_address, address.district, town, content.friendly_id)))


def searched_text(content: RealtyContent) -> str:
    """What free text search over realties looks through: its name, all of its address, and its rooms."""
    address = content.address or Address()
    parts = [name_of(content), address.postal_area, address.region, content.room_structure, content.room_count_code]
    return "\n".join(filter(None, parts))
