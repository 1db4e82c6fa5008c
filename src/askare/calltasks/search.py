"""Lists of call tasks: which way is short, and the SQL of it.

A list is in the order of the numbers, the newest first: numbers are given out as tasks are made (contract 1.3).  A
search in titles either **walks** the titles in that order until the page is full, which is right for what many
titles hold, or **gathers** what the words of the titles find, which is right for what is rare.  Both answer the
same, by `rules.matches`: every word of the search stands somewhere in the folded title.
"""

from __future__ import annotations

from collections.abc import Hashable

import msgspec
from msgspec.structs import replace

from askare.calltasks import rules
from askare.calltasks.model import CallFilter, MoreFilters, Order, Status, Trail
from askare.calltasks.store import (
    PRIORITY_NUMBERS,
    PROCESSING_NUMBERS,
    STATUS_NUMBERS,
    Listed,
    erasures,
    fetch,
    listed,
    listed_columns,
)
from askare.kernel.paging import Page, Window
from askare.kernel.time import milliseconds
from askare.kernel.words import INFIX_LETTERS_MIN, written_words
from askare.storage.pages import is_untouched_since
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction

KIND = "call task"

# What a title costs each way, measured in microseconds: only their ratio matters.
COST_OF_WALKED = 1.5  # read and compared, in order
COST_OF_POSTED = 0.6  # found through one of its words
COST_OF_LOOKED_UP = 3.0  # its row looked up
COST_OF_CHECKED = 8.0  # its row and its title looked up and compared
POSTED_COUNTED_MAX = 60_000
NUMBER_BYTES = 40  # what a remembered number takes

CANCELLED = frozenset({Status.CANCELLED})
_LAST_LETTER = "\U0010ffff"  # after every letter in the order of code points
_trail = msgspec.json.Decoder(Trail)


def search(tx: Transaction, wanted: CallFilter, window: Window) -> Page[Listed]:
    """The tasks of the organization that the filter wants, seen through the window, and how many there are."""
    if wanted.more is not None:
        return _search_more(tx, wanted, wanted.more, window)
    found = _Search(tx, wanted)
    # An erasure rewrites the titles in history, too, so it is no guide to what was counted before.
    question = (wanted, erasures(tx)) if wanted.words else wanted
    total = tx.memory.counts(KIND).count(tx, question, found.count, found.counted)
    if window.start >= total or window.size == 0:
        return Page([], total)
    if not wanted.words:
        return Page(found.answers(window), total)
    numbers = tx.memory.pages.page(
        tx,
        KIND,
        ("numbers", question, window),  # which they are history tells; how they are, only they themselves
        lambda: Page(found.numbers(window, total), total),
        lambda mark: is_untouched_since(tx, KIND, mark, found.counted),
        size=lambda _: NUMBER_BYTES,
    )
    return Page(fetch(tx, numbers.items), total)


def _search_more(tx: Transaction, wanted: CallFilter, more: MoreFilters, window: Window) -> Page[Listed]:
    found = _WiderSearch(tx, wanted, more)
    if more.updated_since is not None or more.overdue is not None:
        total = found.count()  # what history does not tell, and what only time changes, is not remembered
    else:
        question = replace(wanted, more=replace(more, order=(), now=None))
        total = tx.memory.counts(KIND).count(tx, question, found.count, None)
    if window.start >= total or window.size == 0:
        return Page([], total)
    return Page(found.answers(window), total)


