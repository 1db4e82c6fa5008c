"""Call tasks in the database: the stored document beside the columns that are searched or locked on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, groupby
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.calltasks.model import (
    CallTask,
    Kept,
    Priority,
    Processing,
    Status,
    Stored,
    document_of,
    task_of,
)
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.time import instant_of, milliseconds
from askare.kernel.words import fold
from askare.storage.sql import Conditions
from askare.storage.transactions import Row, Transaction, Value, on_behalf_of
from askare.storage.vocabulary import index_all, numbers_of, words_of

# Stored numbers of the closed lists.  New members go to the end: the numbers are on people's disks.
STATUS_NUMBERS = {Status.PENDING: 0, Status.IN_PROGRESS: 1, Status.COMPLETED: 2, Status.CANCELLED: 3}
PROCESSING_NUMBERS = {
    Processing.NONE: 0,
    Processing.QUEUED: 1,
    Processing.PROCESSING: 2,
    Processing.DONE: 3,
    Processing.FAILED: 4,
    Processing.SKIPPED: 5,
}
PRIORITY_NUMBERS = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3, Priority.URGENT: 4}

POSTED_AT_ONCE = 4_000  # titles whose words are posted in one transaction
CONTENTS_POSTED_AT_ONCE = 500  # the same for all else that is said of tasks, which may be a line or an hour's talk;
LETTERS_POSTED_AT_ONCE = 200_000  # so no more than this, but for a text that is longer by itself
SWEPT_AT_ONCE = 1_000

_kept = msgspec.json.Decoder(Kept)


def insert(tx: Transaction, stored: Stored) -> tuple[CallTask, str]:
    """Keep a new task, and have its title found; returns it with its number, given here, and its document."""
    columns = _columns(tx, stored)
    row = tx.row(
        "INSERT INTO call_tasks (organization_no, assigned_no, user_id, status, processing, priority, type, phone,"
        " call_id, appeal, has_error, created_at, updated_at, due_at, recording_at, document, kept)"
        " VALUES (:organization, :assigned, :user, :status, :processing, :priority, :type, :phone,"
        " :call_id, :appeal, :has_error, :created_at, :updated_at, :due_at, :recording_at, '', :kept)"
        " RETURNING task_no",
        **columns,
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    task = msgspec.structs.replace(stored.task, id=int(row[0]))
    document = document_of(task)
    tx.run("UPDATE call_tasks SET document = :document WHERE task_no = :no", no=task.id, document=document)
    note_title(tx, task)
    note_content(tx, task)
    return task, document


def note_content(tx: Transaction, task: CallTask) -> None:
    """Have a task found by all else that is said of it; nothing is noted where nothing is."""
    text = content_of(task)
    if not text:
        return
    tx.run(
        "INSERT INTO call_contents (organization_no, task_no, text) VALUES (:organization, :no, :text)"
        " ON CONFLICT (organization_no, task_no) DO UPDATE SET text = excluded.text",
        organization=tx.organization_no,
        no=task.id,
        text=text,
    )
    tx.run(
        "INSERT INTO call_content_unposted (organization_no, task_no) VALUES (:organization, :no)"
        " ON CONFLICT DO NOTHING",
        organization=tx.organization_no,
        no=task.id,
    )


def content_of(task: CallTask) -> str:
    """What is searched besides the title, folded: the texts, the call's id, and of the phone the digits."""
    return fold("\n".join(text for text in _said(task) if text))


def _said(task: CallTask) -> tuple[str | None, ...]:
    return (
        task.description,
        task.call_id,
        "".join(filter(str.isdigit, task.caller_phone or "")),
        task.call_transcription,
        task.call_summary,
        task.call_response_summary,
    )


