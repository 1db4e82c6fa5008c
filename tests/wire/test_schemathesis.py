"""Schemathesis reads the OpenAPI documents and sends what they allow, and what they do not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.server import askare
from tests.wire.asking import TOKEN, Agency

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    # Which characters there are is found out by the first run for all others.
    "HYPOTHESIS_STORAGE_DIRECTORY": str(HERE.parents[1] / ".hypothesis"),
    "NO_PROXY": "127.0.0.1",  # else each request looks through the whole environment for one
}
SECONDS_MAX = 1_200
# Fixed, so that a failure can be had again; another one is tried with ASKARE_TEST_SEED.  Its output names it.
SEED = os.environ.get("ASKARE_TEST_SEED", "20261122")

# Not seconds: on a busy machine they would end before the last phase has begun.
EXAMPLES_EACH = 25 if os.environ.get("ASKARE_TEST_PROFILE") == "thorough" else 3


ALL_PHASES = "examples,coverage,fuzzing,stateful"


def schemathesis(
    document: str,
    agency: Agency,
    folder: Path,
    *,
    but_for: Sequence[str] = (),
    phases: str = ALL_PHASES,
    seconds: int | None = None,
) -> str:
    """Run it with all checks but some, all its phases or for so many seconds; returns what it says.

    It keeps its findings where it runs.
    """
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml"),
            *("run", f"{agency.server.url}/openapi/{document}.json"),
            *("--header", f"Authorization: Bearer {agency.admin.token}"),
            *("--checks", "all", *(["--exclude-checks", ",".join(but_for)] if but_for else [])),
            *("--phases", phases),
            *("--max-examples", str(EXAMPLES_EACH), "--seed", SEED),
            *(["--max-time", str(seconds)] if seconds else []),
            *("--generation-database", "none", "--no-color"),
        ],
        env={**ENVIRONMENT, "SCHEMATHESIS_HOOKS": "schemathesis_checks", "PYTHONPATH": str(HERE)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "✅ Coverage" in done.stdout
    assert seconds or "✅ Fuzzing" in done.stdout
    return done.stdout


def test_tasks_keep_what_their_document_promises(agency: Agency, tmp_path: Path) -> None:
    said = schemathesis("task-management", agency, tmp_path)

    assert "5 selected / 5 total" in said
    assert "✅ Stateful" in said


def test_meetings_keep_what_their_document_promises(agency: Agency, tmp_path: Path) -> None:
    said = schemathesis("meeting", agency, tmp_path)

    assert "5 selected / 5 total" in said
    assert "✅ Stateful" in said


def test_asset_requirements_watches_and_notes_keep_what_their_document_promises(agency: Agency, tmp_path: Path) -> None:
    said = schemathesis("asset-requirement", agency, tmp_path)

    assert "14 selected / 14 total" in said
    assert "✅ Stateful" in said


def test_our_own_dialect_keeps_what_its_document_promises(agency: Agency, tmp_path: Path) -> None:
    said = schemathesis("askare", agency, tmp_path)

    assert "✅ Stateful" in said


def test_the_sign_in_keeps_what_its_document_promises(agency: Agency, tmp_path: Path) -> None:
    # The user of the document's example, so that one request at least is let in.
    name, password = "veikko", "correct horse battery"
    who = ("user", "add", name, "--organization", agency.name, "--role", "admin", "--password-stdin")
    askare(*who, data=agency.server.data, stdin=f"{password}\n")
    assert agency.nobody.post(TOKEN, {"username": name, "password": password}).status_code == 200

    said = schemathesis("authentication", agency, tmp_path)

    assert "1 selected / 1 total" in said
