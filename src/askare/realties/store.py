"""Realties in the database."""

from __future__ import annotations

from uuid import UUID

from askare.realties.model import Realty, document_of, realty_of
from askare.storage.transactions import Transaction


def insert(tx: Transaction, realty: Realty, *, text: str) -> str:
    """Keep a new realty.  Returns the stored document."""
    document = document_of(realty)
    tx.run(
        "INSERT INTO realties (organization_no, realty_id, version, document)"
        " VALUES (:organization, :realty, :version, :document)",
        organization=tx.organization_no,
        realty=realty.realty_id.bytes,
        version=realty.version,
        document=document,
    )
    return document


def find(tx: Transaction, realty_id: UUID, *, lock: bool = False) -> tuple[int, Realty, str] | None:
    """The stored realty of this id in the caller's organization with its number and document, or None."""
    row = tx.row(
        "SELECT realty_no, version, document FROM realties"
        f" WHERE organization_no = :organization AND realty_id = :realty{tx.flavour.row_lock if lock else ''}",
        organization=tx.organization_no,
        realty=realty_id.bytes,
    )
    if row is None:
        return None
    realty_no, version, document = row
    return realty_no, realty_of(realty_id, version, document), document


def replace(tx: Transaction, realty_no: int, before: Realty, after: Realty, *, text: str) -> str:
    """Keep a changed realty in the place of the stored one.  Returns the stored document."""
    document = document_of(after)
    tx.run(
        "UPDATE realties SET version = :version, document = :document WHERE realty_no = :no",
        no=realty_no,
        version=after.version,
        document=document,
    )
    return document


def delete(tx: Transaction, realty_no: int, realty: Realty) -> None:
    """Take a realty out of the store.  Its history and tombstone are the caller's to write."""
    tx.run("DELETE FROM realties WHERE realty_no = :no", no=realty_no)
