"""What can be done with asset requirements: load, decide, save.

Every function runs inside one transaction of the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from askare.directory import lookups
from askare.directory import store as directory
from askare.directory.model import Kind
from askare.directory.references import Checks, Reference, new_references, require_known
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Fault, Invalid, NotFound, Wrong
from askare.kernel.verbatim import value_of
from askare.kernel.versions import Found, Saved, require_version
from askare.requirements import notes_store, rules, store
from askare.requirements.model import (
    ChangedRequirement,
    ListItem,
    MarketingStatus,
    NewRequirement,
    Requirement,
    RequirementContent,
    RequirementFilter,
    RequirementStatus,
    details_of,
    told_of_note,
)
from askare.requirements.store import KEPT
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction

KIND = "assetRequirement"
NOTE_KIND = "note"
SEARCHED_LETTERS_MAX = 50_000  # of one asset requirement: the open objects have no other bound than that of the body

# What else changes or goes with an asset requirement.  It is handed in: the rooms above are not known here.
Follower = Callable[[Transaction, UUID, datetime], None]


def create_requirement(
    tx: Transaction, said: NewRequirement, *, requirement_id: UUID, checks: Checks = Checks.OFF, now: datetime
) -> Saved:
    """Keep a new asset requirement, a DRAFT, under the organization's next friendly id.

    Raises Invalid for an office that the caller does not see, and for what the directory does not know as far as
    `checks` goes.
    """
    _require_known(tx, said, None, checks)
    requirement = Requirement(
        requirement_id=requirement_id,
        version=1,
        friendly_id=store.next_friendly_id(tx),
        status=RequirementStatus.DRAFT,
        content=said,
        created=said.creation_time or now,
        modified=now,
    )
    after = KEPT.insert(tx, requirement, text=searched_text(tx, requirement))
    history.record(tx, KIND, requirement_id, Change.CREATED, version=1, at=now, after=after)
    return Saved(requirement_id, 1)


def get_requirement(tx: Transaction, requirement_id: UUID) -> Found:
    """Raises NotFound for one that does not exist for the caller."""
    _, requirement, document = visible(tx, requirement_id)
    return Found(details_of(document), requirement.version)


def search_requirements(
    tx: Transaction, wanted: RequirementFilter, *, orders: Sequence[Order], window: Window
) -> Page[bytes]:
    """Those seen through the window, in the form of the list, and how many the filter finds in all.

    The names of the responsible agents are those that the directory knows at this moment.
    """
    page = store.search_requirements(tx, wanted, orders, window)
    items = [ListItem(document) for document in page.items]
    known = lookups.agent_names(tx, {item.responsible.agent_id for item in items if item.responsible is not None})
    names = {agent_id: (name.first_name, name.last_name) for agent_id, name in known.items()}
    return Page([item.shown(names) for item in items], page.total)


def update_requirement(
    tx: Transaction,
    requirement_id: UUID,
    said: ChangedRequirement,
    *,
    expected_versions: frozenset[int] | None,
    checks: Checks = Checks.OFF,
    now: datetime,
    followers: Sequence[Follower] = (),
) -> Saved:
    """Replace what is said of an asset requirement.  What changes nothing leaves version and modification time alone.

    Whatever follows an asset requirement follows the change in the same transaction.

    Raises NotFound; Conflict when it has none of the versions expected; Invalid as for create.
    """
    requirement_no, stored, before = visible(tx, requirement_id, lock=True)
    require_version(stored.version, expected_versions, kind="asset requirement")
    _require_known(tx, said, stored.content, checks)
    if not rules.differs(stored, said, said.status_code):
        return Saved(requirement_id, stored.version)
    changed = replace(stored, content=said, status=said.status_code, version=stored.version + 1, modified=now)
    _replace(tx, requirement_no, stored, changed, before)
    _move_notes(tx, requirement_no, stored.content.agency_office_id, said.agency_office_id, now=now)
    for follow in followers:
        follow(tx, requirement_id, now)
    return Saved(requirement_id, changed.version)


def set_marketing_status(
    tx: Transaction,
    requirement_id: UUID,
    marketing: MarketingStatus | None,
    *,
    expected_versions: frozenset[int] | None,
    now: datetime,
) -> Saved:
    """Say how far the publishing of the purchase wish has come; None when nothing is published.

    Lists show and find it (contract 4.1 and 4.5), and a list that is polled must show the change, so it counts as a
    modification.  Raises NotFound and Conflict.
    """
    requirement_no, stored, before = visible(tx, requirement_id, lock=True)
    require_version(stored.version, expected_versions, kind="asset requirement")
    if stored.marketing is marketing:
        return Saved(requirement_id, stored.version)
    changed = replace(stored, marketing=marketing, version=stored.version + 1, modified=now)
    _replace(tx, requirement_no, stored, changed, before)
    return Saved(requirement_id, changed.version)


def delete_requirement(
    tx: Transaction,
    requirement_id: UUID,
    *,
    expected_versions: frozenset[int] | None,
    now: datetime,
    followers: Sequence[Follower] = (),
) -> None:
    """Remove a DRAFT with its notes and whatever else follows it; histories and tombstones stay.

    Raises NotFound, Conflict, Refused.
    """
    requirement_no, stored, before = visible(tx, requirement_id, lock=True)
    require_version(stored.version, expected_versions, kind="asset requirement")
    rules.require_deletable(stored)
    for follow in followers:
        follow(tx, requirement_id, now)
    for note, document in notes_store.delete_all(tx, requirement_no):
        told = told_of_note(document, office_id=stored.content.agency_office_id)
        history.record(tx, NOTE_KIND, note.note_id, Change.DELETED, version=note.version + 1, at=now, before=told)
    KEPT.delete(tx, requirement_no, stored)
    history.record(tx, KIND, requirement_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def visible(tx: Transaction, requirement_id: UUID, *, lock: bool = False) -> tuple[int, Requirement, str]:
    """The asset requirement with its number and stored document.  Raises NotFound when the caller sees none."""
    found = KEPT.find(tx, requirement_id, lock=lock)
    # Another office's looks the same as none at all.
    if found is None or not tx.caller.sees_office(found[1].content.agency_office_id):
        raise NotFound("asset requirement", "assetRequirementId")
    return found


def _replace(tx: Transaction, requirement_no: int, stored: Requirement, changed: Requirement, before: str) -> None:
    after = KEPT.replace(tx, requirement_no, stored, changed, text=searched_text(tx, changed))
    history.record(
        tx,
        KIND,
        changed.requirement_id,
        Change.UPDATED,
        version=changed.version,
        at=changed.modified,
        before=before,
        after=after,
    )


def _move_notes(tx: Transaction, requirement_no: int, before: UUID, after: UUID, *, now: datetime) -> None:
    """Let history tell that the notes are another office's now: gone for the one, new for the other.

    Nobody modified them, so all that counts up is the version.
    """
    if before == after:
        return
    for note, document in notes_store.count_up(tx, requirement_no):
        history.record(
            tx,
            NOTE_KIND,
            note.note_id,
            Change.UPDATED,
            version=note.version,
            at=now,
            before=told_of_note(document, office_id=before),
            after=told_of_note(document, office_id=after),
        )


def _require_known(
    tx: Transaction, content: RequirementContent, stored: RequirementContent | None, checks: Checks
) -> None:
    """Everything that the content points at is visible to the caller, and known as far as that is checked.

    An asset requirement may keep what the directory has forgotten.
    """
    faults: list[Fault] = []
    if not tx.caller.sees_office(content.agency_office_id):
        faults.append(Fault("agencyOfficeId", Wrong.UNKNOWN_ID, "Unknown agencyOfficeId"))
    if checks is not Checks.OFF:
        kept = _references(stored) if stored is not None else []
        faults += require_known(tx, new_references(_references(content), kept), checks=checks)
    if faults:
        raise Invalid(body=faults)


def _references(content: RequirementContent) -> list[Reference]:
    agents = enumerate(content.agents or ())
    return [
        Reference(Kind.OFFICE, content.agency_office_id, "agencyOfficeId"),
        *(Reference(Kind.AGENT, agent.agent_id, f"agents[{at}].agentId") for at, agent in agents),
    ]


def searched_text(tx: Transaction, requirement: Requirement) -> str:
    """What free text search looks through: the friendly id, the note, the texts and addresses of what is looked for,
    and the names of the office and the agents.

    Source: OviPro contract 4.5, freeTextSearch.
    """
    content = requirement.content
    things = [(Kind.OFFICE, content.agency_office_id)]
    things += [(Kind.AGENT, agent.agent_id) for agent in content.agents or ()]
    said = [
        str(requirement.friendly_id),
        content.note or "",
        *directory.labels(tx, things),
        *rules.searched_strings(value_of(content.asset_requirements)),
    ]
    return "\n".join(said)[:SEARCHED_LETTERS_MAX]


def rewrite_texts(tx: Transaction, renamed: Sequence[tuple[Kind, UUID]], *, after: int, limit: int) -> int | None:
    """Let the next asset requirements that name any of these be found by the present names (`directory.renames`)."""
    found = store.pointing_at(tx, renamed, after=after, limit=limit)
    for requirement_no, requirement in found:
        KEPT.retext(tx, requirement_no, requirement, searched_text(tx, requirement))
    return found[-1][0] if found else None
