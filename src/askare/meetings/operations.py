"""What can be done with meetings: load, decide, save.  Every function runs inside one transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from askare.directory import store as directory
from askare.directory.model import Kind
from askare.directory.participants import completed
from askare.directory.references import Checks
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Gone, NotFound
from askare.kernel.verbatim import strings_in, value_of
from askare.kernel.versions import Found, Saved, require_version
from askare.meetings import rules, store
from askare.meetings.model import Meeting, MeetingContent, MeetingFilter
from askare.meetings.store import KEPT
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction

KIND = "meeting"
SEARCHED_LETTERS_MAX = 50_000  # of one meeting: an open object has no other bound than that of the body


def create_meeting(
    tx: Transaction, content: MeetingContent, meeting_id: UUID, *, checks: Checks = Checks.OFF, now: datetime
) -> Saved:
    """Keep a new meeting.

    Raises Invalid for an office that the caller does not see, for a party whose type nobody knows, and for what the
    directory does not know as far as `checks` goes.
    """
    content = completed(tx, content, None, checks)
    meeting = Meeting(meeting_id, version=1, content=content, created=now, modified=now)
    after = KEPT.insert(tx, meeting, text=searched_text(tx, content))
    history.record(tx, KIND, meeting_id, Change.CREATED, version=1, at=now, after=after)
    return Saved(meeting_id, 1)


def get_meeting(tx: Transaction, meeting_id: UUID) -> Found:
    """Raises Gone for a meeting that was deleted, and NotFound for one that never existed for the caller."""
    _, meeting, document = _visible(tx, meeting_id)
    return Found(document, meeting.version)


def search_meetings(tx: Transaction, wanted: MeetingFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many meetings the filter finds in all."""
    return store.search_meetings(tx, wanted, orders, window)


def update_meeting(
    tx: Transaction,
    meeting_id: UUID,
    content: MeetingContent,
    *,
    expected_versions: frozenset[int] | None,
    checks: Checks = Checks.OFF,
    now: datetime,
) -> Saved:
    """Replace what is said of a meeting.  An update that changes nothing leaves version and modification time alone.

    Raises Gone and NotFound as for get; Conflict when the meeting has none of the versions expected; Invalid as for
    create; Refused when the state of the meeting forbids the change.
    """
    meeting_no, stored, before = _visible(tx, meeting_id, lock=True)
    require_version(stored.version, expected_versions, kind="meeting")
    content = completed(tx, content, stored.content, checks)
    rules.require_allowed_change(stored.content, content)
    if not rules.differs(stored.content, content):
        return Saved(meeting_id, stored.version)
    changed = Meeting(meeting_id, stored.version + 1, content, created=stored.created, modified=now)
    after = KEPT.replace(tx, meeting_no, stored, changed, text=searched_text(tx, content))
    history.record(tx, KIND, meeting_id, Change.UPDATED, version=changed.version, at=now, before=before, after=after)
    return Saved(meeting_id, changed.version)


def delete_meeting(
    tx: Transaction, meeting_id: UUID, *, expected_versions: frozenset[int] | None, now: datetime
) -> None:
    """Remove a WAITING meeting; history and a tombstone stay.  Raises Gone, NotFound, Conflict, Refused."""
    meeting_no, stored, before = _visible(tx, meeting_id, lock=True)
    require_version(stored.version, expected_versions, kind="meeting")
    rules.require_deletable(stored.content)
    KEPT.delete(tx, meeting_no, stored)
    history.record(tx, KIND, meeting_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def _visible(tx: Transaction, meeting_id: UUID, *, lock: bool = False) -> tuple[int, Meeting, str]:
    found = KEPT.find(tx, meeting_id, lock=lock)
    if found is None:
        if _was_visible(tx, meeting_id):
            raise Gone(KIND)
        raise NotFound(KIND, "meetingId")
    # Another office's meeting looks the same as none at all.
    if not tx.caller.sees_office(found[1].content.agency_office_id):
        raise NotFound(KIND, "meetingId")
    return found


def _was_visible(tx: Transaction, meeting_id: UUID) -> bool:
    """Whether the caller would have seen a meeting that was deleted, as it was in the end."""
    if not history.is_tombstone(tx, KIND, meeting_id):
        return False
    last = history.last_document(tx, KIND, meeting_id)
    return last is not None and tx.caller.sees_office(store.office_of(last))


def searched_text(tx: Transaction, content: MeetingContent) -> str:
    """What free text search looks through: the notes, every string of the meeting's realty, and the names of all
    that the meeting is about.

    Source: OviPro contract 3.3, freeTextSearch.
    """
    things = [(Kind.OFFICE, content.agency_office_id)]
    things += [(Kind.AGENT, agent.agent_id) for agent in content.agents]
    things += [(Kind.PARTY, party.party_id) for party in content.parties]
    if content.realty_id is not None:
        things.append((Kind.REALTY, content.realty_id))
    said = [content.notes or "", *directory.labels(tx, things), *strings_in(value_of(content.meeting_realty))]
    return "\n".join(said)[:SEARCHED_LETTERS_MAX]


def rewrite_texts(tx: Transaction, renamed: Sequence[tuple[Kind, UUID]], *, after: int, limit: int) -> int | None:
    """Let the next meetings that name any of these things be found by their present names (`directory.renames`)."""
    found = store.pointing_at(tx, renamed, after=after, limit=limit)
    for meeting_no, meeting in found:
        KEPT.retext(tx, meeting_no, meeting, searched_text(tx, meeting.content))
    return found[-1][0] if found else None
