"""The demo's watches: loading them writes to nobody, and one home from the README makes a letter."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from askare.demo.load import load
from askare.demo.watches import SHOWN_WATCH, plan_watches, set_at
from askare.demo.world import world
from askare.kernel.time import settled
from askare.realties.model import RealtyContent
from askare.storage.desk import Database
from tests.store.watching import letters, matches, put, work_through_the_night
from tests.values import DAY, HOUR, an_admin

pytestmark = pytest.mark.long

WORLD = world(date(2026, 3, 2))
README = Path(__file__).parents[2] / "README.md"


def realty_of_the_readme() -> dict[str, Any]:
    """The body that the README puts."""
    text = README.read_text(encoding="utf-8").partition("/askare/v1/realties/")[2].partition("-d '")[2]
    said: dict[str, Any] = msgspec.json.decode(text.partition("'")[0])
    return said


SMALL = msgspec.structs.replace(WORLD, tasks=WORLD.tasks[:60])


def test_loading_the_demo_writes_to_nobody(database: Database) -> None:
    database.write(lambda tx: load(tx, SMALL), an_admin())
    work_through_the_night(database, now=settled(set_at(WORLD)) + DAY)

    assert letters(database) == []
    found = database.read(lambda tx: tx.row("SELECT count(*) FROM watches"))
    assert found is not None
    assert found[0] == len(plan_watches(SMALL)) > 1


def test_the_home_in_the_readme_makes_a_letter_to_a_buyer_and_to_the_agent(database: Database) -> None:
    said: dict[str, Any] = realty_of_the_readme()
    now = settled(set_at(WORLD)) + HOUR
    database.write(lambda tx: load(tx, SMALL), an_admin())
    put(database, msgspec.convert(said, RealtyContent), now=now)
    work_through_the_night(database, now=now)

    assert SHOWN_WATCH in matches(database)
    assert len([letter for letter in letters(database) if letter.watch_id == SHOWN_WATCH]) == 2
