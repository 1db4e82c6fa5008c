"""Offices, agents, operators and parties, as far as they are known here.  Source: OviPro contract 8.1.

Each kind has a `…Content`, the whole body of a PUT, in which properties that nobody knows are ignored (contract 1.8),
and all four are kept as an `Entry`.  What is answered is the id, the content, what was worked out from it, and the
two times.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from askare.kernel.time import settled, written
from askare.kernel.verbatim import END

NAME_LETTERS_MAX = 500
EMAIL_LETTERS_MAX = 254  # RFC 5321: what fits into a path
PHONE_LETTERS_MAX = 64
OFFICES_MAX = 1_000  # of one agent

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LETTERS_MAX)]
Email = Annotated[
    str,
    Meta(
        max_length=EMAIL_LETTERS_MAX,
        description="One mailbox: no list, no display name.",
        examples=["maija@example.com"],
        extra_json_schema={"format": "email"},
    ),
]
Phone = Annotated[
    str,
    Meta(
        max_length=PHONE_LETTERS_MAX,
        description="Kept as it is sent; `phoneE164` is answered beside it when it is a number.",
        examples=["040 123 4567"],
    ),
]
LanguageCode = Annotated[
    str,
    Meta(
        pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}" + END,
        description="Language of letters and messages, such as fi, sv, en, ru or kk.",
        examples=["fi"],
    ),
]
Code = Annotated[str, Meta(pattern="^[A-Z0-9_+]{1,64}" + END)]
OperatorCode = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S+" + END)]
Text = Annotated[str, Meta(max_length=NAME_LETTERS_MAX)]


class Kind(Enum):
    """What others point at, and what the directory therefore knows by name.  Realties live in a room of their own."""

    OFFICE = "office"
    AGENT = "agent"
    OPERATOR = "operator"
    PARTY = "party"
    REALTY = "realty"


class PartyType(Enum):
    PERSON_PARTY = "PERSON_PARTY"
    ESTATE_PARTY = "ESTATE_PARTY"
    ORGANIZATION_PARTY = "ORGANIZATION_PARTY"


class InvolvedParty(Struct, frozen=True, rename="camel"):
    """A party that a task or a meeting is about.  The type may be left out when the directory knows the party."""

    party_id: UUID
    party_type_code: PartyType | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if self.party_type_code is None:
            msgspec.structs.force_setattr(self, "party_type_code", UNSET)


class InvolvedAgent(Struct, frozen=True, rename="camel"):
    """An agent whose task or meeting it is."""

    agent_id: UUID


def keep_each_once(said: Struct) -> None:
    """Keep a party or an agent that is named twice once, while the value that involves them is made."""
    parties: tuple[InvolvedParty, ...] = said.parties  # type: ignore[attr-defined]
    agents: tuple[InvolvedAgent, ...] = said.agents  # type: ignore[attr-defined]
    if len(parties) > 1:
        once: dict[UUID, InvolvedParty] = {}
        for party in parties:
            if once.setdefault(party.party_id, party).party_type_code is UNSET:
                once[party.party_id] = party
        msgspec.structs.force_setattr(said, "parties", tuple(once.values()))
    if len(agents) > 1:
        msgspec.structs.force_setattr(said, "agents", tuple(dict.fromkeys(agents)))


class Address(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where something is.  Source: contract 4.3 and 8.1."""

    street_address: Text | None = None
    district: Text | None = None
    region: Text | None = None
    region_code: Code | None = None
    postcode: Annotated[str, Meta(max_length=32)] | None = None
    postal_area: Text | None = None
    locality: Text | None = None
    locality_code: Code | None = None
    country_code: Annotated[str, Meta(pattern="^[A-Z]{2}" + END, examples=["FI"])] | None = None


class MailSwitch(Struct, frozen=True, rename="camel"):
    """Whether an office sends one kind of letter."""

    email_sending_enabled: bool


