"""Events of call tasks on the wire: sent to webhooks, or watched as they come.  Source: call tasks contract 7.6."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from askare.calltasks import events, hooks
from askare.calltasks.events import EventType
from askare.calltasks.hooks import Delivery, Hook, State
from askare.calltasks.model import URL_LETTERS_MAX, Office
from askare.kernel.caller import Role
from askare.kernel.problems import Unavailable
from askare.kernel.time import written
from askare.wire.callcentre.app import Operation, Streamed
from askare.wire.callcentre.reading import (
    Field,
    Unreadable,
    identifier,
    many,
    one_of,
    text,
    truth,
    web_address,
)
from askare.wire.callcentre.tasks import PAGE_FIELDS, ROLES, Instant, page_reply, window_of
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Example, Reply

ADMINS = frozenset({Role.ADMIN})
SECRET_BYTES = 32
SECRET_LETTERS_MAX = 128
WATCHERS_MAX = 100  # of one process
LOOK_EVERY_SECONDS = 1.0
SILENCE_SECONDS_MAX = 15.0  # then a line that says nothing, so that nobody on the way hangs up
OVERDUE_EVERY_SECONDS = 30.0

_TYPES = {one.value: one for one in EventType}
_STATES = {one.value: one for one in State}


class Webhook(Struct, frozen=True, kw_only=True):
    """An address that events are sent to."""

    id: int
    url: str
    events: Annotated[list[EventType], Meta(description="Of these alone; of all of them where it is empty.")]
    include_texts: Annotated[bool, Meta(description="Title, transcription and summaries go along.")]
    created_at: Instant
    secret: Annotated[
        str | None, Meta(description="What signatures are made with: `whsec_…`.  Told once, when the webhook is made.")
    ] = None


class Webhooks(Struct, frozen=True):
    items: list[Webhook]


class WebhookCreate(Struct, frozen=True, kw_only=True):
    """Where events are to be sent from now on."""

    url: Annotated[str, Meta(pattern="^[hH][tT][tT][pP][sS]?://", max_length=URL_LETTERS_MAX)]
    events: Annotated[list[EventType], Meta(description="Which; all of them where none is named.")] = []
    include_texts: bool = False
    secret: (
        Annotated[str, Meta(description="24 to 64 bytes in base64 after `whsec_`; made for you where you give none.")]
        | None
    ) = None


class WebhookDelivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook, and what became of it."""

    id: int
    event_id: Annotated[str, Meta(description="The `webhook-id`, the same at every try.")]
    type: EventType
    task_id: int
    state: State
    attempts: Annotated[int, Meta(description=f"At most {events.TRIES_MAX}, within a day.")]
    response_status: int | None
    trouble: str
    created_at: Instant
    next_attempt_at: Instant | None
    ended_at: Instant | None
    payload: dict[str, Any]


class DeliveryPage(Struct, frozen=True):
    """A page of deliveries, the newest first."""

    items: list[WebhookDelivery]
    total: int
    page: int
    per_page: int
    pages: int


class DeliveryList(Struct, frozen=True, kw_only=True):
    state: Annotated[str, Meta(description="`waiting`, `delivered` or `failed`.")] = ""
    page: Annotated[int, Meta(ge=1, description="The page, from 1.")] = 1
    per_page: Annotated[int, Meta(ge=1, le=100, description="Deliveries a page.")] = 20


EXAMPLE_CREATE = {"url": "https://crm.example/askare", "events": ["task.summary_ready"], "include_texts": True}


def _types(value: Any) -> tuple[EventType, ...]:
    if not isinstance(value, list):
        raise Unreadable("list_type")
    read = one_of(_TYPES, tuple(_TYPES))
    return tuple(dict.fromkeys(read(one) for one in value))


def _secret(value: Any) -> str:
    found: str = text(SECRET_LETTERS_MAX)(value)
    if not events.is_secret(found):
        raise Unreadable("value_error", error="must be whsec_ and 24 to 64 bytes in base64")
    return found


