"""Walking all pages of a search, while other clients insert.

What offset paging can promise, each on both databases and over the wire:

- when nothing that matches is inserted, the pages are exactly the set, in order, each with the right totalCount;
- what does not match the search never disturbs it;
- what sorts behind the place where the walk is comes behind everything else, and disturbs nothing;
- what sorts before that place pushes the rest back: something may be seen twice, but nothing that was there when
  the walk began is missed.

(Deletions can make a walk miss things; whoever must see each thing once walks by modificationTime and modifiedAfter.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from askare.access import operations as access
from askare.kernel.caller import Caller, Role
from askare.kernel.words import finds_all
from askare.storage.desk import Database
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.tasks import operations
from askare.tasks.model import TaskContent
from tests.server import Client, make_token, running
from tests.values import NOW, SECOND, an_id

TASKS = 1_200  # more than a thousand: from there on the server remembers counts instead of counting
PAGES_MAX = 12  # of one walk, so that a walk is over soon
OFFICES = tuple(str(an_id(number, kind=0xB)) for number in range(3))
AGENTS = tuple(str(an_id(number, kind=0xC)) for number in range(5))
PARTIES = tuple(str(an_id(number, kind=0xD)) for number in range(5))
REALTIES = tuple(str(an_id(number, kind=0xE)) for number in range(8))
NOT_IN_ANY_FILTER = str(an_id(99, kind=0xB))
TYPES = ("CALL", "EMAIL", "MEETING", "OTHER")
STATES = ("WAITING", "DONE", "REJECTED")
WORDS = ("kerrostalo", "kerrostalossa", "Hämeenkatu", "Hämeenkadulla", "näyttö", "sopimus", "talo", "katu", "avain")
QUERIES = ("talo", "talossa", "hameenkatu", "katu näyttö", "sopimus avain", "kerros", "ei mitään")
DAYS = tuple(f"2026-03-{day:02}T12:00:00Z" for day in range(1, 15))  # few, so that many tasks share one
FIRST_DAY_BEHIND = datetime(2031, 1, 1, tzinfo=UTC)

Said = dict[str, Any]
Task = dict[str, Any]


def something_to_say(some: Random) -> Said:
    said = {
        "typeCode": some.choice(TYPES),
        "statusCode": some.choice(STATES),
        "description": " ".join(some.choices(WORDS, k=some.randint(0, 4))),
        "taskDueTime": some.choice(DAYS),
        "parties": [
            {"partyId": party, "partyTypeCode": "PERSON_PARTY"} for party in some.sample(PARTIES, some.randint(0, 2))
        ],
        "agencyOfficeId": some.choice(OFFICES),
        "agents": [{"agentId": agent} for agent in some.sample(AGENTS, some.randint(1, 2))],
    }
    return {**said, "realtyId": some.choice(REALTIES)} if some.random() < 0.7 else said


class Search(Struct, frozen=True):
    """A search as a client asks it.  `matches` and `in_order` say by themselves what must come back."""

    type_code: tuple[str, ...] = ()
    status_code: tuple[str, ...] = ()
    agency_office_id: tuple[str, ...] = ()
    realty_id: tuple[str, ...] = ()
    party_id: tuple[str, ...] = ()
    agent_id: tuple[str, ...] = ()
    text: str = ""
    due_after: str = ""
    due_before: str = ""
    sort: tuple[str, ...] = ()
    size: int = 50

    @property
    def parameters(self) -> list[tuple[str, str]]:
        lists = {
            "typeCode": self.type_code,
            "statusCode": self.status_code,
            "agencyOfficeId": self.agency_office_id,
            "realtyId": self.realty_id,
            "partyId": self.party_id,
            "agentId": self.agent_id,
            "sort": self.sort,
        }
        single = {"freeTextSearch": self.text, "taskTimeAfter": self.due_after, "taskTimeBefore": self.due_before}
        return [(name, value) for name, values in lists.items() for value in values] + [
            (name, value) for name, value in single.items() if value
        ]

    def matches(self, task: Task) -> bool:
        return (
            (not self.type_code or task["typeCode"] in self.type_code)
            and (not self.status_code or task["statusCode"] in self.status_code)
            and (not self.agency_office_id or task["agencyOfficeId"] in self.agency_office_id)
            and (not self.realty_id or task.get("realtyId") in self.realty_id)
            and (not self.party_id or any(party["partyId"] in self.party_id for party in task["parties"]))
            and (not self.agent_id or any(agent["agentId"] in self.agent_id for agent in task["agents"]))
            and (not self.due_after or _instant(task["taskDueTime"]) > _instant(self.due_after))
            and (not self.due_before or _instant(task["taskDueTime"]) < _instant(self.due_before))
            and finds_all(self.text, task.get("description", ""))
        )

    def in_order(self, tasks: list[Task]) -> list[Task]:
        """The tasks as they must come: by the fields asked for, the first of which is the most important, then by
        id, in the direction of the last."""
        words = [word.partition("|") for word in self.sort or ("taskDueTime",)]
        ordered = sorted(tasks, key=lambda task: UUID(task["taskId"]).bytes, reverse=words[-1][2] == "desc")
        for field, _, direction in reversed(words):
            ordered.sort(key=lambda task: _instant(task[field]), reverse=direction == "desc")
        return ordered


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


Pages = list[tuple[list[Task], int]]


def few_of(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly no condition at all; else one to three values."""
    return st.one_of(st.just(()), st.just(()), few_of(values))


