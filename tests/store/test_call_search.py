"""Lists of call tasks find what `rules.matches` says, in the order of the numbers, on both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askare.calltasks import operations, rules, search, store
from askare.calltasks.model import CallFilter, MoreFilters, Priority, Processing, Status, task_of, trail_of
from askare.directory import operations as directory
from askare.directory.model import Kind, OperatorContent
from askare.kernel.paging import Window
from askare.storage.desk import Database
from tests.callvalues import (
    OFFICE_OF_CALLS,
    OPERATOR_USER,
    OTHER_OPERATOR_USER,
    an_exchange,
    an_operator,
    call_now,
    hand_in,
    listed,
    make_operators,
    said_of_call,
)
from tests.values import HOUR, NOW, an_admin

TITLES = (
    "Нет горячей воды",
    "ВОДА в подвале, дом 10/2",
    "Перезвонить: Ёлкин Ё. Ё.",
    "Päivän lasku puuttuu",
    "100% скидка_акция",
    "Қайта қоңырау шалу",
    "Call back (urgent)",
    "вод",
    "\\ и слэш",
    "½ цены",
)
QUERIES = (
    "вод",
    "воды нет",
    "10/2",
    "ёлкин",
    "елк",
    "ё.",
    "päiv",
    "paiva",
    "%",
    "_",
    "қоңырау",
    "(urg",
    "о",
    "\\",
    "½",
    "a",
)


def fill(database: Database) -> None:
    make_operators(database)
    numbers = [
        hand_in(
            database,
            said_of_call(
                TITLES[at % len(TITLES)],
                task_type=("call", "complaint")[at % 2],
                priority=list(Priority)[at % 4],
                call_transcription="…" if at % 3 == 0 else None,
            ),
            operator=(OPERATOR_USER, OTHER_OPERATOR_USER)[at % 5 == 0],
        )
        for at in range(40)
    ]
    for at, number in enumerate(numbers):
        set_status(database, number, list(Status)[at % 4])


def set_status(database: Database, number: int, status: Status) -> None:
    database.write(lambda tx: operations.update_status(tx, number, status, office=OFFICE_OF_CALLS, now=NOW), an_admin())


def expected(database: Database, wanted: CallFilter) -> list[int]:
    everything, _ = listed(database, CallFilter(with_cancelled=True))
    tasks = [call_now(database, number) for number in everything]
    return [task.id for task in tasks if rules.matches(wanted, search._trail.decode(trail_of(task)))]


FILTERS = st.builds(
    CallFilter,
    statuses=st.frozensets(st.sampled_from(Status), max_size=2),
    processing=st.frozensets(st.sampled_from([Processing.QUEUED, Processing.NONE]), max_size=1),
    task_types=st.frozensets(st.sampled_from(["call", "complaint", "other"]), max_size=1),
    priorities=st.frozensets(st.sampled_from(Priority), max_size=2),
    words=st.sampled_from(QUERIES).map(rules.search_words) | st.just(()),
    with_cancelled=st.booleans(),
)


@pytest.mark.parametrize("way", ["as it judges", "always gathering", "always walking"])
@pytest.mark.parametrize("posted", [0, 20, 40])
def test_a_list_finds_what_the_rule_says_whichever_way_it_takes(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: str, posted: int
) -> None:
    fill(database)
    if posted:
        database.write(lambda tx: store.post_words(tx, limit=posted))
    if way == "always gathering":
        monkeypatch.setattr(search, "COST_OF_WALKED", 1e9)
    elif way == "always walking":
        monkeypatch.setattr(search, "COST_OF_POSTED", 1e9)
        monkeypatch.setattr(search, "COST_OF_CHECKED", 1e9)

    for query in QUERIES:
        wanted = CallFilter(words=rules.search_words(query))
        found = expected(database, wanted)
        assert listed(database, wanted) == (found, len(found)), query
        assert listed(database, wanted, window=Window(1, 2)) == (found[1:3], len(found)), query


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_filter_finds_what_the_rule_says(sqlite_database: Database, data: Any) -> None:
    if listed(sqlite_database)[1] == 0:
        fill(sqlite_database)
    wanted = data.draw(FILTERS)

    found = expected(sqlite_database, wanted)

    assert listed(sqlite_database, wanted) == (found, len(found))


def test_filters_find_on_both_databases(database: Database) -> None:
    fill(database)

    for wanted in (
        CallFilter(),
        CallFilter(statuses=frozenset({Status.CANCELLED})),
        CallFilter(statuses=frozenset({Status.PENDING}), processing=frozenset({Processing.QUEUED})),
        CallFilter(processing=frozenset({Processing.QUEUED}), priorities=frozenset({Priority.LOW})),
        CallFilter(task_types=frozenset({"complaint"}), words=("вод",), with_cancelled=True),
    ):
        found = expected(database, wanted)
        assert found
        assert listed(database, wanted) == (found, len(found)), wanted


def test_an_operators_search_stays_among_the_own_tasks(database: Database) -> None:
    fill(database)
    wanted = CallFilter(words=("вод",))

    own, total = listed(database, wanted, by=an_operator(OTHER_OPERATOR_USER))
    everybodys, _ = listed(database, wanted)

    assert 0 < total == len(own) < len(everybodys)
    assert set(own) < set(everybodys)


def test_a_page_past_the_end_is_empty_and_tells_the_same_total(database: Database) -> None:
    fill(database)

    assert listed(database, CallFilter(with_cancelled=True), window=Window(1_000, 20)) == ([], 40)


def test_a_remembered_count_follows_what_happens(database: Database) -> None:
    make_operators(database)
    numbers = [hand_in(database, said_of_call("Нет воды")) for _ in range(205)]
    wanted = CallFilter(words=("воды",))
    assert listed(database, wanted, window=Window(0, 1))[1] == 205

    hand_in(database, said_of_call("Снова нет воды"))
    set_status(database, numbers[0], Status.CANCELLED)

    assert listed(database, wanted, window=Window(0, 1))[1] == 205
    assert listed(database, CallFilter(), window=Window(0, 1))[1] == 205


def test_a_remembered_search_follows_what_happens(database: Database) -> None:
    make_operators(database)
    first, second = (hand_in(database, said_of_call(title)) for title in ("Нет воды", "Воды мало"))
    wanted, window = CallFilter(words=("воды",)), Window(0, 2)
    assert listed(database, wanted, window=window) == ([second, first], 2)

    hand_in(database, said_of_call("Лифт стоит"))  # another thing altogether
    set_status(database, first, Status.IN_PROGRESS)
    assert listed(database, wanted, window=window) == ([second, first], 2)
    third = hand_in(database, said_of_call("Снова нет воды"))
    assert listed(database, wanted, window=window) == ([third, second], 3)
    set_status(database, third, Status.CANCELLED)
    assert listed(database, wanted, window=window) == ([second, first], 2)
    set_status(database, third, Status.PENDING)
    assert listed(database, wanted, window=window) == ([third, second], 3)


def test_texts_are_posted_a_bounded_amount_at_a_time_and_each_in_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LETTERS_POSTED_AT_ONCE", 100)
    make_operators(database)
    texts = ("счётчик", "вода " * 60, "лифт", "газ", "крыша " * 15)
    numbers = [hand_in(database, said_of_call(description=text)) for text in texts]

    def post() -> int:
        return database.write(store.post_content_words)

    assert [post() for _ in range(4)] == [1, 1, 3, 0]  # one that is longer by itself goes alone
    everywhere = MoreFilters(everywhere=True)
    for number, word in zip(numbers, ("счетчик", "вода", "лифт", "газ", "крыша"), strict=True):
        assert listed(database, CallFilter(words=(word,), more=everywhere)) == ([number], 1)


def test_few_texts_wait_for_others_where_many_are_asked_for(database: Database) -> None:
    make_operators(database)
    hand_in(database, said_of_call(description="счётчик"))
    assert database.write(lambda tx: store.post_content_words(tx, at_least=2)) == 0

    hand_in(database, said_of_call(description="лифт"))
    assert database.write(lambda tx: store.post_content_words(tx, at_least=2)) == 2


def test_a_remembered_list_follows_stages_and_names_which_no_line_of_history_tells(database: Database) -> None:
    make_operators(database)
    number = hand_in(database, said_of_call(recording_url="http://pbx.example/1.wav"))

    def seen() -> tuple[Processing, str | None]:
        page = database.read(
            lambda tx: operations.list_calls(tx, CallFilter(), window=Window(0, 20), office=OFFICE_OF_CALLS),
            an_admin(),
        )
        return task_of(page.items[0].document).processing_status, page.items[0].operator_name

    assert seen() == seen() == (Processing.QUEUED, None)
    database.write(lambda tx: operations.begin(tx, number, now=NOW), an_admin())
    assert seen() == (Processing.PROCESSING, None)
    satu = OperatorContent(name="Satu Kinnunen")
    database.write(lambda tx: directory.put_entry(tx, Kind.OPERATOR, OPERATOR_USER, satu, now=NOW), an_admin())
    assert seen() == (Processing.PROCESSING, "Satu Kinnunen")


def test_what_is_overdue_is_asked_anew_each_time(database: Database) -> None:
    make_operators(database)
    hand_in(database, said_of_call(due_date=NOW + HOUR))

    def overdue_at(moment: datetime) -> int:
        return listed(database, CallFilter(more=MoreFilters(overdue=True, now=moment)))[1]

    assert (overdue_at(NOW), overdue_at(NOW + 2 * HOUR)) == (0, 1)


def test_a_call_is_answered_as_it_is_shown_afterwards(database: Database) -> None:
    make_operators(database)
    satu = OperatorContent(name="Satu Kinnunen", code="17")
    database.write(lambda tx: directory.put_entry(tx, Kind.OPERATOR, OPERATOR_USER, satu, now=NOW), an_admin())
    content = said_of_call(call_id="4711", caller_phone="+358401234567")

    def hand_in_anew(operator: str) -> operations.Shown:
        return database.write(
            lambda tx: operations.hand_in(tx, content, operator=operator, office=OFFICE_OF_CALLS, now=NOW),
            an_exchange(),
        )

    made = hand_in_anew("17")
    number = task_of(made.document).id
    assert made.operator_name == "Satu Kinnunen"
    assert made == hand_in_anew("17")  # the same call again
    assert made == database.read(lambda tx: operations.get_call(tx, number, office=OFFICE_OF_CALLS), an_admin())
    other = hand_in_anew(str(OTHER_OPERATOR_USER))
    assert (task_of(other.document).id, other.operator_name) == (number + 1, None)
