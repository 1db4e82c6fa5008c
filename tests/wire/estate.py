"""Meetings, asset requirements and notes: where they live, and bodies to send."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import httpx2

from tests.samples_estate import MEETING_BODY, REQUIREMENT_BODY
from tests.wire.asking import Agency, Person, assert_error, id_of

MEETINGS = "/meeting/v1/meetings"
REQUIREMENTS = "/asset-requirement/v1/assetRequirements"
NOTES = "/asset-requirement/v1/notes"
MISSING, TYPE, UNKNOWN, STATE = "VALUE_REQUIRED", "INVALID_TYPE", "INVALID_ID", "INVALID_STATUS"


def meeting(agency: Agency, **changes: Any) -> dict[str, Any]:
    """The contract's sample in our office; a field given as `...` is left out."""
    return _changed({**MEETING_BODY, "agencyOfficeId": agency.office}, changes)


def requirement(agency: Agency, **changes: Any) -> dict[str, Any]:
    """The contract's sample in our office, created now; a field given as `...` is left out."""
    return _changed({**REQUIREMENT_BODY, "agencyOfficeId": agency.office, "creationTime": ...}, changes)


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


def tree(**branches: Any) -> dict[str, Any]:
    """The sample's tree of wishes; a branch given as `...` is left out."""
    return _changed(REQUIREMENT_BODY["assetRequirements"], branches)


def change_of(path: str, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of an update: what was said, with the id of the path and a state."""
    return {"assetRequirementId": id_of(path), "statusCode": "DRAFT", **body, **changes}


def creates(person: Person, at: str, body: dict[str, Any]) -> str:
    """The path of a new thing."""
    return person.creates(body, at=at)


def page(person: Person, at: str, **params: Any) -> dict[str, Any]:
    answer = person.get(at, params=params)
    assert answer.status_code == 200, answer.text
    return cast("dict[str, Any]", answer.json())


def finds(person: Person, at: str, **params: Any) -> list[str]:
    """The ids that a search shows, in its order."""
    found = page(person, at, **params)
    name, id_field = {
        MEETINGS: ("meetings", "meetingId"),
        REQUIREMENTS: ("assetRequirements", "assetRequirementId"),
        NOTES: ("notes", "noteId"),
    }[at]
    return [one[id_field] for one in found[name]]


def text_of(answer: httpx2.Response, name: str) -> str:
    """The JSON text of one member of an answered object, letter by letter, up to the next member of our own."""
    body = answer.text
    start = body.index(f'"{name}":') + len(name) + 3
    depth = 0
    for at, letter in enumerate(body[start:], start):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return body[start : at + 1]
    raise AssertionError(f"{name} does not end")


def assert_unknown(answer: httpx2.Response, target: str, kind: str) -> None:
    """Unknown, deleted and somebody else's look the same."""
    body = assert_error(answer, 404, "INVALID_ID", [(target, UNKNOWN)])
    assert body["description"] == f"No {kind} has this id."


def assert_unknown_meeting(answer: httpx2.Response) -> None:
    assert_unknown(answer, "meetingId", "meeting")


def assert_unknown_requirement(answer: httpx2.Response) -> None:
    assert_unknown(answer, "assetRequirementId", "asset requirement")


def assert_unknown_note(answer: httpx2.Response) -> None:
    assert_unknown(answer, "noteId", "note")


def assert_gone(answer: httpx2.Response) -> None:
    assert_error(answer, 410, "GONE")


def is_version_4(text: str) -> bool:
    return UUID(text).version == 4 and str(UUID(text)) == text
