"""The directory on the wire: offices, agents, operators, parties.  Source: OviPro contract 8.1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory import operations, rules
from askare.directory.model import (
    ID_FIELDS,
    AgentContent,
    Content,
    DirectoryFilter,
    Kind,
    OfficeContent,
    OperatorContent,
    PartyContent,
    PartyType,
    Phone,
)
from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.problems import Fault, Wrong
from askare.wire.askare.common import ListParameters, put_reply
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.ovipro.common import document_reply, list_reply, read_orders, word_faults

EVERYBODY = frozenset({Role.ADMIN, Role.AGENT, Role.SUPERVISOR})
AGENTS = frozenset({Role.ADMIN, Role.AGENT})
ADMINS = frozenset({Role.ADMIN})

_EXAMPLE_IDS = {
    Kind.OFFICE: "212114ec-819e-483c-a8e0-f82289ac6e19",
    Kind.AGENT: "da3a543e-4220-4c1f-8cda-2ae0b2e596e0",
    Kind.OPERATOR: "5f0c8bdb-4f0e-4a2e-9a53-6b8f0d1c2e3a",
    Kind.PARTY: "123e4567-e89b-12d3-a456-426614174000",
}
EXAMPLES: dict[Kind, dict[str, Any]] = {
    Kind.OFFICE: {"name": "Agency Office name"},
    Kind.AGENT: {
        "firstName": "Veikko",
        "lastName": "Viljanen",
        "email": "veikko.viljanen@example.com",
        "agencyOfficeIds": [_EXAMPLE_IDS[Kind.OFFICE]],
    },
    Kind.OPERATOR: {"code": "A17", "extension": "2017", "name": "Aigerim Sadykova", "language": "kk"},
    Kind.PARTY: {
        "partyTypeCode": "PERSON_PARTY",
        "name": "Maija Meikäläinen",
        "email": "maija@example.com",
        "phone": "040 123 4567",
    },
}
_TIMES = {"creationTime": "2022-12-01T08:30:00Z", "modificationTime": "2022-12-01T08:30:00Z"}


class DirectorySort(Enum):
    """A field and its direction; without one, ascending."""

    NAME = "name"
    NAME_ASCENDING = "name|asc"
    NAME_DESCENDING = "name|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


Sort = Annotated[
    tuple[DirectorySort, ...],
    Meta(description="Order; the default is by name, ties are broken by id, in the last direction."),
]


class OfficePath(Struct, frozen=True, rename="camel"):
    """Which office."""

    agency_office_id: Annotated[UUID, Meta(description="Identifier of the office.")]


class AgentPath(Struct, frozen=True, rename="camel"):
    """Which agent."""

    agent_id: Annotated[UUID, Meta(description="Identifier of the agent.")]


class OperatorPath(Struct, frozen=True, rename="camel"):
    """Which operator."""

    user_id: Annotated[UUID, Meta(description="Identifier of the user who the operator is.")]


class PartyPath(Struct, frozen=True, rename="camel"):
    """Which party."""

    party_id: Annotated[UUID, Meta(description="Identifier of the party.")]


class OfficeSearch(ListParameters, frozen=True, kw_only=True, rename="camel"):
    """Which offices."""

    sort: Sort = ()


class AgentSearch(ListParameters, frozen=True, kw_only=True, rename="camel"):
    """Which agents."""

    agency_office_id: Annotated[tuple[UUID, ...], Meta(description="Agents of one of these offices.")] = ()
    sort: Sort = ()


class OperatorSearch(ListParameters, frozen=True, kw_only=True, rename="camel"):
    """Which operators."""

    sort: Sort = ()


class PartySearch(ListParameters, frozen=True, kw_only=True, rename="camel"):
    """Which parties."""

    phone: Annotated[
        tuple[Phone, ...], Meta(description="Parties with one of these telephone numbers, however they are written.")
    ] = ()

    party_type_code: Annotated[tuple[PartyType, ...], Meta(description="Parties of one of these types.")] = ()
    sort: Sort = ()


class OfficeDetails(OfficeContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An office as it is answered."""

    agency_office_id: UUID
    phone_e164: str | None = msgspec.field(name="phoneE164", default=None)
    creation_time: datetime
    modification_time: datetime


