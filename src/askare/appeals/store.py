"""Appeals in the database: the stored document beside the columns that are searched."""

from __future__ import annotations

from msgspec import Struct

from askare.appeals.model import Appeal, AppealFilter, AppealStatus, appeal_of, document_of
from askare.kernel.paging import Page, Window
from askare.kernel.words import fold
from askare.storage.sql import Conditions, next_number
from askare.storage.transactions import Transaction

# New members go to the end: the numbers are on people's disks.
STATUS_NUMBERS = {
    AppealStatus.NEW: 0,
    AppealStatus.IN_PROGRESS: 1,
    AppealStatus.RESOLVED: 2,
    AppealStatus.REJECTED: 3,
}


class Listed(Struct, frozen=True):
    """An appeal's document as it stands, and the tasks that are linked to it."""

    document: bytes
    task_ids: tuple[int, ...]


def next_appeal_number(tx: Transaction) -> int:
    """The organization's next running number."""
    return next_number(tx, "appeal_numbers")


def reserve(tx: Transaction) -> int:
    """An id for a new appeal, with a row that `save` fills."""
    row = tx.row(
        "INSERT INTO appeals (organization_no, status, searched, document) VALUES (:organization, 0, '', '')"
        " RETURNING appeal_no",
        organization=tx.organization_no,
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    return int(row[0])


def save(tx: Transaction, appeal: Appeal, *, phone: str | None) -> None:
    """Keep an appeal as it is now; `phone` is the caller's number in E.164."""
    tx.run(
        "UPDATE appeals SET status = :status, phone = :phone, searched = :searched, document = :document"
        " WHERE appeal_no = :no AND organization_no = :organization",
        no=appeal.id,
        organization=tx.organization_no,
        status=STATUS_NUMBERS[appeal.status],
        phone=phone,
        searched=f"{appeal.number} {fold(appeal.subject)}",
        document=document_of(appeal),
    )


def find(tx: Transaction, appeal_no: int, *, lock: bool = False) -> tuple[Appeal, str | None] | None:
    """The appeal of this number in the caller's organization and the caller's phone, or None."""
    row = tx.row(
        "SELECT document, phone FROM appeals WHERE appeal_no = :no AND organization_no = :organization"
        f"{tx.flavour.row_lock if lock else ''}",
        no=appeal_no,
        organization=tx.organization_no,
    )
    return None if row is None else (appeal_of(row[0]), row[1])


def of_phone(tx: Transaction, phone: str) -> list[int]:
    """The appeals of a caller, by the number in E.164."""
    rows = tx.rows(
        "SELECT appeal_no FROM appeals WHERE organization_no = :organization AND phone = :phone ORDER BY appeal_no",
        organization=tx.organization_no,
        phone=phone,
    )
    return [appeal_no for (appeal_no,) in rows]


def search(tx: Transaction, wanted: AppealFilter, window: Window) -> Page[Listed]:
    """The appeals that the filter wants, the newest first, and how many there are."""
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    if wanted.statuses:
        conditions.add(conditions.among("status", sorted(STATUS_NUMBERS[one] for one in wanted.statuses)))
    for word in wanted.words:
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.add(f"searched LIKE {conditions.value(f'%{escaped}%')} ESCAPE '\\'")
    row = tx.row(f"SELECT count(*) FROM appeals WHERE {conditions}", **conditions.values)
    total = int(row[0]) if row else 0
    limit, offset = conditions.value(window.size), conditions.value(window.start)
    document = tx.flavour.as_bytes.format("document")
    rows = tx.rows(
        f"SELECT appeal_no, {document} FROM appeals WHERE {conditions}"
        f" ORDER BY appeal_no DESC LIMIT {limit} OFFSET {offset}",
        **conditions.values,
    )
    tasks = tasks_of(tx, [appeal_no for appeal_no, _ in rows])
    return Page([Listed(bytes(found), tasks.get(appeal_no, ())) for appeal_no, found in rows], total)


# Links -----------------------------------------------------------------------------------------------------------


def link(tx: Transaction, appeal_no: int, task_no: int) -> None:
    tx.run(
        "INSERT INTO appeal_tasks (organization_no, appeal_no, task_no) VALUES (:organization, :appeal, :task)"
        " ON CONFLICT DO NOTHING",
        organization=tx.organization_no,
        appeal=appeal_no,
        task=task_no,
    )


def unlink(tx: Transaction, appeal_no: int, task_no: int) -> None:
    tx.run(
        "DELETE FROM appeal_tasks WHERE organization_no = :organization AND appeal_no = :appeal AND task_no = :task",
        organization=tx.organization_no,
        appeal=appeal_no,
        task=task_no,
    )


def tasks_of(tx: Transaction, appeal_nos: list[int]) -> dict[int, tuple[int, ...]]:
    """The tasks that are linked to these appeals."""
    if not appeal_nos:
        return {}
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("appeal_no", appeal_nos))
    found: dict[int, tuple[int, ...]] = {}
    for appeal_no, task_no in tx.rows(
        f"SELECT appeal_no, task_no FROM appeal_tasks WHERE {conditions} ORDER BY appeal_no, task_no",
        **conditions.values,
    ):
        found[appeal_no] = (*found.get(appeal_no, ()), task_no)
    return found
