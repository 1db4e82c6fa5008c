"""Realties on the wire.  Source: OviPro contract 8.1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.model import Code
from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.change import Change
from askare.kernel.paging import Window
from askare.kernel.time import written
from askare.realties import operations
from askare.realties.model import PropertyType, RealtyContent, RealtyFilter
from askare.wire.askare.common import ListParameters, put_reply
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.ovipro.common import INT32_MAX, document_reply, list_reply, read_orders, word_faults

ROLES = frozenset({Role.ADMIN, Role.AGENT})

_EXAMPLE_ID = {"realtyId": "9fd9124c-e6c1-4368-9f17-6938f0e2f524"}
EXAMPLE_CONTENT: dict[str, Any] = {
    "friendlyId": "40142361",
    "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
    "statusCode": "FOR_SALE",
    "listedTime": "2023-06-01T08:00:00Z",
    "propertyTypeCode": "RESIDENTIAL",
    "residentialTypeCode": "APARTMENT_HOUSE",
    "ownershipTypeCode": "OWN",
    "availabilityCode": "AVAILABLE",
    "conditionCode": "GOOD",
    "constructionYear": 2010,
    "roomCountCode": "3H",
    "livingAreaInSquareMeters": 120.5,
    "plotHoldingTypeCode": "OWN",
    "debtFreePrice": {"amount": 145000, "currencyCode": "EUR"},
    "address": {
        "streetAddress": "Hämeenkatu 1",
        "district": "Tammela",
        "region": "Pirkanmaa",
        "regionCode": "FI_PIRKANMAA",
        "postcode": "33500",
        "postalArea": "Tampere",
        "locality": "Tampere",
        "localityCode": "FI_PIRKANMAA_TAMPERE",
        "countryCode": "FI",
    },
    "features": {"hasElevator": True, "hasBalcony": True, "hasSauna": True, "housingCompanyHasSauna": False},
}
EXAMPLE = {
    **_EXAMPLE_ID,
    **EXAMPLE_CONTENT,
    "creationTime": "2023-06-01T08:00:00Z",
    "modificationTime": "2023-06-01T08:00:00Z",
}


_EXAMPLE_HISTORY = {
    "history": [
        {
            "version": 2,
            "change": "updated",
            "at": "2023-06-15T09:00:00Z",
            "userId": "5f0c8bdb-4f0e-4a2e-9a53-6b8f0d1c2e3a",
            "changed": {
                "debtFreePrice": {
                    "before": {"amount": 149000, "currencyCode": "EUR"},
                    "after": {"amount": 145000, "currencyCode": "EUR"},
                }
            },
        }
    ],
    "totalCount": 2,
}


class RealtySort(Enum):
    """A field and its direction; without one, ascending."""

    LISTED = "listedTime"
    LISTED_ASCENDING = "listedTime|asc"
    LISTED_DESCENDING = "listedTime|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


class RealtyPath(Struct, frozen=True, rename="camel"):
    """Which realty."""

    realty_id: Annotated[UUID, Meta(description="Identifier of the realty.")]


class RealtySearch(ListParameters, frozen=True, kw_only=True, rename="camel"):
    """Which realties."""

    agency_office_id: Annotated[tuple[UUID, ...], Meta(description="Realties of one of these offices.")] = ()
    status_code: Annotated[tuple[Code, ...], Meta(description="Realties in one of these states.")] = ()
    property_type_code: Annotated[tuple[PropertyType, ...], Meta(description="Realties of one of these types.")] = ()
    friendly_id: Annotated[tuple[str, ...], Meta(description="Realties with one of these numbers.")] = ()
    sort: Annotated[
        tuple[RealtySort, ...],
        Meta(
            description="Order; the default is the newest listing first, ties broken by realtyId in the last direction."
        ),
    ] = ()


class RealtyDetails(RealtyContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A realty as it is answered."""

    realty_id: UUID
    creation_time: datetime
    modification_time: datetime


class RealtyPut(Struct, frozen=True, rename="camel"):
    """The id of the new realty."""

    realty_id: UUID


class RealtyList(Struct, frozen=True, rename="camel"):
    """A page of realties, and the number of all that were found."""

    realties: list[RealtyDetails]
    total_count: int


