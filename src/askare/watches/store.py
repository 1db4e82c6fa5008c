"""Watches in the database: the shelf of watches, what matching knows of each, and the matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.storage import shelf
from askare.storage.search import Bound, Query, search, seen_offices
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction, Value
from askare.watches import rules
from askare.watches.criteria import Criteria, Verdict
from askare.watches.model import Timing, Watch, WatchFilter, WatchStatus, document_of, watch_of

WATCHES = Shelf(name="watch", plural="watches", time="created", columns=("office_id", "ends"), has_text=False)

PARTY, REQUIREMENT, AGENT, PROPERTY_TYPE = 1, 2, 3, 4  # kinds of links

SORT_COLUMNS = {"modificationTime": "modified"}
DEFAULT_ORDER = (Order("modificationTime", descending=True),)  # contract 1.7


# The watches -----------------------------------------------------------------------------------------------------


def insert(tx: Transaction, watch: Watch) -> str:
    """Keep a new watch.  Returns the stored document."""
    item = _item(watch)
    shelf.insert(tx, WATCHES, item)
    return item.document


def find(tx: Transaction, watch_id: UUID, *, lock: bool = False) -> tuple[int, Watch, str] | None:
    """The stored watch of this id in the caller's organization with its number and document, or None."""
    found = shelf.find(tx, WATCHES, watch_id.bytes, lock=lock)
    if found is None:
        return None
    watch_no, version, document = found
    return watch_no, watch_of(version, document), document


def find_all(tx: Transaction, watch_ids: Iterable[UUID]) -> dict[UUID, Watch]:
    """Those of the watches that exist in the caller's organization."""
    ids = [watch_id.bytes for watch_id in watch_ids]
    if not ids:
        return {}
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("watch_id", ids))
    rows = tx.rows(f"SELECT version, document FROM watches WHERE {conditions}", **conditions.values)
    return {(watch := watch_of(version, document)).watch_id: watch for version, document in rows}


def replace(tx: Transaction, watch_no: int, before: Watch, after: Watch) -> str:
    """Keep a changed watch in the place of the stored one.  Returns the stored document."""
    item = _item(after)
    shelf.replace(tx, WATCHES, _place(watch_no, before), item)
    return item.document


def delete(tx: Transaction, watch_no: int, watch: Watch) -> None:
    """Take a watch out of the store with its matches.  Its history and tombstone are the caller's to write."""
    shelf.delete(tx, WATCHES, _place(watch_no, watch))
    for table in ("watch_states", "watch_matches"):
        tx.run(
            f"DELETE FROM {table} WHERE organization_no = :organization AND watch_id = :watch",
            organization=tx.organization_no,
            watch=watch.watch_id.bytes,
        )


def of_requirement(tx: Transaction, requirement_id: UUID) -> list[UUID]:
    """The watches that belong to an asset requirement, the oldest first."""
    rows = tx.rows(
        "SELECT watch_id FROM watch_links WHERE organization_no = :organization AND kind = :kind AND target = :target"
        " ORDER BY created, watch_no",
        organization=tx.organization_no,
        kind=REQUIREMENT,
        target=requirement_id.bytes,
    )
    return [UUID(bytes=bytes(watch_id)) for (watch_id,) in rows]


def search_watches(
    tx: Transaction, wanted: WatchFilter, orders: Sequence[Order], window: Window, *, now: datetime
) -> Page[bytes]:
    """The stored documents of the watches that the caller sees and the filter wants, and how many there are."""
    offices = seen_offices(tx.caller.office_ids, wanted.office_ids)

    def counted(document: str) -> bool:
        watch = watch_of(0, document)
        return rules.matches(wanted, watch, now=now) and (offices is None or watch.subject.office_id.bytes in offices)

    return search(
        tx,
        WATCHES,
        _query(wanted, offices, now),
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders or DEFAULT_ORDER],
        window=window,
        counted=counted,
    )


