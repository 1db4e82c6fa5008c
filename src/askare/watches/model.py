"""A watch, as the Asset Requirement API words it.  Source: OviPro contract 5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.model import PartyType
from askare.kernel.time import settled, written

PARTIES_MAX = 100  # of one watch; source: contract 5.1

Instant = Annotated[datetime, Meta(tz=True)]


class WatchStatus(Enum):
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class Notification(Enum):
    """By what somebody is told of a match."""

    EMAIL = "EMAIL"


class Timing(Enum):
    """When matches are told: each at once, or all of a day together (an extra of Askare)."""

    INSTANT = "INSTANT"
    DIGEST = "DIGEST"


Notifications = Annotated[tuple[Notification, ...], Meta(max_length=PARTIES_MAX)]


class WatchParty(Struct, frozen=True, rename="camel"):
    """A party for whom is watched, and by what the party is told."""

    party_id: UUID
    party_type_code: PartyType
    party_notification_type_codes: Notifications = ()

    def __post_init__(self) -> None:
        _keep_once(self, "party_notification_type_codes")


class WatchContent(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a client says of a watch.  A party named twice is kept once, as it was said first."""

    asset_requirement_id: UUID
    validity_end_time: Instant
    agent_notification_type_codes: Notifications
    parties: Annotated[tuple[WatchParty, ...], Meta(min_length=1, max_length=PARTIES_MAX)]

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "validity_end_time", settled(self.validity_end_time))
        _keep_once(self, "agent_notification_type_codes")
        if len(self.parties) > 1:
            once: dict[UUID, WatchParty] = {}
            for party in self.parties:
                once.setdefault(party.party_id, party)
            msgspec.structs.force_setattr(self, "parties", tuple(once.values()))

    @property
    def tells_agent(self) -> bool:
        """Whether the responsible agent is told of matches by e-mail."""
        return Notification.EMAIL in self.agent_notification_type_codes

    def told_parties(self) -> list[UUID]:
        """The parties who are told of matches by e-mail."""
        return [party.party_id for party in self.parties if Notification.EMAIL in party.party_notification_type_codes]


def _keep_once(value: Struct, field: str) -> None:
    codes = getattr(value, field)
    if len(codes) > 1:
        msgspec.structs.force_setattr(value, field, tuple(dict.fromkeys(codes)))


class ChangedWatch(WatchContent, frozen=True, kw_only=True, rename="camel"):
    """The whole of a watch that is there already; the id must be that of the path."""

    watch_id: UUID


class Subject(Struct, frozen=True, kw_only=True):
    """What a watch takes from its asset requirement: whose it is, and the property types by which it is searched."""

    office_id: UUID
    agent_id: UUID | None = None
    property_types: tuple[str, ...] = ()


class Watch(Struct, frozen=True, kw_only=True):
    """A watch as it is kept."""

    watch_id: UUID
    version: int  # 1 when created, one more with every change
    content: WatchContent
    subject: Subject
    starts: datetime
    created: datetime
    modified: datetime

    def status(self, now: datetime) -> WatchStatus:
        """ACTIVE until its end.  Nobody sets it: source contract 5.3."""
        return status_at(self.content.validity_end_time, now)


def status_at(ends: datetime, now: datetime) -> WatchStatus:
    """What a watch that ends then is now."""
    return WatchStatus.ACTIVE if now < ends else WatchStatus.ENDED


# Documents -------------------------------------------------------------------------------------------------------


