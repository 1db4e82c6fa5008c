"""What happens to a call task, as others are told of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from askare.calltasks import events
from askare.calltasks.events import EventType, events_of
from askare.calltasks.model import ErrorCode, Priority, Processing, Status, Trail
from tests.values import NOW

BEFORE = Trail(id=7, title="Вода", task_type="call", status=Status.PENDING, priority=Priority.LOW, assigned_user_id=3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": Status.COMPLETED}, [EventType.STATUS_CHANGED]),
        ({"assigned_user_id": 4}, [EventType.ASSIGNED]),
        ({"appeal_id": 5}, [EventType.LINKED]),
        ({"made": ("call_transcription",)}, [EventType.TRANSCRIPTION_READY]),
        ({"made": ("call_summary", "call_response_summary")}, [EventType.SUMMARY_READY]),
        (
            {"processing_status": Processing.FAILED, "error_code": ErrorCode.PROVIDER_AUTH},
            [EventType.PROCESSING_FAILED],
        ),
        ({"processing_status": Processing.QUEUED}, []),
        ({"status": Status.COMPLETED, "appeal_id": 5}, [EventType.STATUS_CHANGED, EventType.LINKED]),
        ({"status": Status.CANCELLED, "made": ("call_summary",)}, [EventType.STATUS_CHANGED]),
    ],
)
def test_each_insight_is_one_event(changes: dict[str, Any], told: list[EventType]) -> None:
    after = msgspec.structs.replace(BEFORE, **changes)

    found = events_of(12, BEFORE, after, at=NOW)

    assert [event.type for event in found] == told
    assert len({event.event_id for event in found}) == len(found)


def test_a_new_task_is_created_and_assigned() -> None:
    found = events_of(12, None, BEFORE, at=NOW)

    assert [event.type for event in found] == [EventType.CREATED, EventType.ASSIGNED]
    payload = events.payload_of(found[0], organization_no=1)
    assert "Вода" not in events.body_of(payload).decode()


def test_eight_tries_lie_within_a_day() -> None:
    moment, tries = NOW, 1
    while (following := events.next_try(tries, now=moment)) is not None:
        moment, tries = following, tries + 1

    assert tries == 8
    assert timedelta(hours=20) < moment - NOW <= timedelta(days=1)


def test_a_signature_is_what_standard_webhooks_says() -> None:
    key = bytes(range(32))
    secret = events.secret_of(key)

    signed = events.signature(secret, "evt_1", NOW, b'{"a":1}')

    expected = hmac.new(key, f'evt_1.{int(NOW.timestamp())}.{{"a":1}}'.encode(), hashlib.sha256).digest()
    assert signed == f"v1,{base64.b64encode(expected).decode()}"
    assert events.is_secret(secret)
    assert not any(events.is_secret(text) for text in ("", "whsec_", "whsec_!!!!", secret.removeprefix("whsec_")))
