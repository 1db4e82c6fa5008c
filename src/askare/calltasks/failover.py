"""Several providers of one kind: the first that answers is taken, and one that keeps failing is left alone a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import structlog

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Trouble
from askare.calltasks.rules import BREAKER_FAILURES, BREAKER_PAUSE, RETRIES, TRANSIENT

# What these say is about the call, not about the provider: no other one would say better.
FINDINGS = frozenset({ErrorCode.NO_SPEECH, ErrorCode.INSUFFICIENT_CONTENT})
_log = structlog.get_logger("askare")


class Asked(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...


Provider = TypeVar("Provider", bound=Asked)
Answer = TypeVar("Answer")


class Breaker:
    """Opens after `BREAKER_FAILURES` failures in a row, for `BREAKER_PAUSE`; then one more failure opens it again."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until: datetime | None = None

    def open_until(self, *, now: datetime) -> datetime | None:
        """Until when the provider is not to be asked; None when it may be."""
        return self._open_until if self._open_until is not None and now < self._open_until else None

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None

    def failed(self, *, now: datetime) -> bool:
        """Returns whether it is open now."""
        self._failures += 1
        if self._failures >= BREAKER_FAILURES:
            self._open_until = now + BREAKER_PAUSE
        return self._open_until is not None


class FailOver(Generic[Provider]):
    """The providers of one kind, in the order in which they are asked.

    Each is asked as many questions at once as it says, the others wait for it.  `note` is told of each provider by name
    whether it keeps failing: of all at first, then whenever they are asked.
    """

    def __init__(self, providers: Sequence[Provider], *, note: Callable[[str, bool], None] | None = None) -> None:
        self._providers = [(provider, Breaker(), asyncio.Semaphore(provider.at_once)) for provider in providers]
        self._note = note or (lambda _, __: None)
        for provider in providers:
            self._note(provider.name, False)

    def __bool__(self) -> bool:
        return bool(self._providers)

    async def ask(
        self, question: Callable[[Provider], Awaitable[Answer]], *, now: Callable[[], datetime]
    ) -> tuple[str, Answer]:
        """The first answer, and who gave it.

        Raises Trouble: what the provider found that no other could better, else of all failures one after which it
        makes sense to try again, if there is one.
        """
        troubles: list[Trouble] = []
        for provider, breaker, places in self._providers:
            try:
                async with places:
                    return provider.name, await self._ask(provider, breaker, question, now)
            except Trouble as trouble:
                if trouble.code in FINDINGS:
                    raise
                troubles.append(trouble)
        if not troubles:
            raise Trouble(ErrorCode.PROVIDER_NOT_CONFIGURED)
        raise next((trouble for trouble in troubles if trouble.code in RETRIES), troubles[0])

    async def _ask(
        self,
        provider: Provider,
        breaker: Breaker,
        question: Callable[[Provider], Awaitable[Answer]],
        now: Callable[[], datetime],
    ) -> Answer:
        """One of them, unless it is left alone just now."""
        closed_at = breaker.open_until(now=now())
        if closed_at is not None:
            wait = (closed_at - now()).total_seconds()
            raise Trouble(ErrorCode.PROVIDER_UNAVAILABLE, provider.name, retry_after_seconds=wait)
        try:
            answer = await question(provider)
        except Trouble as trouble:
            if trouble.code in FINDINGS:
                self._succeeded(provider, breaker)
                raise
            if trouble.code in TRANSIENT:
                self._note(provider.name, breaker.failed(now=now()))
            _log.warning("a provider failed", provider=provider.name, code=trouble.code.value)
            raise
        self._succeeded(provider, breaker)
        return answer

    def _succeeded(self, provider: Provider, breaker: Breaker) -> None:
        breaker.succeeded()
        self._note(provider.name, False)
