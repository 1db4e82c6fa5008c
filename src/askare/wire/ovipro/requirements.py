"""Asset requirements on the wire.  Source: OviPro contract 4; the paths are 1.1, the windows and orders 1.7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.paging import Window
from askare.kernel.problems import Fault, Wrong
from askare.kernel.verbatim import TEXT_LETTERS_MAX
from askare.kernel.words import QUERY_WORDS_MAX
from askare.requirements import operations, rules
from askare.requirements.model import (
    AssetRequirements,
    ChangedRequirement,
    ChangedRequirementBody,
    MarketingStatus,
    NewRequirement,
    NewRequirementBody,
    RequirementFields,
    RequirementFilter,
    RequirementStatus,
    ResponsibleAgent,
)
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import INT32_MAX, counted_list_reply, document_reply, read_orders, word_faults

ROLES = frozenset({Role.ADMIN, Role.AGENT})
PAGE_SIZE = 50  # where neither endIndex nor size is said

EXAMPLE_ID = "45221bb8-2deb-47c4-b5e4-155a8f1770dd"
_RESPONSIBLE = {"agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0", "roleCode": "RESPONSIBLE_AGENT"}
_EXAMPLE_TREE: dict[str, Any] = {
    "title": [{"languageCode": "fi", "text": "3H+K+S"}, {"languageCode": "sv", "text": "3R+K+S"}],
    "realty": {
        "availability": {
            "availabilityCodes": ["AVAILABLE"],
            "description": [{"languageCode": "fi", "text": "Saatavissa kahden kuukauden sisällä."}],
        },
        "ownershipTypeCodes": ["OWN"],
        "propertyTypeCodes": ["RESIDENTIAL", "LEISURE"],
        "residentialTypeCodes": ["APARTMENT_HOUSE"],
        "plotPropertyTypeCodes": ["HOUSE_PLOT"],
        "estatePropertyTypeCodes": ["FOREST"],
        "otherPropertyTypeCodes": ["PARKING_SLOT"],
        "condition": {
            "conditionCodes": ["GOOD", "NEW"],
            "description": [{"languageCode": "fi", "text": "Keittiö voidaan uusia."}],
        },
        "earliestConstructionYear": 2000,
        "latestConstructionYear": 2022,
    },
    "addresses": [
        {
            "district": "Tammela",
            "region": "Pirkanmaa",
            "regionCode": "FI_PIRKANMAA",
            "postcode": "33500",
            "postalArea": "Tampere",
            "locality": "Tampere",
            "localityCode": "FI_PIRKANMAA_TAMPERE",
            "countryCode": "FI",
        }
    ],
    "apartment": {
        "roomCountCodes": ["2H", "3H"],
        "area": {
            "minimumLivingAreaInSquareMeters": 100,
            "maximumLivingAreaInSquareMeters": 200,
            "totalAreaDescription": [{"languageCode": "fi", "text": "Noin 200 neliömetriä."}],
        },
    },
    "plot": {
        "holdingTypeCodes": ["OWN"],
        "minimumAreaInSquareMeters": 500,
        "maximumAreaInSquareMeters": 1000,
        "totalAreaDescription": [{"languageCode": "sv", "text": "Högst 1000 kvadratmeter."}],
    },
    "features": {
        "hasElevator": True,
        "hasBalcony": True,
        "hasSauna": True,
        "housingCompanyHasSauna": False,
        "specialWishes": [{"languageCode": "fi", "text": "Merinäköala."}],
    },
    "financialTerms": {
        "debtFreePriceRange": {"minimumPrice": 100000, "maximumPrice": 150000, "currencyCode": "EUR"},
        "paymentTerms": [{"languageCode": "fi", "text": "14 pv netto."}],
    },
}
EXAMPLE_CONTENT: dict[str, Any] = {
    "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
    "agents": [
        _RESPONSIBLE,
        {"agentId": "386654b2-882f-442e-9ffe-7d6b6e367715", "roleCode": "MARKETING_AGENT"},
    ],
    "note": "Asiakas haluaa myöhemmin toimeksiannon, aloitetaan vahdilla ensin",
    "assetRequirements": _EXAMPLE_TREE,
    "consentToChange": {
        "date": "2021-09-10",
        "consentProvided": True,
        "consentDeliveryMethodCode": "DELIVERED_BY_EMAIL",
    },
}
EXAMPLE_DETAILS = {
    "assetRequirementId": EXAMPLE_ID,
    "statusCode": "DRAFT",
    "friendlyId": "40142361",
    **EXAMPLE_CONTENT,
    "creationTime": "2021-03-13T12:07:23Z",
    "modificationTime": "2021-08-15T08:04:44Z",
}
EXAMPLE_ITEM = {
    "assetRequirementId": EXAMPLE_ID,
    "statusCode": "DRAFT",
    "friendlyId": "40142361",
    "agencyOfficeId": EXAMPLE_CONTENT["agencyOfficeId"],
    "responsibleAgent": {**_RESPONSIBLE, "firstName": "Veikko", "lastName": "Viljanen"},
    "note": EXAMPLE_CONTENT["note"],
    "marketingActionStatusCode": "PUBLISHED",
    "assetRequirements": _EXAMPLE_TREE,
    "creationTime": "2021-03-13T12:07:23Z",
}


class RequirementSort(Enum):
    """A field and its direction; without one, ascending.  Several are parted by commas."""

    CREATED = "creationTime"
    CREATED_ASCENDING = "creationTime|asc"
    CREATED_DESCENDING = "creationTime|desc"
    FRIENDLY_ID = "friendlyId"
    FRIENDLY_ID_ASCENDING = "friendlyId|asc"
    FRIENDLY_ID_DESCENDING = "friendlyId|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"
    STATUS = "statusCode"
    STATUS_ASCENDING = "statusCode|asc"
    STATUS_DESCENDING = "statusCode|desc"


class RequirementPath(Struct, frozen=True, rename="camel"):
    """Which asset requirement."""

    asset_requirement_id: Annotated[UUID, Meta(description="Unique asset requirement identifier.")]


class RequirementSearch(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to look for: OR inside a parameter, AND between parameters."""

    agent_id: Annotated[UUID, Meta(description="Those whose RESPONSIBLE_AGENT this is.")] | None = None
    agency_office_id: Annotated[tuple[UUID, ...], Meta(description="Those of one of these offices.")] = ()
    friendly_id: (
        Annotated[str, Meta(max_length=64, description="The one with this friendly id.", examples=["40246121"])] | None
    ) = None
    status_code: Annotated[tuple[RequirementStatus, ...], Meta(description="Those in one of these states.")] = ()
    marketing_action_status_code: Annotated[
        tuple[MarketingStatus, ...], Meta(description="Those whose publishing is in one of these states.")
    ] = ()
    free_text_search: Annotated[
        str,
        Meta(
            max_length=TEXT_LETTERS_MAX,
            description="Words that must all occur, in any order, case and inflection, in the note, in any text or"
            " address of assetRequirements, in the friendly id, or in the names of the office and the agents;"
            f" at most {QUERY_WORDS_MAX} words.",
            examples=["Hämeenkatu Tampere"],
        ),
    ] = ""
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first of the page, from 0.")] = 0
    end_index: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=INT32_MAX,
                description=f"The first that is no longer on the page; without it, {PAGE_SIZE} after startIndex.",
            ),
        ]
        | None
    ) = None
    size: (
        Annotated[
            int, Meta(ge=1, le=100, description="The length of the page instead of endIndex (an extra of Askare).")
        ]
        | None
    ) = None
    sort: Annotated[
        tuple[RequirementSort, ...],
        Meta(
            description="Order, parted by commas; without it, creationTime|desc. Ties are broken by"
            " assetRequirementId. modificationTime and statusCode are extras of Askare."
        ),
    ] = ()


