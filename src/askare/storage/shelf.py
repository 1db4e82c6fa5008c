"""A shelf: the documents of one kind, kept so that they are found and listed fast.

A shelf `task` with the time `due` is these tables (`{shelf task due}` in a migration makes all but the first):

- `tasks`: the stored document beside the small columns that are searched, sorted or locked on;
- `task_links`: what each thing points at (a party, an agent), in the order of the shelf's time;
- `task_texts`: the text of each thing as it is searched, in the same order;
- `task_words`: which words the texts hold; `tasks_unposted`: for which things that is still to be brought up to date.

`search.py` finds things on a shelf; this module puts them there.  A room's `store.py` says what its columns and links
are, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from msgspec import Struct

from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction, Value
from askare.storage.vocabulary import index_all, numbers_of, words_of

# Things whose words are posted in one transaction.  The words of many things, in the order of the table, touch each of
# its pages once; of few, nearly every word touches a page of its own.
POSTED_AT_ONCE = 4_000

Key = bytes | int  # a thing's id as it is stored: a UUID's bytes, or a small number
Link = tuple[int, bytes]  # a kind of link, by the room's own numbers, and the id of what is pointed at


class Shelf(Struct, frozen=True, kw_only=True):
    """How the things of one kind are kept.

    `time` is the column in whose order links and texts lie: the one that most lists are sorted by.  `columns` are the
    small columns of the table besides those that every shelf has (number, organization, id, version, time, modified,
    document); `sorts` those of them that have an index in their own order, as the two times have; `office_id`, where
    there is one, has one with each of the two times.  `kind` is the name under which history knows the things,
    `answers` the column that a list answers, and `has_text` says whether there is anything to search text in.
    """

    name: str
    time: str
    columns: tuple[str, ...]
    kind: str = ""
    plural: str = ""
    sorts: tuple[str, ...] = ()
    answers: str = "document"
    has_text: bool = True

    @property
    def table(self) -> str:
        return self.plural or f"{self.name}s"

    @property
    def no(self) -> str:
        return f"{self.name}_no"

    @property
    def id(self) -> str:
        return f"{self.name}_id"

    @property
    def links(self) -> str:
        return f"{self.name}_links"

    @property
    def texts(self) -> str:
        return f"{self.name}_texts"

    @property
    def words(self) -> str:
        return f"{self.name}_words"

    @property
    def unposted(self) -> str:
        return f"{self.name}s_unposted"

    @property
    def history_kind(self) -> str:
        return self.kind or self.name


class Item(Struct, frozen=True, kw_only=True):
    """One thing as a shelf keeps it.  `text` is what free text search looks through; times are milliseconds."""

    key: Key
    version: int
    time: int
    modified: int
    columns: Mapping[str, Value]
    links: Collection[Link] = ()
    document: str
    text: str = ""


class Place(Struct, frozen=True):
    """Where a thing lies on its shelf, for taking it away or putting another in its place."""

    no: int
    time: int
    links: Collection[Link] = ()


def insert(tx: Transaction, shelf: Shelf, item: Item) -> int:
    """Put a new thing on its shelf; return its number there."""
    (no,) = insert_all(tx, shelf, [item])
    return no


def insert_all(tx: Transaction, shelf: Shelf, items: Sequence[Item]) -> list[int]:
    """Put many new things on their shelf; return their numbers there."""
    if not items:
        return []
    statements = _statements(shelf)
    inserted = tx.insert_many(
        shelf.table,
        statements.names,
        [(tx.organization_no, item.key, *_values(statements, item)) for item in items],
        then=f" RETURNING {shelf.id}, {shelf.no}",
    )
    no_of = {key: int(no) for key, no in inserted}
    nos = [no_of[item.key] for item in items]
    _insert_satellites(tx, shelf, list(zip(nos, items, strict=True)))
    if shelf.has_text:
        _note_unposted(tx, shelf, [(no, "") for no in nos])
    return nos


def find(tx: Transaction, shelf: Shelf, key: Key, *, lock: bool = False) -> tuple[int, int, str] | None:
    """Number, version and document of the thing of this id in the caller's organization, or None."""
    statement = _statements(shelf).find
    row = tx.row(f"{statement}{tx.flavour.row_lock}" if lock else statement, organization=tx.organization_no, key=key)
    return None if row is None else (row[0], row[1], row[2])


