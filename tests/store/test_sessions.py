"""Sessions, on both databases: how long they live, how many there are, and what is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from askare.access import operations, passwords, tokens
from askare.access.door import Door
from askare.access.model import Organization
from askare.kernel.caller import Caller, Role
from askare.kernel.problems import Unauthenticated
from askare.settings import load
from askare.storage.desk import Database, Desk
from tests.values import ADMIN_USER, HOUR, NOW, ORGANIZATION, ORGANIZATION_NAME, ORGANIZATION_NO, SECOND, an_id

QUICK = PasswordHasher.from_parameters(CHEAPEST)
PASSWORD = "correct horse battery"
LIFE = HOUR  # the setting's default


class House:
    """A door, its database, and a user who signs in."""

    def __init__(self, database: Database, data: Path, runner: asyncio.Runner) -> None:
        self.database = database
        self._data = data
        self._runner = runner
        self._number = 0
        self.door = self.another_door()
        runner.run(self.door.open(NOW, lambda: an_id(99)))

    def another_door(self) -> Door:
        """Another process of the same server."""
        return Door(Desk(self.database), load({"data": self._data}, {}).settings, hasher=QUICK)

    def signs_in(self, *, now: datetime = NOW, password: str = PASSWORD) -> str:
        self._number += 1
        opening = self.door.open_session(
            "anna", password, now=now, session_id=an_id(self._number), secret=self._number.to_bytes(32, "big")
        )
        return self._runner.run(opening)[0]

    def caller(self, token: str, *, now: datetime = NOW, door: Door | None = None) -> Caller:
        return self._runner.run((door or self.door).caller(f"Bearer {token}", now=now))

    def is_known(self, token: str, *, now: datetime = NOW) -> bool:
        """Whether the session opens a door that has not seen it yet."""
        try:
            self.caller(token, now=now, door=self.another_door())
        except Unauthenticated:
            return False
        return True

    def signs_out(self, token: str) -> None:
        self._runner.run(self.door.end_session(token))

    def swept(self, *, now: datetime) -> int:
        return self.database.write(lambda tx: operations.sweep_sessions(tx, now=now))

    def kept(self) -> int:
        return self.database.read(lambda tx: tx.rows("SELECT count(*) FROM sessions"))[0][0]  # type: ignore[no-any-return]


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    home = Organization(ORGANIZATION_NO, ORGANIZATION, ORGANIZATION_NAME)
    hashed = passwords.hashed(PASSWORD, hasher=QUICK)
    database.write(lambda tx: operations.add_user(tx, home, "anna", hashed, Role.ADMIN, user_id=ADMIN_USER, now=NOW))
    with asyncio.Runner() as runner:
        yield House(database, tmp_path / "one", runner)


def test_whoever_signs_in_is_known_by_the_token(house: House) -> None:
    token = house.signs_in()

    caller = house.caller(token)

    assert (caller.user_id, caller.role, caller.organization_id) == (ADMIN_USER, Role.ADMIN, ORGANIZATION)
    assert tokens.is_session(token)


def test_a_wrong_password_opens_no_session(house: House) -> None:
    with pytest.raises(Unauthenticated, match="Unknown username or password"):
        house.signs_in(password="wrong")

    assert house.kept() == 0


def test_a_session_ends_an_hour_after_its_last_request(house: House) -> None:
    token = house.signs_in()

    assert house.is_known(token, now=NOW + LIFE - SECOND)
    assert house.is_known(token, now=NOW + LIFE + LIFE - 2 * SECOND)  # the request before has prolonged it
    assert not house.is_known(token, now=NOW + 4 * LIFE)


def test_a_session_without_a_request_ends_after_an_hour(house: House) -> None:
    token = house.signs_in()

    assert not house.is_known(token, now=NOW + LIFE)


def test_a_request_soon_after_another_writes_nothing(house: House) -> None:
    token = house.signs_in()

    assert house.is_known(token, now=NOW + LIFE * 0.05)
    assert not house.is_known(token, now=NOW + LIFE)


def test_the_eleventh_session_ends_the_oldest_alone(house: House) -> None:
    sessions = [house.signs_in(now=NOW + SECOND * number) for number in range(11)]
    later = NOW + 20 * SECOND

    assert [house.is_known(token, now=later) for token in sessions] == [False] + [True] * 10


def test_sessions_that_are_over_take_nobodys_place(house: House) -> None:
    for number in range(10):
        house.signs_in(now=NOW + SECOND * number)
    later = NOW + 2 * LIFE

    fresh = [house.signs_in(now=later + SECOND * number) for number in range(10)]

    assert all(house.is_known(token, now=later + 30 * SECOND) for token in fresh)
    assert house.kept() == 10


def test_whoever_signs_out_is_nobody_here_at_once(house: House) -> None:
    token = house.signs_in()
    house.caller(token)

    house.signs_out(token)
    house.signs_out(token)

    with pytest.raises(Unauthenticated):
        house.caller(token)


def test_elsewhere_a_session_that_was_ended_is_over_within_five_seconds(house: House) -> None:
    elsewhere = house.another_door()
    token = house.signs_in()
    house.caller(token, door=elsewhere)
    house.signs_out(token)

    with pytest.raises(Unauthenticated):
        house.caller(token, door=elsewhere, now=NOW + timedelta(seconds=6))


def test_a_disabled_user_has_no_session(house: House) -> None:
    token = house.signs_in()
    house.database.write(lambda tx: operations.disable_user(tx, ADMIN_USER))

    assert not house.is_known(token)


def test_the_token_itself_is_not_kept(house: House) -> None:
    token = house.signs_in()

    (row,) = house.database.read(lambda tx: tx.rows("SELECT digest FROM sessions"))

    assert bytes(row[0]) == tokens.digest_of(token)


def test_what_is_over_is_swept(house: House) -> None:
    house.signs_in()

    assert house.swept(now=NOW + LIFE) == 0
    assert house.swept(now=NOW + LIFE + SECOND) == 1
    assert house.kept() == 0
