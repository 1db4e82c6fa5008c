"""What happens to call tasks, as others are told of it: one event for each insight, read off history.  Pure.

Source: call tasks contract 7.6.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from askare.calltasks.model import Processing, Status, Trail
from askare.kernel.time import written


class EventType(Enum):
    CREATED = "task.created"
    STATUS_CHANGED = "task.status_changed"
    ASSIGNED = "task.assigned"
    LINKED = "task.linked"
    TRANSCRIPTION_READY = "task.transcription_ready"
    SUMMARY_READY = "task.summary_ready"
    PROCESSING_FAILED = "task.processing_failed"
    OVERDUE = "task.overdue"


class Event(Struct, frozen=True):
    """One thing that happened to a task.  `changed` are the fields that it is about, as they are then."""

    event_id: str
    type: EventType
    task_no: int
    assigned_user_id: int | None
    at: datetime
    changed: dict[str, Any]


def events_of(seq: int, before: Trail | None, after: Trail, *, at: datetime) -> list[Event]:
    """What a line of history tells, the `seq`-th of all.  Of a cancelled task's processing nobody is told."""
    found: list[tuple[EventType, dict[str, Any]]] = []
    if before is None:
        found.append((EventType.CREATED, {"status": after.status, "task_type": after.task_type}))
    elif before.status is not after.status:
        found.append((EventType.STATUS_CHANGED, {"status": after.status, "previous_status": before.status}))
    if after.assigned_user_id != (None if before is None else before.assigned_user_id):
        found.append((EventType.ASSIGNED, {"assigned_user_id": after.assigned_user_id}))
    if before is not None and before.appeal_id != after.appeal_id:
        found.append((EventType.LINKED, {"appeal_id": after.appeal_id}))
    if before is not None and after.status is not Status.CANCELLED:
        if "call_transcription" in after.made:
            found.append((EventType.TRANSCRIPTION_READY, {}))
        if {"call_summary", "call_response_summary"} & set(after.made):
            found.append((EventType.SUMMARY_READY, {}))
        if after.processing_status is Processing.FAILED and before.processing_status is not Processing.FAILED:
            changed = {"processing_status": after.processing_status, "error_code": after.error_code}
            found.append((EventType.PROCESSING_FAILED, changed))
    return [
        Event(f"evt_{seq}_{place}", kind, after.id, after.assigned_user_id, at, changed)
        for place, (kind, changed) in enumerate(found)
    ]


def overdue(task_no: int, assigned_user_id: int | None, *, due: datetime) -> Event:
    """A task is not done, and it should be."""
    event_id = f"evt_due_{task_no}_{int(due.timestamp())}"
    return Event(event_id, EventType.OVERDUE, task_no, assigned_user_id, due, {"due_date": written(due)})


def payload_of(event: Event, *, organization_no: int) -> dict[str, Any]:
    """What is sent: ids, and what has changed."""
    return {
        "id": event.event_id,
        "type": event.type,
        "timestamp": written(event.at),
        "data": {
            "task_id": event.task_no,
            "organization_id": organization_no,
            "assigned_user_id": event.assigned_user_id,
            **event.changed,
        },
    }


# Sending ---------------------------------------------------------------------------------------------------------

TRIES_MAX = 8
# Between the tries: all of them lie within a day.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 21_600, 36_000))
SECRET_START = "whsec_"  # noqa: S105  -- how every secret begins


def next_try(attempts: int, *, now: datetime) -> datetime | None:
    """When what was tried so often in vain is tried again; None: no more."""
    return now + PAUSES[attempts - 1] if attempts < TRIES_MAX else None


def signature(secret: str, event_id: str, moment: datetime, body: bytes) -> str:
    """The text of `webhook-signature`.  Source: Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix(SECRET_START))
    signed = b"%s.%d.%s" % (event_id.encode(), int(moment.timestamp()), body)
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def is_secret(text: str) -> bool:
    """Whether a text can be a secret: `whsec_` and 24 to 64 bytes in base64."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_START), validate=True)
    except ValueError:
        return False
    return text.startswith(SECRET_START) and 24 <= len(key) <= 64


def secret_of(chance: bytes) -> str:
    return SECRET_START + base64.b64encode(chance).decode()


def body_of(payload: dict[str, Any]) -> bytes:
    return msgspec.json.encode(payload)
