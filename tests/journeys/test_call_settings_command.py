"""`askare callsettings`, as an administrator types it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.server import askare, make_token


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one organization."""
    folder = tmp_path_factory.mktemp("callsettings") / "data"
    make_token(folder)
    return folder


def own_settings(data: Path, *words: str) -> dict[str, Any]:
    done = askare("callsettings", "--organization", "Koti", *words, "--json", data=data)
    assert done.returncode == 0, done.stderr
    return {row["setting"]: row["own"] for row in json.loads(done.stdout) if row["own"] is not None}


def test_an_organization_says_word_by_word_how_its_calls_are_handled(data: Path) -> None:
    assert own_settings(data) == {}
    own_settings(data, "--statuses", "strict", "--phone-region", "KZ", "--operators-see-all", "off")
    said = own_settings(
        data,
        *("--statuses", "default", "--task-type", "callback", "--label", "Перезвонить", "--priority", "high"),
        *("--due-minutes", "60", "--due-by-priority", "urgent=15, high=30"),
    )
    changed = own_settings(data, "--task-type", "callback", "--due-minutes", "0", "--due-by-priority", "")
    shown = askare("callsettings", "--organization", "Koti", data=data)

    times = {"low": None, "medium": None, "high": 30, "urgent": 15}
    callback = {"label": "Перезвонить", "priority": "high", "dueMinutes": 60, "dueMinutesByPriority": times}
    assert said == {"operatorsSeeAll": False, "phoneRegion": "KZ", "taskTypes.callback": callback}
    assert changed["taskTypes.callback"] == {**callback, "dueMinutes": None, "dueMinutesByPriority": None}
    assert "Перезвонить, high" in shown.stdout
    assert re.search(r"operatorsSeeAll\W+off\W+off", shown.stdout)
    assert "taskTypes.callback" not in own_settings(data, "--task-type", "callback", "--forget")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--phone-region", "ZZ"), "phoneRegion: must be the code of a country"),
        (("--language", "de", "--unknown-operator", "x" * 65), "unknownOperator: must be at most 64"),
        (("--unknown-operator", "nobody"), "unknownOperator: names no operator"),
        (("--priority", "high"), "--task-type"),
        (("--task-type", "callback"), "--forget"),
        (("--task-type", "Call Back", "--priority", "high"), "The key must match"),
        (("--task-type", "callback", "--due-by-priority", "soon"), "urgent=15,high=30"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_changed(data: Path, words: tuple[str, ...], told: str) -> None:
    before = own_settings(data)

    done = askare("callsettings", "--organization", "Koti", *words, data=data)

    assert done.returncode == 1
    assert told in done.stderr
    assert own_settings(data) == before
