"""The commands of service tasks, as an administrator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server import askare, make_token


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one organization."""
    folder = tmp_path_factory.mktemp("timetable") / "data"
    make_token(folder)
    return folder


def test_holidays_are_shown_and_written_on_a_yes_only(data: Path) -> None:
    shown = askare("holidays", "FI", "2027", "--organization", "Koti", "--json", data=data)
    written = askare("holidays", "fi", "2027", "--organization", "Koti", "--yes", data=data)
    again = askare("holidays", "FI", "2027", "--organization", "Koti", "--json", data=data)

    assert "Nothing was written" in shown.stderr
    assert {day["now"] for day in json.loads(shown.stdout)} == {"new"}
    assert "Juhannuspäivä" in written.stdout
    assert "days off were written" in written.stderr
    assert {day["now"] for day in json.loads(again.stdout)} == {"is there already"}


def test_a_country_that_nobody_knows_is_refused(data: Path) -> None:
    done = askare("holidays", "XX", "2027", "--organization", "Koti", data=data)

    assert done.returncode == 1
    assert "FI, SE, KZ, RU" in done.stderr


def test_a_domain_says_its_hours(data: Path) -> None:
    bad = askare("domain", "--organization", "Koti", "--workweek", "always", data=data)
    good = askare("domain", "--organization", "Koti", "--workweek", "mon-sat 08:00-20:00", "--json", data=data)

    assert bad.returncode == 1
    assert "mon-fri 09:00-18:00" in bad.stderr
    assert {"setting": "workweek", "value": "mon-sat 08:00-20:00"} in json.loads(good.stdout)


def test_runs_and_preview_say_when_there_is_nothing(data: Path) -> None:
    runs = askare("runs", "--organization", "Koti", data=data)
    preview = askare("preview", "Nothing", "--organization", "Koti", data=data)

    assert "No planned start has come yet" in runs.stderr
    assert preview.returncode == 1
    assert "no service task" in preview.stderr


def test_the_scripts_are_told_with_their_parameters(data: Path) -> None:
    done = askare("scripts", "--json", data=data)

    assert {row["code"] for row in json.loads(done.stdout)} >= {"cleardata", "webRequest"}


def test_a_worker_needs_postgresql(data: Path) -> None:
    done = askare("worker", data=data)

    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr


def test_the_sites_are_shown_and_a_site_that_was_never_there_serves_nobody(data: Path) -> None:
    shown = askare("sites", data=data)
    named = askare("sites", "Tampere", "--domains", "Koti", data=data)
    half = askare("sites", "Tampere", data=data)

    assert "Sites: none" in shown.stderr
    assert (named.returncode, half.returncode) == (1, 1)
    assert "No process has ever been at a site 'Tampere'" in named.stderr
    assert "--domains" in half.stderr
