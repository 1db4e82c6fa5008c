"""Watches on the wire.  Source: OviPro contract 5; the paths are 1.1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.paging import Window
from askare.realties.model import PropertyType
from askare.watches import operations
from askare.watches.model import (
    ChangedWatch,
    ListedRequirement,
    Notification,
    RequirementReference,
    WatchContent,
    WatchFilter,
    WatchParty,
    WatchStatus,
)
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import INT32_MAX, counted_list_reply, read_orders

ROLES = frozenset({Role.ADMIN, Role.AGENT})

_EXAMPLE_ID = "123e4567-e89b-12d3-a456-426614174000"
EXAMPLE_CONTENT: dict[str, Any] = {
    "assetRequirementId": _EXAMPLE_ID,
    "validityEndTime": "2023-01-01T00:00:00Z",
    "agentNotificationTypeCodes": ["EMAIL"],
    "parties": [{"partyId": _EXAMPLE_ID, "partyTypeCode": "PERSON_PARTY", "partyNotificationTypeCodes": ["EMAIL"]}],
}
_EXAMPLE_TAIL: dict[str, Any] = {
    "watchStatusCode": "ENDED",
    "validityStartTime": "2023-01-01T00:00:00Z",
    "validityEndTime": "2024-01-01T00:00:00Z",
    "agentNotificationTypeCodes": ["EMAIL"],
    "parties": EXAMPLE_CONTENT["parties"],
    "creationTime": "2022-01-01T00:00:00Z",
    "modificationTime": "2022-01-01T00:00:00Z",
}
EXAMPLE_DETAILS: dict[str, Any] = {
    "watchId": _EXAMPLE_ID,
    "assetRequirement": {"assetRequirementId": _EXAMPLE_ID},
    **_EXAMPLE_TAIL,
}
EXAMPLE_ITEM: dict[str, Any] = {
    "watchId": _EXAMPLE_ID,
    "assetRequirement": {
        "assetRequirementId": "45221bb8-2deb-47c4-b5e4-155a8f1770dd",
        "responsibleAgent": {
            "agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0",
            "firstName": "Veikko",
            "lastName": "Viljanen",
        },
        "agencyOffice": {"agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19", "name": "Agency Office name"},
    },
    **_EXAMPLE_TAIL,
}


class WatchSort(Enum):
    """A field and its direction; without one, ascending."""

    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


class WatchPath(Struct, frozen=True, rename="camel"):
    """Which watch."""

    watch_id: Annotated[UUID, Meta(description="Unique watch identifier.")]


class WatchSearch(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to look for: OR inside a parameter, AND between parameters."""

    watch_id: Annotated[tuple[UUID, ...], Meta(description="These watches.")] = ()
    agent_id: Annotated[tuple[UUID, ...], Meta(description="Watches whose responsible agent is one of these.")] = ()
    agency_office_id: Annotated[
        tuple[UUID, ...], Meta(description="Watches on asset requirements of one of these offices.")
    ] = ()
    asset_requirement_id: Annotated[
        tuple[UUID, ...], Meta(description="Watches on one of these asset requirements.")
    ] = ()
    party_id: Annotated[tuple[UUID, ...], Meta(description="Watches for one of these parties.")] = ()
    status_code: Annotated[
        tuple[WatchStatus, ...], Meta(description="ACTIVE: watches that have not ended yet; ENDED: the others.")
    ] = ()
    realty_property_type_code: Annotated[
        tuple[PropertyType, ...], Meta(description="Watches on asset requirements that ask for one of these types.")
    ] = ()
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first watch of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Watches a page.")] = 50
    sort: Annotated[
        tuple[WatchSort, ...],
        Meta(description="Order; without it, modificationTime|desc. Ties are broken by watchId."),
    ] = ()


class WatchCreated(Struct, frozen=True, rename="camel"):
    """The id of the new watch."""

    watch_id: UUID


class _Shown(Struct, frozen=True, kw_only=True, rename="camel"):
    watch_id: UUID
    watch_status_code: WatchStatus
    validity_start_time: datetime
    validity_end_time: datetime
    agent_notification_type_codes: list[Notification]
    parties: list[WatchParty]
    creation_time: datetime
    modification_time: datetime


class WatchDetails(_Shown, frozen=True, kw_only=True, rename="camel"):
    """A watch as it is answered by itself."""

    asset_requirement: RequirementReference


class WatchItem(_Shown, frozen=True, kw_only=True, rename="camel"):
    """A watch as a list shows it.  Names that the directory lacks are left out."""

    asset_requirement: ListedRequirement