@st.composite
def searches(draw: st.DrawFn, *, sorts: tuple[tuple[str, ...], ...] | None = None) -> Search:
    fields = ("taskDueTime", "taskDueTime|asc", "taskDueTime|desc", "modificationTime", "modificationTime|desc")
    any_sort = st.lists(st.sampled_from(fields), max_size=2, unique_by=lambda word: word.partition("|")[0]).map(tuple)
    return Search(
        type_code=draw(some_of(TYPES)),
        status_code=draw(some_of(STATES)),
        agency_office_id=draw(some_of(OFFICES)),
        realty_id=draw(some_of(REALTIES)),
        party_id=draw(some_of(PARTIES)),
        agent_id=draw(some_of(AGENTS)),
        text=draw(st.one_of(st.just(""), st.sampled_from(QUERIES))),
        due_after=draw(st.sampled_from(("", "", *DAYS[:7]))),
        due_before=draw(st.sampled_from(("", "", *DAYS[7:]))),
        sort=draw(any_sort if sorts is None else st.sampled_from(sorts)),
        size=draw(st.integers(1, 100)),
    )


class Inserting:
    """A client that inserts what `say` says, and remembers it."""

    def __init__(self, place: Place, say: Callable[[], Said]) -> None:
        self._place = place
        self._say = say
        self.inserted: list[Task] = []

    def one(self) -> None:
        # Only what is WAITING can be taken away again.
        self.inserted.append(self._place.insert({**self._say(), "statusCode": "WAITING"}))

    def many(self, number: int) -> None:
        for _ in range(number):
            self.one()


class Place:
    """A server with `TASKS` tasks, a client that walks and one that inserts."""

    def __init__(self, walker: Client, inserter: Client, tasks: list[Task]) -> None:
        self.walker = walker
        self.inserter = inserter
        self.tasks = tasks

    def insert(self, said: Said) -> Task:
        answer = self.inserter.post("/tasks", said)
        assert answer.status_code == 201, answer.text
        return {**said, "taskId": answer.json()["taskId"]}

    @contextmanager
    def inserting(self, say: Callable[[], Said]) -> Iterator[Inserting]:
        """Another client that inserts; what it inserted is taken away again in the end."""
        inserting = Inserting(self, say)
        try:
            yield inserting
        finally:
            for task in inserting.inserted:
                answer = self.inserter.delete(f"/tasks/{task['taskId']}")
                assert answer.status_code == 204, answer.text

    def expected(self, search: Search) -> list[Task]:
        """What the search must find among the tasks that stand here for good."""
        return search.in_order([task for task in self.tasks if search.matches(task)])

    def pages(
        self, search: Search, *, between: Callable[[], object] = lambda: None
    ) -> Iterator[tuple[list[Task], int]]:
        """Every page with its totalCount, from the first to the end; `between` is called after each."""
        size = max(search.size, ceil(len(self.expected(search)) / PAGES_MAX))
        start = 0
        while True:
            answer = self.walker.get("/tasks", params=[*search.parameters, ("startIndex", start), ("size", size)])
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield page["tasks"], page["totalCount"]
            start += size
            if start >= page["totalCount"]:
                return
            between()


@pytest.fixture(scope="module")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place(tmp_path_factory.mktemp("paging") / "data", address="") as place:
        yield place


@pytest.fixture(scope="module")
def postgres_place(tmp_path_factory: pytest.TempPathFactory, lasting_postgres_address: str) -> Iterator[Place]:
    with a_place(tmp_path_factory.mktemp("paging") / "data", address=lasting_postgres_address) as place:
        yield place


@pytest.fixture(
    params=[
        pytest.param("sqlite_place", marks=pytest.mark.xdist_group("paging on SQLite")),
        pytest.param("postgres_place", marks=pytest.mark.xdist_group("paging on PostgreSQL")),
    ],
)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@contextmanager
def a_place(data: Path, *, address: str) -> Iterator[Place]:
    token = make_token(data, **({"database": address} if address else {}))
    tasks = _fill(PostgresDatabase(address) if address else SqliteDatabase(data / "askare.db"))
    with (
        running(data, database=address) as server,
        closing(server.client(token)) as walker,
        closing(server.client(token)) as inserter,
    ):
        yield Place(walker, inserter, tasks)