def find_all(tx: Transaction, shelf: Shelf, keys: Collection[Key], *, lock: bool = False) -> list[Lying]:
    """Those of the things of these ids that the caller's organization has, in the order of their ids."""
    if not keys:
        return []
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among(shelf.id, keys))
    rows = tx.rows(
        f"SELECT {shelf.no}, {shelf.id}, version, document FROM {shelf.table} WHERE {conditions}"
        # In one order for everybody, so that two transactions never wait for each other's rows.
        f" ORDER BY {shelf.id}{tx.flavour.row_lock if lock else ''}",
        **conditions.values,
    )
    return [Lying(no, key, version, document) for no, key, version, document in rows]


def replace(tx: Transaction, shelf: Shelf, place: Place, item: Item) -> None:
    """Put a changed thing in the place of the one that lies there."""
    replace_all(tx, shelf, [(place, item)])


def replace_all(tx: Transaction, shelf: Shelf, changed: Sequence[tuple[Place, Item]]) -> None:
    """Put many changed things in the places of those that lie there."""
    if not changed:
        return
    statements = _statements(shelf)
    _delete_satellites(tx, shelf, [place for place, _ in changed])
    tx.run_many(statements.update, [(*_values(statements, item), place.no) for place, item in changed])
    _insert_satellites(tx, shelf, [(place.no, item) for place, item in changed])


def delete(tx: Transaction, shelf: Shelf, place: Place) -> None:
    """Take a thing off its shelf.  Its history and tombstone are the caller's to write."""
    _delete_satellites(tx, shelf, [place])
    tx.run(f"DELETE FROM {shelf.table} WHERE {shelf.no} = :no", no=place.no)


def retext(tx: Transaction, shelf: Shelf, place: Place, text: str) -> None:
    """Let a thing be found by another text, because something that it names has another name now."""
    _delete_texts(tx, shelf, [place])
    _insert_texts(tx, shelf, [(place.no, place.time, text)])
    # Nothing else about the thing has changed, so history knows nothing of it; counts of searches must hear of it.
    tx.run(
        "INSERT INTO retexted (organization_no, shelf, times) VALUES (:organization, :shelf, 1)"
        " ON CONFLICT (organization_no, shelf) DO UPDATE SET times = retexted.times + 1",
        organization=tx.organization_no,
        shelf=shelf.name,
    )


def times_retexted(tx: Transaction, shelf: Shelf) -> int:
    """How often texts of this shelf were rewritten without their things changing."""
    row = tx.row(
        "SELECT times FROM retexted WHERE organization_no = :organization AND shelf = :shelf",
        organization=tx.organization_no,
        shelf=shelf.name,
    )
    return 0 if row is None else int(row[0])


class Lying(Struct, frozen=True):
    """A thing as it lies on its shelf."""

    no: int
    key: Key
    version: int
    document: str

    @property
    def uuid(self) -> UUID:
        """Its id, on a shelf whose things have UUIDs."""
        assert not isinstance(self.key, int)  # noqa: S101  -- the shelf has others
        return UUID(bytes=bytes(self.key))


def pointing_at(
    tx: Transaction,
    shelf: Shelf,
    *,
    links: Collection[Link] = (),
    offices: Collection[bytes] = (),
    after: int = 0,
    limit: int,
) -> list[Lying]:
    """The first things, in the order of their numbers, that point at any of these, by a link or as their office's.

    Numbers count from just behind `after`.  Their rows are locked, for whoever rewrites their texts.
    """
    conditions = Conditions()
    organization, behind = conditions.value(tx.organization_no), conditions.value(after)
    by_kind: dict[int, list[bytes]] = {}
    for kind, target in links:
        by_kind.setdefault(kind, []).append(target)
    ways = [
        f"SELECT {shelf.no} FROM {shelf.links} WHERE organization_no = {organization} AND kind = {kind}"
        f" AND {conditions.among('target', targets)} AND {shelf.no} > {behind}"
        for kind, targets in by_kind.items()
    ]
    if offices:
        ways.append(
            f"SELECT {shelf.no} FROM {shelf.table} WHERE organization_no = {organization}"
            f" AND {conditions.among('office_id', offices)} AND {shelf.no} > {behind}"
        )
    if not ways:
        return []
    rows = tx.rows(
        f"SELECT {shelf.no}, {shelf.id}, version, document FROM {shelf.table}"
        f" WHERE {shelf.no} IN ({' UNION '.join(ways)})"
        f" ORDER BY {shelf.no} LIMIT {conditions.value(limit)}{tx.flavour.row_lock}",
        **conditions.values,
    )
    return [Lying(no, key, version, document) for no, key, version, document in rows]


