"""Telling others of events: a promise for each event and hook, kept until it is taken or a day has passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from askare.calltasks import events, hooks
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.rules import RETRIES
from askare.jobs.runner import Trade, Work
from askare.kernel.problems import NotFound
from askare.storage.transactions import Transaction

AT_ONCE = 8
LEASE = timedelta(seconds=60)
PATIENT_RETRIES = (*RETRIES, *[timedelta(hours=1)] * 1_000)

_log = structlog.get_logger("askare")


class NotTaken(Exception):
    """Nobody answered, or not in time.  The text never holds the address's path or query."""


class Courier(Protocol):
    """Takes an event to an address."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, which must come within ten seconds.  Raises NotTaken."""

    async def aclose(self) -> None:
        """Close the connections that are kept."""


class Telling:
    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    def trade(self) -> Trade:
        return Trade(
            Kind.DELIVER_EVENT,
            self.deliver,
            at_once=AT_ONCE,
            lease=LEASE,
            retries=PATIENT_RETRIES,
            let_go=self._courier.aclose,
        )

    async def deliver(self, work: Work) -> None:
        """Send one event to one hook.

        Running twice is harmless: the event has the same id each time, by which whoever takes it knows it again.
        """
        try:
            found = await work.read(hooks.what_to_send, int(work.about))
        except NotFound:
            return  # nobody wants to hear of it any more
        if found is None:
            return
        hook, delivery, body = found
        now = work.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": events.signature(hook.secret, delivery.event_id, now, body),
            "webhook-attempt": str(delivery.attempts + 1),
        }
        status, trouble = None, ""
        try:
            status = await self._courier.post(hook.url, headers, body)
        except NotTaken as problem:
            trouble = str(problem)
        now = work.now()
        if status is not None and 200 <= status < 300:
            await work.finish(hooks.note_delivered, delivery, status=status, now=now)
            return

        def fail(tx: Transaction) -> None:
            again = hooks.note_failed(tx, delivery, status=status, trouble=trouble, now=now)
            if again is None:
                outbox.keep(tx, work.job, now=now)
            else:
                outbox.put_off(tx, work.job, until=again, trouble=trouble or f"answers {status}")

        await work.write(fail)
        work.is_settled = True
        _log.info("an event was not taken", hook=hook.hook_no, delivery=delivery.delivery_no, status=status)