def _fill(database: Database) -> list[Task]:
    """Store `TASKS` tasks, several of them at the same instant; as they are answered."""
    chance = Random(1)
    (organization,) = database.read(access.organizations)
    caller = Caller(organization.organization_no, organization.organization_id, an_id(1), Role.ADMIN)

    def fill(tx: Transaction) -> list[Task]:
        tasks = []
        for number in range(TASKS):
            content = msgspec.convert(something_to_say(chance), TaskContent)
            now = NOW + number // 3 * SECOND
            task_id = operations.create_task(tx, content, task_id=an_id(chance.randrange(10**9)), now=now).thing_id
            tasks.append(json.loads(operations.get_task(tx, task_id).document))
        return tasks

    tasks = database.write(fill, caller)
    database.close()
    return tasks


few_examples = settings(max_examples=settings().max_examples // 2)
chances = st.integers(0, 1_000_000).map(Random)


@given(search=searches())
def test_the_pages_of_a_search_are_exactly_what_it_finds_in_order(place: Place, search: Search) -> None:
    pages = list(place.pages(search))

    assert [task for tasks, _ in pages for task in tasks] == place.expected(search)
    assert {total for _, total in pages} == {len(place.expected(search))}


@few_examples
@given(search=searches(), offices=few_of(OFFICES), chance=chances)
def test_what_does_not_match_the_search_never_disturbs_it(
    place: Place, search: Search, offices: tuple[str, ...], chance: Random
) -> None:
    search = msgspec.structs.replace(search, agency_office_id=offices)

    with place.inserting(lambda: {**something_to_say(chance), "agencyOfficeId": NOT_IN_ANY_FILTER}) as inserting:
        pages = list(place.pages(search, between=inserting.one))

    assert [task for tasks, _ in pages for task in tasks] == place.expected(search)
    assert {total for _, total in pages} == {len(place.expected(search))}


@few_examples
@given(
    search=searches(sorts=((), ("taskDueTime",), ("modificationTime",), ("modificationTime", "taskDueTime|desc"))),
    chance=chances,
)
def test_what_sorts_behind_comes_behind_and_disturbs_nothing(place: Place, search: Search, chance: Random) -> None:
    search = msgspec.structs.replace(search, due_before="", status_code=())
    later = (FIRST_DAY_BEHIND + timedelta(days=number) for number in range(10_000))

    with place.inserting(lambda: {**something_to_say(chance), "taskDueTime": next(later).isoformat()}) as inserting:
        pages = list(place.pages(search, between=inserting.one))

    seen = [task["taskId"] for tasks, _ in pages for task in tasks]
    there, behind = _ids(place.expected(search)), _ids(filter(search.matches, inserting.inserted))
    assert seen == there + behind[: len(seen) - len(there)]
    assert len(seen) == pages[-1][1]


@few_examples
@given(search=searches(), chance=chances)
def test_nothing_that_was_there_is_missed_whatever_is_inserted_meanwhile(
    place: Place, search: Search, chance: Random
) -> None:
    totals = []

    with place.inserting(lambda: something_to_say(chance)) as inserting:
        pages = []
        for page in place.pages(search, between=inserting.one):
            pages.append(page)
            totals.append(len(place.expected(search)) + sum(map(search.matches, inserting.inserted)))

    there = set(_ids(place.expected(search)))
    seen = dict.fromkeys(task["taskId"] for tasks, _ in pages for task in tasks)
    assert [task_id for task_id in seen if task_id in there] == _ids(place.expected(search))
    assert [total for _, total in pages] == totals


def test_nothing_is_missed_while_three_clients_insert_as_fast_as_they_can(place: Place) -> None:
    search = Search(sort=("taskDueTime|desc",), size=100)
    chance = Random(1)
    walks: list[Pages] = []

    with place.inserting(lambda: something_to_say(chance)) as inserting, ThreadPoolExecutor(3) as threads:
        work = [threads.submit(inserting.many, 50) for _ in range(3)]
        while not all(each.done() for each in work):
            walks.append(list(place.pages(search)))
        after = list(place.pages(search))

    there = set(_ids(place.tasks))
    for walk in walks:
        seen = dict.fromkeys(task["taskId"] for tasks, _ in walk for task in tasks)
        assert [task_id for task_id in seen if task_id in there] == _ids(place.expected(search))
    totals = [total for walk in walks for _, total in walk]
    assert totals == sorted(totals)
    assert {total for _, total in after} == {TASKS + 150}


def _ids(tasks: Iterable[Task]) -> list[str]:
    return [task["taskId"] for task in tasks]
