"""A process of the nursery is what one that is started afresh is: the other tests rest on it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.journeys.waiting import until
from tests.nursery import IS_POSSIBLE, ROOT, Process, start

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="every process is started afresh here")

PATIENCE_SECONDS = 60.0
either_way = pytest.mark.parametrize("afresh", [False, True], ids=["nursed", "afresh"])


class Stranger(Struct):
    """A process of `introducing`, and what it writes."""

    process: Process
    out: Path
    err: Path

    def about(self) -> Any:
        return json.loads(self.out.read_text().splitlines()[0])


@contextmanager
def a_stranger(folder: Path, *arguments: str, afresh: bool, **environment: str) -> Iterator[Stranger]:
    into, out, err = (folder / name for name in ("in", "out", "err"))
    into.write_text("hyvää päivää\n")
    with into.open("rb") as read, out.open("wb") as said, err.open("wb") as complained:
        process = start(
            "tests.journeys.introducing",
            list(arguments),
            environment={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            streams=(read.fileno(), said.fileno(), complained.fileno()),
            afresh=afresh,
        )
    try:
        yield Stranger(process, out, err)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)


def test_it_is_what_a_process_started_afresh_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKARE_PORT", "81")
    monkeypatch.chdir(tmp_path)
    abouts = []
    for afresh in (False, True):
        with a_stranger(tmp_path, "0", "ä ö", afresh=afresh, ASKARE_SITE="Tampere") as stranger:
            assert stranger.process.wait(PATIENCE_SECONDS) == 0
            abouts.append(stranger.about())

    nursed, fresh = abouts
    assert nursed == fresh
    assert nursed["environment"] == {"ASKARE_PORT": "81", "ASKARE_SITE": "Tampere"}
    assert (nursed["folder"], nursed["heard"], nursed["threads"]) == (str(tmp_path), "hyvää päivää\n", 1)


@either_way
def test_its_pid_is_its_own_and_so_are_its_dice(tmp_path: Path, afresh: bool) -> None:
    said = []
    for _ in range(2):
        with a_stranger(tmp_path, "0", afresh=afresh) as stranger:
            stranger.process.wait(PATIENCE_SECONDS)
            pid, dice = stranger.err.read_text().split()
            assert int(pid) == stranger.process.pid
            said.append(dice)

    assert said[0] != said[1]


@either_way
def test_it_ends_with_its_own_status_after_saying_goodbye(tmp_path: Path, afresh: bool) -> None:
    with a_stranger(tmp_path, "7", afresh=afresh) as stranger:
        status = stranger.process.wait(PATIENCE_SECONDS)

        assert (status, stranger.process.poll()) == (7, 7)
        assert stranger.out.read_text().endswith("\ngoodbye\n")


@either_way
def test_an_exception_ends_it_with_a_traceback_and_status_1(tmp_path: Path, afresh: bool) -> None:
    with a_stranger(tmp_path, "nonsense", afresh=afresh) as stranger:
        assert stranger.process.wait(PATIENCE_SECONDS) == 1
        assert stranger.err.read_text().endswith("ValueError: invalid literal for int() with base 10: 'nonsense'\n")


@either_way
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_nothing_is_said(tmp_path: Path, afresh: bool, number: signal.Signals) -> None:
    with a_stranger(tmp_path, "forever", afresh=afresh) as stranger:
        until(lambda: stranger.err.read_text(), "it has introduced itself")
        before = stranger.process.poll()
        stranger.process.send_signal(number)
        status = stranger.process.wait(PATIENCE_SECONDS)

        assert (before, status) == (None, -number)
        assert "goodbye" not in stranger.out.read_text()


def test_one_end_is_not_taken_for_anothers(tmp_path: Path) -> None:
    for name in ("long", "short"):
        (tmp_path / name).mkdir()
    with a_stranger(tmp_path / "long", "forever", afresh=False) as long:
        with a_stranger(tmp_path / "short", "3", afresh=False) as short:
            assert short.process.wait(PATIENCE_SECONDS) == 3
        assert long.process.poll() is None
