"""What the OpenAPI documents of the OviPro dialect say besides their endpoints."""

from __future__ import annotations

from typing import Any

from askare.wire.kit.endpoints import Example
from askare.wire.kit.openapi import Document
from askare.wire.ovipro.common import EXAMPLE_REQUEST_ID
from askare.wire.ovipro.problems import ErrorBody

_REQUEST_ID: dict[str, Any] = {
    "name": "Request-ID",
    "in": "header",
    "required": True,
    "description": "A unique id of the request, made by the client, for troubleshooting. It comes back in the answer.",
    "schema": {"type": "string", "format": "uuid"},
    "example": EXAMPLE_REQUEST_ID,
}
_ANSWER_HEADERS: dict[str, Any] = {
    "Request-ID": {
        "description": "The id of the request.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
}
_PROBLEM_HEADERS: dict[str, Any] = {
    "Request-ID": {
        "description": "The id of the request, when it could be read.",
        "schema": {"type": "string", "format": "uuid"},
    }
}
_ERRORS = (
    Example(
        "400 missing parameter",
        {
            "errorCode": "BAD_REQUEST_PARAMETERS",
            "message": "Invalid request parameters",
            "description": "Request parameters are missing or have invalid type.",
            "errors": [
                {
                    "target": "Request-ID",
                    "errorCode": "VALUE_REQUIRED",
                    "message": "Mandatory request parameter Request-ID is missing",
                }
            ],
        },
    ),
    Example(
        "400 locked",
        {
            "errorCode": "INVALID_STATUS",
            "message": "Invalid status",
            "description": "The task is DONE; statusCode, parties and taskDueTime can no longer change.",
            "errors": [
                {
                    "target": "taskDueTime",
                    "errorCode": "INVALID_STATUS",
                    "message": "taskDueTime cannot change when the task is DONE",
                }
            ],
        },
    ),
    Example("401 no token", {"errorCode": "UNAUTHORIZED", "message": "Unauthorized request"}),
    Example(
        "404 unknown",
        {
            "errorCode": "INVALID_ID",
            "message": "Invalid ID",
            "description": "No task has this id.",
            "errors": [{"target": "taskId", "errorCode": "INVALID_ID", "message": "Unknown taskId"}],
        },
    ),
)


def document(title: str, description: str, *, expected_fields: dict[str, tuple[str, ...]] | None = None) -> Document:
    """A document in whose API errors look and Request-IDs are asked for as in all OviPro APIs."""
    return Document(
        title=title,
        version="1.0",
        description=description,
        error_type=ErrorBody,
        error_examples=_ERRORS,
        header_parameters=(_REQUEST_ID,),
        answer_headers=_ANSWER_HEADERS,
        problem_headers=_PROBLEM_HEADERS,
        expected_fields=expected_fields or {},
    )


TASK_MANAGEMENT = document(
    "Task Management API",
    "An agent's tasks: calls to make, meetings to report, papers to gather.",
    expected_fields={"InvolvedParty": ("partyTypeCode",)},
)
MEETING = document(
    "Meeting API",
    "An agent's meetings with people who may want to sell: sales meetings and evaluation visits.",
    expected_fields={"InvolvedParty": ("partyTypeCode",)},
)
ASSET_REQUIREMENT = document(
    "Asset Requirement API",
    "What buyers look for, and the notes that agents keep about it.",
)
AUTHENTICATION = document(
    "Authentication API",
    "A user name and a password for a token, which every other operation wants to see.",
)