def documents_after(tx: Transaction, shelf: Shelf, after: bytes, *, limit: int) -> list[tuple[bytes, str]]:
    """The ids and documents of the next things behind an id, in the order of ids: for going through all of them."""
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(f"{shelf.id} > {conditions.value(after)}")
    rows = tx.rows(
        f"SELECT {shelf.id}, document FROM {shelf.table} WHERE {conditions} ORDER BY {shelf.id}"
        f" LIMIT {conditions.value(limit)}",
        **conditions.values,
    )
    return [(bytes(key), document) for key, document in rows]


def _values(statements: _Statements, item: Item) -> tuple[Value, ...]:
    """What the table holds of a thing besides whose it is and its id."""
    columns = (item.columns[name] for name in statements.columns)
    return (item.version, *columns, item.time, item.modified, item.document)


def _insert_satellites(tx: Transaction, shelf: Shelf, things: Sequence[tuple[int, Item]]) -> None:
    """Put beside things what points at them."""
    organization = tx.organization_no
    insert_rows(
        tx,
        shelf.links,
        _statements(shelf).link_columns,
        [
            (organization, kind, target, item.time, no, item.modified, item.key)
            for no, item in things
            for kind, target in item.links
        ],
    )
    if shelf.has_text:
        _insert_texts(tx, shelf, [(no, item.time, item.text) for no, item in things])


def _insert_texts(tx: Transaction, shelf: Shelf, things: Sequence[tuple[int, int, str]]) -> None:
    """Have things found by their texts, each with its number and time."""
    organization = tx.organization_no
    indexed = index_all(tx, [text for _, _, text in things])
    insert_rows(
        tx,
        shelf.texts,
        _statements(shelf).text_columns,
        [
            (organization, time, no, text.words_line, text.stems_line)
            for (no, time, _), text in zip(things, indexed, strict=True)
        ],
    )


def _delete_satellites(tx: Transaction, shelf: Shelf, places: Sequence[Place]) -> None:
    """Take away what points at things."""
    organization = tx.organization_no
    if gone := [(organization, *link, place.time, place.no) for place in places for link in place.links]:
        tx.run_many(_statements(shelf).delete_link, gone)
    if shelf.has_text:
        _delete_texts(tx, shelf, places)


def _delete_texts(tx: Transaction, shelf: Shelf, places: Sequence[Place]) -> None:
    gone = [(tx.organization_no, place.time, place.no) for place in places]
    posted: dict[int, str] = dict(tx.rows_of_many(_statements(shelf).delete_text, gone))
    _note_unposted(tx, shelf, [(place.no, posted.get(place.no, "")) for place in places])


def _note_unposted(tx: Transaction, shelf: Shelf, things: Sequence[tuple[int, str]]) -> None:
    """Remember that the words of things are to be posted, and which are posted now, unless that is known already."""
    statements = _statements(shelf)
    rows = [(tx.organization_no, no, words) for no, words in sorted(things)]
    insert_rows(tx, shelf.unposted, statements.unposted_columns, rows, on_conflict=statements.unposted_already)


