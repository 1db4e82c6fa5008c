"""The published samples of the contracts, word for word."""

from __future__ import annotations

from typing import Any

# Task Management API, create a task: request body.
TASK_BODY: dict[str, Any] = {
    "typeCode": "REPORT_MEETING",
    "statusCode": "WAITING",
    "description": "Call to the customer",
    "taskDueTime": "2022-12-31T23:59:59Z",
    "parties": [{"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": "123e4567-e89b-12d3-a456-426655440000",
    "assignmentId": "123e4567-e89b-12d3-a456-426655440000",
    "agencyOfficeId": "123e4567-e89b-12d3-a456-426655440000",
    "agents": [{"agentId": "123e4567-e89b-12d3-a456-426655440000"}],
}

# Task Management API, get a task: response body.
TASK_ANSWER: dict[str, Any] = {"taskId": "c6d2288d-2ecb-448a-aef3-fd5144920e0b", **TASK_BODY}
