"""What the settings say of the world outside."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from askare.calltasks.redaction import Private
from askare.outside.audio import Channels
from askare.outside.providers import Builtin, Command, FasterWhisper, OpenAI, Outside, Vosk, name_of, outside_of
from askare.outside.speech import is_configured, summarisers_of, transcribers_of
from askare.outside.speech.faster_whisper import is_installed
from askare.settings import BadSettings, load


def said(tmp_path: Path, **settings: object) -> Outside:
    given = {
        key: value if isinstance(value, str) else msgspec.json.encode(value).decode() for key, value in settings.items()
    }
    return outside_of(load({"data": tmp_path, **given}, {}).settings)


def faults(tmp_path: Path, **settings: object) -> str:
    with pytest.raises(BadSettings) as problem:
        said(tmp_path, **settings)
    return "\n".join(problem.value.faults)


def test_nothing_set_is_nobody_to_transcribe_and_the_built_in_summariser(tmp_path: Path) -> None:
    settings = load({"data": tmp_path}, {}).settings

    assert not is_configured(settings)
    assert transcribers_of(settings) == []
    assert [one.name for one in summarisers_of(settings)] == ["builtin"]


def test_the_order_of_the_list_is_the_order_of_asking(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    listed = [
        {"kind": "openai", "url": "http://127.0.0.1:8000/v1", "model": "whisper-1", "key": "k"},
        {"kind": "vosk", "url": "ws://vosk:2700", "name": "hall"},
        {"kind": "faster_whisper", "folder": str(tmp_path)},
        {"kind": "command", "command": ["whisper-cli", "{audio}"], "timeout_seconds": 30},
    ]

    outside = said(tmp_path, transcription_providers=listed)

    assert [type(one) for one in outside.transcription] == [OpenAI, Vosk, FasterWhisper, Command]
    assert [name_of(one) for one in outside.transcription] == ["openai whisper-1", "hall", "faster_whisper", "command"]


def test_what_works_on_this_machine_is_given_one_thing_at_a_time_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askare.outside.speech.is_installed", lambda: True)
    (tmp_path / "model.bin").touch()
    listed = [
        {"kind": "openai", "url": "http://127.0.0.1:8000/v1", "model": "whisper-1"},
        {"kind": "vosk", "url": "ws://vosk:2700"},
        {"kind": "faster_whisper", "folder": str(tmp_path)},
        {"kind": "command", "command": ["whisper-cli", "{audio}"]},
        {"kind": "command", "command": ["big", "{audio}"], "name": "big", "at_once": 4},
    ]
    settings = load({"data": tmp_path, "transcription_providers": msgspec.json.encode(listed).decode()}, {}).settings

    assert [one.at_once for one in transcribers_of(settings)] == [8, 8, 1, 1, 4]
    assert "at_once" in faults(
        tmp_path, transcription_providers=[{"kind": "vosk", "url": "ws://vosk:2700", "at_once": 65}]
    )


def test_tables_of_the_file_are_a_list_of_providers(tmp_path: Path) -> None:
    (tmp_path / "askare.toml").write_text(
        'outbound_allow = "pbx.lan, 10.0.0.0/8"\noperator_channel = "left"\nredact = "cards, phones"\n'
        '[[transcription]]\nkind = "vosk"\nurl = "ws://vosk:2700"\n'
        '[[summary]]\nkind = "openai"\nurl = "http://llm/v1"\nmodel = "m"\n[[summary]]\nkind = "builtin"\n'
    )

    outside = outside_of(load({"data": tmp_path}, {}).settings)

    assert outside.transcription == (Vosk(url="ws://vosk:2700"),)
    assert [type(one) for one in outside.summary] == [OpenAI, Builtin]
    assert outside.operator is Channels.LEFT
    assert outside.redact == {Private.CARDS, Private.PHONES}
    assert outside.allow.opens_host("pbx.lan", 80)


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    listed = [
        {"kind": "openai", "url": "ftp://x", "model": "m", "response_format": "srt"},
        {"kind": "whisper"},
        {"kind": "vosk", "url": "http://vosk"},
        {"kind": "faster_whisper", "folder": "/nowhere"},
        {"kind": "command", "command": [], "shell": True},
        {"kind": "openai", "url": "http://x/v1", "model": "m", "api_key": "k"},
    ]

    text = faults(
        tmp_path, transcription_providers=listed, redact="names", outbound_allow="http://a", recording_credentials="[]"
    )

    assert text.count("transcription_providers, entry") == 7
    for part in (
        "entry 1: url",
        "entry 1: response_format",
        "entry 2",
        "ws://",
        "no model folder",
        "entry 5",
        "api_key",
    ):
        assert part in text
    assert "redact: there is no 'names'" in text
    assert "outbound_allow" in text
    assert "recording_credentials" in text


@pytest.mark.parametrize("text", ["{", "5", '["openai"]', '{"kind": "openai"}'])
def test_what_is_no_list_is_told(text: str, tmp_path: Path) -> None:
    assert "must be a JSON list" in faults(tmp_path, transcription_providers=text)


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    one = {"kind": "vosk", "url": "ws://vosk:2700"}

    assert "two are named 'vosk'" in faults(tmp_path, transcription_providers=[one, one])


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    listed = [{"kind": "openai", "url": "http://x/v1", "model": "m", "key": "sk-secret"}]
    settings = load({"data": tmp_path, "transcription_providers": msgspec.json.encode(listed).decode()}, {}).settings

    assert "secret" not in repr(settings)
    assert "secret" not in repr(outside_of(settings))


def test_a_model_folder_without_its_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    listed = msgspec.json.encode([{"kind": "faster_whisper", "folder": str(tmp_path)}]).decode()
    settings = load({"data": tmp_path, "transcription_providers": listed}, {}).settings

    if is_installed():
        assert [one.name for one in transcribers_of(settings)] == ["faster_whisper"]
    else:
        with pytest.raises(BadSettings, match=r"askare\[whisper\]"):
            transcribers_of(settings)