class WatchList(Struct, frozen=True, rename="camel"):
    """A page of watches, and the number of all that were found."""

    total_count: int
    watches: list[WatchItem]


class WatchApi:
    """The four operations and our DELETE, as the settings want them answered."""

    def __init__(self, *, empty_success_status: int = 204, checks: Checks = Checks.OFF) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks

    async def create_watch(self, call: Call) -> Reply:
        saved = await call.write(
            operations.create_watch, call.body, watch_id=call.new_id(), checks=self._checks, now=call.now
        )
        body = msgspec.json.encode(WatchCreated(saved.thing_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{saved.thing_id}"})

    async def get_watch(self, call: Call) -> Reply:
        found = await call.read(operations.get_watch, call.parameters.watch_id, now=call.now)
        return Reply(200, found.document.encode(), {"ETag": etag_of(found.version)})

    async def search_watches(self, call: Call) -> Reply:
        wanted: WatchSearch = call.parameters
        page = await call.read(
            operations.search_watches,
            filter_of(wanted),
            orders=read_orders(word.value for word in wanted.sort),
            window=Window(wanted.start_index, wanted.size),
            now=call.now,
        )
        return counted_list_reply("watches", page)

    async def update_watch(self, call: Call) -> Reply:
        await call.write(
            operations.update_watch,
            call.parameters.watch_id,
            call.body,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    async def delete_watch(self, call: Call) -> Reply:
        await call.write(
            operations.delete_watch,
            call.parameters.watch_id,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    def aliases(self) -> list[Endpoint]:
        """The same under another name that people look for."""
        return [
            replace(endpoint, path=endpoint.path.replace("/watches", "/assetRequirementWatches"))
            for endpoint in self.endpoints()
        ]

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        empty = Answer(self._empty_success.status, "Done.")
        return [
            Endpoint(
                method="POST",
                path="/watches",
                operation_id="watch.create",
                summary="Create a new watch",
                description="From now on, realties that come onto the market, or change so that they fit, are told to"
                " the parties and the responsible agent. What fits already is not told.",
                tag="Watch",
                roles=ROLES,
                handle=self.create_watch,
                body=Body(WatchContent, "The whole of the watch.", (Example("watch", EXAMPLE_CONTENT),)),
                answers=(
                    Answer(
                        201,
                        "The watch is stored.",
                        WatchCreated,
                        (Example("created", {"watchId": _EXAMPLE_ID}),),
                        etag=True,
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="GET",
                path="/watches",
                operation_id="watch.search",
                summary="Search watches",
                tag="Watch",
                roles=ROLES,
                handle=self.search_watches,
                parameters=WatchSearch,
                answers=(
                    Answer(
                        200,
                        "A page of watches.",
                        WatchList,
                        (Example("page", {"totalCount": 1, "watches": [EXAMPLE_ITEM]}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/watches/{watchId}",
                operation_id="watch.get",
                summary="Get details of a watch",
                tag="Watch",
                roles=ROLES,
                handle=self.get_watch,
                parameters=WatchPath,
                answers=(Answer(200, "The watch.", WatchDetails, (Example("watch", EXAMPLE_DETAILS),), etag=True),),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/watches/{watchId}",
                operation_id="watch.update",
                summary="Update a watch",
                description="Replaces the whole watch; its parties cannot change, only by what they are told. An end"
                " that lies in the past or is now ends the watch, and a later one revives it.",
                tag="Watch",
                roles=ROLES,
                handle=self.update_watch,
                parameters=WatchPath,
                reads_if_match=True,
                body=Body(
                    ChangedWatch,
                    "The whole of the watch, with the id of the path.",
                    (Example("watch", {"watchId": _EXAMPLE_ID, **EXAMPLE_CONTENT}),),
                    path_id="watchId",
                ),
                answers=(empty,),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/watches/{watchId}",
                operation_id="watch.delete",
                summary="Delete a watch (an extra of Askare)",
                description="The watch is gone with its matches; letters that wait are not sent any more.",
                tag="Watch",
                roles=ROLES,
                handle=self.delete_watch,
                parameters=WatchPath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        ]


def filter_of(wanted: WatchSearch) -> WatchFilter:
    """The search parameters in the trade's words."""
    return WatchFilter(
        ids=frozenset(wanted.watch_id),
        requirement_ids=frozenset(wanted.asset_requirement_id),
        party_ids=frozenset(wanted.party_id),
        agent_ids=frozenset(wanted.agent_id),
        office_ids=frozenset(wanted.agency_office_id),
        statuses=frozenset(wanted.status_code),
        property_types=frozenset(code.value for code in wanted.realty_property_type_code),
    )
