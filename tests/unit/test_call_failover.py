"""Several providers: the first that answers, and a breaker for one that keeps failing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from askare.calltasks.failover import FailOver
from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Trouble
from tests.values import NOW, SECOND


class Provider:
    """Answers with its name, or fails as it is told to."""

    def __init__(self, name: str, fails_with: Trouble | None = None, *, at_once: int = 8) -> None:
        self.name = name
        self.at_once = at_once
        self.fails_with = fails_with
        self.asked = 0

    async def answer(self) -> str:
        self.asked += 1
        if self.fails_with is not None:
            raise self.fails_with
        return self.name


def ask(providers: FailOver[Provider], *, at: Any = NOW) -> str:
    name, answer = asyncio.run(providers.ask(lambda provider: provider.answer(), now=lambda: at))
    assert name == answer
    return answer


def fails(providers: FailOver[Provider], *, at: Any = NOW) -> Trouble:
    with pytest.raises(Trouble) as raised:
        ask(providers, at=at)
    return raised.value


DOWN = Trouble(ErrorCode.PROVIDER_UNAVAILABLE)


def test_the_first_provider_that_answers_is_taken() -> None:
    first, second = Provider("a", DOWN), Provider("b")

    assert ask(FailOver([first, second, Provider("c")])) == "b"


def test_of_several_failures_one_that_may_pass_is_told() -> None:
    providers = FailOver([Provider("a", Trouble(ErrorCode.PROVIDER_AUTH)), Provider("b", DOWN)])

    assert fails(providers).code is ErrorCode.PROVIDER_UNAVAILABLE


def test_what_a_provider_finds_about_the_call_is_asked_of_no_other() -> None:
    second = Provider("b")

    assert fails(FailOver([Provider("a", Trouble(ErrorCode.NO_SPEECH)), second])).code is ErrorCode.NO_SPEECH
    assert second.asked == 0


def test_five_failures_in_a_row_leave_a_provider_alone_for_a_minute() -> None:
    provider = Provider("a", DOWN)
    providers = FailOver([provider])

    for _ in range(7):
        trouble = fails(providers)
    assert provider.asked == 5
    assert trouble.retry_after_seconds == 60

    fails(providers, at=NOW + timedelta(seconds=61))
    assert provider.asked == 6
    fails(providers, at=NOW + timedelta(seconds=62))
    assert provider.asked == 6  # one more failure opened it again


def test_a_success_in_between_starts_the_count_anew() -> None:
    provider = Provider("a", DOWN)
    providers = FailOver([provider])
    for _ in range(4):
        fails(providers)
    provider.fails_with = None
    ask(providers)
    provider.fails_with = DOWN

    for second in range(5):
        fails(providers, at=NOW + second * SECOND)
    assert provider.asked == 10


def test_a_refused_key_does_not_open_the_breaker() -> None:
    provider = Provider("a", Trouble(ErrorCode.PROVIDER_AUTH))
    providers = FailOver([provider])

    for _ in range(8):
        fails(providers)

    assert provider.asked == 8


def test_who_watches_hears_which_provider_keeps_failing_and_when_it_answers_again() -> None:
    heard: list[tuple[str, bool]] = []
    provider = Provider("a", DOWN)
    providers = FailOver([provider, Provider("b")], note=lambda name, failing: heard.append((name, failing)))
    assert heard == [("a", False), ("b", False)]

    for _ in range(5):
        ask(providers)
    assert [failing for name, failing in heard[2:] if name == "a"] == [False] * 4 + [True]

    provider.fails_with = None
    ask(providers, at=NOW + timedelta(seconds=61))
    assert heard[-1] == ("a", False)


def test_without_providers_there_is_nobody_to_ask() -> None:
    assert not FailOver[Provider]([])
    assert fails(FailOver[Provider]([])).code is ErrorCode.PROVIDER_NOT_CONFIGURED


def test_no_provider_is_asked_more_questions_at_once_than_it_bears() -> None:
    asking, most = {"a": 0, "b": 0}, {"a": 0, "b": 0}

    async def question(provider: Provider) -> str:
        asking[provider.name] += 1
        most[provider.name] = max(most[provider.name], asking[provider.name])
        await asyncio.sleep(0.001)
        asking[provider.name] -= 1
        return await provider.answer()

    async def ask_all() -> list[tuple[str, str]]:
        rejects = Trouble(ErrorCode.PROVIDER_REJECTED)
        providers = FailOver([Provider("a", rejects, at_once=3), Provider("b", at_once=1)])
        return await asyncio.gather(*(providers.ask(question, now=lambda: NOW) for _ in range(10)))

    assert asyncio.run(ask_all()) == [("b", "b")] * 10
    assert most == {"a": 3, "b": 1}