class HistoryAsked(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of which realty, and how much of it."""

    realty_id: Annotated[UUID, Meta(description="Identifier of the realty.")]
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first change, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Changes at once.")] = 50


class FieldChange(Struct, frozen=True):
    """One field as it was and as it became; null where it was absent."""

    before: Any
    after: Any


class RealtyChange(Struct, frozen=True, rename="camel"):
    """One change of a realty: which version it made, when, by whom, and what became different."""

    version: int
    change: Change
    at: datetime
    user_id: UUID
    changed: dict[str, FieldChange]


class RealtyHistory(Struct, frozen=True, rename="camel"):
    """What has become of a realty, newest first, and how many changes there are."""

    history: list[RealtyChange]
    total_count: int


class RealtyApi:
    """The four operations, as the settings want them answered."""

    def __init__(self, *, empty_success_status: int = 204, checks: Checks = Checks.OFF) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks

    async def get_realty(self, call: Call) -> Reply:
        found = await call.read(operations.get_realty, call.parameters.realty_id)
        return document_reply(found.document, found.version, call)

    async def get_history(self, call: Call) -> Reply:
        asked: HistoryAsked = call.parameters
        page = await call.read(operations.get_history, asked.realty_id, window=Window(asked.start_index, asked.size))
        told = [
            {
                "version": one.version,
                "change": one.change,
                "at": written(one.at),
                "userId": one.user_id,
                "changed": {name: {"before": before, "after": after} for name, (before, after) in one.changed.items()},
            }
            for one in page.items
        ]
        return Reply(200, msgspec.json.encode({"history": told, "totalCount": page.total}))

    async def put_realty(self, call: Call) -> Reply:
        realty_id = call.parameters.realty_id
        saved = await call.write(
            operations.put_realty,
            realty_id,
            call.body,
            precondition=call.precondition,
            checks=self._checks,
            now=call.now,
        )
        return put_reply(
            call, "realtyId", realty_id, version=saved.version, is_new=saved.is_new, empty=self._empty_success
        )

    async def delete_realty(self, call: Call) -> Reply:
        await call.write(
            operations.delete_realty, call.parameters.realty_id, precondition=call.precondition, now=call.now
        )
        return self._empty_success

    async def search_realties(self, call: Call) -> Reply:
        wanted: RealtySearch = call.parameters
        page = await call.read(
            operations.search_realties,
            RealtyFilter(
                office_ids=frozenset(wanted.agency_office_id),
                statuses=frozenset(wanted.status_code),
                property_types=frozenset(wanted.property_type_code),
                friendly_ids=frozenset(wanted.friendly_id),
                text=wanted.free_text_search,
                modified_after=wanted.modified_after,
            ),
            orders=read_orders(word.value for word in wanted.sort),
            window=wanted.window(),
        )
        return list_reply("realties", page)

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        empty = Answer(self._empty_success.status, "Done.")
        return [
            Endpoint(
                method="GET",
                path="/realties",
                operation_id="realty.search",
                summary="Search realties",
                tag="Realty",
                roles=ROLES,
                handle=self.search_realties,
                parameters=RealtySearch,
                parameter_faults=word_faults,
                answers=(
                    Answer(
                        200,
                        "A page of realties.",
                        RealtyList,
                        (Example("page", {"realties": [EXAMPLE], "totalCount": 1}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/realties/{realtyId}",
                operation_id="realty.get",
                summary="Get a realty",
                tag="Realty",
                roles=ROLES,
                handle=self.get_realty,
                parameters=RealtyPath,
                reads_if_none_match=True,
                answers=(Answer(200, "The realty.", RealtyDetails, (Example("realty", EXAMPLE),), etag=True),),
                problems=(404,),
            ),
            Endpoint(
                method="GET",
                path="/realties/{realtyId}/history",
                operation_id="realty.history",
                summary="Learn what has become of a realty",
                description="Every price, status and fact that it had, newest first.",
                tag="Realty",
                roles=ROLES,
                handle=self.get_history,
                parameters=HistoryAsked,
                answers=(Answer(200, "Its changes.", RealtyHistory, (Example("price cut", _EXAMPLE_HISTORY),)),),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/realties/{realtyId}",
                operation_id="realty.put",
                summary="Take a realty in, or replace it",
                description="Replaces the whole: a field that is left out is cleared. Whoever waits for such a realty"
                " hears of it when it is new or has changed in what they look at.",
                tag="Realty",
                roles=ROLES,
                handle=self.put_realty,
                parameters=RealtyPath,
                reads_if_match=True,
                reads_if_none_match=True,
                body=Body(RealtyContent, "The whole of the realty.", (Example("realty", EXAMPLE_CONTENT),)),
                answers=(
                    Answer(201, "The realty is new.", RealtyPut, (Example("created", _EXAMPLE_ID),), etag=True),
                    msgspec.structs.replace(empty, etag=True),
                ),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/realties/{realtyId}",
                operation_id="realty.delete",
                summary="Delete a realty",
                description="What points at it stays as it is.",
                tag="Realty",
                roles=ROLES,
                handle=self.delete_realty,
                parameters=RealtyPath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        ]
