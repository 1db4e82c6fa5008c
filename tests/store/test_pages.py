"""Remembered pages: looked for anew only when a change may have touched them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from askare.kernel.paging import Page
from askare.storage import history, pages
from askare.storage.desk import Database
from askare.storage.history import Change
from askare.storage.pages import Counted, Pages, is_untouched_since
from askare.storage.transactions import Transaction
from tests.values import NOW, TASK, an_admin


class Shelf:
    """Something that is looked for, and how often it was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages = Pages()
        self.times_looked = 0

    def page(self, question: str = "all", *, counted: Counted | None = None, size: int = 10) -> Page[bytes]:
        def find() -> Page[bytes]:
            self.times_looked += 1
            return Page([b"x" * size], self.times_looked)

        def look(tx: Transaction) -> Page[bytes]:
            return self._pages.page(
                tx, "task", question, find, lambda mark: is_untouched_since(tx, "task", mark, counted), size=len
            )

        return self._database.read(look, an_admin())


def change(database: Database, *, kind: str = "task", before: str | None = None, after: str | None = None) -> None:
    database.write(
        lambda tx: history.record(tx, kind, TASK, Change.UPDATED, version=1, at=NOW, before=before, after=after),
        an_admin(),
    )


def is_red(document: str | None) -> bool:
    return document == "red"


def test_a_page_is_looked_for_once_while_nothing_changes(database: Database) -> None:
    shelf = Shelf(database)

    assert shelf.page() is shelf.page()
    assert shelf.times_looked == 1


def test_a_change_of_another_kind_leaves_it(database: Database) -> None:
    shelf = Shelf(database)
    shelf.page()
    change(database, kind="meeting")

    shelf.page()

    assert shelf.times_looked == 1


def test_a_change_of_things_that_are_not_on_it_leaves_it(database: Database) -> None:
    shelf = Shelf(database)
    shelf.page(counted=is_red)
    change(database, before="blue", after="green")

    shelf.page(counted=is_red)

    assert shelf.times_looked == 1


@pytest.mark.parametrize(("before", "after"), [("red", "blue"), ("blue", "red"), (None, "red"), ("red", None)])
def test_a_change_of_what_is_or_comes_on_it_is_seen(database: Database, before: str | None, after: str | None) -> None:
    shelf = Shelf(database)
    shelf.page(counted=is_red)
    change(database, before=before, after=after)

    assert shelf.page(counted=is_red).total == 2


def test_any_change_of_the_kind_is_seen_where_a_document_cannot_tell(database: Database) -> None:
    shelf = Shelf(database)
    shelf.page()
    change(database, before="blue", after="green")

    assert shelf.page().total == 2


def test_after_many_changes_it_is_looked_for_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHANGES_MAX", 2)
    shelf = Shelf(database)
    shelf.page(counted=is_red)
    for _ in range(3):
        change(database, before="blue", after="green")

    assert shelf.page(counted=is_red).total == 2


def test_only_so_much_is_remembered_and_the_oldest_is_forgotten_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "REMEMBERED_BYTES_MAX", 2 * (pages.PAGE_COSTS_BYTES + 100))
    shelf = Shelf(database)
    for question in ("a", "b", "c"):
        shelf.page(question, size=100)

    shelf.page("c", size=100)
    assert shelf.times_looked == 3
    shelf.page("a", size=100)
    assert shelf.times_looked == 4


def test_a_page_too_large_to_remember_is_looked_for_each_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES_MAX", 1_000)
    shelf = Shelf(database)

    shelf.page(size=2_000)
    shelf.page(size=2_000)

    assert shelf.times_looked == 2


# Of things whose changes history does not tell -------------------------------------------------------------------


class Calls:
    """The same, remembered while nothing at all is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages = Pages()
        self.times_looked = 0

    def page(self) -> Page[str]:
        def find() -> Page[str]:
            self.times_looked += 1
            return Page(["x"], self.times_looked)

        return self._database.read(
            lambda tx: self._pages.page_while_still(tx, "call", "all", find, size=len), an_admin()
        )


def test_a_page_is_remembered_while_nothing_at_all_is_committed(sqlite_database: Database) -> None:
    # On PostgreSQL, too, but there what is committed in any database of the cluster counts, as in those of other tests.
    calls = Calls(sqlite_database)

    assert calls.page() is calls.page()
    change(sqlite_database, kind="meeting")
    assert calls.page() is calls.page()
    assert calls.times_looked == 2


def test_a_page_is_looked_for_anew_after_any_commit_whoever_asks(database: Database) -> None:
    calls = Calls(database)
    with ThreadPoolExecutor(1) as others:  # another thread reads on another connection
        for _ in range(3):
            looked = calls.times_looked
            change(database, kind="meeting")
            assert calls.page().total > looked
            looked = calls.times_looked
            change(database, kind="meeting")
            assert others.submit(calls.page).result().total > looked
