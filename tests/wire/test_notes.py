"""/notes: create, search, update and delete the notes about an asset requirement."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.wire.asking import (
    REQUEST_ID,
    UNKNOWN_ID,
    Agency,
    Person,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    id_of,
    on_both,
)
from tests.wire.estate import (
    MISSING,
    NOTES,
    REQUIREMENTS,
    STATE,
    TYPE,
    assert_unknown_note,
    assert_unknown_requirement,
    change_of,
    creates,
    finds,
    is_version_4,
    page,
    requirement,
)


def wished(agency: Agency, *, by: Person | None = None, office: str | None = None) -> str:
    """The id of an asset requirement."""
    person = by or agency.admin
    return id_of(creates(person, REQUIREMENTS, requirement(agency, agencyOfficeId=office or agency.office)))


def about(requirement_id: str, text: str = "This is a note.") -> dict[str, Any]:
    return {"note": text, "assetRequirementId": requirement_id}


def notes_of(person: Person, requirement_id: str) -> list[dict[str, Any]]:
    found = page(person, NOTES, assetRequirementId=requirement_id)
    assert found["totalCount"] == len(found["notes"])
    return list(found["notes"])


@on_both
def test_the_published_sample_is_taken_and_kept_with_who_and_when(agency: Agency) -> None:
    requirement_id = wished(agency)

    answer = agency.admin.post(NOTES, about(requirement_id), headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 201
    assert list(answer.json()) == ["noteId"]
    assert is_version_4(answer.json()["noteId"])
    assert answer.headers["location"] == f"{NOTES}/{answer.json()['noteId']}"
    (note,) = notes_of(agency.admin, requirement_id)
    assert list(note) == [
        *("noteId", "note", "assetRequirementId", "creationTime", "modificationTime", "createdBy", "modifiedBy")
    ]
    assert note["noteId"] == answer.json()["noteId"]
    assert (note["note"], note["assetRequirementId"]) == ("This is a note.", requirement_id)
    assert note["creationTime"] == note["modificationTime"]
    assert note["createdBy"] == note["modifiedBy"]


@on_both
def test_a_change_says_who_made_it_and_leaves_who_wrote_first(agency: Agency) -> None:
    requirement_id = wished(agency)
    path = creates(agency.admin, NOTES, about(requirement_id))
    (before,) = notes_of(agency.admin, requirement_id)

    answer = agency.agent.put(path, {"note": "Changed", "assetRequirementId": UNKNOWN_ID, "createdBy": UNKNOWN_ID})

    assert (answer.status_code, answer.content) == (204, b"")
    (after,) = notes_of(agency.admin, requirement_id)
    assert after["note"] == "Changed"
    assert after["modifiedBy"] != before["modifiedBy"]
    assert after["modificationTime"] > before["modificationTime"]
    changed = ("note", "modifiedBy", "modificationTime")
    assert {**before, **{name: after[name] for name in changed}} == after


@on_both
def test_the_same_text_again_changes_nothing(agency: Agency) -> None:
    requirement_id = wished(agency)
    path = creates(agency.admin, NOTES, about(requirement_id))
    before = notes_of(agency.admin, requirement_id)

    assert agency.agent.put(path, {"note": "This is a note."}).status_code == 204

    assert notes_of(agency.admin, requirement_id) == before


@on_both
def test_notes_are_told_oldest_first_and_each_with_its_own_asset_requirement(agency: Agency) -> None:
    one, other = wished(agency), wished(agency)
    paths = [creates(agency.admin, NOTES, about(one, f"{number}")) for number in range(3)]
    creates(agency.admin, NOTES, about(other))

    notes = notes_of(agency.admin, one)

    assert {note["noteId"] for note in notes} == {id_of(path) for path in paths}
    assert [(note["creationTime"], note["noteId"]) for note in notes] == sorted(
        (note["creationTime"], note["noteId"]) for note in notes
    )


@pytest.mark.parametrize("text", ["", "Hämeenkatu 1 \U0001f600", "a\nb\t\u2028", "x" * 10_000])
def test_a_text_comes_back_letter_by_letter(text: str, agency: Agency) -> None:
    requirement_id = wished(agency)

    creates(agency.admin, NOTES, about(requirement_id, text))

    assert [note["note"] for note in notes_of(agency.admin, requirement_id)] == [text]


@on_both
@pytest.mark.parametrize("status", ["FINISHED", "REJECTED", "PURCHASED"])
def test_notes_are_written_changed_and_deleted_in_every_state(status: str, agency: Agency) -> None:
    requirement_id = wished(agency)
    path = f"{REQUIREMENTS}/{requirement_id}"
    agency.admin.put(path, change_of(path, requirement(agency), statusCode=status))

    note = creates(agency.admin, NOTES, about(requirement_id))

    assert agency.admin.put(note, {"note": "x"}).status_code == 204
    assert agency.admin.delete(note).status_code == 204


@on_both
def test_a_deleted_note_is_unknown_and_makes_room(agency: Agency) -> None:
    requirement_id = wished(agency)
    paths = [creates(agency.admin, NOTES, about(requirement_id)) for _ in range(20)]

    assert (agency.admin.delete(paths[0]).status_code, agency.admin.delete(paths[0]).status_code) == (204, 404)

    assert_unknown_note(agency.admin.put(paths[0], {"note": "x"}))
    creates(agency.admin, NOTES, about(requirement_id))
    assert len(notes_of(agency.admin, requirement_id)) == 20


# The limit -------------------------------------------------------------------------------------------------------


def assert_full(answer: Any) -> None:
    body = assert_error(answer, 400, "INVALID_STATUS", [("assetRequirementId", STATE)])
    assert body["description"] == "The asset requirement already has 20 notes."
    assert body["errors"][0]["message"] == "At most 20 notes are allowed"


@on_both
def test_the_twenty_first_note_is_refused(agency: Agency) -> None:
    requirement_id, other = wished(agency), wished(agency)
    for _ in range(20):
        creates(agency.admin, NOTES, about(requirement_id))

    assert_full(agency.admin.post(NOTES, about(requirement_id)))

    assert len(notes_of(agency.admin, requirement_id)) == 20
    creates(agency.admin, NOTES, about(other))


@on_both
@pytest.mark.parametrize("already", [0, 19])
def test_of_thirty_who_race_for_the_last_places_no_more_get_one_than_there_are(already: int, agency: Agency) -> None:
    requirement_id = wished(agency)
    for _ in range(already):
        creates(agency.admin, NOTES, about(requirement_id))

    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(lambda _: agency.admin.post(NOTES, about(requirement_id)), range(30)))

    assert sorted(answer.status_code for answer in answers) == [201] * (20 - already) + [400] * (10 + already)
    for answer in answers:
        if answer.status_code == 400:
            assert_full(answer)
    written = {answer.json()["noteId"] for answer in answers if answer.status_code == 201}
    assert written <= {note["noteId"] for note in notes_of(agency.admin, requirement_id)}
    assert len(notes_of(agency.admin, requirement_id)) == 20


@on_both
def test_notes_that_race_with_a_deletion_are_written_before_it_or_not_at_all(agency: Agency) -> None:
    requirement_id = wished(agency)

    def act(number: int) -> int:
        if number == 5:
            return agency.admin.delete(f"{REQUIREMENTS}/{requirement_id}").status_code
        return agency.admin.post(NOTES, about(requirement_id)).status_code

    with ThreadPoolExecutor(10) as threads:
        statuses = list(threads.map(act, range(10)))

    assert statuses[5] == 204
    assert set(statuses) <= {201, 204, 404}
    assert_unknown_requirement(agency.admin.get(NOTES, params={"assetRequirementId": requirement_id}))


# Other addresses -------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("prefix", ["", "/asset-requirement/v1"])
def test_the_other_addresses_serve_the_same(prefix: str, agency: Agency) -> None:
    requirement_id = wished(agency)

    path = creates(agency.admin, f"{prefix}/assetRequirementNotes", about(requirement_id))

    assert path.startswith(f"{prefix}/assetRequirementNotes/")
    assert agency.admin.put(path, {"note": "x"}).status_code == 204
    expected = page(agency.admin, NOTES, assetRequirementId=requirement_id)
    assert page(agency.admin, f"{prefix}/assetRequirementNotes", assetRequirementId=requirement_id) == expected
    assert page(agency.admin, f"{prefix}/assetRequirements/{requirement_id}/notes") == expected
    assert page(agency.admin, f"{prefix}/notes", assetRequirementId=requirement_id) == expected
    assert agency.admin.delete(path).status_code == 204


# Refusals --------------------------------------------------------------------------------------------------------


@on_both
def test_what_is_outside_of_ones_sight_is_unknown(agency: Agency) -> None:
    requirement_id = wished(agency, by=agency.agent)
    path = creates(agency.agent, NOTES, about(requirement_id))

    for person in (agency.neighbour, agency.stranger):
        assert_unknown_requirement(person.post(NOTES, about(requirement_id)))
        assert_unknown_requirement(person.get(NOTES, params={"assetRequirementId": requirement_id}))
        assert_unknown_note(person.put(path, {"note": "x"}))
        assert_unknown_note(person.delete(path))
    assert_unknown_requirement(agency.admin.post(NOTES, about(UNKNOWN_ID)))
    assert_unknown_requirement(agency.admin.get(NOTES, params={"assetRequirementId": UNKNOWN_ID}))
    assert_unknown_note(agency.admin.put(f"{NOTES}/{UNKNOWN_ID}", {"note": "x"}))
    assert_unknown_note(agency.admin.delete(f"{NOTES}/{UNKNOWN_ID}"))
    assert [note["note"] for note in notes_of(agency.agent, requirement_id)] == ["This is a note."]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("note", MISSING), ("assetRequirementId", MISSING)]),
        ({"note": None, "assetRequirementId": None}, [("note", MISSING), ("assetRequirementId", MISSING)]),
        ({"note": 5, "assetRequirementId": "x"}, [("note", TYPE), ("assetRequirementId", TYPE)]),
        ({"note": "x" * 10_001, "assetRequirementId": UNKNOWN_ID}, [("note", TYPE)]),
        ([], [("body", TYPE)]),
    ],
    ids=["empty", "null", "wrong", "long", "list"],
)
def test_a_body_that_is_no_note_is_told_all_its_faults(
    body: Any, faults: list[tuple[str, str]], agency: Agency
) -> None:
    assert_bad_body(agency.admin.post(NOTES, body), *faults)


def test_the_body_of_a_change_needs_a_text(agency: Agency) -> None:
    path = creates(agency.admin, NOTES, about(wished(agency)))

    assert_bad_body(agency.admin.put(path, {}), ("note", MISSING))
    assert_bad_body(agency.admin.put(path, {"note": None}), ("note", MISSING))
    assert_bad_parameters(agency.admin.put(f"{NOTES}/5", {"note": ""}), ("noteId", TYPE))
    assert_bad_parameters(agency.admin.delete(f"{NOTES}/5"), ("noteId", TYPE))


def test_a_search_needs_an_asset_requirement_and_takes_nothing_else(agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(NOTES), ("assetRequirementId", MISSING))
    assert_bad_parameters(agency.admin.get(NOTES, params={"assetRequirementId": "5"}), ("assetRequirementId", TYPE))
    wanted = {"assetRequirementId": UNKNOWN_ID, "size": 5}
    assert_bad_parameters(agency.admin.get(NOTES, params=wanted), ("size", TYPE))
    assert_error(agency.admin.get(f"{NOTES}/{UNKNOWN_ID}"), 405, "METHOD_NOT_ALLOWED")


@on_both
def test_nobody_overwrites_or_deletes_what_has_changed(agency: Agency) -> None:
    requirement_id = wished(agency)
    created = agency.admin.post(NOTES, about(requirement_id))
    path = created.headers["location"]
    assert created.headers["etag"] == '"1"'
    agency.admin.put(path, {"note": "first"}, headers={"If-Match": '"1"'})
    stale: dict[str, str | None] = {"If-Match": '"1"'}

    for answer in (agency.admin.put(path, {"note": "x"}, headers=stale), agency.admin.delete(path, headers=stale)):
        body = assert_error(answer, 412, "PRECONDITION_FAILED")
        assert body["description"] == "The note was changed since it was read."
    assert finds(agency.admin, NOTES, assetRequirementId=requirement_id) == [id_of(path)]


@on_both
def test_a_repetition_under_the_same_key_makes_one_note(agency: Agency) -> None:
    requirement_id = wished(agency)

    first, second = (
        agency.admin.post(NOTES, about(requirement_id), headers={"Idempotency-Key": "note-1"}) for _ in range(2)
    )

    assert first.json() == second.json()
    assert len(notes_of(agency.admin, requirement_id)) == 1


def test_who_may_not_call_learns_nothing(agency: Agency) -> None:
    for answer in (agency.nobody.post(NOTES, {}), agency.nobody.get(NOTES), agency.nobody.delete(f"{NOTES}/5")):
        assert_error(answer, 401, "UNAUTHORIZED")
    assert_error(agency.operator.post(NOTES, {}), 403, "ACCESS_DENIED")
