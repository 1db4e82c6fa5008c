"""Walking all pages of meetings and of asset requirements while another client inserts.

The same promises as for tasks (`test_paging.py`): what does not match never disturbs a walk, what sorts behind it comes
behind, and nothing that was there when the walk began is missed, whatever is inserted meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from random import Random
from typing import Any

import pytest
from msgspec import Struct

from tests.samples_estate import MEETING_BODY, REQUIREMENT_BODY
from tests.server import Client, make_token, running

MEETINGS, REQUIREMENTS = "/meetings", "/assetRequirements"
THINGS = 90
OFFICE, OTHER_OFFICE = "123e4567-e89b-12d3-a456-426655440000", "223e4567-e89b-12d3-a456-426655440000"
DAYS = [f"2026-03-{day:02}T12:00:00Z" for day in range(1, 8)]  # few, so that many share one

Said = dict[str, Any]


class Kind(Struct, frozen=True):
    """One kind of thing: where it lives, how it is said at a time, and how a page of it is asked for."""

    path: str
    listed: str
    id_field: str
    time_field: str
    said: Callable[[str, str], Said]
    window: Callable[[int, int], Said]


def a_meeting(office: str, time: str) -> Said:
    return {**MEETING_BODY, "agencyOfficeId": office, "visitTime": time}


def a_requirement(office: str, time: str) -> Said:
    return {**REQUIREMENT_BODY, "agencyOfficeId": office, "creationTime": time}


KINDS = {
    "meetings": Kind(
        MEETINGS,
        "meetings",
        "meetingId",
        "visitTime",
        a_meeting,
        lambda start, size: {"startIndex": start, "size": size, "sort": "visitTime|asc"},
    ),
    "requirements": Kind(
        REQUIREMENTS,
        "assetRequirements",
        "assetRequirementId",
        "creationTime",
        a_requirement,
        lambda start, size: {"startIndex": start, "endIndex": start + size, "sort": "creationTime|asc"},
    ),
}


class Place(Struct, frozen=True):
    """A server with things of both kinds, and two clients of it."""

    walker: Client
    inserter: Client

    def create(self, kind: Kind, office: str, time: str) -> str:
        answer = self.inserter.post(kind.path, kind.said(office, time))
        assert answer.status_code == 201, answer.text
        return str(answer.json()[kind.id_field])

    def walk(self, kind: Kind, *, size: int, between: Callable[[], object]) -> tuple[list[str], list[int]]:
        """The ids of all pages, one after the other, and the totals that they told."""
        ids: list[str] = []
        totals: list[int] = []
        for start in count(0, size):
            params = {"agencyOfficeId": OFFICE, **kind.window(start, size)}
            page = self.walker.get(kind.path, params=params).json()
            totals.append(page["totalCount"])
            found = [one[kind.id_field] for one in page[kind.listed]]
            ids += found
            if len(found) < size:
                return ids, totals
            between()
        raise AssertionError("a walk ends")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("paging estate on SQLite")),
        pytest.param("postgres", marks=pytest.mark.xdist_group("paging estate on PostgreSQL")),
    ],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    address = request.getfixturevalue("lasting_postgres_address") if request.param == "postgres" else ""
    data = tmp_path_factory.mktemp("paging") / "data"
    token = make_token(data, **({"database": address} if address else {}))
    with ExitStack() as at_end:
        server = at_end.enter_context(running(data, database=address))
        clients = [at_end.enter_context(closing(server.client(token))) for _ in range(2)]
        yield Place(*clients)


@pytest.fixture
def kept(place: Place, name: str) -> list[str]:
    """Things of the kind in our office, in the order of their times and ids."""
    chance = Random(name)
    kind = KINDS[name]
    present, _ = place.walk(kind, size=100, between=lambda: None)
    while len(present) < THINGS:
        present.append(place.create(kind, OFFICE, chance.choice(DAYS)))
    ids, _ = place.walk(kind, size=100, between=lambda: None)
    return ids


@pytest.mark.parametrize("name", KINDS)
def test_pages_are_the_whole_set_once_and_in_order_whatever_does_not_match_is_inserted(
    place: Place, name: str, kept: list[str]
) -> None:
    kind = KINDS[name]

    ids, totals = place.walk(kind, size=17, between=lambda: place.create(kind, OTHER_OFFICE, DAYS[0]))

    assert ids == kept
    assert len(set(ids)) == len(ids)
    assert set(totals) == {len(kept)}


@pytest.mark.parametrize("name", KINDS)
def test_what_sorts_behind_comes_behind_and_disturbs_nothing(place: Place, name: str, kept: list[str]) -> None:
    kind = KINDS[name]
    inserted: list[str] = []

    def insert() -> None:
        inserted.append(place.create(kind, OFFICE, f"2031-01-01T00:{len(inserted):02}:00Z"))

    ids, totals = place.walk(kind, size=31, between=insert)

    assert ids[: len(kept)] == kept
    assert ids[len(kept) :] == inserted
    assert totals == [len(kept) + number for number in range(len(totals))]


@pytest.mark.parametrize("name", KINDS)
def test_nothing_that_was_there_is_missed_while_others_insert_as_fast_as_they_can(
    place: Place, name: str, kept: list[str]
) -> None:
    kind = KINDS[name]
    chance = Random(5)
    times = [chance.choice(DAYS) for _ in range(60)]

    with ThreadPoolExecutor(3) as threads:
        inserting = [threads.submit(place.create, kind, OFFICE, time) for time in times]
        ids, totals = place.walk(kind, size=13, between=lambda: None)
        inserted = {one.result() for one in inserting}

    assert set(kept) <= set(ids) <= set(kept) | inserted
    assert totals == sorted(totals)
    assert totals[-1] <= len(kept) + len(inserted)
