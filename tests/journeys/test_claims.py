"""Two workers race for planned starts on PostgreSQL, are killed and stopped; the long form is `make torture`."""

from __future__ import annotations

import random
from pathlib import Path

from askare.scripts.timekeeper import Rhythm
from tests.claims import find_out, race


def test_every_planned_start_is_claimed_once_whatever_happens_to_the_workers(
    lasting_postgres_address: str, tmp_path: Path
) -> None:
    verdict = race(
        lasting_postgres_address,
        tmp_path,
        tasks=24,
        seconds=5.0,
        workers=2,
        rhythm=Rhythm(beat=0.2, dead_after=1.0, watch=0.2),
        dice=random.Random(4),
    )

    assert verdict.fired > 24
    assert verdict.kills + verdict.stops > 1


def test_what_a_killed_worker_ran_is_ownerdown_and_not_started_again(
    lasting_postgres_address: str, tmp_path: Path
) -> None:
    _, ledger, started = find_out(
        lasting_postgres_address, tmp_path, rhythm=Rhythm(beat=0.2, dead_after=1.0, watch=0.2)
    )

    assert ledger == ["started ownerdown"]
    assert len(started) == 1
