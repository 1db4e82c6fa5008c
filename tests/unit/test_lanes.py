"""A domain where mail takes long holds up nobody else, and is not stormed either."""

from __future__ import annotations

import asyncio

import pytest

from askare.letters.lanes import COME_BACK_SECONDS_MAX, LANES_MAX, SLOW_SECONDS, WIDTH, Full, Lane, Lanes


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def a_lane(*entered: float) -> Lane:
    lane = Lane()
    for at in entered:
        lane.enter(at)
    return lane


def test_a_quick_lane_has_room_for_so_many_and_no_more() -> None:
    lane = a_lane(*[10.0] * (WIDTH - 1))

    assert lane.has_room(10.1)
    lane.enter(10.1)
    assert not lane.has_room(10.2)


def test_a_lane_in_which_one_is_under_way_for_long_has_room_for_one_alone() -> None:
    lane = a_lane(10.0)

    assert lane.has_room(10.0 + SLOW_SECONDS - 0.1)
    assert not lane.has_room(10.0 + SLOW_SECONDS)


def test_a_lane_is_quick_again_when_letters_get_through_quickly() -> None:
    lane = a_lane(0.0)
    lane.leave(0.0, 100.0)
    assert lane.takes(100.0) == pytest.approx(30.0)

    for at in range(100, 120):
        lane.enter(at)
        lane.leave(at, at + 0.1)

    assert lane.takes(120.0) < SLOW_SECONDS


def test_each_newcomer_is_told_a_later_turn_but_none_later_than_the_longest() -> None:
    lane = a_lane(0.0)

    turns = [lane.come_back_in(60.0) for _ in range(20)]

    assert turns[:3] == [60.0, 120.0, 180.0]
    assert turns[-1] == COME_BACK_SECONDS_MAX


def test_whoever_finds_a_slow_lane_full_is_told_when_to_come_back() -> None:
    async def storm() -> list[float]:
        clock = Clock()
        lanes = Lanes(clock)
        for _ in range(WIDTH):
            await lanes.place("black-hole.example")
        clock.seconds += 30
        told = []
        for _ in range(3):
            with pytest.raises(Full) as full:
                await lanes.place("black-hole.example")
            told.append(full.value.seconds)
        await lanes.place("example.com")
        return told

    assert asyncio.run(storm()) == [30.0, 60.0, 90.0]


def test_whoever_finds_a_quick_lane_full_gets_the_next_place() -> None:
    async def wait() -> float:
        clock = Clock()
        lanes = Lanes(clock)
        started = [await lanes.place("example.com") for _ in range(WIDTH)]
        waiting = asyncio.create_task(lanes.place("example.com"))
        await asyncio.sleep(0)
        clock.seconds += 0.1
        with lanes.under_way("example.com", started[0]):
            assert not waiting.done()
        return await waiting

    assert asyncio.run(wait()) == 1_000.1


def test_no_more_domains_are_remembered_than_so_many() -> None:
    async def visit() -> int:
        lanes = Lanes(Clock())
        busy = await lanes.place("busy.example")
        for number in range(LANES_MAX + 10):
            with lanes.under_way(f"d{number}.example", await lanes.place(f"d{number}.example")):
                pass
        lanes.leave("busy.example", busy)
        return len(lanes._lanes)

    assert asyncio.run(visit()) <= LANES_MAX + 1