class _Search:
    def __init__(self, tx: Transaction, wanted: CallFilter) -> None:
        self._tx = tx
        self._wanted = wanted
        # The longest run of letters and digits of each word: what stands in a title stands in one of its words.
        self._cores = {word: max(written_words(word), key=len, default="") for word in wanted.words}
        self._posted_words = [word for word in wanted.words if len(self._cores[word]) >= INFIX_LETTERS_MIN]

    # Counting --------------------------------------------------------------------------------------------------

    def counted(self, document: str | None) -> bool:
        """Whether the task of this line of history is among those counted."""
        return document is not None and rules.matches(self._wanted, _trail.decode(document))

    def count(self) -> int:
        if self._is_widest() and self._count_cancelled() < min(map(self._posted_at_most, self._posted_words)):
            # Cancelled tasks are few: what the words find less what of it is cancelled costs no look-up for each.
            everywhere = msgspec.structs.replace(self._wanted, with_cancelled=True)
            cancelled = msgspec.structs.replace(self._wanted, statuses=CANCELLED)
            return _Search(self._tx, everywhere).count() - _Search(self._tx, cancelled).count_walking()
        conditions = self._start()
        if self._posted_words:
            source = self._gathered(conditions, self._posted_words)
        elif self._wanted.words:
            source = self._walked(conditions)
        else:
            source = self._plain(conditions)
        return self._number(source, conditions)

    def count_walking(self) -> int:
        """The same, through all tasks that the small columns leave: right where these are few."""
        conditions = self._start()
        source = self._plain(conditions)
        for word in self._wanted.words:
            conditions.add(self._stands_in_title(conditions, word))
        join = self._tx.flavour.ordered_join
        title = f"{join} call_titles x ON x.organization_no = :organization AND x.task_no = t.task_no"
        return self._number(f"{source} {title}", conditions)

    def _is_widest(self) -> bool:
        """Whether words are looked for among all tasks that are not cancelled."""
        return bool(self._posted_words) and self._wanted == CallFilter(words=self._wanted.words)

    def _count_cancelled(self) -> int:
        """About how many tasks are cancelled, counted no further than `POSTED_COUNTED_MAX`."""

        def count() -> int:
            row = self._tx.row(
                "SELECT count(*) FROM (SELECT 1 FROM call_tasks WHERE organization_no = :organization"
                f" AND status = :status LIMIT {POSTED_COUNTED_MAX}) few",
                organization=self._tx.organization_no,
                status=STATUS_NUMBERS[Status.CANCELLED],
            )
            return int(row[0]) if row else 0

        size = self._count_everything().bit_length()
        return self._tx.memory.estimate((KIND, "cancelled", self._tx.organization_no, size), count)

    def _count_everything(self) -> int:
        """How many tasks the organization has."""

        def count() -> int:
            conditions = self._start()
            conditions.add("organization_no = :organization")
            return self._number("call_titles", conditions)

        everything: Hashable = "everything"
        return self._tx.memory.counts(KIND).count(self._tx, everything, count, lambda document: document is not None)

    def _number(self, source: str, conditions: Conditions) -> int:
        row = self._tx.row(f"SELECT count(*) FROM {source} WHERE {conditions}", **conditions.values)
        return int(row[0]) if row else 0

    # The page --------------------------------------------------------------------------------------------------

    def answers(self, window: Window) -> list[Listed]:
        """The tasks in the window, where no words are looked for."""
        conditions = self._start()
        source = self._plain(conditions)
        limit, offset = conditions.value(window.size), conditions.value(window.start)
        rows = self._tx.rows(
            f"SELECT {listed_columns(self._tx)} FROM {source} WHERE {conditions}"
            f" ORDER BY t.task_no DESC LIMIT {limit} OFFSET {offset}",
            **conditions.values,
        )
        return listed(rows)

    def numbers(self, window: Window, total: int) -> list[int]:
        """The numbers of the tasks in the window, where words are looked for; `total` is how many are found in all."""
        conditions = self._start()
        if (words := self._worth_gathering(window, total)) is not None:
            source, table = self._gathered(conditions, words), "f"
        else:
            source, table = self._walked(conditions), "x"
        limit, offset = conditions.value(window.size), conditions.value(window.start)
        rows = self._tx.rows(
            f"SELECT {table}.task_no FROM {source} WHERE {conditions}"
            f" ORDER BY {table}.task_no DESC LIMIT {limit} OFFSET {offset}",
            **conditions.values,
        )
        return [number for (number,) in rows]

    def _worth_gathering(self, window: Window, total: int) -> list[str] | None:
        """The words to gather by, or None where walking is the shorter way."""
        if not self._posted_words:
            return None
        everything = self._count_everything()
        end = min(window.start + window.size, total)
        walked = COST_OF_WALKED * min(everything, end * everything / total)
        posted = {word: self._posted_at_most(word) for word in self._posted_words}
        rarest = min(posted, key=lambda word: posted[word])
        costs: list[tuple[float, list[str] | None]] = [
            (walked, None),
            (COST_OF_POSTED * sum(posted.values()) + COST_OF_LOOKED_UP * total, list(posted)),
        ]
        if len(posted) > 1:
            costs.append(((COST_OF_POSTED + COST_OF_CHECKED) * posted[rarest], [rarest]))
        return min(costs, key=lambda cost: cost[0])[1]

    def _posted_at_most(self, word: str) -> int:
        """In about how many titles the word stands, counted no further than `POSTED_COUNTED_MAX`."""

        def count() -> int:
            conditions = self._start()
            row = self._tx.row(
                "SELECT count(*) FROM (SELECT 1 FROM call_words WHERE organization_no = :organization"
                f" AND word_no IN ({self._word_numbers(conditions, word)}) LIMIT {POSTED_COUNTED_MAX}) few",
                **conditions.values,
            )
            return int(row[0]) if row else 0

        # A young organization grows fast, and what is said of its words is soon far from true.
        size = self._count_everything().bit_length()
        return self._tx.memory.estimate((KIND, self._tx.organization_no, size, word), count)

    # Fragments -------------------------------------------------------------------------------------------------

    def _start(self) -> Conditions:
        conditions = Conditions()
        conditions.values["organization"] = self._tx.organization_no
        return conditions

    def _plain(self, conditions: Conditions) -> str:
        """All tasks, by their small columns."""
        conditions.add("t.organization_no = :organization")
        for part in self._narrow(conditions, as_way_in=True):
            conditions.add(part)
        return "call_tasks t"

    def _walked(self, conditions: Conditions) -> str:
        """All titles (x), compared one after the other."""
        conditions.add("x.organization_no = :organization")
        for word in self._wanted.words:
            conditions.add(self._stands_in_title(conditions, word))
        return f"call_titles x{self._joined_tasks(conditions, 'x')}"

    def _gathered(self, conditions: Conditions, words: list[str]) -> str:
        """What these words find (f), and of that what the others find too."""
        posted = " INTERSECT ".join(
            "SELECT task_no FROM call_words WHERE organization_no = :organization"
            f" AND word_no IN ({self._word_numbers(conditions, word)})"
            for word in words
        )
        distinct = "DISTINCT " if len(words) == 1 else ""
        join = self._tx.flavour.ordered_join
        title = f" {join} call_titles x ON x.organization_no = :organization AND x.task_no = "  # the rest of it follows
        unposted = " AND ".join(self._stands_in_title(conditions, word) for word in words)
        source = (
            f"(SELECT {distinct}task_no FROM ({posted}) posted"
            f" UNION ALL SELECT u.task_no FROM call_unposted u{title}u.task_no"
            f" WHERE u.organization_no = :organization AND {unposted}) f"
        )
        # A word that is letters and digits alone is found by the titles' words for certain; of others the title tells.
        unsure = [word for word in self._wanted.words if word not in words or word != self._cores[word]]
        if unsure:
            source += f"{title}f.task_no"
            for word in unsure:
                conditions.add(self._stands_in_title(conditions, word))
        return source + self._joined_tasks(conditions, "f")

    def _joined_tasks(self, conditions: Conditions, table: str) -> str:
        """The tasks (t) of what was found, where their small columns matter."""
        narrow = self._narrow(conditions, as_way_in=False)
        if not narrow:
            return ""
        for part in narrow:
            conditions.add(part)
        return (
            f" {self._tx.flavour.ordered_join} call_tasks t"
            f" ON t.organization_no = :organization AND t.task_no = {table}.task_no"
        )

    def _narrow(self, conditions: Conditions, *, as_way_in: bool) -> list[str]:
        """Conditions on the small columns.  One value may be a way in, by an index that keeps the order."""
        wanted = self._wanted
        hidden = self._tx.flavour.unindexed
        alone = as_way_in and wanted.assigned_user_id is None
        parts = []
        if wanted.assigned_user_id is not None:
            column = "t.assigned_no" if as_way_in else f"{hidden}t.assigned_no"
            parts.append(f"{column} = {conditions.value(wanted.assigned_user_id)}")
        statuses = sorted(STATUS_NUMBERS[one] for one in wanted.statuses)
        processing = sorted(PROCESSING_NUMBERS[one] for one in wanted.processing)
        cancelled = STATUS_NUMBERS[Status.CANCELLED]
        if statuses and processing:
            either = f"({hidden}t.status IN ({_listed(conditions, statuses)})"
            parts.append(f"{either} OR {hidden}t.processing IN ({_listed(conditions, processing)}))")
        elif statuses:
            column = "t.status" if alone and len(statuses) == 1 else f"{hidden}t.status"
            parts.append(conditions.among(column, statuses))
        elif processing:
            column = "t.processing" if alone and len(processing) == 1 else f"{hidden}t.processing"
            parts.append(conditions.among(column, processing))
        if not statuses and not wanted.with_cancelled:
            parts.append(f"{hidden}t.status <> {conditions.value(cancelled)}")
        if wanted.task_types:
            parts.append(conditions.among("t.type", sorted(wanted.task_types)))
        if wanted.priorities:
            numbers = sorted(PRIORITY_NUMBERS[one] for one in wanted.priorities)
            parts.append(conditions.among("t.priority", numbers))
        return parts

    def _word_numbers(self, conditions: Conditions, word: str) -> str:
        """A SELECT of the numbers of all words in which the core of this one stands."""
        core = self._cores[word]
        first, last = conditions.value(core), conditions.value(core + _LAST_LETTER)
        return (
            "SELECT word_no FROM word_forms WHERE organization_no = :organization"
            f" AND form >= {first} AND form < {last} AND kind <= 1"
        )

    @staticmethod
    def _stands_in_title(conditions: Conditions, word: str) -> str:
        return _stands_in("x.title", conditions, word)