def note_title(tx: Transaction, task: CallTask) -> None:
    """Have a task found by its title."""
    tx.run(
        "INSERT INTO call_titles (organization_no, task_no, title) VALUES (:organization, :no, :title)",
        organization=tx.organization_no,
        no=task.id,
        title=fold(task.title),
    )
    (indexed,) = index_all(tx, [task.title])
    tx.run(
        "INSERT INTO call_unposted (organization_no, task_no, words_line) VALUES (:organization, :no, :words)",
        organization=tx.organization_no,
        no=task.id,
        words=indexed.words_line,
    )


def save(tx: Transaction, stored: Stored, *, before: Stored) -> None:
    """Keep a task as it is now.  Columns that stay as they were are left alone, and so are their indexes."""
    past, present = _columns(tx, before), _columns(tx, stored)
    changed = {_FIELDS.get(name, name): name for name, value in present.items() if value != past[name]}
    fields = ", ".join(f"{field} = :{name}" for field, name in (("document", "document"), *changed.items()))
    tx.run(
        f"UPDATE call_tasks SET {fields} WHERE task_no = :no AND organization_no = :organization",
        no=stored.task.id,
        document=document_of(stored.task),
        **present,
    )
    if _said(before.task) != _said(stored.task):
        note_content(tx, stored.task)


_FIELDS = {"assigned": "assigned_no", "user": "user_id"}  # columns that are called otherwise than their values


def _columns(tx: Transaction, stored: Stored) -> dict[str, Value]:
    task, kept = stored.task, stored.kept
    return {
        "organization": tx.organization_no,
        "assigned": task.assigned_user_id,
        "user": None if kept.user_id is None else kept.user_id.bytes,
        "status": STATUS_NUMBERS[task.status],
        "processing": PROCESSING_NUMBERS[task.processing_status],
        "priority": PRIORITY_NUMBERS[task.priority],
        "type": task.task_type,
        "phone": kept.phone,
        "call_id": task.call_id,
        "appeal": None if task.appeal_id is None else str(task.appeal_id),
        "has_error": int(task.error_code is not None),
        "created_at": milliseconds(task.created_at),
        "updated_at": milliseconds(task.updated_at),
        "due_at": None if task.due_date is None else milliseconds(task.due_date),
        "recording_at": milliseconds(kept.recording_at) if kept.has_recording and kept.recording_at else None,
        "kept": msgspec.json.encode(kept).decode(),
    }


def find(tx: Transaction, task_no: int, *, lock: bool = False) -> Stored | None:
    """The task of this number in the caller's organization, or None."""
    row = tx.row(
        "SELECT document, kept FROM call_tasks WHERE task_no = :no AND organization_no = :organization"
        f"{tx.flavour.row_lock if lock else ''}",
        no=task_no,
        organization=tx.organization_no,
    )
    return None if row is None else Stored(task_of(row[0]), _kept.decode(row[1]))


class Listed(Struct, frozen=True):
    """A task as a list reads it: its document as it stands, and what the joined fields need."""

    document: bytes
    user_id: UUID | None


def fetch(tx: Transaction, task_nos: list[int]) -> list[Listed]:
    """The documents of these tasks, in this order."""
    conditions = Conditions()
    conditions.add(conditions.among("task_no", task_nos))
    rows = tx.rows(f"SELECT task_no, {listed_columns(tx)} FROM call_tasks t WHERE {conditions}", **conditions.values)
    found = dict(zip((row[0] for row in rows), listed([row[1:] for row in rows]), strict=True))
    return [found[task_no] for task_no in task_nos]


def listed_columns(tx: Transaction) -> str:
    """What a SELECT from `call_tasks t` answers for `listed`."""
    return f"{tx.flavour.as_bytes.format('t.document')}, t.user_id"


def listed(rows: Sequence[Row]) -> list[Listed]:
    """Tasks as a list reads them.  They are many, and those who work on them few."""
    users = {user: None if user is None else UUID(bytes=bytes(user)) for user in {user for _, user in rows}}
    return [Listed(bytes(document), users[user]) for document, user in rows]


# The same call again ---------------------------------------------------------------------------------------------


