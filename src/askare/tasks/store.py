"""Tasks in the database: the stored document beside the columns that are searched, sorted or locked on."""

from __future__ import annotations

from uuid import UUID

from askare.kernel.time import milliseconds
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction
from askare.storage.vocabulary import index, numbers_of, words_of
from askare.tasks.model import Task, TaskContent, document_of, task_of
from askare.tasks.search import AGENT, ASSIGNMENT, PARTY, REALTY, STATUS_NUMBERS, TYPE_NUMBERS

# Tasks whose words are posted in one transaction.  The words of many tasks, in the order of the table, touch each of
# its pages once; of few, nearly every word touches a page of its own.
POSTED_AT_ONCE = 4_000

_LINK_COLUMNS = ("organization_no", "kind", "target", "due", "task_no", "modified", "task_id")


def insert(tx: Transaction, task: Task, *, text: str) -> str:
    """Keep a new task; `text` is what free text search looks through.  Returns the stored document."""
    document = document_of(task)
    content = task.content
    row = tx.row(
        "INSERT INTO tasks (organization_no, task_id, version, type, status, office_id, due, modified, document)"
        " VALUES (:organization, :task, :version, :type, :status, :office, :due, :modified, :document)"
        " RETURNING task_no",
        organization=tx.organization_no,
        task=task.task_id.bytes,
        version=task.version,
        type=TYPE_NUMBERS[content.type_code],
        status=STATUS_NUMBERS[content.status_code],
        office=content.agency_office_id.bytes,
        due=milliseconds(content.task_due_time),
        modified=milliseconds(task.modified),
        document=document,
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    _insert_satellites(tx, row[0], task, text)
    _note_unposted(tx, row[0], posted_words="")
    return document


def find(tx: Transaction, task_id: UUID, *, lock: bool = False) -> tuple[int, Task, str] | None:
    """The stored task of this id in the caller's organization with its number and document, or None."""
    row = tx.row(
        "SELECT task_no, version, document FROM tasks"
        f" WHERE organization_no = :organization AND task_id = :task{tx.flavour.row_lock if lock else ''}",
        organization=tx.organization_no,
        task=task_id.bytes,
    )
    if row is None:
        return None
    task_no, version, document = row
    return task_no, task_of(task_id, version, document), document


def replace(tx: Transaction, task_no: int, before: Task, after: Task, *, text: str) -> str:
    """Keep a changed task in the place of the stored one.  Returns the stored document."""
    content = after.content
    document = document_of(after)
    _note_unposted(tx, task_no, posted_words=_delete_satellites(tx, task_no, before))
    tx.run(
        "UPDATE tasks SET version = :version, type = :type, status = :status, office_id = :office, due = :due,"
        " modified = :modified, document = :document WHERE task_no = :no",
        no=task_no,
        version=after.version,
        type=TYPE_NUMBERS[content.type_code],
        status=STATUS_NUMBERS[content.status_code],
        office=content.agency_office_id.bytes,
        due=milliseconds(content.task_due_time),
        modified=milliseconds(after.modified),
        document=document,
    )
    _insert_satellites(tx, task_no, after, text)
    return document


def delete(tx: Transaction, task_no: int, task: Task) -> None:
    """Take a task out of the store.  Its history and tombstone are the caller's to write."""
    _note_unposted(tx, task_no, posted_words=_delete_satellites(tx, task_no, task))
    tx.run("DELETE FROM tasks WHERE task_no = :no", no=task_no)


def _targets(content: TaskContent) -> list[tuple[int, UUID]]:
    """All that a task points at, by kind of link."""
    targets = [(PARTY, party.party_id) for party in content.parties]
    targets += [(AGENT, agent.agent_id) for agent in content.agents]
    if content.realty_id is not None:
        targets.append((REALTY, content.realty_id))
    if content.assignment_id is not None:
        targets.append((ASSIGNMENT, content.assignment_id))
    return targets


def _insert_satellites(tx: Transaction, task_no: int, task: Task, text: str) -> None:
    content = task.content
    organization = tx.organization_no
    due, modified = milliseconds(content.task_due_time), milliseconds(task.modified)
    task_id = task.task_id.bytes
    insert_rows(
        tx,
        "task_links",
        _LINK_COLUMNS,
        [(organization, kind, target.bytes, due, task_no, modified, task_id) for kind, target in _targets(content)],
    )
    indexed = index(tx, text)
    tx.run(
        "INSERT INTO task_texts (organization_no, due, task_no, words_line, stems_line)"
        " VALUES (:organization, :due, :no, :words, :stems)",
        organization=organization,
        due=due,
        no=task_no,
        words=indexed.words_line,
        stems=indexed.stems_line,
    )


def _delete_satellites(tx: Transaction, task_no: int, task: Task) -> str:
    """Take away what points at the task; return the words line that it had."""
    organization = tx.organization_no
    due = milliseconds(task.content.task_due_time)
    for kind, target in _targets(task.content):
        tx.run(
            "DELETE FROM task_links WHERE organization_no = :organization AND kind = :kind"
            " AND target = :target AND due = :due AND task_no = :no",
            organization=organization,
            kind=kind,
            target=target.bytes,
            due=due,
            no=task_no,
        )
    row = tx.row(
        "DELETE FROM task_texts WHERE organization_no = :organization AND due = :due AND task_no = :no"
        " RETURNING words_line",
        organization=organization,
        due=due,
        no=task_no,
    )
    return row[0] if row else ""


def _note_unposted(tx: Transaction, task_no: int, *, posted_words: str) -> None:
    """Remember that the task's words are to be posted, and which are posted now, unless that is known already."""
    # DO UPDATE rather than DO NOTHING: it waits for whoever is posting this very task, and then notes it anew.
    tx.run(
        "INSERT INTO tasks_unposted (organization_no, task_no, posted_words) VALUES (:organization, :no, :words)"
        " ON CONFLICT (organization_no, task_no) DO UPDATE SET posted_words = tasks_unposted.posted_words",
        organization=tx.organization_no,
        no=task_no,
        words=posted_words,
    )


def post_words(tx: Transaction, *, limit: int = POSTED_AT_ONCE, at_least: int = 1) -> int:
    """Bring the words of some unposted tasks up to date; return of how many.  For the house itself.

    Does nothing while fewer than `at_least` wait: until then a search finds them by their texts.

    Running twice is harmless: a task leaves the list in the transaction that posts its words.
    """
    claimed = tx.rows(
        "SELECT u.organization_no, u.task_no FROM tasks_unposted u"
        f" ORDER BY u.organization_no, u.task_no LIMIT :limit{tx.flavour.claim}",
        limit=limit,
    )
    if len(claimed) < at_least:
        return 0
    # A second question, asked when the rows are ours: the first one saw the texts as they were before a change that
    # was committed while it waited for the row.
    conditions = Conditions()
    conditions.add(conditions.among("u.organization_no", sorted({organization for organization, _ in claimed})))
    conditions.add(conditions.among("u.task_no", [task_no for _, task_no in claimed]))
    unposted = tx.rows(
        "SELECT u.organization_no, u.task_no, u.posted_words, t.due, t.modified, x.words_line"
        " FROM tasks_unposted u LEFT JOIN tasks t ON t.task_no = u.task_no"
        " LEFT JOIN task_texts x ON x.organization_no = u.organization_no AND x.due = t.due AND x.task_no = t.task_no"
        f" WHERE {conditions}",
        **conditions.values,
    )
    gone, come = [], []
    for organization, task_no, posted_line, due, modified, present_line in unposted:
        posted, present = set(words_of(posted_line)), set(words_of(present_line or ""))
        numbers = numbers_of(tx, organization, posted | present)
        gone += [(organization, numbers[word], task_no) for word in posted - present]
        come += [(organization, numbers[word], task_no, due, modified) for word in present]
    if gone:
        tx.run_many(
            "DELETE FROM task_words WHERE organization_no = :organization AND word_no = :word AND task_no = :task",
            sorted(gone),
        )
    if come:
        tx.run_many(
            "INSERT INTO task_words (organization_no, word_no, task_no, due, modified)"
            " VALUES (:organization, :word, :task, :due, :modified)"
            " ON CONFLICT (organization_no, word_no, task_no)"
            " DO UPDATE SET due = excluded.due, modified = excluded.modified",
            sorted(come),
        )
    tx.run_many("DELETE FROM tasks_unposted WHERE organization_no = :organization AND task_no = :task", claimed)
    return len(claimed)
