"""Lists of call tasks: which way is short, and the SQL of it.

A list is in the order of the numbers, the newest first: numbers are given out as tasks are made (contract 1.3).  A
search in titles either **walks** the titles in that order until the page is full, which is right for what many
titles hold, or **gathers** what the words of the titles find, which is right for what is rare.  Both answer the
same, by `rules.matches`: every word of the search stands somewhere in the folded title.
"""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from askare.calltasks import rules
from askare.calltasks.model import CallFilter, Status, Trail
from askare.calltasks.store import PRIORITY_NUMBERS, PROCESSING_NUMBERS, STATUS_NUMBERS, Listed, erasures, fetch
from askare.kernel.paging import Page, Window
from askare.kernel.words import INFIX_LETTERS_MIN, written_words
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction

KIND = "call task"

# What a title costs each way, measured in microseconds: only their ratio matters.
COST_OF_WALKED = 1.5  # read and compared, in order
COST_OF_POSTED = 0.6  # found through one of its words
COST_OF_LOOKED_UP = 3.0  # its row looked up
COST_OF_CHECKED = 8.0  # its row and its title looked up and compared
POSTED_COUNTED_MAX = 60_000

CANCELLED = frozenset({Status.CANCELLED})
_LAST_LETTER = "\U0010ffff"  # after every letter in the order of code points
_trail = msgspec.json.Decoder(Trail)


def search(tx: Transaction, wanted: CallFilter, window: Window) -> Page[Listed]:
    """The tasks of the organization that the filter wants, seen through the window, and how many there are."""
    found = _Search(tx, wanted)
    # An erasure rewrites the titles in history, too, so it is no guide to what was counted before.
    question = (wanted, erasures(tx)) if wanted.words else wanted
    total = tx.memory.counts(KIND).count(tx, question, found.count, found.counted)
    if window.start >= total or window.size == 0:
        return Page([], total)
    return Page(fetch(tx, found.numbers(window, total)), total)


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

    def numbers(self, window: Window, total: int) -> list[int]:
        """The numbers of the tasks in the window; `total` is how many are found in all."""
        conditions = self._start()
        table = "t"
        if not self._wanted.words:
            source = self._plain(conditions)
        elif (words := self._worth_gathering(window, total)) is not None:
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
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"x.title LIKE {conditions.value(f'%{escaped}%')} ESCAPE '\\'"


def _listed(conditions: Conditions, numbers: list[int]) -> str:
    return ", ".join(conditions.value(number) for number in numbers)
