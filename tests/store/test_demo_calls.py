"""The demo organization's calls: the same every time, in every state, never twice."""

from __future__ import annotations

import asyncio
import wave
from datetime import date, datetime, timedelta
from pathlib import Path

from askare.calltasks.jobs import RECORDING_FILE, folder_of
from askare.calltasks.model import CallFilter, ErrorCode, Processing, Status
from askare.calltasks.rules import UNDERWAY
from askare.demo import calls
from askare.demo.world import world
from askare.kernel.paging import Window
from askare.storage.desk import Database
from tests.callvalues import Played, call_now, listed, trouble, work_off
from tests.values import NOW, ORGANIZATION_NO, an_admin

WORLD = world(date(2026, 3, 2))
EVERYTHING = CallFilter(with_cancelled=True)


def test_three_hundred_calls_are_in_every_state_and_one_has_failed_with_each_code(sqlite_database: Database) -> None:
    sqlite_database.write(lambda tx: calls.create_calls(tx, WORLD), an_admin())
    sqlite_database.write(lambda tx: calls.have_some_wait(tx, now=NOW), an_admin())

    numbers, total = listed(sqlite_database, EVERYTHING, window=Window(0, 1_000))
    tasks = [call_now(sqlite_database, number) for number in numbers]
    assert total == calls.CALLS
    assert {task.status for task in tasks} == set(Status)
    assert {task.processing_status for task in tasks} == set(Processing)
    failed = [task.error_code for task in tasks if task.processing_status is Processing.FAILED]
    assert sorted(failed, key=str) == sorted(ErrorCode, key=str)
    assert {task.language for task in tasks} == {"ru", "kk", "fi", "en", None}
    assert len({task.assigned_user_id for task in tasks}) == len(calls.OPERATORS) == 8
    assert [task.created_at for task in tasks] == sorted((task.created_at for task in tasks), reverse=True)
    done = [task for task in tasks if task.processing_status is Processing.DONE]
    assert all(task.call_summary and task.call_response_summary for task in done)
    promised = sqlite_database.read(lambda tx: tx.rows("SELECT about FROM jobs WHERE kind <> 'rename'"))
    waiting = {task.id for task in tasks if task.processing_status in UNDERWAY}
    assert {int(about) for (about,) in promised} == waiting


def test_calls_that_wait_still_do_while_the_server_runs_and_again_after_it_has_started_anew(
    database: Database, tmp_path: Path
) -> None:
    some = range(calls.CALLS - 8, calls.CALLS)
    database.write(lambda tx: calls.create_calls(tx, WORLD, some), an_admin())
    played = Played()
    played.fetched = [trouble(ErrorCode.RECORDING_UNREACHABLE)]

    def states() -> list[str]:
        numbers, _ = listed(database, EVERYTHING)
        return [task.processing_status.value for task in (call_now(database, number) for number in numbers[:6])]

    def starts(moment: datetime) -> None:
        database.write(lambda tx: calls.have_some_wait(tx, now=moment), an_admin())
        asyncio.run(work_off(database, played.trades(tmp_path), now=moment + timedelta(minutes=40)))

    for start in (NOW, NOW + timedelta(days=1)):
        starts(start)
        assert states() == ["processing", "processing", "queued", "queued", "queued", "queued"]
    for hours in range(3, 12, 3):  # in the end they are what they are: nobody is at their exchange
        asyncio.run(work_off(database, played.trades(tmp_path), now=start + timedelta(hours=hours)))
    assert not {"processing"} & set(states())


def test_calls_are_made_once_and_ten_of_them_can_be_heard(database: Database, tmp_path: Path) -> None:
    for _ in range(2):
        database.write(lambda tx: calls.create_calls(tx, WORLD, range(35)), an_admin())
    recorded = database.read(calls.recorded_calls, an_admin())
    for _ in range(2):
        calls.write_recordings(tmp_path, ORGANIZATION_NO, recorded)

    assert listed(database, EVERYTHING)[1] == 35
    assert len(recorded) == 10
    files = [folder_of(tmp_path, ORGANIZATION_NO, number) / RECORDING_FILE for number in recorded]
    for file in files:
        with wave.open(str(file)) as opened:
            assert 2 < opened.getnframes() / opened.getframerate() < 20