def _query(wanted: WatchFilter, offices: frozenset[bytes] | None, now: datetime) -> Query:
    among: list[tuple[str, frozenset[Value]]] = []
    if wanted.ids:
        among.append(("watch_id", frozenset(one.bytes for one in wanted.ids)))
    if offices is not None:
        among.append(("office_id", frozenset(offices)))
    bounds = []
    if len(wanted.statuses) == 1:
        sign = ">" if WatchStatus.ACTIVE in wanted.statuses else "<="
        bounds.append(Bound("ends", sign, milliseconds(now)))
    links = [
        (kind, frozenset(targets))
        for kind, targets in (
            (REQUIREMENT, [one.bytes for one in wanted.requirement_ids]),
            (PARTY, [one.bytes for one in wanted.party_ids]),
            (AGENT, [one.bytes for one in wanted.agent_ids]),
            (PROPERTY_TYPE, [one.encode() for one in wanted.property_types]),
        )
        if targets
    ]
    return Query(among=tuple(among), bounds=tuple(bounds), links=tuple(links))


def _item(watch: Watch) -> Item:
    return Item(
        key=watch.watch_id.bytes,
        version=watch.version,
        time=milliseconds(watch.created),
        modified=milliseconds(watch.modified),
        columns={
            "office_id": watch.subject.office_id.bytes,
            "ends": milliseconds(watch.content.validity_end_time),
        },
        links=_links(watch),
        document=document_of(watch),
    )


def _place(watch_no: int, watch: Watch) -> Place:
    return Place(watch_no, milliseconds(watch.created), _links(watch))


def _links(watch: Watch) -> list[Link]:
    links = [(PARTY, party.party_id.bytes) for party in watch.content.parties]
    links.append((REQUIREMENT, watch.content.asset_requirement_id.bytes))
    if watch.subject.agent_id is not None:
        links.append((AGENT, watch.subject.agent_id.bytes))
    links += [(PROPERTY_TYPE, code.encode()) for code in watch.subject.property_types]
    return links


# What matching knows of a watch ----------------------------------------------------------------------------------


class State(Struct, frozen=True, kw_only=True):
    """What matching knows of a watch; instants are milliseconds."""

    watch_id: UUID
    since: int
    until: int
    counts: bool
    timing: Timing = Timing.INSTANT
    title: str = ""
    criteria: Criteria = Criteria()
    told_until: int = 0


_STATE = "watch_id, since, until, counts, timing, title, criteria, told_until"
_criteria_decoder = msgspec.json.Decoder(Criteria)


def save_state(tx: Transaction, state: State) -> None:
    """Keep what matching knows of a watch from now on."""
    tx.run(
        "INSERT INTO watch_states"
        " (organization_no, watch_id, since, until, counts, timing, title, criteria, told_until)"
        " VALUES (:organization, :watch, :since, :until, :counts, :timing, :title, :criteria, :told)"
        " ON CONFLICT (organization_no, watch_id) DO UPDATE SET since = excluded.since, until = excluded.until,"
        " counts = excluded.counts, timing = excluded.timing, title = excluded.title, criteria = excluded.criteria,"
        " told_until = excluded.told_until",
        organization=tx.organization_no,
        watch=state.watch_id.bytes,
        since=state.since,
        until=state.until,
        counts=int(state.counts),
        timing=state.timing.value,
        title=state.title,
        criteria=msgspec.json.encode(state.criteria).decode(),
        told=state.told_until,
    )


def states(tx: Transaction, watch_ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, State]:
    """What matching knows of those of the watches that exist, in the order of their ids."""
    ids = [watch_id.bytes for watch_id in watch_ids]
    if not ids:
        return {}
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("watch_id", ids))
    rows = tx.rows(
        # In the order of the ids: two who lock the same watches then never wait for each other crosswise.
        f"SELECT {_STATE} FROM watch_states WHERE {conditions} ORDER BY watch_id{tx.flavour.row_lock if lock else ''}",
        **conditions.values,
    )
    return {
        (watch_id := UUID(bytes=bytes(raw))): State(
            watch_id=watch_id,
            since=since,
            until=until,
            counts=bool(counts),
            timing=Timing(timing),
            title=title,
            criteria=_criteria_decoder.decode(criteria),
            told_until=told,
        )
        for raw, since, until, counts, timing, title, criteria, told in rows
    }


def set_extension_key(tx: Transaction, watch_id: UUID, key: UUID | None) -> None:
    """By this key, and no other, whoever has it may extend the watch."""
    tx.run(
        "UPDATE watch_states SET extension_key = :key WHERE organization_no = :organization AND watch_id = :watch",
        organization=tx.organization_no,
        watch=watch_id.bytes,
        key=key.bytes if key is not None else None,
    )


