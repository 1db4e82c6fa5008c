"""The page behind the link in the letter that tells an agent of a watch's end.

It is for people, and needs neither token nor Request-ID: the address is the key.  Looking at it changes nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from msgspec import Struct

from askare.kernel.problems import NotFound
from askare.letters.composing import Link
from askare.letters.model import Language, Recipient, RecipientKind
from askare.letters.operations import AddressBook
from askare.storage.transactions import Transaction
from askare.watches import operations
from askare.watches.operations import Extendable
from askare.watches.rules import EXTENSION
from askare.wire.askare.letter_pages import page
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Endpoint, Reply

PREFIX = operations.EXTENSION_PATH

# What mail programs and people hang on a link (a bracket, a full stop) is no part of the key.
_KEY = re.compile(r"[<(]?([0-9a-fA-F]{32})[^0-9a-zA-Z]*")


class _Words(Struct, frozen=True):
    """The page in one language."""

    title: str
    ends: str
    button: str
    extended_title: str
    extended: str
    unknown_title: str
    unknown: str


_WORDS = {
    Language.FI: _Words(
        "Jatketaanko vahtia?",
        "Vahti {title} päättyy {day}.",
        "Jatka {days} päivää",
        "Vahti jatkuu",
        "Vahti {title} on voimassa {day} asti.",
        "Linkki ei ole enää voimassa",
        "Vahti on poistettu, tai siitä on lähetetty uudempi kirje.",
    ),
    Language.SV: _Words(
        "Ska bevakningen förlängas?",
        "Bevakningen {title} upphör {day}.",
        "Förläng med {days} dagar",
        "Bevakningen fortsätter",
        "Bevakningen {title} gäller till {day}.",
        "Länken gäller inte längre",
        "Bevakningen har tagits bort, eller så har ett nyare brev skickats om den.",
    ),
    Language.EN: _Words(
        "Extend the watch?",
        "The watch {title} ends on {day}.",
        "Extend by {days} days",
        "The watch goes on",
        "The watch {title} is valid until {day}.",
        "This link is no longer valid",
        "The watch was deleted, or a newer letter about it was sent.",
    ),
}


class KeyPath(Struct, frozen=True):
    """Which watch."""

    key: str


class ExtensionPages:
    """Looking at a watch that ends soon, and extending it."""

    def __init__(self, *, addresses: AddressBook, language: Language, time_zone: str) -> None:
        self._addresses = addresses
        self._language = language
        self._zone = ZoneInfo(time_zone)

    async def show(self, call: Call) -> Reply:
        key = _key(call)
        try:
            found, language = await self._found(call, key)
        except NotFound:
            return self._unknown()
        words = _WORDS[language]
        button = Link(words.button.format(days=EXTENSION.days), f"./{key.hex}")
        return page(language, words.title, [self._filled(words.ends, found, found.ends, language)], button=button)

    async def extend(self, call: Call) -> Reply:
        key = _key(call)
        try:
            found, language = await self._found(call, key)
            call.identify(found.caller)
            call.idempotency_key = None  # extending twice is extending once, whatever a program says beside it
            ends = await call.write(operations.extend_watch, found.watch_id, now=call.now)
        except NotFound:
            return self._unknown()
        words = _WORDS[language]
        return page(language, words.extended_title, [self._filled(words.extended, found, ends, language)])

    async def _found(self, call: Call, key: UUID) -> tuple[Extendable, Language]:
        found = await call.read(operations.extendable_by, key)
        call.identify(found.caller)
        return found, await call.read(self._language_of, found.agent_id)

    def _language_of(self, tx: Transaction, agent_id: UUID | None) -> Language:
        agent = None if agent_id is None else self._addresses.addressee(tx, Recipient(RecipientKind.AGENT, agent_id))
        return (agent.language if agent is not None else None) or self._language

    def _filled(self, words: str, found: Extendable, day: datetime, language: Language) -> str:
        shown = format_date(day.astimezone(self._zone).date(), format="long", locale=language.value)
        return " ".join(words.format(title=f"”{found.title}”" if found.title else "", day=shown).split())

    def _unknown(self) -> Reply:
        words = _WORDS[self._language]
        return page(self._language, words.unknown_title, [words.unknown], status=404)

    def endpoints(self) -> list[Endpoint]:
        """The pages' table."""
        answers = (Answer(200, "A page."),)
        return [
            Endpoint(
                method="GET",
                path="/{key}",
                operation_id="extension.show",
                summary="What the link would do",
                tag="Extension",
                roles=None,
                handle=self.show,
                parameters=KeyPath,
                reads_query=False,
                answers=answers,
            ),
            Endpoint(
                method="POST",
                path="/{key}",
                operation_id="extension.extend",
                summary="Extend a watch",
                tag="Extension",
                roles=None,
                handle=self.extend,
                parameters=KeyPath,
                reads_query=False,
                answers=answers,
            ),
        ]


def _key(call: Call) -> UUID:
    """The key in the address; one that nobody has where there is none."""
    found = _KEY.fullmatch(call.parameters.key)
    return UUID(found[1]) if found else UUID(int=0)
