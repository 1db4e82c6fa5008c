"""What can be done with the notes about an asset requirement.  Source: OviPro contract 6.

A note belongs to whoever sees its asset requirement.  Whoever writes, changes or deletes one holds the asset
requirement's row until the end, so that notes are counted and written by one caller at a time.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from askare.kernel.paging import Page
from askare.kernel.problems import NotFound
from askare.kernel.versions import Saved, require_version
from askare.requirements import notes_store, rules
from askare.requirements.model import Note, told_of_note
from askare.requirements.operations import NOTE_KIND, visible
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction


def create_note(tx: Transaction, requirement_id: UUID, text: str, *, note_id: UUID, now: datetime) -> Saved:
    """Keep a new note of the caller's.

    Raises NotFound for an asset requirement that the caller does not see, and LimitReached when it is full.
    """
    requirement_no, requirement, _ = visible(tx, requirement_id, lock=True)
    rules.require_room_for_a_note(notes_store.count(tx, requirement_no))
    user_id = tx.caller.user_id
    note = Note(
        note_id=note_id,
        requirement_id=requirement_id,
        version=1,
        text=text,
        created=now,
        modified=now,
        created_by=user_id,
        modified_by=user_id,
    )
    after = told_of_note(notes_store.insert(tx, requirement_no, note), office_id=requirement.content.agency_office_id)
    history.record(tx, NOTE_KIND, note_id, Change.CREATED, version=1, at=now, after=after)
    return Saved(note_id, 1)


def notes_of(tx: Transaction, requirement_id: UUID) -> Page[bytes]:
    """All notes of an asset requirement, oldest first.  Raises NotFound when the caller does not see it."""
    requirement_no, _, _ = visible(tx, requirement_id)
    documents = notes_store.documents(tx, requirement_no)
    return Page(documents, len(documents))


def update_note(
    tx: Transaction, note_id: UUID, text: str, *, expected_versions: frozenset[int] | None, now: datetime
) -> Saved:
    """Replace the text of a note.  The same text changes nothing.  Raises NotFound and Conflict."""
    note_no, stored, before, office_id = _held(tx, note_id)
    require_version(stored.version, expected_versions, kind="note")
    if stored.text == text:
        return Saved(note_id, stored.version)
    changed = replace(stored, text=text, version=stored.version + 1, modified=now, modified_by=tx.caller.user_id)
    after = told_of_note(notes_store.replace(tx, note_no, changed), office_id=office_id)
    history.record(tx, NOTE_KIND, note_id, Change.UPDATED, version=changed.version, at=now, before=before, after=after)
    return Saved(note_id, changed.version)


def delete_note(tx: Transaction, note_id: UUID, *, expected_versions: frozenset[int] | None, now: datetime) -> None:
    """Remove a note, whatever the state of its asset requirement.  Raises NotFound and Conflict."""
    note_no, stored, before, _ = _held(tx, note_id)
    require_version(stored.version, expected_versions, kind="note")
    notes_store.delete(tx, note_no)
    history.record(tx, NOTE_KIND, note_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def _held(tx: Transaction, note_id: UUID) -> tuple[int, Note, str, UUID]:
    """The note as it is once its asset requirement is held: its number, itself, as history tells of it, its office.

    Raises NotFound when the caller does not see it.
    """
    found = notes_store.find(tx, note_id)
    if found is not None:
        try:
            _, requirement, _ = visible(tx, found[1].requirement_id, lock=True)
        except NotFound:
            pass  # what is asked for by the note's id is answered by the note's id
        else:
            found = notes_store.find(tx, note_id)  # it may have changed while we waited
            if found is not None:
                office_id = requirement.content.agency_office_id
                return found[0], found[1], told_of_note(found[2], office_id=office_id), office_id
    raise NotFound("note", "noteId")
