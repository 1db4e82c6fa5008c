"""Those who transcribe, over real sockets."""

from __future__ import annotations

import sys
import wave
from array import array
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Transcriber, Transcript, Trouble
from askare.outside import openai_twin
from askare.outside.addresses import AllowList
from askare.outside.audio import RATE
from askare.outside.closing import close_all
from askare.outside.openai import retry_after_seconds
from askare.outside.openai_twin import form_of, good
from askare.outside.providers import Command, FasterWhisper, OpenAI, Vosk
from askare.outside.speech.command import CommandTranscriber
from askare.outside.speech.faster_whisper import FasterWhisperTranscriber
from askare.outside.speech.openai import OpenAITranscriber
from askare.outside.speech.turns import Utterance, written_down
from askare.outside.speech.vosk import VoskTranscriber
from askare.outside.speech.vosk_twin import gibberish, hanging_up, understanding, vosk_twin
from askare.outside.speech.vosk_twin import silent as silent_vosk
from askare.outside.twin import (
    Asked,
    Manner,
    Reply,
    Stream,
    always,
    broken_off,
    dripping,
    endless,
    json_reply,
    silent,
    twin,
)
from askare.settings import Secret
from tests.outside.running import run

NOBODY = AllowList()
HINTS = Hints()


def sound(path: Path, seconds: float = 1.0) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(array("h", [1_000, -1_000] * int(seconds * RATE / 2)).tobytes())
    return path


def one_side(folder: Path, seconds: float = 1.0) -> Decoded:
    return Decoded((sound(folder / "0.wav", seconds),), seconds)


def two_sides(folder: Path) -> Decoded:
    return Decoded((sound(folder / "0.wav"), sound(folder / "1.wav")), 1.0, operator_side=1)


def openai(address: str, *, model: str = "whisper-1", path: str = "/v1", timeout: float = 2.0) -> OpenAITranscriber:
    return OpenAITranscriber(
        OpenAI(url=f"{address}{path}", model=model, key=Secret("sk-1"), timeout_seconds=timeout), NOBODY
    )


async def heard(transcriber: Transcriber, audio: Decoded, hints: Hints = HINTS) -> Transcript:
    """What it makes of the sound; afterwards it is closed."""
    try:
        return await transcriber.transcribe(audio, hints)
    finally:
        await close_all([transcriber])


async def trouble_of(transcriber: Transcriber, audio: Decoded) -> Trouble:
    with pytest.raises(Trouble) as problem:
        await heard(transcriber, audio)
    return problem.value


# What it is asked -------------------------------------------------------------------------------------------------