class _Statements:
    """The statements of one shelf, put together once."""

    def __init__(self, shelf: Shelf) -> None:
        table, no, key, time = shelf.table, shelf.no, shelf.id, shelf.time
        self.columns = shelf.columns
        self.names = ("organization_no", key, "version", *shelf.columns, time, "modified", "document")
        assignments = ", ".join(f"{name} = :{name}" for name in self.names[2:])
        self.update = f"UPDATE {table} SET {assignments} WHERE {no} = :no"
        self.find = (
            f"SELECT {no}, version, document FROM {table} WHERE organization_no = :organization AND {key} = :key"
        )
        self.link_columns = ("organization_no", "kind", "target", time, no, "modified", key)
        self.delete_link = (
            f"DELETE FROM {shelf.links} WHERE organization_no = :organization AND kind = :kind"
            f" AND target = :target AND {time} = :time AND {no} = :no"
        )
        self.text_columns = ("organization_no", time, no, "words_line", "stems_line")
        self.delete_text = (
            f"DELETE FROM {shelf.texts} WHERE organization_no = :organization AND {time} = :time AND {no} = :no"
            f" RETURNING {no}, words_line"
        )
        self.unposted_columns = ("organization_no", no, "posted_words")
        # DO UPDATE rather than DO NOTHING: it waits for whoever is posting this very thing, and then notes it anew.
        self.unposted_already = f"(organization_no, {no}) DO UPDATE SET posted_words = {shelf.unposted}.posted_words"


@lru_cache(maxsize=100)
def _statements(shelf: Shelf) -> _Statements:
    return _Statements(shelf)


def post_words(tx: Transaction, shelf: Shelf, *, limit: int = POSTED_AT_ONCE, at_least: int = 1) -> int:
    """Bring the words of some unposted things up to date; return of how many.  For the house itself.

    Does nothing while fewer than `at_least` wait: until then a search finds them by their texts.

    Running twice is harmless: a thing leaves the list in the transaction that posts its words.
    """
    table, no, time = shelf.table, shelf.no, shelf.time
    claimed = tx.rows(
        f"SELECT u.organization_no, u.{no} FROM {shelf.unposted} u"
        f" ORDER BY u.organization_no, u.{no} LIMIT :limit{tx.flavour.claim}",
        limit=limit,
    )
    if len(claimed) < at_least:
        return 0
    # A second question, asked when the rows are ours: the first one saw the texts as they were before a change that
    # was committed while it waited for the row.
    conditions = Conditions()
    conditions.add(conditions.among("u.organization_no", sorted({organization for organization, _ in claimed})))
    conditions.add(conditions.among(f"u.{no}", [number for _, number in claimed]))
    unposted = tx.rows(
        f"SELECT u.organization_no, u.{no}, u.posted_words, t.{time}, t.modified, x.words_line"
        f" FROM {shelf.unposted} u LEFT JOIN {table} t ON t.{no} = u.{no}"
        f" LEFT JOIN {shelf.texts} x ON x.organization_no = u.organization_no AND x.{time} = t.{time}"
        f" AND x.{no} = t.{no} WHERE {conditions}",
        **conditions.values,
    )
    lines_of: dict[int, set[str]] = {}
    for organization, _, posted_line, _, _, present_line in unposted:
        lines_of.setdefault(organization, set()).update(words_of(posted_line), words_of(present_line or ""))
    numbers_in = {organization: numbers_of(tx, organization, words) for organization, words in lines_of.items()}
    gone, come = [], []
    for organization, number, posted_line, lies_at, modified, present_line in unposted:
        posted, present = set(words_of(posted_line)), set(words_of(present_line or ""))
        numbers = numbers_in[organization]
        gone += [(organization, numbers[word], number) for word in posted - present]
        come += [(organization, numbers[word], number, lies_at, modified) for word in present]
    if gone:
        tx.run_many(
            f"DELETE FROM {shelf.words} WHERE organization_no = :organization AND word_no = :word AND {no} = :no",
            sorted(gone),
        )
    insert_rows(
        tx,
        shelf.words,
        ("organization_no", "word_no", no, time, "modified"),
        sorted(come),
        on_conflict=f"(organization_no, word_no, {no})"
        f" DO UPDATE SET {time} = excluded.{time}, modified = excluded.modified",
    )
    tx.run_many(f"DELETE FROM {shelf.unposted} WHERE organization_no = :organization AND {no} = :no", claimed)
    return len(claimed)
