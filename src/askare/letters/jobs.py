"""The delivery of letters: one attempt at a time, with no transaction open while the mail server thinks."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import structlog

from askare.jobs.runner import Work
from askare.letters import operations
from askare.letters.composing import Composed, Style, compose
from askare.letters.lanes import Full, Lanes
from askare.letters.model import Accepted, Later, Mail, Mailer, Verdict
from askare.letters.operations import AddressBook, Begun, NotYet, Wishes

LETTERS_AT_ONCE = 32
LEASE = timedelta(seconds=180)  # longer than rules.SENDING_SECONDS_MAX: nobody takes up a letter that is under way

_log = structlog.get_logger("askare")


class Delivery:
    """Keeps the promises DELIVER_LETTER, each about the letter of that id."""

    def __init__(self, *, mailer: Mailer, addresses: AddressBook, wishes: Wishes | None, style: Style) -> None:
        self._mailer = mailer
        self._addresses = addresses
        self._wishes = wishes
        self._style = style
        self._lanes = Lanes(time.monotonic)

    async def deliver(self, work: Work) -> None:
        """Make one attempt at a letter and note what became of it.

        Running twice is harmless before the mail server has answered: the letter is composed anew, to the same bytes.
        Once the server took it and we died before that was on our disk, it is sent a second time, under the same
        Message-ID; there is no way to ask a mail server what it has (decision 18).
        """
        letter_id = UUID(work.about)
        domain = await work.read(operations.domain_of, letter_id, addresses=self._addresses)
        if domain is None:  # over, or without an address: nothing will leave, and `begin` says why
            await self._attempt(work, letter_id)
            return
        try:
            started = await self._lanes.place(domain)
        except Full as full:
            await work.again(work.now() + timedelta(seconds=full.seconds))
            return
        with self._lanes.under_way(domain, started):
            await self._attempt(work, letter_id)

    async def _attempt(self, work: Work, letter_id: UUID) -> None:
        begun = await work.write(
            operations.begin,
            letter_id,
            addresses=self._addresses,
            wishes=self._wishes,
            token=work.edge.new_id(),
            now=work.now(),
        )
        if begun is None:
            return
        if isinstance(begun, NotYet):
            await work.again(begun.at)
            return
        try:
            composed = await asyncio.to_thread(self._composed, begun)  # some milliseconds, which the server has not
        except Exception as error:  # what cannot be composed now never can be; people see why, and nothing is tried
            _log.error("a letter cannot be composed", letter=str(letter_id), exc_info=error)
            answer = f"it cannot be composed: {type(error).__name__}: {error}"
            await work.finish(operations.note_refused, letter_id, answer=answer, subject="", now=work.now())
            return
        verdict = await self._sent(composed.mail)
        subject = composed.subject
        if isinstance(verdict, Accepted):
            await work.finish(operations.note_sent, letter_id, answer=verdict.answer, subject=subject, now=work.now())
        elif isinstance(verdict, Later):
            again = await work.write(
                operations.note_failed, letter_id, answer=verdict.answer, subject=subject, now=work.now()
            )
            _log.warning("a letter was not taken", letter=str(letter_id), answer=verdict.answer, again=again)
            if again is not None:
                await work.again(again, trouble=verdict.answer)
        else:
            await work.finish(
                operations.note_refused, letter_id, answer=verdict.answer, subject=subject, now=work.now()
            )
            _log.warning("a letter was refused", letter=str(letter_id), answer=verdict.answer)

    async def _sent(self, mail: Mail) -> Verdict:
        try:
            return await self._mailer.send(mail)
        except Exception as error:  # whatever a mail server can bring about: the letter waits, and people see why
            _log.error("a letter could not be handed over", letter=str(mail.letter_id), exc_info=error)
            return Later(f"{type(error).__name__}: {error}")

    def _composed(self, begun: Begun) -> Composed:
        return compose(
            begun.letter,
            addressee=begun.addressee,
            office=begun.office,
            agent=begun.agent,
            cards=begun.cards,
            token=begun.token,
            style=self._style,
            as_8bit=self._mailer.reads_8bit,
        )