class RequirementCreated(Struct, frozen=True, rename="camel"):
    """The id of the new asset requirement."""

    asset_requirement_id: UUID


class RequirementDetails(RequirementFields, frozen=True, kw_only=True, rename="camel"):
    """An asset requirement as it is answered by itself."""

    asset_requirement_id: UUID
    status_code: RequirementStatus
    friendly_id: str
    creation_time: datetime
    modification_time: datetime


class RequirementItem(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An asset requirement as a list shows it.  The agent's names are left out when the directory lacks them."""

    asset_requirement_id: UUID
    status_code: RequirementStatus
    friendly_id: str
    agency_office_id: UUID
    responsible_agent: ResponsibleAgent | None = None
    note: str | None = None
    marketing_action_status_code: MarketingStatus | None = None
    asset_requirements: AssetRequirements
    creation_time: datetime


class RequirementList(Struct, frozen=True, rename="camel"):
    """A page of asset requirements, and the number of all that were found."""

    total_count: int
    asset_requirements: list[RequirementItem]


class RequirementApi:
    """The five operations, as the settings want them answered.

    `followers` take away what else belongs to an asset requirement that is deleted, and `change_followers` bring it up
    to date with one that is changed.
    """

    def __init__(
        self,
        *,
        empty_success_status: int = 204,
        window_max: int = 1000,
        checks: Checks = Checks.OFF,
        followers: Sequence[operations.Follower] = (),
        change_followers: Sequence[operations.Follower] = (),
    ) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._window_max = window_max
        self._checks = checks
        self._followers = tuple(followers)
        self._change_followers = tuple(change_followers)

    async def create_requirement(self, call: Call) -> Reply:
        saved = await call.write(
            operations.create_requirement, call.body, requirement_id=call.new_id(), checks=self._checks, now=call.now
        )
        requirement_id = saved.thing_id
        body = msgspec.json.encode(RequirementCreated(requirement_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{requirement_id}"})

    async def get_requirement(self, call: Call) -> Reply:
        found = await call.read(operations.get_requirement, call.parameters.asset_requirement_id)
        return document_reply(found.document, found.version, call)

    async def search_requirements(self, call: Call) -> Reply:
        wanted: RequirementSearch = call.parameters
        page = await call.read(
            operations.search_requirements,
            filter_of(wanted),
            orders=read_orders(word.value for word in wanted.sort),
            window=window_of(wanted),
        )
        return counted_list_reply("assetRequirements", page)

    async def update_requirement(self, call: Call) -> Reply:
        await call.write(
            operations.update_requirement,
            call.parameters.asset_requirement_id,
            call.body,
            expected_versions=call.expected_versions,
            checks=self._checks,
            now=call.now,
            followers=self._change_followers,
        )
        return self._empty_success

    async def delete_requirement(self, call: Call) -> Reply:
        await call.write(
            operations.delete_requirement,
            call.parameters.asset_requirement_id,
            expected_versions=call.expected_versions,
            now=call.now,
            followers=self._followers,
        )
        return self._empty_success

    def _search_faults(self, said: dict[str, Any]) -> list[Fault]:
        return [*window_faults(said, window_max=self._window_max), *word_faults(said)]

    def endpoints(self) -> list[Endpoint]:
        """The API's table, notes aside."""
        empty = Answer(self._empty_success.status, "Done.")
        said = "assetRequirements and consentToChange come back as they were sent, further keys included."
        change = {"assetRequirementId": EXAMPLE_ID, "statusCode": "DRAFT", **EXAMPLE_CONTENT}
        return [
            Endpoint(
                method="POST",
                path="/assetRequirements",
                operation_id="assetRequirement.create",
                summary="Create a new asset requirement",
                description="Its state is DRAFT. creationTime may be given when data are taken over from elsewhere.",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.create_requirement,
                body=Body(
                    NewRequirementBody,
                    f"The whole of the asset requirement. {said}",
                    (
                        Example("asset requirement", EXAMPLE_CONTENT),
                        Example("taken over", {**EXAMPLE_CONTENT, "creationTime": "2021-03-13T12:07:23+00:00"}),
                    ),
                    faults_of=rules.range_faults,
                    kept=NewRequirement,
                ),
                answers=(
                    Answer(
                        201,
                        "The asset requirement is stored.",
                        RequirementCreated,
                        (Example("created", {"assetRequirementId": EXAMPLE_ID}),),
                        etag=True,
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/assetRequirements",
                operation_id="assetRequirement.search",
                summary="Search asset requirements",
                description=f"A page holds at most {self._window_max}. The form is that of the list: the responsible"
                " agent with names, and no other agents.",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.search_requirements,
                parameters=RequirementSearch,
                parameter_faults=self._search_faults,
                answers=(
                    Answer(
                        200,
                        "A page of asset requirements.",
                        RequirementList,
                        (Example("page", {"totalCount": 10, "assetRequirements": [EXAMPLE_ITEM]}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/assetRequirements/{assetRequirementId}",
                operation_id="assetRequirement.get",
                summary="Get details of an asset requirement",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.get_requirement,
                parameters=RequirementPath,
                reads_if_none_match=True,
                answers=(
                    Answer(
                        200,
                        "The asset requirement.",
                        RequirementDetails,
                        (Example("asset requirement", EXAMPLE_DETAILS),),
                        etag=True,
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/assetRequirements/{assetRequirementId}",
                operation_id="assetRequirement.update",
                summary="Update an asset requirement",
                description="Replaces the whole asset requirement. Any state may follow any other.",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.update_requirement,
                parameters=RequirementPath,
                reads_if_match=True,
                body=Body(
                    ChangedRequirementBody,
                    f"The whole of the asset requirement, with the id of the path. {said}",
                    (Example("asset requirement", change),),
                    faults_of=rules.range_faults,
                    kept=ChangedRequirement,
                    path_id="assetRequirementId",
                ),
                answers=(empty,),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/assetRequirements/{assetRequirementId}",
                operation_id="assetRequirement.delete",
                summary="Delete an asset requirement",
                description="Only a DRAFT can be deleted. Its notes go with it.",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.delete_requirement,
                parameters=RequirementPath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        ]


def window_of(wanted: RequirementSearch) -> Window:
    """The page that is asked for.

    `endIndex` is the first that is left out, so pages from 20 to 40 and from 40 to 60 do not overlap (contract 1.7).
    """
    if wanted.end_index is None:
        return Window(wanted.start_index, PAGE_SIZE if wanted.size is None else wanted.size)
    return Window(wanted.start_index, wanted.end_index - wanted.start_index)


def window_faults(said: Mapping[str, Any], *, window_max: int) -> list[Fault]:
    """What is wrong with the page that is asked for: it ends before it starts, is too long, or is said twice."""
    start, end = said.get("startIndex", 0), said.get("endIndex")
    faults = []
    if end is not None and "size" in said:
        faults.append(Fault("size", Wrong.TYPE, "cannot be given together with endIndex"))
    if isinstance(start, int) and isinstance(end, int):
        if end < start:
            faults.append(Fault("endIndex", Wrong.TYPE, "must not be less than startIndex"))
        if end - start > window_max:
            faults.append(Fault("endIndex", Wrong.TYPE, f"must be at most {window_max} more than startIndex"))
    return faults


def filter_of(wanted: RequirementSearch) -> RequirementFilter:
    """The search parameters in the trade's words."""
    return RequirementFilter(
        responsible_agent_id=wanted.agent_id,
        office_ids=frozenset(wanted.agency_office_id),
        friendly_id=wanted.friendly_id,
        statuses=frozenset(wanted.status_code),
        marketing_statuses=frozenset(wanted.marketing_action_status_code),
        text=wanted.free_text_search,
    )