def arrived_before(tx: Transaction, digest: bytes, *, now: datetime, since: datetime) -> int | None:
    """The task that this very call made since then; None, and the place is ours to fill, when there is none."""
    is_new = tx.run(
        "INSERT INTO call_arrivals (organization_no, digest, task_no, at) VALUES (:organization, :digest, 0, :at)"
        " ON CONFLICT DO NOTHING",
        organization=tx.organization_no,
        digest=digest,
        at=milliseconds(now),
    )
    if is_new:
        return None
    row = tx.row(
        "SELECT task_no, at FROM call_arrivals WHERE organization_no = :organization AND digest = :digest"
        f"{tx.flavour.row_lock}",
        organization=tx.organization_no,
        digest=digest,
    )
    return int(row[0]) if row is not None and row[1] > milliseconds(since) and row[0] else None


def note_arrival(tx: Transaction, digest: bytes, task_no: int, *, now: datetime) -> None:
    """This call has made this task."""
    tx.run(
        "INSERT INTO call_arrivals (organization_no, digest, task_no, at) VALUES (:organization, :digest, :no, :at)"
        " ON CONFLICT (organization_no, digest) DO UPDATE SET task_no = excluded.task_no, at = excluded.at",
        organization=tx.organization_no,
        digest=digest,
        no=task_no,
        at=milliseconds(now),
    )


def sweep_arrivals(tx: Transaction, *, before: datetime) -> int:
    """Forget calls that came in before this, at most `SWEPT_AT_ONCE`; return how many.  For the house itself."""
    return tx.run(
        "DELETE FROM call_arrivals WHERE (organization_no, digest) IN"
        " (SELECT organization_no, digest FROM call_arrivals WHERE at < :before LIMIT :limit)",
        before=milliseconds(before),
        limit=SWEPT_AT_ONCE,
    )


# Reprocessing ----------------------------------------------------------------------------------------------------


def reprocesses_since(tx: Transaction, since: datetime) -> list[datetime]:
    """When the caller had tasks processed again since then, oldest first; what is older is forgotten."""
    tx.run(
        "DELETE FROM call_reprocesses WHERE organization_no = :organization AND user_id = :user AND at <= :since",
        organization=tx.organization_no,
        user=tx.caller.user_id.bytes,
        since=milliseconds(since),
    )
    rows = tx.rows(
        "SELECT at FROM call_reprocesses WHERE organization_no = :organization AND user_id = :user ORDER BY at",
        organization=tx.organization_no,
        user=tx.caller.user_id.bytes,
    )
    return [instant_of(at) for (at,) in rows]


def note_reprocess(tx: Transaction, task_no: int, *, now: datetime) -> None:
    tx.run(
        "INSERT INTO call_reprocesses (organization_no, user_id, at, task_no) VALUES (:organization, :user, :at, :no)",
        organization=tx.organization_no,
        user=tx.caller.user_id.bytes,
        at=milliseconds(now),
        no=task_no,
    )


# Texts that were replaced ----------------------------------------------------------------------------------------


class OldText(Struct, frozen=True):
    """A text that another one has replaced."""

    field: str
    version: int
    text: str
    source: str | None
    replaced_at: datetime


def keep_old_text(tx: Transaction, task: CallTask, field: str, source: str | None, *, now: datetime) -> None:
    """Keep the present text of a field as a version."""
    text = getattr(task, field)
    if text is None:
        return
    tx.run(
        "INSERT INTO call_texts (organization_no, task_no, field, version, text, source, replaced_at)"
        " VALUES (:organization, :no, :field, :version, :text, :source, :at)",
        organization=tx.organization_no,
        no=task.id,
        field=field,
        version=task.version,
        text=text,
        source=source,
        at=milliseconds(now),
    )