def watch_of_extension_key(tx: Transaction, key: UUID) -> tuple[int, UUID, UUID] | None:
    """The organization's number and id, and the watch, that this key may extend.  For the house itself."""
    row = tx.row(
        "SELECT s.organization_no, o.organization_id, s.watch_id FROM watch_states s"
        " JOIN organizations o ON o.organization_no = s.organization_no WHERE s.extension_key = :key",
        key=key.bytes,
    )
    return None if row is None else (row[0], UUID(bytes=bytes(row[1])), UUID(bytes=bytes(row[2])))


# The matches -----------------------------------------------------------------------------------------------------


class Match(Struct, frozen=True):
    """A match as it was recorded: when it came about (milliseconds), and what was met and unknown then."""

    watch_id: UUID
    realty_id: UUID
    matched: int
    verdict: Verdict


_verdict_decoder = msgspec.json.Decoder(Verdict)


def record(tx: Transaction, matches: Iterable[Match]) -> None:
    """Keep matches that are not kept yet."""
    insert_rows(
        tx,
        "watch_matches",
        ("organization_no", "watch_id", "realty_id", "matched", "verdict"),
        [
            (
                tx.organization_no,
                match.watch_id.bytes,
                match.realty_id.bytes,
                match.matched,
                msgspec.json.encode(match.verdict).decode(),
            )
            for match in matches
        ],
    )


def watches_matched(tx: Transaction, realty_id: UUID) -> set[UUID]:
    """The watches that the realty is a recorded match of."""
    rows = tx.rows(
        "SELECT watch_id FROM watch_matches WHERE organization_no = :organization AND realty_id = :realty",
        organization=tx.organization_no,
        realty=realty_id.bytes,
    )
    return {UUID(bytes=bytes(watch_id)) for (watch_id,) in rows}


def matches_of_watch(tx: Transaction, watch_id: UUID, *, limit: int) -> list[Match]:
    """The recorded matches of a watch, the latest first."""
    return _matches(tx, "watch_id", watch_id, limit)


def matches_of_realty(tx: Transaction, realty_id: UUID, *, limit: int) -> list[Match]:
    """The recorded matches of a realty, the latest first."""
    return _matches(tx, "realty_id", realty_id, limit)


def _matches(tx: Transaction, column: str, thing_id: UUID, limit: int) -> list[Match]:
    rows = tx.rows(
        "SELECT watch_id, realty_id, matched, verdict FROM watch_matches"
        f" WHERE organization_no = :organization AND {column} = :thing"
        " ORDER BY matched DESC, watch_id, realty_id LIMIT :limit",
        organization=tx.organization_no,
        thing=thing_id.bytes,
        limit=limit,
    )
    return [
        Match(UUID(bytes=bytes(watch_id)), UUID(bytes=bytes(realty_id)), matched, _verdict_decoder.decode(verdict))
        for watch_id, realty_id, matched, verdict in rows
    ]


def seen_version(tx: Transaction, realty_id: UUID) -> int:
    """Up to which version the realty was held against the watches; 0 for never."""
    row = tx.row(
        "SELECT version FROM matched_realties WHERE organization_no = :organization AND realty_id = :realty",
        organization=tx.organization_no,
        realty=realty_id.bytes,
    )
    return int(row[0]) if row is not None else 0


def note_seen(tx: Transaction, realty_id: UUID, version: int) -> None:
    """The realty was held against the watches up to this version."""
    tx.run(
        "INSERT INTO matched_realties (organization_no, realty_id, version) VALUES (:organization, :realty, :version)"
        " ON CONFLICT (organization_no, realty_id) DO UPDATE SET version = excluded.version",
        organization=tx.organization_no,
        realty=realty_id.bytes,
        version=version,
    )


def found_but_ended(tx: Transaction, *, before: datetime, limit: int) -> list[UUID]:
    """Watches of the caller's organization that ended before this, and that realties still look at."""
    rows = tx.rows(
        "SELECT w.watch_id FROM watches w WHERE w.organization_no = :organization AND w.ends <= :before"
        " AND EXISTS (SELECT 1 FROM watch_criteria c WHERE c.watch_id = w.watch_id"
        " AND c.organization_no = w.organization_no) LIMIT :limit",
        organization=tx.organization_no,
        before=milliseconds(before),
        limit=limit,
    )
    return [UUID(bytes=watch_id) for (watch_id,) in rows]
