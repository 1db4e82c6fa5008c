"""Schemathesis reads the OpenAPI documents and sends what they allow, and what they do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.asking import Agency

HERE = Path(__file__).parent
# Fixed, so that a failure can be had again; another one is tried with ASKARE_TEST_SEED.  Its output names it.
SEED = os.environ.get("ASKARE_TEST_SEED", "20261122")


@pytest.mark.parametrize(("document", "seconds"), [("task-management", 35), ("authentication", 10)])
def test_the_server_keeps_what_its_document_promises(
    document: str, seconds: int, agency: Agency, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml"),
            *("run", f"{agency.server.url}/openapi/{document}.json"),
            *("--header", f"Authorization: Bearer {agency.admin.token}"),
            *("--checks", "all"),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", "25", "--max-time", str(seconds), "--seed", SEED),
            *("--generation-database", "none", "--no-color"),
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_checks", "PYTHONPATH": str(HERE)},
        cwd=tmp_path,  # it keeps its findings where it runs
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "No issues found" in done.stdout or "passed" in done.stdout, done.stdout
