"""The pages that links in letters lead to.  They are for people, and need neither token nor Request-ID.

Looking at a page changes nothing, so whoever follows links before the reader does (a virus scanner, a preview) does no
harm.  A POST is what the page's button sends, and what mail programs send for "unsubscribe" (RFC 8058).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from askare.kernel.problems import NotFound
from askare.letters import operations
from askare.letters.composing import Link, render
from askare.letters.model import Language
from askare.letters.operations import AddressBook, Known, Wishes
from askare.letters.wording import PageWording, wording
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Endpoint, Reply

PREFIX = "/askare/unsubscribe"

# What mail programs and people hang on a link (a bracket, a full stop) is no part of the token.
_TOKEN = re.compile(r"[<(]?([0-9a-fA-F]{32})[^0-9a-zA-Z]*")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def page(
    language: Language, title: str, paragraphs: Sequence[str], *, button: Link | None = None, status: int = 200
) -> Reply:
    """A small page with at most one button, which POSTs to its (relative) address."""
    shown = {"language": language.value, "title": title, "paragraphs": paragraphs, "button": button}
    return Reply(status, render("page.html", shown).encode(), _HEADERS, "text/html; charset=utf-8")


class TokenPath(Struct, frozen=True):
    """Which letters."""

    token: str


class UnsubscribePages:
    """Ending the letters of a watch, and taking that back."""

    def __init__(self, *, addresses: AddressBook, wishes: Wishes | None, language: Language) -> None:
        self._addresses = addresses
        self._wishes = wishes
        self._language = language

    async def show(self, call: Call) -> Reply:
        token = _token(call)
        try:
            known, language, words = await self._known(call, token)
        except NotFound:
            return self._unknown()
        if known.is_ended:
            return _stopped(token, language, words)
        return page(
            language, words.stop_title, [words.stop_text], button=Link(words.stop_button, f"../unsubscribe/{token.hex}")
        )

    async def unsubscribe(self, call: Call) -> Reply:
        token = _token(call)
        try:
            _, language, words = await self._known(call, token)
        except NotFound:
            return self._unknown()
        await call.write(operations.unsubscribe, token, wishes=self._wishes, now=call.now)
        return _stopped(token, language, words)

    async def resubscribe(self, call: Call) -> Reply:
        token = _token(call)
        try:
            _, language, words = await self._known(call, token)
        except NotFound:
            return self._unknown()
        await call.write(operations.resubscribe, token, wishes=self._wishes, now=call.now)
        return page(
            language,
            words.undone_title,
            [words.undone_text],
            button=Link(words.stop_button, f"../../unsubscribe/{token.hex}"),
        )

    async def _known(self, call: Call, token: UUID) -> tuple[Known, Language, PageWording]:
        """Whose letters the token ends, and how to speak to them; from here on the house acts for them."""
        known = await call.read(operations.known_by_token, token)
        call.identify(known.caller)
        call.idempotency_key = None  # ending twice is ending once, whatever a program says beside it
        language = await call.read(operations.language_of, known, addresses=self._addresses) or self._language
        return known, language, wording(language).page

    def _unknown(self) -> Reply:
        words = wording(self._language).page
        return page(self._language, words.unknown_title, [words.unknown_text], status=404)

    def endpoints(self) -> list[Endpoint]:
        """The pages' table."""
        answer = (Answer(200, "A page."),)
        return [
            Endpoint(
                method="GET",
                path="/{token}",
                operation_id="unsubscribe.show",
                summary="What the link would do",
                tag="Unsubscribe",
                roles=None,
                handle=self.show,
                parameters=TokenPath,
                reads_query=False,
                answers=answer,
            ),
            Endpoint(
                method="POST",
                path="/{token}",
                operation_id="unsubscribe.stop",
                summary="End the letters of a watch",
                tag="Unsubscribe",
                roles=None,
                handle=self.unsubscribe,
                parameters=TokenPath,
                reads_query=False,
                answers=answer,
            ),
            Endpoint(
                method="POST",
                path="/{token}/undo",
                operation_id="unsubscribe.undo",
                summary="Go on with them",
                tag="Unsubscribe",
                roles=None,
                handle=self.resubscribe,
                parameters=TokenPath,
                reads_query=False,
                answers=answer,
            ),
        ]


def _token(call: Call) -> UUID:
    """The token in the address; one that nobody has where there is none."""
    found = _TOKEN.fullmatch(call.parameters.token)
    return UUID(found[1]) if found else UUID(int=0)


def _stopped(token: UUID, language: Language, words: PageWording) -> Reply:
    button = Link(words.undo_button, f"../unsubscribe/{token.hex}/undo")
    return page(language, words.stopped_title, [words.stopped_text], button=button)