def old_texts(tx: Transaction, task_no: int) -> list[OldText]:
    """The replaced texts of a task, oldest first."""
    rows = tx.rows(
        "SELECT field, version, text, source, replaced_at FROM call_texts"
        " WHERE organization_no = :organization AND task_no = :no ORDER BY version, field",
        organization=tx.organization_no,
        no=task_no,
    )
    return [OldText(field, version, text, source, instant_of(at)) for field, version, text, source, at in rows]


# Forgetting ------------------------------------------------------------------------------------------------------


def of_phone(tx: Transaction, phone: str) -> list[int]:
    """The tasks of a caller, by the number in E.164."""
    rows = tx.rows(
        "SELECT task_no FROM call_tasks WHERE organization_no = :organization AND phone = :phone ORDER BY task_no",
        organization=tx.organization_no,
        phone=phone,
    )
    return [task_no for (task_no,) in rows]


def of_call(tx: Transaction, call_id: str) -> list[int]:
    """The tasks of a call, as the exchange names it."""
    rows = tx.rows(
        "SELECT task_no FROM call_tasks WHERE organization_no = :organization AND call_id = :call ORDER BY task_no",
        organization=tx.organization_no,
        call=call_id,
    )
    return [task_no for (task_no,) in rows]


def forget_texts(tx: Transaction, task_no: int) -> None:
    """Take away a task's old texts, its words and its traces of arrival; the title is found no more."""
    for table in (
        "call_texts",
        "call_titles",
        "call_unposted",
        "call_words",
        "call_contents",
        "call_content_unposted",
        "call_content_words",
        "call_arrivals",
        "call_deliveries",
    ):
        tx.run(
            f"DELETE FROM {table} WHERE organization_no = :organization AND task_no = :no",
            organization=tx.organization_no,
            no=task_no,
        )


def note_erasure(tx: Transaction, *, tasks: int, now: datetime) -> None:
    """Callers were erased, with so many tasks."""
    tx.run(
        "INSERT INTO call_erasures (organization_no, at, tasks) VALUES (:organization, :at, :tasks)",
        organization=tx.organization_no,
        at=milliseconds(now),
        tasks=tasks,
    )


def erasures(tx: Transaction) -> int:
    """How often callers were erased."""
    row = tx.row(
        "SELECT count(*) FROM call_erasures WHERE organization_no = :organization", organization=tx.organization_no
    )
    return int(row[0]) if row else 0


def recordings_older_than(tx: Transaction, before: datetime, *, limit: int) -> list[tuple[int, UUID, int]]:
    """Organization (number and id) and task of recordings that were fetched before this.  For the house itself."""
    rows = tx.rows(
        "SELECT t.organization_no, o.organization_id, t.task_no FROM call_tasks t"
        " JOIN organizations o ON o.organization_no = t.organization_no"
        " WHERE t.recording_at < :before ORDER BY t.recording_at LIMIT :limit",
        before=milliseconds(before),
        limit=limit,
    )
    return [(organization_no, UUID(bytes=bytes(organization_id)), no) for organization_no, organization_id, no in rows]


def own_recordings_older_than(tx: Transaction, before: datetime, *, limit: int) -> list[int]:
    """The tasks of the caller's organization whose recordings were fetched before this."""
    rows = tx.rows(
        "SELECT task_no FROM call_tasks WHERE organization_no = :organization AND recording_at < :before"
        " ORDER BY recording_at LIMIT :limit",
        organization=tx.organization_no,
        before=milliseconds(before),
        limit=limit,
    )
    return [task_no for (task_no,) in rows]


def count_recordings_older_than(tx: Transaction, before: datetime) -> int:
    """How many those are."""
    row = tx.row(
        "SELECT count(*) FROM call_tasks WHERE organization_no = :organization AND recording_at < :before",
        organization=tx.organization_no,
        before=milliseconds(before),
    )
    return 0 if row is None else int(row[0])


# Words -----------------------------------------------------------------------------------------------------------


