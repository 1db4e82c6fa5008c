"""Those whom a task or a meeting is about, held against the directory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET

from askare.directory import store
from askare.directory.model import InvolvedAgent, InvolvedParty, Kind, PartyType
from askare.directory.references import Checks, Reference, new_references, require_known
from askare.kernel.problems import Fault, Invalid, Wrong
from askare.storage.transactions import Transaction


class Content(Protocol):
    """What a client says of a task or a meeting, as far as it points at others."""

    @property
    def agency_office_id(self) -> UUID: ...

    @property
    def parties(self) -> Sequence[InvolvedParty]: ...

    @property
    def agents(self) -> Sequence[InvolvedAgent]: ...

    @property
    def realty_id(self) -> UUID | None: ...


Said = TypeVar("Said", bound=Content)


def completed(tx: Transaction, content: Said, stored: Said | None, checks: Checks) -> Said:
    """The content with party types filled in from the directory, all of it visible to the caller.

    Raises Invalid for an office that the caller does not see, for a party whose type nobody knows, and for what is new
    in it and the directory does not know, as far as `checks` goes.
    """
    faults: list[Fault] = []
    if not tx.caller.sees_office(content.agency_office_id):
        faults.append(Fault("agencyOfficeId", Wrong.UNKNOWN_ID, "Unknown agencyOfficeId"))
    if checks is not Checks.OFF:
        kept = references(stored) if stored is not None else []
        faults += require_known(tx, new_references(references(content), kept), checks=checks)
    untyped = [party.party_id for party in content.parties if party.party_type_code is UNSET]
    if untyped:
        known = store.party_types(tx, untyped)
        faults += [
            Fault(
                f"parties[{at}].partyTypeCode",
                Wrong.MISSING,
                "Mandatory field partyTypeCode is missing, and the directory does not know the party",
            )
            for at, party in enumerate(content.parties)
            if party.party_type_code is UNSET and party.party_id not in known
        ]
        if not faults:
            parties = tuple(
                party
                if party.party_type_code is not UNSET
                else msgspec.structs.replace(party, party_type_code=PartyType(known[party.party_id]))
                for party in content.parties
            )
            content = msgspec.structs.replace(content, parties=parties)  # type: ignore[type-var]
    if faults:
        raise Invalid(body=faults)
    return content


def references(content: Content) -> list[Reference]:
    """All that the content points at, each with its place."""
    found = [Reference(Kind.OFFICE, content.agency_office_id, "agencyOfficeId")]
    found += [
        Reference(Kind.PARTY, party.party_id, f"parties[{at}].partyId") for at, party in enumerate(content.parties)
    ]
    found += [Reference(Kind.AGENT, agent.agent_id, f"agents[{at}].agentId") for at, agent in enumerate(content.agents)]
    if content.realty_id is not None:
        found.append(Reference(Kind.REALTY, content.realty_id, "realtyId"))
    return found
