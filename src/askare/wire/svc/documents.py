"""What the OpenAPI document of this dialect says besides its endpoints."""

from __future__ import annotations

from typing import Any

from askare.wire.kit.endpoints import Example
from askare.wire.kit.limits import BODY_BYTES_MAX
from askare.wire.kit.openapi import Document
from askare.wire.svc.problems import ErrorBody

SESSION_COOKIE = "askare_session"

_REQUEST_ID: dict[str, Any] = {
    "Request-ID": {
        "description": "The id of the request: the client's own when it sent one.",
        "schema": {"type": "string"},
    }
}


def _error(status: int, message: str) -> Example:
    return Example(f"{status} {message}", {"error_code": 1000 + status, "error_message": message})


SVCTASKS = Document(
    title="Service tasks API",
    version="1.0",
    description="A timetable for service scripts: the tasks, what became of every planned start, the scripts, those"
    " that run, and the calendar's exceptions. A domain is an organization; nobody sees another one's."
    " OpenAPI 3.1 has no word for the method LOOKUP: see `?version=3.2` of this document.",
    error_type=ErrorBody,
    error_examples=(
        _error(400, "sitemode must be one of all, any, list, anylist, firstsite, not 'everywhere'"),
        _error(400, "Field id is prohibited for modification"),
        _error(401, "Unauthorized"),
        _error(403, "Access denied"),
        _error(404, "Not found"),
        _error(404, "Lookup failed"),
        _error(409, "Already exists"),
    ),
    answer_headers=_REQUEST_ID,
    problem_headers=_REQUEST_ID,
    reasons={
        400: "The request has faults; the message names each with its place, its value and what would be accepted.",
        401: "No session and no token, or one that is over.",
        404: "There is no such thing in this domain.",
        409: "The id or the code is in use; or the thing's state forbids it.",
        413: f"The body is longer than {BODY_BYTES_MAX} bytes.",
    },
    session_cookie=SESSION_COOKIE,
)