def post_words(tx: Transaction, *, limit: int = POSTED_AT_ONCE, at_least: int = 1) -> int:
    """Post the words of some new titles; return of how many.  For the house itself.

    Does nothing while fewer than `at_least` wait: until then a list finds them by their titles.

    Running twice is harmless: a title leaves the list in the transaction that posts its words.
    """
    claimed = tx.rows(
        "SELECT u.organization_no, u.task_no, u.words_line FROM call_unposted u"
        f" ORDER BY u.organization_no, u.task_no LIMIT :limit{tx.flavour.claim}",
        limit=limit,
    )
    if len(claimed) < at_least:
        return 0
    posted: list[tuple[int, int, int]] = []
    for organization, some in groupby(claimed, key=lambda row: row[0]):
        posted += _posted(tx, organization, {task_no: words_of(line) for _, task_no, line in some})
    tx.run_many(
        "INSERT INTO call_words (organization_no, word_no, task_no) VALUES (:organization, :word, :task)"
        " ON CONFLICT DO NOTHING",
        sorted(posted),
    )
    tx.run_many(
        "DELETE FROM call_unposted WHERE organization_no = :organization AND task_no = :task",
        [(organization, task_no) for organization, task_no, _ in claimed],
    )
    return len(claimed)


def _posted(tx: Transaction, organization_no: int, words: dict[int, list[str]]) -> list[tuple[int, int, int]]:
    """Organization, number of the word and number of the task, for each word of each task."""
    numbers = numbers_of(tx, organization_no, {word for some in words.values() for word in some})
    return [
        (organization_no, numbers[word], task_no) for task_no, some in words.items() for word in some if word in numbers
    ]


def post_content_words(tx: Transaction, *, limit: int = CONTENTS_POSTED_AT_ONCE, at_least: int = 1) -> int:
    """The same for all else that is said of tasks.  Until then a list looks through these texts themselves."""
    if at_least > 1:
        row = tx.row("SELECT count(*) FROM (SELECT 1 FROM call_content_unposted LIMIT :most) few", most=at_least)
        if row is None or row[0] < at_least:
            return 0
    waiting = tx.rows(
        "SELECT u.organization_no, o.organization_id, u.task_no, coalesce(length(c.text), 0)"
        " FROM call_content_unposted u"
        " JOIN organizations o ON o.organization_no = u.organization_no"
        " LEFT JOIN call_contents c ON c.organization_no = u.organization_no AND c.task_no = u.task_no"
        f" ORDER BY u.organization_no, u.task_no LIMIT :limit{tx.flavour.claim}",
        limit=limit,
    )
    upto = accumulate(letters for *_, letters in waiting)
    claimed = [
        row
        for at, (row, letters) in enumerate(zip(waiting, upto, strict=True))
        if at == 0 or letters <= LETTERS_POSTED_AT_ONCE
    ]
    posted: list[tuple[int, int, int]] = []
    for (organization, organization_id), some in groupby(claimed, key=lambda row: (row[0], row[1])):
        house = on_behalf_of(tx, Caller(organization, UUID(bytes=bytes(organization_id)), HOUSE_USER, Role.ADMIN))
        texts = _contents(house, [task_no for _, _, task_no, _ in some])
        found = index_all(house, texts.values())
        words = {task_no: words_of(one.words_line) for task_no, one in zip(texts, found, strict=True)}
        posted += _posted(tx, organization, words)
    tx.run_many(
        "INSERT INTO call_content_words (organization_no, word_no, task_no) VALUES (:organization, :word, :task)"
        " ON CONFLICT DO NOTHING",
        sorted(posted),
    )
    tx.run_many(
        "DELETE FROM call_content_unposted WHERE organization_no = :organization AND task_no = :task",
        [(organization, task_no) for organization, _, task_no, _ in claimed],
    )
    return len(claimed)


def _contents(tx: Transaction, task_nos: list[int]) -> dict[int, str]:
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("task_no", task_nos))
    return dict(tx.rows(f"SELECT task_no, text FROM call_contents WHERE {conditions}", **conditions.values))