@run
async def test_the_sound_is_sent_as_a_form_with_a_named_file(tmp_path: Path) -> None:
    async with twin(good("тест")) as server:
        transcript = await heard(openai(server.address), one_side(tmp_path), Hints(("ru",), ("Askare", "лифт")))

    fields, sent = form_of(server.asked[0])
    assert (transcript.text, transcript.language) == ("тест", "ru")
    assert server.asked[0].target == "/v1/audio/transcriptions"
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"
    assert fields == {
        "model": "whisper-1",
        "response_format": "verbose_json",
        "language": "ru",
        "prompt": "Askare, лифт",
    }
    assert sent == (tmp_path / "0.wav").read_bytes()


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/audio/transcriptions", "/v1/audio/transcriptions/"])
def test_a_pasted_path_is_understood(path: str, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        async with twin(good()) as server:
            await heard(openai(server.address, path=path), one_side(tmp_path), HINTS)

        assert server.asked[0].target == "/v1/audio/transcriptions"

    ask()


@run
async def test_of_several_languages_the_listener_tells(tmp_path: Path) -> None:
    async with twin(good()) as server:
        await heard(openai(server.address), one_side(tmp_path), Hints(("ru", "kk")))

    assert "language" not in form_of(server.asked[0])[0]


@run
async def test_the_plainest_form_that_the_server_knows_is_found_and_remembered(tmp_path: Path) -> None:
    async with twin(good("тест", forms=["text"])) as server:
        transcriber = openai(server.address)
        first = await transcriber.transcribe(one_side(tmp_path), HINTS)
        second = await heard(transcriber, one_side(tmp_path))

    assert first.text == second.text == "тест"
    asked = [form_of(one)[0]["response_format"] for one in server.asked]
    assert asked == ["verbose_json", "json", "text", "text"]


@run
async def test_a_model_that_wants_to_be_told_to_cut_the_sound_up_is_told(tmp_path: Path) -> None:
    understands = good("тест")

    async def manner(asked: Asked, line: Stream) -> Reply | None:
        if "chunking_strategy" not in form_of(asked)[0]:
            return openai_twin.error(
                400, "invalid_value", "chunking_strategy is required for diarization models", parameter="x"
            )
        return await understands(asked, line)

    async with twin(manner) as server:
        transcriber = openai(server.address, model="gpt-4o-transcribe-diarize")
        first = await transcriber.transcribe(one_side(tmp_path), HINTS)
        second = await heard(transcriber, one_side(tmp_path))

    assert first.text == second.text == "тест"
    asked = [form_of(one)[0].get("chunking_strategy") for one in server.asked]
    assert asked == [None, "auto", "auto"]


@run
async def test_other_models_are_asked_for_plain_json(tmp_path: Path) -> None:
    async with twin(good()) as server:
        await heard(openai(server.address, model="gpt-transcribe"), one_side(tmp_path), HINTS)

    assert form_of(server.asked[0])[0]["response_format"] == "json"


@run
async def test_long_sound_is_sent_in_pieces_with_their_moments(tmp_path: Path) -> None:
    async with twin(good("тест")) as server:
        transcriber = openai(server.address)
        transcriber._piece_bytes_max = 2 * RATE * 2  # two seconds
        transcript = await heard(transcriber, one_side(tmp_path, 5.0))

    assert transcript.text == "\n".join(["тест"] * len(server.asked))
    assert len(server.asked) >= 3
    assert sum(len(form_of(one)[1]) - 44 for one in server.asked) == 5 * RATE * 2


def taking_up_to(bytes_max: int) -> Manner:
    """As behind a proxy that refuses larger bodies."""
    understands = good("тест")

    async def manner(asked: Asked, line: Stream) -> Reply | None:
        if len(asked.body) > bytes_max:
            return Reply(413, b"<html><title>413 Request Entity Too Large</title></html>")
        return await understands(asked, line)

    return manner


@run
async def test_what_is_too_large_for_the_server_is_sent_in_smaller_pieces_and_its_size_is_remembered(
    tmp_path: Path,
) -> None:
    async with twin(taking_up_to(1_000_000)) as server:
        transcriber = openai(server.address)
        await transcriber.transcribe(one_side(tmp_path, 100.0), HINTS)
        first = [len(form_of(one)[1]) - 44 for one in server.asked]
        await heard(transcriber, one_side(tmp_path, 100.0))

    assert first[0] == 100 * RATE * 2
    assert sum(size for size in first if size < 1_000_000) == 100 * RATE * 2
    assert sum(len(form_of(one)[1]) - 44 for one in server.asked[len(first) :]) == 100 * RATE * 2


@run
async def test_a_server_that_takes_hardly_anything_has_refused(tmp_path: Path) -> None:
    async with twin(taking_up_to(10_000)) as server:
        trouble = await trouble_of(openai(server.address), one_side(tmp_path, 60.0))

    assert trouble.code is ErrorCode.PROVIDER_REJECTED
    assert len(server.asked) <= 4


@run
async def test_sides_kept_apart_are_written_down_as_turns(tmp_path: Path) -> None:
    async def manner(asked: Asked, _line: Stream) -> Reply:
        at = 0.0 if len(server.asked) == 1 else 0.5
        segments = [{"start": at, "text": " a "}, {"start": at + 1, "text": "b"}, {"start": 9.0, "text": " "}]
        return json_reply({"text": "a b", "segments": segments})

    async with twin(manner) as server:
        transcript = await heard(openai(server.address), two_sides(tmp_path), HINTS)

    assert transcript.text == "Caller: a\nOperator: a\nCaller: b\nOperator: b"


@run
async def test_what_the_model_takes_for_silence_is_dropped(tmp_path: Path) -> None:
    segments = [{"start": 0.0, "text": "Thanks for watching!", "no_speech_prob": 0.95, "avg_logprob": -1.4}]
    async with twin(always(json_reply({"text": "Thanks for watching!", "segments": segments}))) as server:
        transcript = await heard(openai(server.address), one_side(tmp_path))

    assert transcript.text == ""


# How it goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "code", "said"),
    [
        (openai_twin.WEB_PAGE, ErrorCode.PROVIDER_BAD_RESPONSE, "Sign in"),
        (openai_twin.BAD_JSON, ErrorCode.PROVIDER_BAD_RESPONSE, "no JSON"),
        (openai_twin.EMPTY, ErrorCode.PROVIDER_BAD_RESPONSE, ""),
        (openai_twin.ERROR_IN_200, ErrorCode.PROVIDER_UNAVAILABLE, "CUDA"),
        (openai_twin.RATE_LIMITED, ErrorCode.PROVIDER_RATE_LIMITED, "Rate limit"),
        (openai_twin.QUOTA, ErrorCode.PROVIDER_QUOTA, "quota"),
        (openai_twin.OUT_OF_CREDIT, ErrorCode.PROVIDER_QUOTA, "payment"),
        (openai_twin.REFUSED_KEY, ErrorCode.PROVIDER_AUTH, "Incorrect"),
        (openai_twin.MODEL_MISSING, ErrorCode.PROVIDER_MODEL_MISSING, "whisper-1"),
        (openai_twin.OVERLOADED, ErrorCode.PROVIDER_UNAVAILABLE, "later"),
        (openai_twin.PROXY_DOWN, ErrorCode.PROVIDER_UNAVAILABLE, "502"),
        (openai_twin.REJECTED, ErrorCode.PROVIDER_REJECTED, "Field required"),
        (always(json_reply({"words": []})), ErrorCode.PROVIDER_BAD_RESPONSE, "without text"),
        (always(json_reply([1])), ErrorCode.PROVIDER_BAD_RESPONSE, "without text"),
        (always(Reply(307, b"", {"location": "/"})), ErrorCode.PROVIDER_BAD_RESPONSE, ""),
        (broken_off, ErrorCode.PROVIDER_BAD_RESPONSE, ""),
        (endless, ErrorCode.PROVIDER_BAD_RESPONSE, ""),
        (silent, ErrorCode.PROVIDER_TIMEOUT, ""),
        (dripping(0.05), ErrorCode.PROVIDER_TIMEOUT, ""),
    ],
)
def test_each_way_of_going_wrong_has_its_code(manner: Manner, code: ErrorCode, said: str, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        async with twin(manner) as server:
            patience = 20.0 if manner is endless else 0.5  # it is found out by its length, not by the clock
            trouble = await trouble_of(openai(server.address, timeout=patience), one_side(tmp_path))

        assert trouble.code is code
        assert said in trouble.detail
        assert "sk-" not in trouble.detail

    ask()


@run
async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    async with twin(silent) as server:
        pass

    assert (await trouble_of(openai(server.address), one_side(tmp_path))).code is ErrorCode.PROVIDER_UNAVAILABLE


@run
async def test_the_wait_that_is_asked_for_is_told(tmp_path: Path) -> None:
    async with twin(openai_twin.RATE_LIMITED) as server:
        trouble = await trouble_of(openai(server.address), one_side(tmp_path))

    assert trouble.retry_after_seconds == 17


def test_a_wait_may_be_in_milliseconds_or_until_a_date() -> None:
    now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

    assert retry_after_seconds({"retry-after-ms": "1500"}, now=now) == 1.5
    assert retry_after_seconds({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, now=now) == 30
    assert retry_after_seconds({"retry-after": "soon"}, now=now) is None
    assert retry_after_seconds({}, now=now) is None


@run
async def test_metadata_is_never_asked_even_where_a_setting_names_it(tmp_path: Path) -> None:
    trouble = await trouble_of(openai("http://169.254.169.254"), one_side(tmp_path))

    assert trouble.code is ErrorCode.PROVIDER_REJECTED


# Vosk -------------------------------------------------------------------------------------------------------------


def vosk(address: str, *, timeout: float = 2.0) -> VoskTranscriber:
    return VoskTranscriber(Vosk(url=address, timeout_seconds=timeout), NOBODY)


@run
async def test_a_vosk_server_is_understood(tmp_path: Path) -> None:
    async with vosk_twin(understanding("добрый день", "лифт не работает")) as address:
        transcript = await vosk(address).transcribe(one_side(tmp_path, 2.2), HINTS)

    assert transcript.text == "добрый день\nлифт не работает"


@run
async def test_a_vosk_server_hears_both_sides(tmp_path: Path) -> None:
    async with vosk_twin(understanding("да", "нет")) as address:
        transcript = await vosk(address).transcribe(two_sides(tmp_path), HINTS)

    assert transcript.text == "Caller: да\nOperator: да\nCaller: нет\nOperator: нет"


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        (silent_vosk, ErrorCode.PROVIDER_TIMEOUT),
        (gibberish, ErrorCode.PROVIDER_BAD_RESPONSE),
        (hanging_up, ErrorCode.PROVIDER_UNAVAILABLE),
    ],
)
def test_a_vosk_server_goes_wrong(manner: Callable[..., Awaitable[None]], code: ErrorCode, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        async with vosk_twin(manner) as address:
            assert (await trouble_of(vosk(address, timeout=0.5), one_side(tmp_path))).code is code

    ask()


@run
async def test_what_is_no_web_socket_is_unavailable(tmp_path: Path) -> None:
    async with twin(openai_twin.WEB_PAGE) as server:
        trouble = await trouble_of(vosk(server.address.replace("http", "ws")), one_side(tmp_path))

    assert trouble.code is ErrorCode.PROVIDER_UNAVAILABLE


# A program ---------------------------------------------------------------------------------------------------------


def program(text: str, *words: str, timeout: float = 5.0) -> CommandTranscriber:
    return CommandTranscriber(Command(command=[sys.executable, "-c", text, *words], timeout_seconds=timeout))


@run
async def test_a_program_is_given_the_file_and_the_language(tmp_path: Path) -> None:
    text = "import sys, os; print(os.path.basename(sys.argv[1])); print(sys.argv[2])"

    transcript = await program(text, "{audio}", "{language}").transcribe(one_side(tmp_path), Hints(("fi",)))

    assert transcript.text == "0.wav\nfi"


@run
async def test_a_program_may_answer_with_json(tmp_path: Path) -> None:
    text = 'print(\'{"language": "fi", "segments": [{"start": 0.5, "text": "hei"}, {"start": 2, "text": "moi"}]}\')'

    transcript = await program(text).transcribe(one_side(tmp_path), HINTS)

    assert (transcript.text, transcript.language) == ("hei\nmoi", "fi")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("raise SystemExit(75)", ErrorCode.PROVIDER_UNAVAILABLE),
        ("raise SystemExit(1)", ErrorCode.PROVIDER_REJECTED),
        ("print('{\"segments\": 5}')", ErrorCode.PROVIDER_BAD_RESPONSE),
        ("while True: print('x' * 100000)", ErrorCode.PROVIDER_BAD_RESPONSE),
        ("import time; time.sleep(60)", ErrorCode.PROVIDER_TIMEOUT),
    ],
)
def test_a_program_goes_wrong(text: str, code: ErrorCode, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        timeout = 0.3 if "sleep" in text else 10.0
        assert (await trouble_of(program(text, timeout=timeout), one_side(tmp_path))).code is code

    ask()


@run
async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    transcriber = CommandTranscriber(Command(command=["/nowhere/whisper"]))

    assert (await trouble_of(transcriber, one_side(tmp_path))).code is ErrorCode.PROVIDER_REJECTED


@run
async def test_our_own_key_is_cut_out_of_what_a_refusal_quotes(tmp_path: Path) -> None:
    quoting = json_reply({"error": {"message": "There is no sk-1; get another"}}, status=401)
    async with twin(always(quoting)) as server:
        problem = await trouble_of(openai(server.address), one_side(tmp_path))

    assert (problem.code, problem.detail) == (ErrorCode.PROVIDER_AUTH, "There is no …; get another")


@run
async def test_a_program_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKARE_STATIC_TOKENS", "secret")

    transcript = await program("import os; print(sorted(os.environ))").transcribe(one_side(tmp_path), HINTS)

    assert "ASKARE" not in transcript.text


# A model folder -----------------------------------------------------------------------------------------------------

TWIN_PACKAGE = '''
"""A local twin of the package faster_whisper: the same calls, no model."""
from types import SimpleNamespace

class WhisperModel:
    def __init__(self, folder, *, device, compute_type, local_files_only):
        assert local_files_only, "a name would be looked for in the net"
        if device == "cuda":
            raise RuntimeError("CUDA driver version is insufficient")

    def transcribe(self, path, *, language, initial_prompt, vad_filter):
        said = [SimpleNamespace(start=0.5, text=f" {language} "), SimpleNamespace(start=2.0, text=f"{initial_prompt}")]
        return iter(said), SimpleNamespace(language="fi")
'''


@pytest.fixture
def model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "faster_whisper.py").write_text(TWIN_PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("faster_whisper", None)


def test_a_model_folder_is_used(model_folder: Path) -> None:
    @run
    async def ask() -> None:
        transcriber = FasterWhisperTranscriber(FasterWhisper(folder=str(model_folder)))
        transcript = await transcriber.transcribe(one_side(model_folder), Hints(("fi",), ("Askare",)))

        assert (transcript.text, transcript.language) == ("fi\nAskare", "fi")

    ask()


def test_a_machine_that_cannot_run_the_model_is_told(model_folder: Path) -> None:
    @run
    async def ask() -> None:
        transcriber = FasterWhisperTranscriber(FasterWhisper(folder=str(model_folder), device="cuda"))

        assert (await trouble_of(transcriber, one_side(model_folder))).code is ErrorCode.PROVIDER_REJECTED

    ask()


# Writing down ------------------------------------------------------------------------------------------------------


def test_without_moments_each_sides_words_stand_together() -> None:
    said = [Utterance(0, None, "a"), Utterance(0, None, "b"), Utterance(1, None, "c")]

    assert written_down(said, 1) == "Caller: a b\nOperator: c"
    assert written_down(said, None) == "a\nb\nc"
    assert written_down([], 1) == ""