def _stands_in(column: str, conditions: Conditions, word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{column} LIKE {conditions.value(f'%{escaped}%')} ESCAPE '\\'"


_ORDERS = {
    Order.CREATED: "t.task_no",  # numbers are given out as tasks are made
    Order.UPDATED: "t.updated_at",
    Order.DUE: "t.due_at",
    Order.PRIORITY: "t.priority",
}


class _WiderSearch(_Search):
    """A search by what is rarely asked for: straight through the tasks, by whichever index tells most."""

    def __init__(self, tx: Transaction, wanted: CallFilter, more: MoreFilters) -> None:
        super().__init__(tx, wanted)
        self._more = more

    def count(self) -> int:
        conditions = self._start()
        return self._number(self._source(conditions), conditions)

    def answers(self, window: Window) -> list[Listed]:
        conditions = self._start()
        source = self._source(conditions)
        order = [f"{_ORDERS[one]}{' DESC' if down else ''} NULLS LAST" for one, down in self._more.order]
        limit, offset = conditions.value(window.size), conditions.value(window.start)
        rows = self._tx.rows(
            f"SELECT t.task_no FROM {source} WHERE {conditions}"
            f" ORDER BY {', '.join([*order, 't.task_no DESC'])} LIMIT {limit} OFFSET {offset}",
            **conditions.values,
        )
        return fetch(self._tx, [number for (number,) in rows])

    def _source(self, conditions: Conditions) -> str:
        conditions.add("t.organization_no = :organization")
        for part in [*self._narrow(conditions, as_way_in=False), *self._narrow_more(conditions)]:
            conditions.add(part)
        source = "call_tasks t"
        if not self._wanted.words:
            return source
        source += " JOIN call_titles x ON x.organization_no = :organization AND x.task_no = t.task_no"
        if self._more.everywhere:
            source += " LEFT JOIN call_contents c ON c.organization_no = :organization AND c.task_no = t.task_no"
        for word in self._wanted.words:
            places = ["x.title", "c.text"] if self._more.everywhere else ["x.title"]
            conditions.add(f"({' OR '.join(_stands_in(place, conditions, word) for place in places)})")
        if self._posted_words:
            # One word narrows, and the longest is likely to be the rarest; the texts decide.
            word = max(self._posted_words, key=lambda one: len(self._cores[one]))
            tables = ["call_words", "call_content_words"] if self._more.everywhere else ["call_words"]
            new = ["call_unposted", "call_content_unposted"] if self._more.everywhere else ["call_unposted"]
            posted = [
                f"SELECT task_no FROM {table} WHERE organization_no = :organization"
                f" AND word_no IN ({self._word_numbers(conditions, word)})"
                for table in tables
            ]
            posted += [f"SELECT task_no FROM {table} WHERE organization_no = :organization" for table in new]
            conditions.add(f"t.task_no IN ({' UNION '.join(posted)})")
        return source

    def _narrow_more(self, conditions: Conditions) -> list[str]:
        more, hidden = self._more, self._tx.flavour.unindexed
        parts = []
        if more.assigned:
            parts.append(conditions.among("t.assigned_no", sorted(more.assigned)))
        if more.appeals:
            parts.append(conditions.among("t.appeal", sorted(more.appeals)))
        if more.call_ids:
            parts.append(conditions.among("t.call_id", sorted(more.call_ids)))
        if more.phones:
            parts.append(conditions.among("t.phone", sorted(more.phones)))
        if more.pipeline:
            parts.append(
                conditions.among(f"{hidden}t.processing", sorted(PROCESSING_NUMBERS[one] for one in more.pipeline))
            )
        if more.has_error is not None:
            parts.append(f"t.has_error = {conditions.value(int(more.has_error))}")
        for column, sign, moment in (
            ("t.created_at", ">=", more.created_from),
            ("t.created_at", "<=", more.created_to),
            ("t.due_at", "<", more.due_before),
            ("t.updated_at", ">=", more.updated_since),
        ):
            if moment is not None:
                parts.append(f"{column} {sign} {conditions.value(milliseconds(moment))}")
        if more.overdue is not None and more.now is not None:
            final = conditions.among("t.status", sorted(STATUS_NUMBERS[one] for one in rules.FINAL))
            now = conditions.value(milliseconds(more.now))
            parts.append(
                f"t.due_at < {now} AND NOT {hidden}{final}"
                if more.overdue
                else f"(t.due_at IS NULL OR t.due_at >= {now} OR {final})"
            )
        return parts


def _listed(conditions: Conditions, numbers: list[int]) -> str:
    return ", ".join(conditions.value(number) for number in numbers)