class AgentDetails(AgentContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An agent as it is answered."""

    agent_id: UUID
    phone_e164: str | None = msgspec.field(name="phoneE164", default=None)
    creation_time: datetime
    modification_time: datetime


class OperatorDetails(OperatorContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An operator as it is answered.  `number` is the small integer by which call tasks know the user."""

    user_id: UUID
    number: int
    phone_e164: str | None = msgspec.field(name="phoneE164", default=None)
    creation_time: datetime
    modification_time: datetime


class PartyDetails(PartyContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A party as it is answered."""

    party_id: UUID
    phone_e164: str | None = msgspec.field(name="phoneE164", default=None)
    creation_time: datetime
    modification_time: datetime


class OfficePut(Struct, frozen=True, rename="camel"):
    """The id of the new office."""

    agency_office_id: UUID


class AgentPut(Struct, frozen=True, rename="camel"):
    """The id of the new agent."""

    agent_id: UUID


class OperatorPut(Struct, frozen=True, rename="camel"):
    """The id of the new operator."""

    user_id: UUID


class PartyPut(Struct, frozen=True, rename="camel"):
    """The id of the new party."""

    party_id: UUID


class OfficeList(Struct, frozen=True, rename="camel"):
    """A page of offices, and the number of all that were found."""

    offices: list[OfficeDetails]
    total_count: int


class AgentList(Struct, frozen=True, rename="camel"):
    """A page of agents, and the number of all that were found."""

    agents: list[AgentDetails]
    total_count: int


class OperatorList(Struct, frozen=True, rename="camel"):
    """A page of operators, and the number of all that were found."""

    operators: list[OperatorDetails]
    total_count: int


class PartyList(Struct, frozen=True, rename="camel"):
    """A page of parties, and the number of all that were found."""

    parties: list[PartyDetails]
    total_count: int


# A name is `name`, or `firstName` with or without `lastName` (contract 8.1); JSON Schema says it in two words.
_NAMED: dict[str, Any] = {
    "anyOf": [
        {"required": [field], "properties": {field: {"type": "string", "pattern": r"\S"}}}
        for field in ("name", "firstName", "lastName")
    ]
}


class Shelf(Struct, frozen=True):
    """How one kind of entry is spoken of on the wire, and who may read and write it."""

    kind: Kind
    plural: str
    content: Any
    path: Any
    search: Any
    details: Any
    listed: Any
    created: Any
    readers: frozenset[Role]
    writers: frozenset[Role]

    @property
    def tag(self) -> str:
        return self.kind.value.capitalize()


SHELVES: tuple[Shelf, ...] = (
    Shelf(
        Kind.OFFICE,
        "offices",
        OfficeContent,
        OfficePath,
        OfficeSearch,
        OfficeDetails,
        OfficeList,
        OfficePut,
        EVERYBODY,
        ADMINS,
    ),
    Shelf(
        Kind.AGENT, "agents", AgentContent, AgentPath, AgentSearch, AgentDetails, AgentList, AgentPut, EVERYBODY, ADMINS
    ),
    Shelf(
        Kind.OPERATOR,
        "operators",
        Annotated[OperatorContent, Meta(extra_json_schema=_NAMED)],
        OperatorPath,
        OperatorSearch,
        OperatorDetails,
        OperatorList,
        OperatorPut,
        EVERYBODY,
        ADMINS,
    ),
    Shelf(
        Kind.PARTY,
        "parties",
        Annotated[PartyContent, Meta(extra_json_schema=_NAMED)],
        PartyPath,
        PartySearch,
        PartyDetails,
        PartyList,
        PartyPut,
        AGENTS,
        AGENTS,
    ),
)


class DirectoryApi:
    """The four operations on each of the four kinds, as the settings want them answered."""

    def __init__(
        self,
        *,
        empty_success_status: int = 204,
        checks: Checks = Checks.OFF,
        phone_region: str = rules.PHONE_REGION,
    ) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks
        self._phone_region = phone_region

    async def get_entry(self, kind: Kind, call: Call) -> Reply:
        found = await call.read(operations.get_entry, kind, _id_in(call))
        return document_reply(found.document, found.version, call)

    async def put_entry(self, kind: Kind, call: Call) -> Reply:
        content: Content = call.body
        saved = await call.write(
            operations.put_entry,
            kind,
            _id_in(call),
            content,
            precondition=call.precondition,
            checks=self._checks,
            phone_region=self._phone_region,
            now=call.now,
        )
        return put_reply(
            call,
            ID_FIELDS[kind],
            _id_in(call),
            version=saved.version,
            is_new=saved.is_new,
            empty=self._empty_success,
        )

    async def delete_entry(self, kind: Kind, call: Call) -> Reply:
        await call.write(operations.delete_entry, kind, _id_in(call), precondition=call.precondition, now=call.now)
        return self._empty_success

    async def search_entries(self, shelf: Shelf, call: Call) -> Reply:
        wanted = call.parameters
        page = await call.read(
            operations.search_entries,
            DirectoryFilter(
                kind=shelf.kind,
                office_ids=frozenset(getattr(wanted, "agency_office_id", ())),
                party_types=frozenset(getattr(wanted, "party_type_code", ())),
                phones=frozenset(self._phone(phone) for phone in getattr(wanted, "phone", ())),
                text=wanted.free_text_search,
                modified_after=wanted.modified_after,
            ),
            orders=read_orders(word.value for word in wanted.sort),
            window=wanted.window(),
        )
        return list_reply(shelf.plural, page)

    def _phone(self, text: str) -> str:
        """As it is kept; what is no number finds nothing."""
        return rules.normalised_phone(text, self._phone_region) or text

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [endpoint for shelf in SHELVES for endpoint in self._of(shelf)]

    def _of(self, shelf: Shelf) -> Sequence[Endpoint]:
        kind, name = shelf.kind, shelf.kind.value
        id_field = ID_FIELDS[kind]
        path = f"/{shelf.plural}/{{{id_field}}}"
        the_id = {id_field: _EXAMPLE_IDS[kind]}
        number = {"number": 7} if kind is Kind.OPERATOR else {}
        example = {**the_id, **EXAMPLES[kind], **number, **_TIMES}
        empty = Answer(self._empty_success.status, "Done.")
        article = "an" if name[0] in "aeiou" else "a"
        return (
            Endpoint(
                method="GET",
                path=f"/{shelf.plural}",
                operation_id=f"{name}.search",
                summary=f"Search {shelf.plural}",
                tag=shelf.tag,
                roles=shelf.readers,
                handle=partial(self.search_entries, shelf),
                parameters=shelf.search,
                parameter_faults=word_faults,
                answers=(
                    Answer(
                        200,
                        f"A page of {shelf.plural}.",
                        shelf.listed,
                        (Example("page", {shelf.plural: [example], "totalCount": 1}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path=path,
                operation_id=f"{name}.get",
                summary=f"Get {article} {name}",
                tag=shelf.tag,
                roles=shelf.readers,
                handle=partial(self.get_entry, kind),
                parameters=shelf.path,
                reads_if_none_match=True,
                answers=(Answer(200, f"The {name}.", shelf.details, (Example(name, example),), etag=True),),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path=path,
                operation_id=f"{name}.put",
                summary=f"Make or replace {article} {name}",
                description="Replaces the whole: an optional field that is left out is cleared.",
                tag=shelf.tag,
                roles=shelf.writers,
                handle=partial(self.put_entry, kind),
                parameters=shelf.path,
                reads_if_match=True,
                reads_if_none_match=True,
                body=Body(
                    shelf.content,
                    f"The whole of the {name}.",
                    (Example(name, EXAMPLES[kind]),),
                    faults_of=partial(_faults_beside_types, kind),
                ),
                answers=(
                    Answer(201, f"The {name} is new.", shelf.created, (Example("created", the_id),), etag=True),
                    msgspec.structs.replace(empty, etag=True),
                ),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path=path,
                operation_id=f"{name}.delete",
                summary=f"Delete {article} {name}",
                description="What points at it stays as it is.",
                tag=shelf.tag,
                roles=shelf.writers,
                handle=partial(self.delete_entry, kind),
                parameters=shelf.path,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        )


def _id_in(call: Call) -> UUID:
    """The one path parameter."""
    thing_id: UUID = msgspec.structs.astuple(call.parameters)[0]
    return thing_id


def _faults_beside_types(kind: Kind, plain: Any) -> list[Fault]:
    """What the types do not say of a body: a name of some kind, and an e-mail address that is one."""
    if not isinstance(plain, dict):
        return []
    faults = []
    nameless = all(plain.get(field) is None for field in ("name", "firstName", "lastName"))
    if nameless and kind in (Kind.OPERATOR, Kind.PARTY):
        faults.append(rules.NAMELESS)
    email = plain.get("email")
    if isinstance(email, str) and (trouble := rules.email_trouble(email)) is not None:
        faults.append(Fault("email", Wrong.TYPE, trouble))
    return faults