class MessageSettings(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Which letters an office sends.  Source: contract 8.1, office settings; nothing said means yes."""

    meeting_confirmation: MailSwitch | None = None
    meeting_reminder: MailSwitch | None = None


class OfficeContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An agency office."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    language_code: LanguageCode | None = None
    address: Address | None = None
    message_settings: MessageSettings | None = None


class AgentContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An agent, the offices whose agent it is, and the user who it is, if any."""

    first_name: Name
    last_name: Name
    email: Email | None = None
    phone: Phone | None = None
    language_code: LanguageCode | None = None
    agency_office_ids: Annotated[tuple[UUID, ...], Meta(max_length=OFFICES_MAX)] = ()
    user_id: UUID | None = None

    def __post_init__(self) -> None:
        if len(self.agency_office_ids) > 1:
            msgspec.structs.force_setattr(self, "agency_office_ids", tuple(dict.fromkeys(self.agency_office_ids)))


class OperatorContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who takes calls: a user of this server, as the telephone exchange knows them.  `name`, or the two others."""

    code: OperatorCode | None = None
    extension: OperatorCode | None = None
    name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    language: LanguageCode | None = None


class PartyContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A person, an estate or an organization that tasks, meetings and watches are about.  `name`, or the two others."""

    party_type_code: PartyType
    name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    language_code: LanguageCode | None = None


Content: TypeAlias = OfficeContent | AgentContent | OperatorContent | PartyContent

CONTENT_OF: dict[Kind, type[Content]] = {
    Kind.OFFICE: OfficeContent,
    Kind.AGENT: AgentContent,
    Kind.OPERATOR: OperatorContent,
    Kind.PARTY: PartyContent,
}
ID_FIELDS = {
    Kind.OFFICE: "agencyOfficeId",
    Kind.AGENT: "agentId",
    Kind.OPERATOR: "userId",
    Kind.PARTY: "partyId",
    Kind.REALTY: "realtyId",
}


class Entry(Struct, frozen=True):
    """An office, agent, operator or party as it is kept."""

    kind: Kind
    thing_id: UUID
    version: int  # 1 when created, one more with every change
    content: Content
    created: datetime
    modified: datetime
    phone_e164: str | None = None
    number: int | None = None  # of an operator: the small integer that call tasks know a user by


class _Kept(Struct, frozen=True, rename="camel"):
    """What a document holds besides its content."""

    creation_time: datetime
    modification_time: datetime
    phone_e164: str | None = msgspec.field(name="phoneE164", default=None)
    number: int | None = None


def document_of(entry: Entry) -> str:
    """The JSON that answers this entry, and in which it is stored."""
    worked_out: dict[str, Any] = {}
    if entry.number is not None:
        worked_out["number"] = entry.number
    if entry.phone_e164 is not None:
        worked_out["phoneE164"] = entry.phone_e164
    content = msgspec.to_builtins(entry.content)
    if isinstance(entry.content, AgentContent):
        content.setdefault("agencyOfficeIds", [])
    return msgspec.json.encode(
        {
            ID_FIELDS[entry.kind]: entry.thing_id,
            **content,
            **worked_out,
            "creationTime": written(entry.created),
            "modificationTime": written(entry.modified),
        }
    ).decode()


_decoders: dict[Kind, Any] = {kind: msgspec.json.Decoder(content) for kind, content in CONTENT_OF.items()}
_kept_decoder = msgspec.json.Decoder(_Kept)


def content_of(kind: Kind, document: str) -> Content:
    """What was said of the entry, from a stored document."""
    content: Content = _decoders[kind].decode(document)
    return content


def entry_of(kind: Kind, thing_id: UUID, version: int, document: str) -> Entry:
    """The entry of a stored document."""
    kept = _kept_decoder.decode(document)
    return Entry(
        kind,
        thing_id,
        version,
        content_of(kind, document),
        created=settled(kept.creation_time),
        modified=settled(kept.modification_time),
        phone_e164=kept.phone_e164,
        number=kept.number,
    )


def display_name(content: Content) -> str:
    """What the entry is called; empty when it has no name."""
    name = None if isinstance(content, AgentContent) else content.name
    if name is None and not isinstance(content, OfficeContent):
        name = " ".join(filter(None, (content.first_name, content.last_name)))
    return name or ""


class DirectoryFilter(Struct, frozen=True, kw_only=True):
    """What a search of one kind asks for: OR inside a field, AND between fields, an empty field asks for nothing."""

    kind: Kind
    office_ids: frozenset[UUID] = frozenset()  # of agents
    party_types: frozenset[PartyType] = frozenset()  # of parties
    phones: frozenset[str] = frozenset()  # in the form of `phoneE164`
    text: str = ""
    modified_after: datetime | None = None
