"""`askare doctor --providers`: a second of sound, and a few words, to each."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from askare.outside.openai_twin import QUOTA, good
from askare.outside.twin import twin
from tests.outside.running import run


async def doctor(folder: Path, **settings: object) -> tuple[int, list[dict[str, Any]]]:
    """What it exits with, and its findings."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("ASKARE_")}
    environment |= {f"ASKARE_{key.upper()}": json.dumps(value) for key, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "askare", "doctor", "--providers", "--json", "--data", str(folder)),
        env=environment | {"ASKARE_PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(output)


def about(findings: list[dict[str, Any]], subject: str) -> dict[str, Any]:
    return next(finding for finding in findings if finding["subject"].startswith(subject))


@run
async def test_each_provider_is_tried_out(tmp_path: Path) -> None:
    async with twin(good("раз два три")) as speech, twin(QUOTA) as words:
        code, findings = await doctor(
            tmp_path,
            transcription_providers=[{"kind": "openai", "url": f"{speech.address}/v1", "model": "whisper-1"}],
            summary_providers=[
                {"kind": "openai", "url": f"{words.address}/v1", "model": "m", "key": "sk-secret"},
                {"kind": "builtin"},
            ],
        )

    assert code == 1
    assert about(findings, "transcription by openai whisper-1") == {
        "level": "ok",
        "subject": "transcription by openai whisper-1",
        "text": "It answers: раз два три",
        "advice": "",
    }
    assert about(findings, "summary by openai m")["text"].startswith("provider_quota: You exceeded")
    assert about(findings, "summary by builtin")["text"] == "It answers: My heating does not work."
    assert findings[-1]["subject"] == "verdict"
    assert "secret" not in json.dumps(findings)


@run
async def test_providers_that_cannot_be_are_told_with_their_place(tmp_path: Path) -> None:
    code, findings = await doctor(tmp_path, transcription_providers=[{"kind": "whisper"}])

    assert code == 1
    assert "transcription_providers, entry 1" in about(findings, "providers")["text"]
    assert about(findings, "version")["level"] == "ok"
