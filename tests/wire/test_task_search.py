"""GET /tasks: search tasks.  Faulty parameters of every kind are in test_bad_input.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import REQUEST_ID, TASKS, Agency, assert_bad_parameters, assert_error, id_of, on_both

ONE = "0a0a0a0a-0000-4000-8000-000000000001"
TWO = "0a0a0a0a-0000-4000-8000-000000000002"
THREE = "0a0a0a0a-0000-4000-8000-000000000003"
TYPE = "INVALID_TYPE"


def made(agency: Agency, *changes: dict[str, Any]) -> list[str]:
    """The ids of new tasks, one for each set of changes."""
    return [id_of(agency.admin.creates(agency.task(**change))) for change in changes]


def party(party_id: str) -> dict[str, str]:
    return {"partyId": party_id, "partyTypeCode": "PERSON_PARTY"}


# What is answered ------------------------------------------------------------------------------------------------


@on_both
def test_a_hit_is_the_same_object_as_the_details(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.get(TASKS, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["request-id"] == REQUEST_ID
    assert answer.json() == {"tasks": [agency.admin.get(path).json()], "totalCount": 1}


@on_both
def test_nothing_is_found_where_nothing_is(agency: Agency) -> None:
    assert agency.admin.page() == {"tasks": [], "totalCount": 0}


@on_both
def test_every_published_parameter_together_finds_what_fits_them_all(agency: Agency) -> None:
    fits = {
        "typeCode": "REPORT_MEETING",
        "parties": [party(ONE)],
        "realtyId": TWO,
        "agents": [{"agentId": THREE}],
        "description": "Näyttö Hämeenkadulla",
        "taskDueTime": "2026-06-15T12:00:00Z",
    }
    (wanted, *_) = made(agency, fits, {**fits, "realtyId": ONE}, {**fits, "typeCode": "CALL"})

    found = agency.admin.page(
        typeCode=["REPORT_MEETING", "OTHER"],
        statusCode=["WAITING"],
        agencyOfficeId=[agency.office],
        realtyId=[TWO],
        partyId=[ONE],
        agentId=[THREE],
        freeTextSearch="hämeenkadulla näyttö",
        taskTimeBefore="2026-06-15T12:00:01Z",
        taskTimeAfter="2026-06-15T11:59:59Z",
        modifiedAfter="2020-01-01T00:00:00Z",
        startIndex=0,
        size=40,
        sort=["taskDueTime|desc"],
    )

    assert ([task["taskId"] for task in found["tasks"]], found["totalCount"]) == ([wanted], 1)


# One filter at a time --------------------------------------------------------------------------------------------


@on_both
def test_several_values_of_a_parameter_mean_any_of_them(agency: Agency) -> None:
    call, email, _ = made(agency, {"typeCode": "CALL"}, {"typeCode": "EMAIL"}, {"typeCode": "OTHER"})

    repeated = agency.admin.finds(typeCode=["CALL", "EMAIL"])
    with_comma = agency.admin.finds(typeCode="CALL,EMAIL")

    assert set(repeated) == set(with_comma) == {call, email}


@on_both
def test_several_parameters_mean_all_of_them(agency: Agency) -> None:
    wanted, *_ = made(
        agency,
        {"typeCode": "CALL", "statusCode": "DONE"},
        {"typeCode": "CALL"},
        {"typeCode": "EMAIL", "statusCode": "DONE"},
    )

    assert agency.admin.finds(typeCode="CALL", statusCode="DONE") == [wanted]


@on_both
@pytest.mark.parametrize(
    ("parameter", "change"),
    [
        ("typeCode", {"typeCode": "TRAINING"}),
        ("statusCode", {"statusCode": "REJECTED"}),
        ("realtyId", {"realtyId": TWO}),
        ("assignmentId", {"assignmentId": TWO}),
        ("partyId", {"parties": [party(ONE), party(TWO)]}),
        ("agentId", {"agents": [{"agentId": ONE}, {"agentId": TWO}]}),
    ],
)
def test_each_filter_finds_its_own(parameter: str, change: dict[str, Any], agency: Agency) -> None:
    wanted, _ = made(agency, change, {})
    value = change.get(parameter, TWO)

    assert agency.admin.finds(**{parameter: value}) == [wanted]
    assert agency.admin.finds(**{parameter: value.upper() if value == TWO else value}) == [wanted]


@on_both
def test_an_office_finds_its_tasks(agency: Agency) -> None:
    wanted, _ = made(agency, {"agencyOfficeId": agency.other_office}, {})

    assert agency.admin.finds(agencyOfficeId=agency.other_office) == [wanted]


@on_both
def test_an_update_is_found_by_what_it_says_now(agency: Agency) -> None:
    (task,) = made(agency, {"description": "kylpyhuone", "parties": [party(ONE)]})

    agency.admin.put(f"{TASKS}/{task}", agency.task(description="keittiö", parties=[party(TWO)]))

    assert agency.admin.finds(freeTextSearch="kylpyhuone") == agency.admin.finds(partyId=ONE) == []
    assert agency.admin.finds(freeTextSearch="keittiö") == agency.admin.finds(partyId=TWO) == [task]


# Times -----------------------------------------------------------------------------------------------------------


@on_both
def test_before_and_after_are_strict(agency: Agency) -> None:
    noon = "2026-06-15T12:00:00Z"
    earlier, exactly, later = made(
        agency,
        {"taskDueTime": "2026-06-15T11:59:59.999Z"},
        {"taskDueTime": noon},
        {"taskDueTime": "2026-06-15T12:00:00.001Z"},
    )

    assert agency.admin.finds(taskTimeBefore=noon) == [earlier]
    assert agency.admin.finds(taskTimeAfter=noon) == [later]
    assert agency.admin.finds(
        taskTimeAfter="2026-06-15T11:59:59.999Z", taskTimeBefore="2026-06-15T15:00:00.001+03:00"
    ) == [exactly]


@on_both
def test_the_last_stamp_seen_brings_only_what_changed_since(agency: Agency) -> None:
    first, second = made(agency, {}, {})
    stamp = max(task["modificationTime"] for task in agency.admin.page()["tasks"])
    assert agency.admin.finds(modifiedAfter=stamp) == []

    while agency.admin.finds(modifiedAfter=stamp) == []:
        # Two changes within one millisecond have one stamp, so the change is repeated until the clock has moved.
        text = agency.admin.get(f"{TASKS}/{first}").json()["description"]
        agency.admin.put(f"{TASKS}/{first}", agency.task(description=f"{text}!"))

    assert agency.admin.finds(modifiedAfter=stamp) == [first]
    assert set(agency.admin.finds(modifiedAfter="2020-01-01T00:00:00Z")) == {first, second}


@pytest.mark.parametrize("offset", ["+03:00", " 03:00", "+0300", " 0300"])
def test_a_plus_that_arrives_as_a_blank_is_still_an_offset(offset: str, agency: Agency) -> None:
    (task,) = made(agency, {"taskDueTime": "2026-06-15T08:59:59Z"})

    assert agency.admin.finds(taskTimeBefore=f"2026-06-15T12:00:00{offset}") == [task]
    assert agency.admin.finds(taskTimeAfter=f"2026-06-15T12:00:00{offset}") == []


def test_a_plus_may_stand_bare_in_the_address(agency: Agency) -> None:
    (task,) = made(agency, {"taskDueTime": "2026-06-15T08:59:59Z"})

    found = agency.admin.get(f"{TASKS}?taskTimeBefore=2026-06-15T12:00:00.000+03:00").json()

    assert [one["taskId"] for one in found["tasks"]] == [task]


# Words -----------------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(
    "query",
    [
        "Hämeenkatu Tampere",
        "tampere HÄMEENKATU",
        "hameenkatu",
        "kerrostalossa",
        "talossa",
        "kerros",
        "talo",
        "  tampere  ",
        "tampere,hämeenkatu",
    ],
)
def test_words_are_found_in_any_order_case_and_inflection(query: str, agency: Agency) -> None:
    wanted, _ = made(
        agency, {"description": "Näyttö: kerrostalo, Hämeenkatu 1, Tampere"}, {"description": "Turku, Linnankatu"}
    )

    assert agency.admin.finds(freeTextSearch=query) == [wanted]


@on_both
def test_every_word_must_be_found(agency: Agency) -> None:
    made(agency, {"description": "Hämeenkatu 1, Tampere"})

    assert agency.admin.finds(freeTextSearch="Hämeenkatu Turku") == []


@pytest.mark.parametrize("query", ["", "   ", "%21%3F", "--"])
def test_a_query_without_words_asks_for_nothing(query: str, agency: Agency) -> None:
    made(agency, {}, {})

    assert agency.admin.page(freeTextSearch=query.replace("%21%3F", "!?"))["totalCount"] == 2


@on_both
@pytest.mark.parametrize(
    "query",
    [
        "custom*",
        "customer OR nothing",
        "customer NOT call",
        "-customer nothing",
        '"call customer nothing"',
        "c%r",
        "c_stomer",
        "customer' OR '1'='1",
        "description:nothing",
        "NEAR(call customer nothing)",
        "call & nothing",
        "call | nothing",
        "!call nothing",
        "(call nothing",
        "\\",
    ],
)
def test_operators_are_plain_letters(query: str, agency: Agency) -> None:
    (task,) = made(agency, {"description": "Call to the customer"})
    # Signs are no letters: these ask for `custom`, for `c` and `stomer`, and for no word at all.
    literal = {"custom*": [task], "c_stomer": [task], "\\": [task]}

    assert agency.admin.finds(freeTextSearch=query) == literal.get(query, [])


# Paging and order ------------------------------------------------------------------------------------------------


def on_days(*days: int) -> list[dict[str, Any]]:
    return [{"taskDueTime": f"2026-06-{day:02}T12:00:00Z"} for day in days]


@on_both
def test_pages_lie_side_by_side_and_the_total_counts_all(agency: Agency) -> None:
    tasks = made(agency, *on_days(1, 2, 3, 4, 5, 6, 7))

    pages = [agency.admin.page(startIndex=start, size=3) for start in (0, 3, 6, 9)]

    assert [[task["taskId"] for task in page["tasks"]] for page in pages] == [tasks[:3], tasks[3:6], tasks[6:], []]
    assert {page["totalCount"] for page in pages} == {7}


@on_both
def test_a_page_holds_fifty_unless_asked_otherwise_and_at_most_a_hundred(agency: Agency) -> None:
    made(agency, *on_days(*range(1, 29), *range(1, 28)))

    assert len(agency.admin.finds()) == 50
    assert len(agency.admin.finds(size=100)) == 55


@on_both
@pytest.mark.parametrize("start", [2, 2_147_483_647])
def test_a_page_past_the_end_is_empty(start: int, agency: Agency) -> None:
    made(agency, {}, {})

    assert agency.admin.page(startIndex=start) == {"tasks": [], "totalCount": 2}


@on_both
def test_the_order_is_by_due_time_unless_asked_otherwise(agency: Agency) -> None:
    third, first, second = made(agency, *on_days(3, 1, 2))

    assert agency.admin.finds() == [first, second, third]
    assert agency.admin.finds(sort="taskDueTime") == [first, second, third]
    assert agency.admin.finds(sort="taskDueTime|asc") == [first, second, third]
    assert agency.admin.finds(sort="taskDueTime|desc") == [third, second, first]


@on_both
def test_ties_are_broken_by_the_id_so_that_paging_is_stable(agency: Agency) -> None:
    tasks = made(agency, *on_days(1, 1, 1, 1))

    one_by_one = [agency.admin.finds(startIndex=start, size=1)[0] for start in range(4)]

    assert one_by_one == sorted(tasks)
    assert agency.admin.finds(sort="taskDueTime|desc") == sorted(tasks, reverse=True)


@on_both
def test_a_second_field_decides_where_the_first_is_equal(agency: Agency) -> None:
    early, late, other = made(agency, *on_days(2, 2, 1))
    stamps = {task["taskId"]: task["modificationTime"] for task in agency.admin.page()["tasks"]}
    by_change = sorted([early, late], key=lambda task: (stamps[task], task))

    assert agency.admin.finds(sort=["taskDueTime|asc", "modificationTime|asc"]) == [other, *by_change]
    assert agency.admin.finds(sort="taskDueTime|desc,modificationTime") == [*by_change, other]


@on_both
def test_what_was_changed_last_comes_first_by_descending_modification_time(agency: Agency) -> None:
    made(agency, *on_days(1, 2, 3))

    stamps = [task["modificationTime"] for task in agency.admin.page(sort="modificationTime|desc")["tasks"]]

    assert stamps == sorted(stamps, reverse=True)


# Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("typeCode", "CAL"),
        ("typeCode", ""),
        ("typeCode", "CALL,"),
        ("typeCode", "call"),
        ("statusCode", "OPEN"),
        ("agencyOfficeId", "1"),
        ("realtyId", "x"),
        ("assignmentId", "null"),
        ("partyId", "123e4567-e89b-12d3-a456-426655440000;"),
        ("agentId", "undefined"),
        ("freeTextSearch", "x" * 10_001),
        ("taskTimeBefore", "yesterday"),
        ("taskTimeAfter", "2026-06-15"),
        ("taskTimeAfter", "2026-06-15T12:00:00"),
        ("modifiedAfter", "1750000000"),
        ("modifiedAfter", ""),
        ("taskTimeBefore", "1899-12-31T23:59:59Z"),
        ("taskTimeAfter", "2200-01-01T00:00:00Z"),
        ("modifiedAfter", "9999-12-31T23:59:59Z"),
        ("startIndex", "-1"),
        ("startIndex", "first"),
        ("startIndex", "1.0"),
        ("startIndex", ""),
        ("startIndex", "2147483648"),
        ("startIndex", "9" * 40),
        ("size", "0"),
        ("size", "101"),
        ("size", "-5"),
        ("size", "٣"),
        ("sort", "price|asc"),
        ("sort", "taskDueTime|up"),
        ("sort", "taskDueTime|ASC"),
        ("sort", "|desc"),
        ("sort", ""),
        ("sort", "taskDueTime; DROP TABLE tasks"),
    ],
)
def test_a_parameter_that_cannot_be_understood_is_named(parameter: str, value: str, agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(TASKS, params={parameter: value}), (parameter, TYPE))


def test_an_unknown_sort_field_is_answered_with_those_that_there_are(agency: Agency) -> None:
    body = assert_bad_parameters(agency.admin.get(TASKS, params={"sort": "price"}), ("sort", TYPE))

    assert "taskDueTime|desc" in body["errors"][0]["message"]
    assert "modificationTime" in body["errors"][0]["message"]


@pytest.mark.parametrize("parameter", ["size", "startIndex", "freeTextSearch", "modifiedAfter"])
def test_a_single_value_cannot_be_given_twice(parameter: str, agency: Agency) -> None:
    value = "2026-01-01T00:00:00Z" if parameter == "modifiedAfter" else "1"

    assert_bad_parameters(agency.admin.get(TASKS, params={parameter: [value, value]}), (parameter, TYPE))


def test_a_list_of_more_than_200_values_is_refused(agency: Agency) -> None:
    assert agency.admin.get(TASKS, params={"partyId": ",".join([ONE] * 200)}).status_code == 200
    assert_bad_parameters(agency.admin.get(TASKS, params={"partyId": ",".join([ONE] * 201)}), ("partyId", TYPE))


def test_several_faults_are_told_at_once(agency: Agency) -> None:
    answer = agency.admin.get(
        TASKS,
        params={"size": 0, "sort": "price", "statusCode": "OPEN", "taskTimeAfter": "now", "pageSize": 5},
        headers={"Request-ID": "5"},
    )

    assert_bad_parameters(
        answer,
        ("Request-ID", TYPE),
        ("pageSize", TYPE),
        ("size", TYPE),
        ("sort", TYPE),
        ("statusCode", TYPE),
        ("taskTimeAfter", TYPE),
    )


def test_without_a_token_nothing_is_found(agency: Agency) -> None:
    assert_error(agency.nobody.get(TASKS), 401, "UNAUTHORIZED")


@on_both
def test_another_organization_finds_nothing_of_ours(agency: Agency) -> None:
    made(agency, {"parties": [party(ONE)]})

    assert agency.stranger.page() == agency.stranger.page(partyId=ONE) == {"tasks": [], "totalCount": 0}
    assert agency.stranger.page(freeTextSearch="customer")["totalCount"] == 0
