"""Finding things on a shelf: which way is short, and the SQL of it.

A search has four possible ways, and takes the shortest:

- along the **links** of one party, agent or realty, already in the order of the shelf's time;
- by **gathering** everything that a selective filter finds (rare words, a short stretch of time) and sorting it;
- by **walking** all things in the order asked for, until the page is full: right when a filter finds many;
- walking the **texts** in that order, when what finds many is a word.

All four answer the same, by a room's own `rules.matches` and by `kernel.words.finds_all`: property tests hold them to
it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.paging import Order, Page, Window
from askare.storage.finds import FIND_MAX, Again, Find, Numbers
from askare.storage.pages import is_untouched_since
from askare.storage.shelf import Shelf, times_retexted
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction, Value
from askare.storage.vocabulary import Wanted, wanted_words

# Above this many things in a stretch of time, walking in order is expected to fill a page sooner than gathering them.
GATHER_MAX = 4_000

# What a thing costs each way, measured in microseconds: only their ratios matter.
COST_OF_WALKED = 2.5  # its text read and compared, in the order in which texts lie
COST_OF_WALKED_ASKEW = 8.0  # the same in another order: a look-up each
COST_OF_POSTED = 0.6  # found through its words and sorted
COST_OF_FETCHED = 3.0  # its row looked up
COST_OF_CHECKED = 8.0  # its row and its text looked up and compared
POSTED_COUNTED_MAX = 60_000
FETCHED_MAX = 1_000  # things whose numbers are known: so few are simply looked up and sorted

# How much further than the expected number of things is looked when some of them will fall away.
REACH_AT_FIRST = 1.5
REACH_AGAIN = 4.0

Targets = frozenset[bytes]


class Bound(Struct, frozen=True):
    """`column` is before (`<`) or after (`>`) a value, strictly, or at least or at most that."""

    column: str
    sign: str
    value: int


class Query(Struct, frozen=True, kw_only=True):
    """What a search asks of a shelf: AND between all parts, OR inside each.

    `among` are small columns and the values that each may have; `links` kinds of links and the ids of which a thing
    must point at one.  An empty set finds nothing: whoever asks for nothing leaves the part out.
    """

    among: tuple[tuple[str, frozenset[Value]], ...] = ()
    bounds: tuple[Bound, ...] = ()
    links: tuple[tuple[int, Targets], ...] = ()
    text: str = ""


def search(
    tx: Transaction,
    shelf: Shelf,
    query: Query,
    *,
    orders: Sequence[Order],
    window: Window,
    counted: Callable[[str], bool] | None,
) -> Page[bytes]:
    """What the shelf answers of the things that the query wants, in order, and how many there are.

    `orders` name columns of the shelf; the ids break ties, in the last direction.  `counted` says of a document whether
    its thing is among those counted, by the room's own rule; None where a document alone cannot tell.  It must say the
    same as the query does.
    """
    if any(not wanted for _, wanted in (*query.among, *query.links)):
        return Page([], 0)
    found = _TextSearch(tx, shelf, query, orders) if query.text else _PlainSearch(tx, shelf, query, orders, counted)
    question = (found.question(), tuple(orders), window)

    def look() -> Page[bytes]:
        total = found.total()
        if window.start >= total or window.size == 0:
            return Page([], total)
        return Page(found.answers(window, total), total)

    return tx.memory.pages.page(tx, shelf.history_kind, question, look, found.is_untouched, size=len)


class _Search:
    def __init__(self, tx: Transaction, shelf: Shelf, query: Query, orders: Sequence[Order]) -> None:
        self._tx = tx
        self._shelf = shelf
        self._query = query
        self._words = wanted_words(query.text)
        self._orders = list(orders) or [Order(shelf.time)]
        self._join = tx.flavour.ordered_join

    # Counting --------------------------------------------------------------------------------------------------

    def count(self) -> int:
        conditions = self._start()
        tables, _ = self._all_found(conditions)
        return self._number(tables, conditions)

    def _all_found(self, conditions: Conditions) -> tuple[str, str]:
        """The tables to go through for all that is found, and which of them gives the numbers."""
        shelf, links = self._shelf, self._query.links
        narrow = self._narrow_conditions(conditions)
        if self._words:
            tables = f"({self._found_by_words(conditions, self._words)}) f"
            if narrow or links:
                tables += f" {self._join} {shelf.table} t ON t.{shelf.no} = f.{shelf.no}"
                self._add(conditions, narrow, links)
            return tables, "f"
        if len(links) == 1 and not narrow:
            return f"({self._linked(conditions, *links[0])}) l", "l"
        conditions.add("t.organization_no = :organization")
        self._add(conditions, narrow, links)
        return f"{shelf.table} t", "t"

    def _count_everything(self) -> int:
        """How many things of this kind the organization has."""

        def count() -> int:
            conditions = self._start()
            conditions.add("organization_no = :organization")
            return self._number(self._shelf.table, conditions)

        counts = self._tx.memory.counts(self._shelf.history_kind)
        return counts.count(self._tx, "everything", count, lambda document: document is not None)

    def _number(self, tables: str, conditions: Conditions) -> int:
        row = self._tx.row(f"SELECT count(*) FROM {tables} WHERE {conditions}", **conditions.values)
        return int(row[0]) if row else 0

    # The page --------------------------------------------------------------------------------------------------

    def answers(self, window: Window, total: int) -> list[bytes]:
        """What the shelf answers of the things in the window; `total` is how many are found in all."""
        due = min(window.size, total - window.start)
        reach = REACH_AT_FIRST
        while True:
            conditions = self._start()
            source, tables = self._way(conditions, window, total, reach)
            answers = self._in_order(source, tables, conditions, window)
            if len(answers) >= due or reach >= total:
                return answers
            reach *= REACH_AGAIN

    def _in_order(self, source: str, tables: dict[str, str], conditions: Conditions, window: Window) -> list[bytes]:
        """What the shelf answers of the things in the window, in order.

        The numbers are put in order first and the documents looked up by them, so that nothing sorts documents.
        """
        shelf, flavour = self._shelf, self._tx.flavour
        keys = [(order.field, _direction(order)) for order in self._orders]
        keys.append((shelf.id, keys[-1][1]))  # in the last direction: then an index is read one way, not sorted anew
        sorted_by = ", ".join(f"{tables.get(column, 't')}.{column}{direction}" for column, direction in keys)
        picked = ", ".join(
            f"{tables.get(column, 't')}.{column}" for column in dict.fromkeys((shelf.no, *(k for k, _ in keys)))
        )
        limit, offset = conditions.value(window.size), conditions.value(window.start)
        answer = flavour.as_bytes.format(f"d.{shelf.answers}")
        again = flavour.sorted_again.format(", ".join(f"p.{column}{direction}" for column, direction in keys))
        rows = self._tx.rows(
            f"SELECT {answer} FROM"
            f" (SELECT {picked} FROM {source} WHERE {conditions} ORDER BY {sorted_by} LIMIT {limit} OFFSET {offset}) p"
            f" {self._join} {shelf.table} d ON d.{shelf.no} = p.{shelf.no}{again}",
            **conditions.values,
        )
        return [bytes(row[0]) for row in rows]

    def _way(self, conditions: Conditions, window: Window, total: int, reach: float) -> tuple[str, dict[str, str]]:
        """The tables to go through, and which of them gives a column to sort by, where that is not the main one (t)."""
        shelf, links = self._shelf, self._query.links
        first = self._orders[0].field
        if links:
            (kind, targets), *others = links
            if len(targets) == 1:
                return self._along_links(conditions, kind, targets, others)
            self._add(conditions, self._narrow_conditions(conditions), links, self._words)
            return self._things_and_texts(), {}
        gathered = self._words_to_gather_by(window, total)
        if gathered:
            return self._gather(conditions, gathered, window, total, reach), {}
        few = self._short_stretch(first)
        if self._words and first == shelf.time and few is None:
            conditions.add("x.organization_no = :organization")
            for bound in self._query.bounds:
                if bound.column == shelf.time:
                    conditions.add(f"x.{shelf.time} {bound.sign} {conditions.value(bound.value)}")
            self._add(conditions, self._narrow_conditions(conditions), (), self._words)
            source = f"{shelf.texts} x {self._join} {shelf.table} t ON t.{shelf.no} = x.{shelf.no}"
            return source, {shelf.time: "x"}
        conditions.add("t.organization_no = :organization")
        self._add(conditions, self._narrow_conditions(conditions, index_by=few or first), (), self._words)
        return self._things_and_texts(), {}

    def _along_links(
        self, conditions: Conditions, kind: int, targets: Targets, others: Sequence[tuple[int, Targets]]
    ) -> tuple[str, dict[str, str]]:
        shelf = self._shelf
        conditions.add(f"l.organization_no = :organization AND l.kind = {kind}")
        conditions.add(conditions.among("l.target", targets))
        narrow = self._narrow_conditions(conditions)
        self._add(conditions, narrow, others, self._words, table="l")
        in_links = dict.fromkeys((shelf.time, "modified", shelf.no, shelf.id), "l")
        source = f"{shelf.links} l"
        if narrow or any(order.field not in in_links for order in self._orders):
            source += f" {self._join} {shelf.table} t ON t.{shelf.no} = l.{shelf.no}"
        if self._words:
            source += self._with_texts("l")
        return source, in_links

    def _things_and_texts(self) -> str:
        return f"{self._shelf.table} t{self._with_texts('t') if self._words else ''}"

    def _with_texts(self, table: str) -> str:
        """The texts (x) of the things in a table, each looked up."""
        shelf = self._shelf
        return (
            f" {self._join} {shelf.texts} x ON x.organization_no = {table}.organization_no"
            f" AND x.{shelf.time} = {table}.{shelf.time} AND x.{shelf.no} = {table}.{shelf.no}"
        )

    def _gather(self, conditions: Conditions, words: Sequence[Wanted], window: Window, total: int, reach: float) -> str:
        """Everything that these words find, in so far as it may lie in the window; the rest is checked one by one."""
        shelf = self._shelf
        end = window.start + window.size
        source = (
            f"({self._found_by_words(conditions, words)}) f {self._join} {shelf.table} t ON t.{shelf.no} = f.{shelf.no}"
        )
        unchecked = [word for word in self._words if word not in words]
        narrow = self._narrow_conditions(conditions)
        self._add(conditions, narrow, (), unchecked)
        if unchecked:
            source += self._with_texts("t")
        if total <= end or reach >= total or self._orders[0].field not in (shelf.time, "modified"):
            return source
        if unchecked or narrow:
            # Some of what the words find falls away.  So look further than the window, and again if it was not enough.
            end = max(end, int(end * reach * max(self._posted_at_most(word) for word in words) / total))
        self._add_boundary(conditions, words, end)
        return source

    def _add_boundary(self, conditions: Conditions, words: Sequence[Wanted], end: int) -> None:
        """Leave out what sorts behind the `end`-th thing that the words find: nobody need fetch it."""
        order = self._orders[0]
        found = self._start()
        row = self._tx.row(
            f"SELECT {order.field} FROM ({self._found_by_words(found, words)}) f"
            f" ORDER BY {order.field}{_direction(order)} LIMIT 1 OFFSET {found.value(end - 1)}",
            **found.values,
        )
        if row is not None:
            conditions.add(f"f.{order.field} {'>=' if order.descending else '<='} {conditions.value(row[0])}")

    # Judging which way is short --------------------------------------------------------------------------------

    def _words_to_gather_by(self, window: Window, total: int) -> Sequence[Wanted]:
        """The words by which gathering is the short way: all of them, the rarest, or none when walking is shorter."""
        if not self._words:
            return ()
        everything = self._count_everything()
        end = min(window.start + window.size, total)
        posted = {word: self._posted_at_most(word) for word in self._words}
        rarest = min(self._words, key=lambda word: posted[word])
        narrow = bool(self._query.among or self._query.bounds)
        walked = COST_OF_WALKED if self._orders[0].field == self._shelf.time else COST_OF_WALKED_ASKEW
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
        """In about how many things the word is found, counted no further than `POSTED_COUNTED_MAX`."""

        def count() -> int:
            conditions = self._start()
            row = self._tx.row(
                f"SELECT count(*) FROM (SELECT 1 FROM {self._shelf.words} WHERE organization_no = :organization"
                f" AND word_no IN ({word.word_numbers(conditions)}) LIMIT {POSTED_COUNTED_MAX}) few",
                **conditions.values,
            )
            return int(row[0]) if row else 0

        # A young organization grows fast, and what is said of its words is soon far from true.
        size = self._count_everything().bit_length()
        return self._tx.memory.estimate((self._shelf.name, self._tx.organization_no, size, word), count)

    def _short_stretch(self, first: str) -> str | None:
        """Another time column than the first to sort by, when the stretch of it that is asked for holds few things."""
        for column in (self._shelf.time, "modified"):
            bounds = [bound for bound in self._query.bounds if bound.column == column]
            if column == first or not bounds:
                continue
            conditions = self._start()
            conditions.add("organization_no = :organization")
            for bound in bounds:
                conditions.add(f"{column} {bound.sign} {conditions.value(bound.value)}")
            few = f"(SELECT 1 FROM {self._shelf.table} WHERE {conditions} LIMIT {GATHER_MAX + 1}) few"
            row = self._tx.row(f"SELECT count(*) FROM {few}", **conditions.values)
            if row is not None and row[0] <= GATHER_MAX:
                return column
        return None

    # Fragments -------------------------------------------------------------------------------------------------

    def _start(self) -> Conditions:
        conditions = Conditions()
        conditions.values["organization"] = self._tx.organization_no
        return conditions

    def _add(
        self,
        conditions: Conditions,
        narrow: Sequence[str],
        links: Sequence[tuple[int, Targets]] = (),
        words: Sequence[Wanted] = (),
        *,
        table: str = "t",
    ) -> None:
        """Ask for all of these: small columns, links of the things in `table`, and words in their texts (x)."""
        for part in narrow:
            conditions.add(part)
        for kind, targets in links:
            conditions.add(f"{table}.{self._shelf.no} IN ({self._linked(conditions, kind, targets)})")
        for word in words:
            conditions.add(word.in_lines(conditions, "x.words_line", "x.stems_line"))

    def _narrow_conditions(self, conditions: Conditions, *, index_by: str | None = None) -> list[str]:
        """Conditions on the small columns.  With `index_by`, of the sorted columns only that one may be a way in."""
        shelf, hide = self._shelf, self._tx.flavour.unindexed
        ordered = {shelf.time, "modified", *shelf.sorts}

        def column(name: str, *, hidden: bool) -> str:
            return f"{hide if index_by is not None and hidden else ''}t.{name}"

        parts = []
        for name, wanted in self._query.among:
            # One office has an index in either order; for several, walking all is the ordered way.
            hidden = (name in ordered and name != index_by) or (name == "office_id" and len(wanted) > 1)
            parts.append(conditions.among(column(name, hidden=hidden), wanted))
        for bound in self._query.bounds:
            place = column(bound.column, hidden=bound.column in ordered and bound.column != index_by)
            parts.append(f"{place} {bound.sign} {conditions.value(bound.value)}")
        return parts

    def _found_by_words(self, conditions: Conditions, words: Sequence[Wanted]) -> str:
        """A SELECT of number, time and modified of the things whose texts hold each of the words, each thing once."""
        shelf, join = self._shelf, self._join
        no, time = shelf.no, shelf.time
        distinct = "DISTINCT " if len(words) == 1 else ""
        posted = " INTERSECT ".join(
            f"SELECT {distinct}{no}, {time}, modified FROM {shelf.words} WHERE organization_no = :organization"
            f" AND word_no IN ({word.word_numbers(conditions)})"
            for word in words
        )
        lines = " AND ".join(word.in_lines(conditions, "x.words_line", "x.stems_line") for word in words)
        return (
            f"SELECT {no}, {time}, modified FROM ({posted}) posted WHERE {no} NOT IN"
            f" (SELECT {no} FROM {shelf.unposted} WHERE organization_no = :organization)"
            f" UNION ALL SELECT t.{no}, t.{time}, t.modified FROM {shelf.unposted} u"
            f" {join} {shelf.table} t ON t.{no} = u.{no}"
            f" {join} {shelf.texts} x ON x.organization_no = u.organization_no AND x.{time} = t.{time}"
            f" AND x.{no} = t.{no} WHERE u.organization_no = :organization AND {lines}"
        )

    def _linked(self, conditions: Conditions, kind: int, targets: Targets) -> str:
        distinct = "DISTINCT " if len(targets) > 1 else ""
        return (
            f"SELECT {distinct}{self._shelf.no} FROM {self._shelf.links}"
            f" WHERE organization_no = :organization AND kind = {kind} AND {conditions.among('target', targets)}"
        )


class _PlainSearch(_Search):
    """A search that a document tells everything about: the room's rule says whether its thing is found."""

    def __init__(
        self,
        tx: Transaction,
        shelf: Shelf,
        query: Query,
        orders: Sequence[Order],
        counted: Callable[[str], bool] | None,
    ) -> None:
        super().__init__(tx, shelf, query, orders)
        self._counted = None if counted is None else _of_present(counted)

    def question(self) -> Hashable:
        """Everything that the answer depends on, but the order and the window."""
        return self._query

    def total(self) -> int:
        """How many things are found."""
        counts = self._tx.memory.counts(self._shelf.history_kind)
        return counts.count(self._tx, self._query, self.count, self._counted)

    def is_untouched(self, mark: str) -> bool:
        """Whether what is found is as it was at the mark."""
        return is_untouched_since(self._tx, self._shelf.history_kind, mark, self._counted)


