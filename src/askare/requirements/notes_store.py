"""The notes about asset requirements in the database."""

from __future__ import annotations

from uuid import UUID

from askare.kernel.time import milliseconds
from askare.requirements.model import Note, document_of_note, note_of
from askare.storage.transactions import Transaction


def insert(tx: Transaction, requirement_no: int, note: Note) -> str:
    """Keep a new note.  Returns the stored document."""
    document = document_of_note(note)
    tx.run(
        "INSERT INTO requirement_notes (organization_no, note_id, requirement_no, version, created, document)"
        " VALUES (:organization, :note, :requirement, :version, :created, :document)",
        organization=tx.organization_no,
        note=note.note_id.bytes,
        requirement=requirement_no,
        version=note.version,
        created=milliseconds(note.created),
        document=document,
    )
    return document


def find(tx: Transaction, note_id: UUID) -> tuple[int, Note, str] | None:
    """The note of this id in the caller's organization with its number and document, or None.

    There is nothing to lock here: whoever changes a note holds its asset requirement.
    """
    row = tx.row(
        "SELECT note_no, version, document FROM requirement_notes"
        " WHERE organization_no = :organization AND note_id = :note",
        organization=tx.organization_no,
        note=note_id.bytes,
    )
    if row is None:
        return None
    note_no, version, document = row
    return note_no, note_of(version, document), document


def count(tx: Transaction, requirement_no: int) -> int:
    """How many notes an asset requirement has."""
    row = tx.row(
        "SELECT count(*) FROM requirement_notes WHERE requirement_no = :requirement", requirement=requirement_no
    )
    return int(row[0]) if row else 0


def documents(tx: Transaction, requirement_no: int) -> list[bytes]:
    """The notes of an asset requirement, oldest first, as they are answered."""
    rows = tx.rows(
        f"SELECT {tx.flavour.as_bytes.format('document')} FROM requirement_notes"
        " WHERE requirement_no = :requirement ORDER BY created, note_id",
        requirement=requirement_no,
    )
    return [bytes(document) for (document,) in rows]


def replace(tx: Transaction, note_no: int, after: Note) -> str:
    """Keep a changed note.  Returns the stored document."""
    document = document_of_note(after)
    tx.run(
        "UPDATE requirement_notes SET version = :version, document = :document WHERE note_no = :no",
        no=note_no,
        version=after.version,
        document=document,
    )
    return document


def count_up(tx: Transaction, requirement_no: int) -> list[tuple[Note, str]]:
    """Give all notes of an asset requirement their next version; return them with it, and their documents."""
    rows = tx.rows(
        "UPDATE requirement_notes SET version = version + 1 WHERE requirement_no = :requirement"
        " RETURNING version, document",
        requirement=requirement_no,
    )
    return [(note_of(version, document), document) for version, document in rows]


def delete(tx: Transaction, note_no: int) -> None:
    """Take a note out of the store.  Its history and tombstone are the caller's to write."""
    tx.run("DELETE FROM requirement_notes WHERE note_no = :no", no=note_no)


def delete_all(tx: Transaction, requirement_no: int) -> list[tuple[Note, str]]:
    """Take out all notes of an asset requirement; return them with their documents."""
    rows = tx.rows(
        "DELETE FROM requirement_notes WHERE requirement_no = :requirement RETURNING version, document",
        requirement=requirement_no,
    )
    return [(note_of(version, document), document) for version, document in rows]
