"""Remembered finds: a text search answers the truth, whatever changes, and looks at the changed things alone."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askare.kernel.paging import Window
from askare.kernel.words import finds_all
from askare.storage import finds
from askare.storage import search as ways
from askare.storage.desk import Database
from askare.storage.memory import Memory
from askare.tasks.model import TaskFilter, TaskStatus
from askare.tasks.operations import create_task, delete_task, update_task
from tests.store.doing import ids_of, post_words, search
from tests.values import NOW, an_admin, an_id, empty, what_is_said

TEXTS = ["talo", "kerrostalossa", "soita talosta", "sauna", "saunallinen talo", ""]
QUERIES = ["talo", "sauna", "talo sauna", "olematon"]

steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "delete", "post", "search"]),
        st.integers(0, 5),
        st.sampled_from(TEXTS),
        st.sampled_from([TaskStatus.WAITING, TaskStatus.DONE]),
    ),
    min_size=4,
    max_size=16,
)


@pytest.mark.long
@settings(max_examples=40)
@given(steps, st.sampled_from([0, 2, 1_000]), st.sampled_from([1, 500]), st.sampled_from([0, 1_000]))
def test_a_text_search_answers_what_is_there(
    database: Database,
    steps: list[tuple[str, int, str, TaskStatus]],
    find_max: int,
    changes_max: int,
    fetched_max: int,
) -> None:
    empty(database)
    database.memory = Memory()
    kept: dict[int, tuple[str, TaskStatus]] = {}

    def require_truth() -> None:
        for query in QUERIES:
            for statuses in (frozenset[TaskStatus](), frozenset({TaskStatus.WAITING})):
                wanted = TaskFilter(text=query, statuses=statuses)
                expected = [
                    an_id(number)
                    for number, (text, status) in sorted(kept.items())
                    if finds_all(query, text) and (not statuses or status in statuses)
                ]
                page = search(database, wanted, window=Window(0, 3))
                assert page.total == len(expected)
                assert ids_of(page.items) == expected[:3]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finds, "CHANGES_MAX", changes_max)
        patch.setattr(ways, "FIND_MAX", find_max)
        patch.setattr(ways, "FETCHED_MAX", fetched_max)
        for step, number, text, status in steps:
            content = what_is_said(description=text or None, status=status)
            task_id = an_id(number)
            if step == "search":
                require_truth()
            elif step == "post":
                database.write(post_words)
            elif step == "delete":
                if kept.get(number, ("", None))[1] is TaskStatus.WAITING:
                    database.write(partial(delete_task, task_id=task_id, expected_versions=None, now=NOW), an_admin())
                    del kept[number]
            elif number not in kept:
                database.write(partial(create_task, content=content, task_id=task_id, now=NOW), an_admin())
                kept[number] = (text, status)
            elif kept[number][1] is TaskStatus.WAITING or status is TaskStatus.DONE:
                database.write(
                    partial(update_task, task_id=task_id, content=content, expected_versions=None, now=NOW), an_admin()
                )
                kept[number] = (text, status)
        require_truth()


def test_after_a_change_elsewhere_nothing_is_gathered_again(database: Database) -> None:
    def create(number: int, text: str) -> None:
        content = what_is_said(description=text)
        database.write(partial(create_task, content=content, task_id=an_id(number), now=NOW), an_admin())

    create(1, "talo")
    before = search(database, TaskFilter(text="talo"))
    create(2, "sauna")

    assert search(database, TaskFilter(text="talo")) is before


def test_only_so_many_finds_are_remembered(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finds, "NUMBERS_MAX", 35)
    remembered = finds.Finds()
    looked: list[str] = []

    def find(question: str) -> None:
        def look() -> finds.Numbers:
            looked.append(question)
            return finds.Numbers(range(5))

        database.read(
            lambda tx: remembered.find(tx, "task", question, look, lambda _: finds.Again(frozenset(), frozenset())),
            an_admin(),
        )

    for question in ("a", "b", "a", "c", "a", "b"):
        find(question)

    assert looked == ["a", "b", "c", "b"]  # "b" was asked for least lately


@given(st.frozensets(st.integers(0, 60)), st.frozensets(st.integers(0, 60)), st.frozensets(st.integers(0, 60)))
def test_numbers_are_a_set_in_order(some: frozenset[int], gone: frozenset[int], come: frozenset[int]) -> None:
    numbers = finds.Numbers(some)
    changed = numbers.changed(without=gone | come, with_=come)

    assert list(numbers) == sorted(some)
    assert list(changed) == sorted((some - gone) | come)
    assert len(changed) == len((some - gone) | come)
    assert {number for number in range(70) if number in numbers} == some
