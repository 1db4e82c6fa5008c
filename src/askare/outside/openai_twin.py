"""Local twins of servers that speak OpenAI's HTTP API: good ones, and each way of going wrong.

`python -m askare.outside.openai_twin 9000` runs a good one, to try a set-up without any account or model.
"""

from __future__ import annotations

import asyncio
import re
import sys
import wave
from collections.abc import Iterable
from io import BytesIO

import msgspec

from askare.calltasks.summary.extract import summarise
from askare.outside.twin import Asked, Manner, Reply, Stream, Twin, always, json_reply

UPLOAD_BYTES_MAX = 26_214_400  # as the real one


def form_of(asked: Asked) -> tuple[dict[str, str], bytes]:
    """The fields of a multipart form, and its file."""
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    fields: dict[str, str] = {}
    sound = b""
    for part in asked.body.split(b"--" + boundary)[1:-1]:
        head, _, body = part[2:-2].partition(b"\r\n\r\n")
        found = re.search(rb'name="([^"]+)"', head)
        name = found[1].decode() if found else ""
        if b"filename=" in head:
            sound = body
        else:
            fields[name] = body.decode()
    return fields, sound


def error(status: int, code: str, message: str, *, parameter: str = "", headers: dict[str, str] | None = None) -> Reply:
    """An error as OpenAI words it."""
    value = {"error": {"message": message, "type": "invalid_request_error", "param": parameter, "code": code}}
    return json_reply(value, status=status, headers=headers)


def good(
    text: str = "Здравствуйте. У нас не работает лифт.",
    *,
    forms: Iterable[str] = ("verbose_json", "json", "text"),
    answer_forms: Iterable[str] = ("json_schema", "json_object", "none"),
) -> Manner:
    """Understands every recording as `text`, and sums up what it is given.  `forms` are those that it knows."""
    known, known_answers = frozenset(forms), frozenset(answer_forms)

    async def manner(asked: Asked, _line: Stream) -> Reply:
        if asked.target.endswith("/audio/transcriptions"):
            return _transcribed(asked, text, known)
        if asked.target.endswith("/chat/completions"):
            return _summed_up(asked, known_answers)
        return error(404, "unknown_url", "Unknown request URL")

    return manner


def _transcribed(asked: Asked, text: str, known: frozenset[str]) -> Reply:
    if len(asked.body) > UPLOAD_BYTES_MAX:
        return error(413, "", "Maximum content size limit (26214400) exceeded")
    fields, sound = form_of(asked)
    form = fields.get("response_format", "json")
    if form not in known:
        return error(
            400, "unsupported_value", f"response_format {form!r} is not compatible", parameter="response_format"
        )
    try:
        with wave.open(BytesIO(sound), "rb") as file:
            seconds = file.getnframes() / file.getframerate()
    except (wave.Error, EOFError):
        return error(400, "invalid_value", "Audio file might be corrupted or unsupported", parameter="file")
    if form == "text":
        return Reply(200, f"{text}\n".encode(), {"content-type": "text/plain"})
    if form == "json":
        return json_reply({"text": text})
    segments = [
        {"id": 0, "start": 0.0, "end": seconds, "text": f" {text}", "no_speech_prob": 0.01, "avg_logprob": -0.2}
    ]
    return json_reply({"language": "russian", "duration": str(seconds), "text": text, "segments": segments})


def _summed_up(asked: Asked, known: frozenset[str]) -> Reply:
    value = msgspec.json.decode(asked.body)
    form = (value.get("response_format") or {"type": "none"})["type"]
    if form not in known:
        return error(400, "invalid_request", f"response_format {form} is unavailable now", parameter="response_format")
    question = value["messages"][-1]["content"]
    found = summarise(question.split("===")[1] if "===" in question else question)
    content = {
        "call_summary": found.caller,
        "call_response_summary": found.operator,
        "language": found.language,
    }
    return completion(msgspec.json.encode(content).decode())


def completion(content: str | None, *, reason: str = "stop", refused: str | None = None) -> Reply:
    """A model's answer."""
    message = {"role": "assistant", "content": content, "refusal": refused}
    return json_reply({"id": "1", "choices": [{"index": 0, "finish_reason": reason, "message": message}], "usage": {}})


# How it goes wrong, as seen in the wild: contract 7.3.
WEB_PAGE = always(Reply(200, b"<html><head><title>Sign in</title></head></html>", {"content-type": "text/html"}))
BAD_JSON = always(Reply(200, b'{"text": "hal', {"content-type": "application/json"}))
EMPTY = always(Reply(200, b""))
ERROR_IN_200 = always(json_reply({"error": {"message": "CUDA out of memory", "code": 503}}))
RATE_LIMITED = always(error(429, "rate_limit_exceeded", "Rate limit reached", headers={"retry-after": "17"}))
QUOTA = always(error(429, "insufficient_quota", "You exceeded your current quota"))
OUT_OF_CREDIT = always(json_reply({"error": "payment required"}, status=402))
REFUSED_KEY = always(error(401, "invalid_api_key", "Incorrect API key provided: sk-abcdef1234567890"))
MODEL_MISSING = always(json_reply({"detail": "Model is not installed locally"}, status=404))
OVERLOADED = always(error(503, "server_is_overloaded", "Try again later"))
PROXY_DOWN = always(Reply(502, b"<html><title>502 Bad Gateway</title></html>", {"content-type": "text/html"}))
REJECTED = always(
    json_reply({"detail": [{"loc": ["body", "file"], "msg": "Field required", "type": "missing"}]}, status=422)
)


async def _main(port: int) -> None:
    one = Twin(good())
    await one.open(port=port)
    print(f"A twin of OpenAI answers at {one.address}/v1", file=sys.stderr)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
