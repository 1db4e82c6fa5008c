"""Searches, held to their definition on both databases and along all of their ways."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from askare.directory import store as directory
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Page, Window
from askare.storage import search as ways
from askare.storage.desk import Database
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.tasks.model import Task, TaskContent, TaskFilter, TaskStatus
from askare.tasks.operations import create_task, update_task
from askare.tasks.rules import differs
from tests.store import offers
from tests.store.doing import create, ids_of, post_words, search
from tests.store.offers import LABELS, sought
from tests.values import (
    AGENT,
    HOUR,
    NOON,
    NOW,
    OFFICE,
    OTHER_OFFICE,
    an_admin,
    an_agent,
    an_id,
    empty,
    what_is_said,
)

# What the search believes of its ways, and so which of them it takes.
ALWAYS_WALK: dict[str, float] = {"GATHER_MAX": 0, "COST_OF_WALKED": -1.0}
ALWAYS_GATHER: dict[str, float] = {"GATHER_MAX": 4_000, "COST_OF_WALKED": 1e9}
TAKE_THE_SHORTER: dict[str, float] = {"GATHER_MAX": 3}
BELIEFS = (ALWAYS_WALK, ALWAYS_GATHER, TAKE_THE_SHORTER)


@contextlib.contextmanager
def believing(beliefs: dict[str, float]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in beliefs.items():
            patch.setattr(ways, name, value)
        yield


def fill(database: Database, tasks: Sequence[Task], *, drafts: Sequence[TaskContent], posted: int) -> None:
    """A database with these tasks and the directory's labels.

    The first tasks began as drafts whose words were posted.  Of what all of them are now, so many are posted.
    """

    def begin(tx: Transaction) -> None:
        for (kind, thing_id), label in LABELS.items():
            directory.put_name(tx, kind, thing_id, label)
        for task, draft in zip(tasks, drafts, strict=False):
            began = NOW - HOUR if differs(draft, task.content) else task.modified
            create_task(tx, draft, task_id=task.task_id, now=began)

    def complete(tx: Transaction) -> None:
        for task, draft in zip_longest(tasks, drafts[: len(tasks)]):
            if draft is None:
                create_task(tx, task.content, task_id=task.task_id, now=task.modified)
            else:
                update_task(tx, task.task_id, task.content, expected_versions=None, now=task.modified)

    empty(database)
    database.write(begin, an_admin())
    database.write(lambda tx: post_words(tx, limit=1_000))
    database.write(complete, an_admin())
    database.write(lambda tx: post_words(tx, limit=posted))


drafts = st.lists(offers.contents.map(lambda draft: replace(draft, status_code=TaskStatus.WAITING)), max_size=10)
questions = st.lists(st.tuples(offers.filters, offers.orders, offers.windows, offers.callers), min_size=4, max_size=8)


@pytest.mark.long
@settings(max_examples=50)
@given(offers.tasks, drafts, st.integers(0, 20), questions)
def test_both_databases_find_what_the_definition_finds_along_every_way(
    sqlite_database: SqliteDatabase,
    postgres_database: PostgresDatabase,
    tasks: list[Task],
    drafts: list[TaskContent],
    posted: int,
    questions: list[tuple[TaskFilter, list[Order], Window, Caller]],
) -> None:
    for database in (sqlite_database, postgres_database):
        fill(database, tasks, drafts=drafts, posted=posted)
        for wanted, wished, window, by in questions:
            found = sought(tasks, wanted, by, LABELS, wished)
            for beliefs in BELIEFS:
                with believing(beliefs):
                    page = search(database, wanted, orders=wished, window=window, by=by)

                assert ids_of(page.items) == found[window.start : window.start + window.size]
                assert page.total == len(found)


@pytest.mark.long
@settings(max_examples=25)
@given(offers.tasks, drafts, st.integers(0, 20), st.lists(offers.queries, min_size=6, max_size=10))
def test_both_databases_find_the_words_that_the_definition_finds(
    sqlite_database: SqliteDatabase,
    postgres_database: PostgresDatabase,
    tasks: list[Task],
    drafts: list[TaskContent],
    posted: int,
    queries: list[str],
) -> None:
    for database in (sqlite_database, postgres_database):
        fill(database, tasks, drafts=drafts, posted=posted)
        for query in queries:
            wanted = TaskFilter(text=query)
            for beliefs in BELIEFS:
                with believing(beliefs):
                    page = search(database, wanted, window=Window(0, 5))

                assert ids_of(page.items) == sought(tasks, wanted, an_admin(), LABELS)[:5]


SENTENCES = (
    "Soita isännöitsijälle: kerrostalon putkiremontti, Hämeenkatu 1",
    "Näyttö rivitalossa, talonmies avaa oven; avaimet toimistolla",
    "Talo myyty! Kauppakirja allekirjoitetaan Tampereella",
    "Talonmies lomalla, asunnon ovi auki",
    "Vuokralaiset muuttavat; tarkista keittiön ja saunan kunto",
    "Visning av lägenheten på Storgatan, nycklarna hos grannen",
    "Boka möte med kunderna: husen vid stranden, köket renoverat",
    "Gata 5, gatorna städas på måndag",
    "Call the buyers about both properties; viewings were running late",
    "Meeting with the seller: price, visits, calls",
    "Показ квартиры на улице Ёлочной, встреча с покупателями",
    "Новый договор: ключи от дома у соседей",
    "",
)
QUERIES = (
    *(
        "talo",
        "talossa",
        "talojen",
        "kerros",
        "remontti",
        "hameenkatu",
        "Hämeenkatu soita",
        "näytöt",
        "avain",
        "asunnot",
    ),
    *(
        "keittiössä",
        "saunassa",
        "vuokralainen",
        "kauppa",
        "tampere talo",
        "lägenheter",
        "gatan",
        "huset",
        "kund",
        "kök",
    ),
    *("möten", "stränder", "property", "viewing", "run", "calling", "visit price", "квартира", "встречи", "елочная"),
    *("домов", "новая", "ключ сосед", "a", "1", "va", "mm", "xyz", "putki talonmies"),
)


def test_real_sentences_are_found_alike_whether_their_words_are_posted_or_not(database: Database) -> None:
    tasks = [
        Task(an_id(number), 1, what_is_said(description=sentence), NOW, NOW)
        for number, sentence in enumerate(SENTENCES)
    ]
    for task in tasks:
        create(database, task.content, task_id=task.task_id)

    while True:
        for query in QUERIES:
            wanted = TaskFilter(text=query)
            for beliefs in (ALWAYS_WALK, ALWAYS_GATHER):
                with believing(beliefs):
                    page = search(database, wanted)

                assert (query, ids_of(page.items)) == (query, sought(tasks, wanted, an_admin(), {}))
                assert page.total == len(page.items)
        if not database.write(lambda tx: post_words(tx, limit=6)):
            break


# A few sentences in so many words --------------------------------------------------------------------------------


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("beliefs", [ALWAYS_WALK, ALWAYS_GATHER], ids=["walk", "gather"])
@pytest.mark.parametrize("text", ["", "talo"])
def test_pages_of_tasks_that_are_due_together_neither_overlap_nor_leave_gaps(
    database: Database, descending: bool, beliefs: dict[str, float], text: str
) -> None:
    numbers = [31, 7, 19, 3, 28, 11, 2, 30, 5]
    for number in numbers:
        create(database, what_is_said(due=NOON, description="talossa"), task_id=an_id(number))

    with believing(beliefs):
        pages = [
            search(
                database,
                TaskFilter(text=text),
                orders=[Order("taskDueTime", descending)],
                window=Window(start, 2),
            )
            for start in range(0, 10, 2)
        ]

    ordered = [an_id(number) for number in sorted(numbers, reverse=descending)]
    assert [ids_of(page.items) for page in pages] == [ordered[start : start + 2] for start in range(0, 10, 2)]
    assert {page.total for page in pages} == {9}


def test_past_the_end_there_is_an_empty_page_with_the_right_total(database: Database) -> None:
    create(database)

    assert search(database, window=Window(5, 10)) == Page([], 1)
    assert search(database, window=Window(0, 0)) == Page([], 1)


def test_without_a_wish_the_task_due_first_comes_first(database: Database) -> None:
    create(database, what_is_said(due=NOON + HOUR), task_id=an_id(1))
    create(database, what_is_said(due=NOON), task_id=an_id(2))

    assert ids_of(search(database).items) == [an_id(2), an_id(1)]


def test_the_first_wish_counts_before_the_second(database: Database) -> None:
    create(database, what_is_said(due=NOON + HOUR), task_id=an_id(1), now=NOW)
    create(database, what_is_said(due=NOON), task_id=an_id(2), now=NOW)
    create(database, what_is_said(due=NOON), task_id=an_id(3), now=NOW + HOUR)

    latest_first = [Order("modificationTime", descending=True), Order("taskDueTime")]

    assert ids_of(search(database, orders=latest_first).items) == [an_id(3), an_id(2), an_id(1)]


def test_an_agent_finds_and_counts_the_own_offices_only(database: Database) -> None:
    create(database, what_is_said(office=OFFICE), task_id=an_id(1))
    create(database, what_is_said(office=OTHER_OFFICE), task_id=an_id(2))

    assert ids_of(search(database, by=an_agent(offices=[OFFICE])).items) == [an_id(1)]
    assert search(database, by=an_agent(offices=[OFFICE])).total == 1
    foreign = TaskFilter(office_ids=frozenset({OTHER_OFFICE}))
    assert search(database, foreign, by=an_agent(offices=[OFFICE])) == Page([], 0)
    assert search(database, by=an_agent(offices=[])) == Page([], 0)


def test_another_organizations_tasks_are_neither_found_nor_counted(database: Database) -> None:
    theirs = an_admin(organization_no=2)
    create(database, what_is_said(description="talo"), by=theirs)

    for wanted in (TaskFilter(), TaskFilter(text="talo"), TaskFilter(agent_ids=frozenset({AGENT}))):
        assert search(database, wanted) == Page([], 0)
        assert search(database, wanted, by=theirs).total == 1


@pytest.mark.parametrize(
    ("query", "total"),
    [
        *((query, 1) for query in ("%", "_", "*", '"', "'", "\\", "(", "😀", "talo%", "talo*", '"talo"', "-talo", "|")),
        *((query, 0) for query in ("ta_o", "t%o", "talo OR", "NOT talo", "x OR talo", "a:v0")),
    ],
)
def test_no_letter_of_a_query_has_a_meaning_of_its_own(database: Database, query: str, total: int) -> None:
    create(database, what_is_said(description="talo"))

    assert search(database, TaskFilter(text=query)).total == total


@pytest.mark.parametrize("first", ["motet", "mötet"])
@pytest.mark.parametrize("query", ["möta", "mote", "MÖTET"])
def test_words_that_fold_alike_are_found_alike_whichever_came_first(database: Database, first: str, query: str) -> None:
    second = "mötet" if first == "motet" else "motet"
    create(database, what_is_said(description=first), task_id=an_id(1))
    create(database, what_is_said(description=second), task_id=an_id(2))
    wanted = TaskFilter(text=query)
    before = search(database, wanted)

    database.write(post_words)

    assert search(database, wanted) == before
    assert before.total in (0, 2)
