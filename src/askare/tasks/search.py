"""Finding tasks: which way is short, and the SQL of it.

A search has four possible ways, and takes the shortest:

- along the **links** of one party, agent, realty or assignment, already in the order of due times;
- by **gathering** everything that a selective filter finds (rare words, a short stretch of time) and sorting it;
- by **walking** all tasks in the order asked for, until the page is full: right when a filter finds many;
- walking the **texts** in that order, when what finds many is a word.

All four answer the same, by `rules.matches` and `kernel.words.finds_all`; a property test holds them to it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from uuid import UUID

from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction
from askare.storage.vocabulary import Wanted, wanted_words
from askare.tasks import rules
from askare.tasks.model import TaskFilter, TaskStatus, TaskType, task_of

# Above this many tasks in a stretch of time, walking in order is expected to fill a page sooner than gathering them.
GATHER_MAX = 4_000

# What a task costs each way, measured in microseconds: only their ratios matter.
COST_OF_WALKED = 2.5  # its text read and compared, in the order in which texts lie
COST_OF_WALKED_ASKEW = 8.0  # the same in another order: a look-up each
COST_OF_POSTED = 0.6  # found through its words and sorted
COST_OF_FETCHED = 3.0  # its row looked up
COST_OF_CHECKED = 8.0  # its row and its text looked up and compared
POSTED_COUNTED_MAX = 60_000

# How much further than the expected number of tasks is looked when some of them will fall away.
REACH_AT_FIRST = 1.5
REACH_AGAIN = 4.0

# Stored numbers of the two closed lists.  New members go to the end: the numbers are on people's disks.
TYPE_NUMBERS = {
    TaskType.CALL: 0,
    TaskType.NOTIFICATION: 1,
    TaskType.EMAIL: 2,
    TaskType.TRAINING: 3,
    TaskType.MEETING: 4,
    TaskType.FOLLOW_UP: 5,
    TaskType.REPORT_MEETING: 6,
    TaskType.OTHER: 7,
}
STATUS_NUMBERS = {TaskStatus.WAITING: 0, TaskStatus.DONE: 1, TaskStatus.REJECTED: 2}
PARTY, AGENT, REALTY, ASSIGNMENT = 1, 2, 3, 4

SORT_COLUMNS = {"taskDueTime": "due", "modificationTime": "modified"}
DEFAULT_ORDER = (Order("taskDueTime"),)


def search(tx: Transaction, wanted: TaskFilter, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents of the tasks that the caller sees and the filter wants, in order, and how many there are."""
    found = _Search(tx, wanted, orders)
    total = tx.memory.counts("task").count(tx, found.question(), found.count, None if wanted.text else found.counted)
    if window.start >= total or window.size == 0:
        return Page([], total)
    return Page(found.documents(window, total), total)