def _of_present(counted: Callable[[str], bool]) -> Callable[[str | None], bool]:
    return lambda document: document is not None and counted(document)


class _TextSearch(_Search):
    """A search for words, of which a document does not tell everything: what it finds is remembered by number."""

    def __init__(self, tx: Transaction, shelf: Shelf, query: Query, orders: Sequence[Order]) -> None:
        super().__init__(tx, shelf, query, orders)
        # Texts are rewritten when something that they name gets another name, and history does not tell of that.
        self._question = (query, times_retexted(tx, shelf))
        self._known: Find | None = None

    def question(self) -> Hashable:
        """Everything that the answer depends on, but the order and the window."""
        return self._question

    def total(self) -> int:
        """How many things are found."""
        numbers = self._find().numbers
        if numbers is not None:
            return len(numbers)
        counts = self._tx.memory.counts(self._shelf.history_kind)
        return counts.count(self._tx, self._question, self.count, None)

    def is_untouched(self, mark: str) -> bool:
        """Whether what is found is as it was at the mark."""
        moment = self._tx.flavour.moment
        return moment(mark) >= moment(self._find().touched)

    def answers(self, window: Window, total: int) -> list[bytes]:
        """What the shelf answers of the things in the window; `total` is how many are found in all."""
        numbers = self._find().numbers
        if numbers is None or len(numbers) > FETCHED_MAX:
            return super().answers(window, total)
        conditions = self._start()
        conditions.add(self._among(conditions, numbers))
        return self._in_order(f"{self._shelf.table} t", {}, conditions, window)

    def _find(self) -> Find:
        if self._known is None:
            finds = self._tx.memory.finds
            self._known = finds.find(
                self._tx, self._shelf.history_kind, self._question, self._find_all, self._find_among
            )
        return self._known

    def _find_all(self) -> Numbers | None:
        conditions = self._start()
        tables, table = self._all_found(conditions)
        # As one text: a row for each number would take many times as long.
        row = self._tx.row(
            "SELECT string_agg(CAST(no AS TEXT), ',') FROM"
            f" (SELECT {table}.{self._shelf.no} AS no FROM {tables} WHERE {conditions} LIMIT {FIND_MAX + 1}) found",
            **conditions.values,
        )
        numbers = msgspec.json.decode(f"[{(row and row[0]) or ''}]", type=list[int])
        return Numbers(numbers) if len(numbers) <= FIND_MAX else None

    def _find_among(self, ids: Collection[bytes]) -> Again:
        shelf = self._shelf

        def numbers(tables: str, conditions: Conditions) -> frozenset[int]:
            conditions.add("t.organization_no = :organization")
            conditions.add(conditions.among(f"t.{shelf.id}", ids))
            rows = self._tx.rows(f"SELECT t.{shelf.no} FROM {tables} WHERE {conditions}", **conditions.values)
            return frozenset(number for (number,) in rows)

        wanted = self._start()
        self._add(wanted, self._narrow_conditions(wanted), self._query.links, self._words)
        return Again(numbers(f"{shelf.table} t", self._start()), numbers(self._things_and_texts(), wanted))

    def _among(self, conditions: Conditions, numbers: Iterable[int]) -> str:
        flavour = self._tx.flavour
        return flavour.among_numbers.format(f"t.{self._shelf.no}", conditions.value(flavour.numbers(numbers)))


def _direction(order: Order) -> str:
    return " DESC" if order.descending else ""


def seen_offices(seen: frozenset[UUID] | None, wanted: frozenset[UUID]) -> frozenset[bytes] | None:
    """The offices whose things may be answered, as they are stored; None for all of the organization."""
    if seen is None and not wanted:
        return None
    offices = wanted if seen is None else seen & wanted if wanted else seen
    return frozenset(office.bytes for office in offices)