class EventApi:
    """Webhooks for administrators, and a stream for everybody who sees tasks."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._watchers = 0

    async def create(self, call: Call) -> Reply:
        secret = call.body["secret"] or events.secret_of(os.urandom(SECRET_BYTES))
        hook_no = await call.write(
            hooks.create_hook,
            url=call.body["url"],
            types=call.body["events"],
            with_texts=call.body["include_texts"],
            secret=secret,
            now=call.now,
        )
        return _reply(_webhook(await call.read(hooks.get_hook, hook_no), with_secret=True))

    async def list_hooks(self, call: Call) -> Reply:
        found = await call.read(hooks.list_hooks)
        return _reply({"items": [_webhook(hook) for hook in found]})

    async def remove(self, call: Call) -> Reply:
        return _reply(_webhook(await call.write(hooks.remove_hook, call.parameters["webhook_id"])))

    async def deliveries(self, call: Call) -> Reply:
        asked = call.parameters
        page = await call.read(hooks.list_deliveries, asked["webhook_id"], asked["state"], window_of(asked))
        items = [msgspec.json.encode(_delivery(one)) for one in page.items]
        return page_reply(items, total=page.total, page=asked["page"], per_page=asked["per_page"])

    async def replay(self, call: Call) -> Reply:
        asked = call.parameters
        await call.write(hooks.replay, asked["webhook_id"], asked["delivery_id"], now=call.now)
        return _reply(_delivery(await call.read(hooks.get_delivery, asked["webhook_id"], asked["delivery_id"])))

    async def watch(self, call: Call) -> Streamed:
        if self._watchers >= WATCHERS_MAX:
            raise Unavailable("As many watch events as this server can carry.")
        mark = await call.read(hooks.start_watching, call.parameters["last_event_id"])
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Streamed(200, headers, "text/event-stream", self._stream(call, mark))

    async def _stream(self, call: Call, mark: str) -> AsyncIterator[bytes]:
        """What happens, as long as somebody watches.  An id is the mark from which a later watch goes on."""
        self._watchers += 1
        loop = asyncio.get_running_loop()
        overdue_after, said_at, looked_at, is_behind = call.now, loop.time(), loop.time(), False
        organization = call.caller.organization_no
        try:
            yield b": events of call tasks\n\n"
            while True:
                await asyncio.sleep(0 if is_behind else LOOK_EVERY_SECONDS)
                now = overdue_after
                if loop.time() - looked_at >= OVERDUE_EVERY_SECONDS:
                    now, looked_at = call.present(), loop.time()
                told, overdue_after = await call.read(
                    hooks.seen_since, mark, overdue_after=overdue_after, office=self._office, now=now
                )
                if told.events:
                    yield _lines(told, organization)
                    said_at = loop.time()
                elif loop.time() - said_at >= SILENCE_SECONDS_MAX:
                    yield b":\n\n"
                    said_at = loop.time()
                mark, is_behind = told.mark, told.more
        finally:
            self._watchers -= 1

    def operations(self) -> list[Operation]:
        """The API's table."""
        hook = Answer(200, "The webhook.", Webhook)
        delivery = Answer(200, "The delivery, to be sent again.", WebhookDelivery)
        hook_path = {"webhook_id": Field(identifier, required=True)}
        return [
            Operation(
                method="GET",
                path="/api/tasks/events",
                operation_id="watch_task_events",
                summary="Watch what happens",
                description="Server-sent events, one for each insight, of the tasks that the caller sees. A watch that"
                " was broken off goes on where it was with Last-Event-ID.",
                tag="events",
                roles=ROLES,
                handle=self.watch,
                answer=Answer(200, "Events, for as long as somebody listens."),
                media="text/event-stream",
            ),
            Operation(
                method="POST",
                path="/api/webhooks",
                operation_id="create_webhook",
                summary="Create Webhook",
                description="Has events sent to an address, signed as Standard Webhooks says (`webhook-id`,"
                " `webhook-timestamp`, `webhook-signature`), with the try's number in `webhook-attempt`. An answer"
                " 2xx within ten seconds takes the event; else it is sent again, eight times within a day.",
                tag="events",
                roles=ADMINS,
                handle=self.create,
                body_fields={
                    "url": Field(web_address(URL_LETTERS_MAX), required=True, private=True),
                    "events": Field(_types, default=()),
                    "include_texts": Field(_truth, default=False),
                    "secret": Field(_secret, private=True),
                },
                body=WebhookCreate,
                examples=(Example("summaries", EXAMPLE_CREATE),),
                answer=hook,
                problems=(409,),
            ),
            Operation(
                method="GET",
                path="/api/webhooks",
                operation_id="list_webhooks",
                summary="List Webhooks",
                tag="events",
                roles=ADMINS,
                handle=self.list_hooks,
                answer=Answer(200, "The webhooks, without their secrets.", Webhooks),
            ),
            Operation(
                method="DELETE",
                path="/api/webhooks/{webhook_id}",
                operation_id="delete_webhook",
                summary="Delete Webhook",
                tag="events",
                roles=ADMINS,
                handle=self.remove,
                path_fields=hook_path,
                answer=Answer(200, "The webhook that was.", Webhook),
                problems=(404,),
            ),
            Operation(
                method="GET",
                path="/api/webhooks/{webhook_id}/deliveries",
                operation_id="list_webhook_deliveries",
                summary="List Deliveries",
                tag="events",
                roles=ADMINS,
                handle=self.deliveries,
                path_fields=hook_path,
                query_fields={"state": Field(many(one_of(_STATES, tuple(_STATES))), default=()), **PAGE_FIELDS},
                parameters=DeliveryList,
                answer=Answer(200, "A page of deliveries.", DeliveryPage),
                problems=(404,),
            ),
            Operation(
                method="POST",
                path="/api/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
                operation_id="replay_webhook_delivery",
                summary="Replay Delivery",
                tag="events",
                roles=ADMINS,
                handle=self.replay,
                path_fields={**hook_path, "delivery_id": Field(identifier, required=True)},
                answer=delivery,
                problems=(404,),
            ),
        ]


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, int, str)):
        raise Unreadable("bool_parsing")
    return truth(value)


def _reply(value: Any) -> Reply:
    return Reply(200, msgspec.json.encode(value))


def _webhook(hook: Hook, *, with_secret: bool = False) -> dict[str, Any]:
    return {
        "id": hook.hook_no,
        "url": hook.url,
        "events": hook.events,
        "include_texts": hook.with_texts,
        "created_at": written(hook.created_at),
        "secret": hook.secret if with_secret else None,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.delivery_no,
        "event_id": one.event_id,
        "type": one.type,
        "task_id": one.task_no,
        "state": one.state,
        "attempts": one.attempts,
        "response_status": one.status,
        "trouble": one.trouble,
        "created_at": written(one.created_at),
        "next_attempt_at": _when(one.next_at),
        "ended_at": _when(one.ended_at),
        "payload": msgspec.Raw(one.payload.encode()),
    }


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


def _lines(told: hooks.Told, organization_no: int) -> bytes:
    """Events as a stream says them; the last of them carries the mark."""
    blocks = []
    for place, event in enumerate(told.events, 1):
        body = events.body_of(events.payload_of(event, organization_no=organization_no)).decode()
        mark = f"id: {told.mark}\n" if place == len(told.events) else ""
        blocks.append(f"event: {event.type.value}\n{mark}data: {body}\n\n")
    return "".join(blocks).encode()
