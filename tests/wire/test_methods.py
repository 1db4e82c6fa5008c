"""HEAD and OPTIONS, which every dialect answers alike.  Source: RFC 9110, 9.3.2 and 9.3.7."""

from __future__ import annotations

import pytest

from tests.wire.asking import TASKS, Agency, raw_request
from tests.wire.calling import TASKS as CALL_TASKS
from tests.wire.svc_asking import TASKS as SVC_TASKS

READ_BY_THEMSELVES = ["/health/live", "/health/ready", "/docs", "/openapi", "/openapi/task-management.json"]
LISTS = [TASKS, "/tasks", SVC_TASKS, CALL_TASKS, "/askare/v1/parties"]


@pytest.mark.parametrize("path", [*READ_BY_THEMSELVES, *LISTS])
def test_a_head_is_a_get_without_its_body(path: str, agency: Agency) -> None:
    get = raw_request(agency.server, f"GET {path}", token=agency.admin.token)
    head = raw_request(agency.server, f"HEAD {path}", token=agency.admin.token)

    assert get.status == head.status == 200
    assert get.body
    assert head.body == b""
    assert without_clock(head.headers) == without_clock(get.headers)
    assert head.headers["content-length"] == str(len(get.body))


def without_clock(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}


@pytest.mark.parametrize("path", LISTS)
def test_a_head_needs_a_caller_as_the_get_does(path: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"HEAD {path}")

    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_head_changes_nothing_and_opens_nothing(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    etag = agency.admin.get(path).headers["etag"]

    head = raw_request(agency.server, f"HEAD {path}", token=agency.admin.token, headers={"If-None-Match": etag})

    assert (head.status, head.body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health/live", "GET, HEAD, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
        (TASKS, "GET, HEAD, OPTIONS, POST"),
        (SVC_TASKS, "GET, HEAD, LOOKUP, OPTIONS, POST"),
        (CALL_TASKS, "GET, HEAD, OPTIONS, POST"),
        ("/askare/v1/parties", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_tell_anybody_which_methods_there_are(path: str, allowed: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"OPTIONS {path}")

    assert (answer.status, answer.headers["allow"], answer.body) == (204, allowed, b"")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_what_does_not_exist_has_no_methods(method: str, agency: Agency) -> None:
    assert raw_request(agency.server, f"{method} /nothing").status == 404