class _Search:
    def __init__(self, tx: Transaction, wanted: TaskFilter, orders: Sequence[Order]) -> None:
        self._tx = tx
        self._wanted = wanted
        self._words = wanted_words(wanted.text)
        self._offices = _offices_seen(tx.caller.office_ids, wanted.office_ids)
        by_field = {order.field: order for order in reversed((*orders, *DEFAULT_ORDER))}
        self._orders = [by_field[field] for field in dict.fromkeys(order.field for order in orders)] or list(
            DEFAULT_ORDER
        )
        self._links = [
            (kind, targets)
            for kind, targets in (
                (REALTY, wanted.realty_ids),
                (ASSIGNMENT, wanted.assignment_ids),
                (PARTY, wanted.party_ids),
                (AGENT, wanted.agent_ids),
            )
            if targets
        ]

    # Counting --------------------------------------------------------------------------------------------------

    def question(self) -> Hashable:
        """Everything that the count depends on."""
        return (self._wanted, self._offices)

    def counted(self, document: str | None) -> bool:
        """Whether the task of this document is among those counted."""
        if document is None:
            return False
        task = task_of(_NOBODY, 0, document)
        return rules.matches(self._wanted, task) and (
            self._offices is None or task.content.agency_office_id in self._offices
        )

    def count(self) -> int:
        if self._offices is not None and not self._offices:
            return 0
        conditions = self._start()
        narrow = self._narrow_conditions(conditions, "t")
        if self._words:
            tables = f"({self._found_by_words(conditions, self._words)}) f"
            if narrow or self._links:
                tables += f" {self._tx.flavour.ordered_join} tasks t ON t.task_no = f.task_no"
                self._add_all(conditions, narrow)
        elif len(self._links) == 1 and not narrow:
            tables = f"({self._linked(conditions, *self._links[0])}) l"
        else:
            tables = "tasks t"
            conditions.add("t.organization_no = :organization")
            self._add_all(conditions, narrow)
        return self._number(tables, conditions)

    def _count_everything(self) -> int:
        """How many tasks the organization has."""

        def count() -> int:
            conditions = self._start()
            conditions.add("organization_no = :organization")
            return self._number("tasks", conditions)

        return self._tx.memory.counts("task").count(
            self._tx, "everything", count, lambda document: document is not None
        )

    def _add_all(self, conditions: Conditions, narrow: list[str]) -> None:
        for part in narrow:
            conditions.add(part)
        for kind, targets in self._links:
            conditions.add(f"t.task_no IN ({self._linked(conditions, kind, targets)})")

    def _number(self, tables: str, conditions: Conditions) -> int:
        row = self._tx.row(f"SELECT count(*) FROM {tables} WHERE {conditions}", **conditions.values)
        return int(row[0]) if row else 0

    # The page --------------------------------------------------------------------------------------------------

    def documents(self, window: Window, total: int) -> list[bytes]:
        """The documents in the window; `total` is how many tasks are found in all."""
        due = min(window.size, total - window.start)
        reach = REACH_AT_FIRST
        while True:
            documents = self._documents(window, total, reach)
            if len(documents) >= due or reach >= total:
                return documents
            reach *= REACH_AGAIN

    def _documents(self, window: Window, total: int, reach: float) -> list[bytes]:
        conditions = self._start()
        source, order_tables = self._way(conditions, window, total, reach)
        keys = ", ".join(
            f"{order_tables[SORT_COLUMNS[order.field]]}.{SORT_COLUMNS[order.field]}{_direction(order)}"
            for order in self._orders
        )
        limit, offset = conditions.value(window.size), conditions.value(window.start)
        numbers = self._tx.rows(
            f"SELECT {order_tables['task_no']}.task_no FROM {source} WHERE {conditions}"
            f" ORDER BY {keys}, {order_tables['task_id']}.task_id LIMIT {limit} OFFSET {offset}",
            **conditions.values,
        )
        return self._fetched([number for (number,) in numbers])

    def _fetched(self, task_nos: list[int]) -> list[bytes]:
        """The documents of these tasks, in this order.  Apart from the search, so that nothing sorts documents."""
        conditions = Conditions()
        conditions.add(conditions.among("task_no", task_nos))
        document = self._tx.flavour.as_bytes.format("document")
        rows = self._tx.rows(f"SELECT task_no, {document} FROM tasks WHERE {conditions}", **conditions.values)
        documents: dict[int, bytes] = dict(rows)
        return [bytes(documents[task_no]) for task_no in task_nos]

    def _way(self, conditions: Conditions, window: Window, total: int, reach: float) -> tuple[str, dict[str, str]]:
        """The tables to go through, and which of them gives each column to sort by."""
        first = SORT_COLUMNS[self._orders[0].field]
        all_from_tasks = dict.fromkeys(("due", "modified", "task_no", "task_id"), "t")
        if self._links:
            (kind, targets), *others = self._links
            if len(targets) == 1:
                return self._along_links(conditions, kind, targets, others)
            conditions.add(f"t.task_no IN ({self._linked(conditions, kind, targets)})")
            self._add_rest(conditions, others, index_by=None)
            return self._tasks_and_texts(), all_from_tasks
        gathered = self._words_to_gather_by(window, total)
        if gathered:
            return self._gather(conditions, gathered, window, total, reach), all_from_tasks
        few = self._short_stretch(first)
        if self._words and first == "due" and few is None:
            conditions.add("x.organization_no = :organization")
            if self._wanted.due_after is not None:
                conditions.add(f"x.due > {conditions.value(milliseconds(self._wanted.due_after))}")
            if self._wanted.due_before is not None:
                conditions.add(f"x.due < {conditions.value(milliseconds(self._wanted.due_before))}")
            self._add_rest(conditions, (), index_by=None)
            source = f"task_texts x {self._tx.flavour.ordered_join} tasks t ON t.task_no = x.task_no"
            return source, {**all_from_tasks, "due": "x"}
        conditions.add("t.organization_no = :organization")
        self._add_rest(conditions, (), index_by=few or first)
        return self._tasks_and_texts(), all_from_tasks

    def _along_links(
        self,
        conditions: Conditions,
        kind: int,
        targets: frozenset[UUID],
        others: list[tuple[int, frozenset[UUID]]],
    ) -> tuple[str, dict[str, str]]:
        conditions.add(f"l.organization_no = :organization AND l.kind = {kind}")
        conditions.add(conditions.among("l.target", (target.bytes for target in targets)))
        narrow = self._narrow_conditions(conditions, "t")
        for part in narrow:
            conditions.add(part)
        for other_kind, other_targets in others:
            conditions.add(f"l.task_no IN ({self._linked(conditions, other_kind, other_targets)})")
        join = self._tx.flavour.ordered_join
        source = "task_links l"
        if narrow:
            source += f" {join} tasks t ON t.task_no = l.task_no"
        if self._words:
            source += self._with_texts("l")
            for word in self._words:
                conditions.add(word.in_lines(conditions, "x.words_line", "x.stems_line"))
        return source, dict.fromkeys(("due", "modified", "task_no", "task_id"), "l")

    def _tasks_and_texts(self) -> str:
        return f"tasks t{self._with_texts('t')}" if self._words else "tasks t"

    def _with_texts(self, table: str) -> str:
        """The texts (x) of the tasks in a table, each looked up."""
        return (
            f" {self._tx.flavour.ordered_join} task_texts x ON x.organization_no = {table}.organization_no"
            f" AND x.due = {table}.due AND x.task_no = {table}.task_no"
        )

    def _add_rest(
        self,
        conditions: Conditions,
        links: Sequence[tuple[int, frozenset[UUID]]],
        *,
        index_by: str | None,
    ) -> None:
        for part in self._narrow_conditions(conditions, "t", index_by=index_by):
            conditions.add(part)
        for kind, targets in links:
            conditions.add(f"t.task_no IN ({self._linked(conditions, kind, targets)})")
        for word in self._words:
            conditions.add(word.in_lines(conditions, "x.words_line", "x.stems_line"))

    def _gather(self, conditions: Conditions, words: Sequence[Wanted], window: Window, total: int, reach: float) -> str:
        """Everything that these words find, in so far as it may lie in the window; the rest is checked one by one."""
        end = window.start + window.size
        join = self._tx.flavour.ordered_join
        source = f"({self._found_by_words(conditions, words)}) f {join} tasks t ON t.task_no = f.task_no"
        unchecked = [word for word in self._words if word not in words]
        narrow = self._narrow_conditions(conditions, "t")
        for part in narrow:
            conditions.add(part)
        if unchecked:
            source += self._with_texts("t")
            for word in unchecked:
                conditions.add(word.in_lines(conditions, "x.words_line", "x.stems_line"))
        if total <= end or reach >= total:
            return source
        if unchecked or narrow:
            # Some of what the words find falls away.  So look further than the window, and again if it was not enough.
            end = max(end, int(end * reach * max(self._posted_at_most(word) for word in words) / total))
        self._add_boundary(conditions, words, end)
        return source

    def _add_boundary(self, conditions: Conditions, words: Sequence[Wanted], end: int) -> None:
        """Leave out what sorts behind the `end`-th task that the words find: nobody need fetch it."""
        order = self._orders[0]
        column = SORT_COLUMNS[order.field]
        found = self._start()
        row = self._tx.row(
            f"SELECT {column} FROM ({self._found_by_words(found, words)}) f ORDER BY {column}{_direction(order)}"
            f" LIMIT 1 OFFSET {found.value(end - 1)}",
            **found.values,
        )
        if row is not None:
            conditions.add(f"f.{column} {'>=' if order.descending else '<='} {conditions.value(row[0])}")

    # Judging which way is short --------------------------------------------------------------------------------

    def _words_to_gather_by(self, window: Window, total: int) -> Sequence[Wanted]:
        """The words by which gathering is the short way: all of them, the rarest, or none when walking is shorter."""
        if not self._words or self._links:
            return ()
        everything = self._count_everything()
        end = min(window.start + window.size, total)
        posted = {word: self._posted_at_most(word) for word in self._words}
        rarest = min(self._words, key=lambda word: posted[word])
        narrow = bool(self._narrow_conditions(self._start(), "t"))
        in_order = SORT_COLUMNS[self._orders[0].field] == "due"
        walked = COST_OF_WALKED if in_order else COST_OF_WALKED_ASKEW
        costs: list[tuple[float, Sequence[Wanted]]] = [
            (walked * min(everything, end * everything / total), ()),
            (COST_OF_POSTED * sum(posted.values()) + narrow * COST_OF_FETCHED * posted[rarest], self._words),
        ]
        if len(self._words) > 1 or narrow:
            checked = min(posted[rarest], REACH_AT_FIRST * end * posted[rarest] / total)
            costs.append((COST_OF_POSTED * posted[rarest] + COST_OF_CHECKED * checked, (rarest,)))
        # A word that is posted too often to be counted cannot be judged: it is gathered only if that is still cheap.
        return min(costs, key=lambda cost: cost[0])[1]

    def _posted_at_most(self, word: Wanted) -> int:
        """In about how many tasks the word is found, counted no further than `POSTED_COUNTED_MAX`."""

        def count() -> int:
            conditions = self._start()
            row = self._tx.row(
                "SELECT count(*) FROM (SELECT 1 FROM task_words WHERE organization_no = :organization"
                f" AND word_no IN ({word.word_numbers(conditions)}) LIMIT {POSTED_COUNTED_MAX}) few",
                **conditions.values,
            )
            return int(row[0]) if row else 0

        # A young organization grows fast, and what is said of its words is soon far from true.
        size = self._count_everything().bit_length()
        return self._tx.memory.estimate((self._tx.organization_no, size, word), count)

    def _short_stretch(self, first: str) -> str | None:
        """The other time column, when the stretch of it that is asked for holds few tasks."""
        wanted = self._wanted
        conditions = self._start()
        if first == "due" and wanted.modified_after is not None:
            column = "modified"
            stretch = [f"modified > {conditions.value(milliseconds(wanted.modified_after))}"]
        elif first == "modified" and (wanted.due_before is not None or wanted.due_after is not None):
            column = "due"
            stretch = []
            if wanted.due_after is not None:
                stretch.append(f"due > {conditions.value(milliseconds(wanted.due_after))}")
            if wanted.due_before is not None:
                stretch.append(f"due < {conditions.value(milliseconds(wanted.due_before))}")
        else:
            return None
        row = self._tx.row(
            "SELECT count(*) FROM (SELECT 1 FROM tasks WHERE organization_no = :organization"
            f" AND {' AND '.join(stretch)} LIMIT {GATHER_MAX + 1}) few",
            **conditions.values,
        )
        return column if row is not None and row[0] <= GATHER_MAX else None

    # Fragments -------------------------------------------------------------------------------------------------

    def _start(self) -> Conditions:
        conditions = Conditions()
        conditions.values["organization"] = self._tx.organization_no
        return conditions

    def _narrow_conditions(self, conditions: Conditions, table: str, *, index_by: str | None = None) -> list[str]:
        """Conditions on the small columns.  With `index_by` only that time column may be used as a way in."""
        wanted = self._wanted

        def column(name: str) -> str:
            hidden = index_by is not None and name in ("due", "modified") and name != index_by
            return f"{self._tx.flavour.unindexed if hidden else ''}{table}.{name}"

        parts = []
        if wanted.types:
            parts.append(conditions.among(column("type"), sorted(TYPE_NUMBERS[one] for one in wanted.types)))
        if wanted.statuses:
            numbers = sorted(STATUS_NUMBERS[one] for one in wanted.statuses)
            parts.append(conditions.among(column("status"), numbers))
        if self._offices is not None:
            # One office has an index in either order; for several, walking all is the ordered way.
            hide = index_by is not None and len(self._offices) > 1
            prefix = self._tx.flavour.unindexed if hide else ""
            parts.append(conditions.among(f"{prefix}{table}.office_id", sorted(one.bytes for one in self._offices)))
        if wanted.due_before is not None:
            parts.append(f"{column('due')} < {conditions.value(milliseconds(wanted.due_before))}")
        if wanted.due_after is not None:
            parts.append(f"{column('due')} > {conditions.value(milliseconds(wanted.due_after))}")
        if wanted.modified_after is not None:
            parts.append(f"{column('modified')} > {conditions.value(milliseconds(wanted.modified_after))}")
        return parts

    def _found_by_words(self, conditions: Conditions, words: Sequence[Wanted]) -> str:
        """A SELECT of task_no, due and modified of the tasks whose texts hold each of the words, each task once."""
        distinct = "DISTINCT " if len(words) == 1 else ""
        posted = " INTERSECT ".join(
            f"SELECT {distinct}task_no, due, modified FROM task_words WHERE organization_no = :organization"
            f" AND word_no IN ({word.word_numbers(conditions)})"
            for word in words
        )
        lines = " AND ".join(word.in_lines(conditions, "x.words_line", "x.stems_line") for word in words)
        join = self._tx.flavour.ordered_join
        return (
            f"SELECT task_no, due, modified FROM ({posted}) posted WHERE task_no NOT IN"
            " (SELECT task_no FROM tasks_unposted WHERE organization_no = :organization)"
            " UNION ALL SELECT t.task_no, t.due, t.modified FROM tasks_unposted u"
            f" {join} tasks t ON t.task_no = u.task_no"
            f" {join} task_texts x ON x.organization_no = u.organization_no AND x.due = t.due"
            f" AND x.task_no = t.task_no WHERE u.organization_no = :organization AND {lines}"
        )

    @staticmethod
    def _linked(conditions: Conditions, kind: int, targets: frozenset[UUID]) -> str:
        among = conditions.among("target", sorted(target.bytes for target in targets))
        distinct = "DISTINCT " if len(targets) > 1 else ""
        return (
            f"SELECT {distinct}task_no FROM task_links"
            f" WHERE organization_no = :organization AND kind = {kind} AND {among}"
        )


_NOBODY = UUID(int=0)


def _offices_seen(seen: frozenset[UUID] | None, wanted: frozenset[UUID]) -> frozenset[UUID] | None:
    """The offices whose tasks may be answered; None for all of the organization."""
    if seen is None:
        return wanted or None
    return seen & wanted if wanted else seen


def _direction(order: Order) -> str:
    return " DESC" if order.descending else ""