class _Stored(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The stored form: what is answered, and after it what lists show and searches ask for."""

    watch_id: UUID
    asset_requirement_id: UUID
    validity_start_time: datetime
    validity_end_time: datetime
    agent_notification_type_codes: tuple[Notification, ...]
    parties: tuple[WatchParty, ...]
    creation_time: datetime
    modification_time: datetime
    agency_office_id: UUID
    responsible_agent_id: UUID | None = None
    property_type_codes: tuple[str, ...] = ()


class RequirementReference(Struct, frozen=True, rename="camel"):
    """Which asset requirement a watch belongs to."""

    asset_requirement_id: UUID


class _Details(Struct, frozen=True, kw_only=True, rename="camel"):
    """A watch as it is answered by itself."""

    watch_id: UUID
    asset_requirement: RequirementReference
    watch_status_code: WatchStatus
    validity_start_time: str
    validity_end_time: str
    agent_notification_type_codes: tuple[Notification, ...]
    parties: tuple[WatchParty, ...]
    creation_time: str
    modification_time: str


class ListedAgent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The responsible agent.  Names that nobody knows are left out."""

    agent_id: UUID
    first_name: str | None = None
    last_name: str | None = None


class ListedOffice(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The office.  A name that nobody knows is left out."""

    agency_office_id: UUID
    name: str | None = None


class ListedRequirement(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Whose the asset requirement of a watch is."""

    asset_requirement_id: UUID
    responsible_agent: ListedAgent | None = None
    agency_office: ListedOffice


class _ListItem(Struct, frozen=True, kw_only=True, rename="camel"):
    """A watch as a list shows it.  Source: contract 5.1."""

    watch_id: UUID
    asset_requirement: ListedRequirement
    watch_status_code: WatchStatus
    validity_start_time: str
    validity_end_time: str
    agent_notification_type_codes: tuple[Notification, ...]
    parties: tuple[WatchParty, ...]
    creation_time: str
    modification_time: str


_encoder = msgspec.json.Encoder()
_stored_decoder = msgspec.json.Decoder(_Stored)


def document_of(watch: Watch) -> str:
    """The JSON in which this watch is stored."""
    content, subject = watch.content, watch.subject
    return _encoder.encode(
        _Stored(
            watch_id=watch.watch_id,
            asset_requirement_id=content.asset_requirement_id,
            validity_start_time=watch.starts,
            validity_end_time=content.validity_end_time,
            agent_notification_type_codes=content.agent_notification_type_codes,
            parties=content.parties,
            creation_time=watch.created,
            modification_time=watch.modified,
            agency_office_id=subject.office_id,
            responsible_agent_id=subject.agent_id,
            property_type_codes=subject.property_types,
        )
    ).decode()


def watch_of(version: int, document: str) -> Watch:
    """The watch of a stored document."""
    kept = _stored_decoder.decode(document)
    return Watch(
        watch_id=kept.watch_id,
        version=version,
        content=WatchContent(
            asset_requirement_id=kept.asset_requirement_id,
            validity_end_time=kept.validity_end_time,
            agent_notification_type_codes=kept.agent_notification_type_codes,
            parties=kept.parties,
        ),
        subject=Subject(
            office_id=kept.agency_office_id,
            agent_id=kept.responsible_agent_id,
            property_types=kept.property_type_codes,
        ),
        starts=settled(kept.validity_start_time),
        created=settled(kept.creation_time),
        modified=settled(kept.modification_time),
    )


def details_of(watch: Watch, *, now: datetime) -> str:
    """The JSON that answers one watch by itself."""
    content = watch.content
    return _encoder.encode(
        _Details(
            watch_id=watch.watch_id,
            asset_requirement=RequirementReference(content.asset_requirement_id),
            watch_status_code=watch.status(now),
            validity_start_time=written(watch.starts),
            validity_end_time=written(content.validity_end_time),
            agent_notification_type_codes=content.agent_notification_type_codes,
            parties=content.parties,
            creation_time=written(watch.created),
            modification_time=written(watch.modified),
        )
    ).decode()


AgentName = tuple[str | None, str | None]  # first and last name


def list_item_of(
    watch: Watch, *, agents: Mapping[UUID, AgentName], offices: Mapping[UUID, str], now: datetime
) -> bytes:
    """The JSON that shows one watch in a list, with the names that are known."""
    content, subject = watch.content, watch.subject
    first_name, last_name = agents.get(subject.agent_id, (None, None)) if subject.agent_id else (None, None)
    return _encoder.encode(
        _ListItem(
            watch_id=watch.watch_id,
            asset_requirement=ListedRequirement(
                asset_requirement_id=content.asset_requirement_id,
                responsible_agent=None
                if subject.agent_id is None
                else ListedAgent(agent_id=subject.agent_id, first_name=first_name, last_name=last_name),
                agency_office=ListedOffice(agency_office_id=subject.office_id, name=offices.get(subject.office_id)),
            ),
            watch_status_code=watch.status(now),
            validity_start_time=written(watch.starts),
            validity_end_time=written(content.validity_end_time),
            agent_notification_type_codes=content.agent_notification_type_codes,
            parties=content.parties,
            creation_time=written(watch.created),
            modification_time=written(watch.modified),
        )
    )


class WatchFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing.

    Source: contract 5.2.
    """

    ids: frozenset[UUID] = frozenset()
    requirement_ids: frozenset[UUID] = frozenset()
    party_ids: frozenset[UUID] = frozenset()
    agent_ids: frozenset[UUID] = frozenset()
    office_ids: frozenset[UUID] = frozenset()
    statuses: frozenset[WatchStatus] = frozenset()
    property_types: frozenset[str] = frozenset()
