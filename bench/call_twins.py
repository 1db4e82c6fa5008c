"""The world outside of `bench/calls.py`, as cheap as it can be: an exchange's recordings, and a provider that
transcribes and sums up at once, over HTTP, in a process of its own on the same machine.

    python bench/call_twins.py <recording>      # says its port, and serves until its input ends

Nothing of what is sent is looked at but its length: the machine's time is to go into the pipeline, not into its twin.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BUFFER_BYTES = 1 << 19

SAID = [
    "Здравствуйте, служба воды, слушаю вас.",
    "Здравствуйте, у нас с утра нет воды на Абая, 10, квартира 4.",
    "Аварийная бригада уже там, воду дадут сегодня до шести вечера.",
    "Хорошо, перезвоните мне, пожалуйста, когда дадут.",
]
HEARD = {
    "language": "russian",
    "duration": 15.0,
    "text": " ".join(SAID),
    "segments": [
        {"id": at, "start": at * 3.5, "end": at * 3.5 + 3, "text": f" {text}", "no_speech_prob": 0.01}
        for at, text in enumerate(SAID)
    ],
}
SUMMED_UP = {
    "call_summary": "С утра нет воды на Абая, 10, квартира 4; просит перезвонить.",
    "call_response_summary": "Бригада на месте, воду дадут сегодня до шести вечера.",
    "language": "ru",
}
COMPLETION = {
    "id": "1",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": json.dumps(SUMMED_UP, ensure_ascii=False)},
        }
    ],
    "usage": {},
}


def _answer(body: bytes, media: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def _json(value: object) -> bytes:
    return _answer(json.dumps(value, ensure_ascii=False).encode(), "application/json")


class _Line(asyncio.BufferedProtocol):
    """One connection: a request's head is read, its body is counted away, and the answer is ready."""

    def __init__(self, recording: bytes, asked: dict[str, int]) -> None:
        self._answers = {
            b"GET /rec/": ("recordings", _answer(recording, "audio/wav")),
            b"POST /v1/audio/transcriptions": ("transcriptions", _json(HEARD)),
            b"POST /v1/chat/completions": ("summaries", _json(COMPLETION)),
        }
        self._asked = asked
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._head = b""
        self._left = 0  # bytes of a body that are still to come
        self._pending: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  -- asyncio's own signature
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        at = 0
        while at < nbytes:
            if self._left:
                taken = min(self._left, nbytes - at)
                self._left -= taken
                at += taken
            else:
                known = len(self._head)
                self._head += bytes(self._view[at : min(nbytes, at + 65_536)])
                end = self._head.find(b"\r\n\r\n")
                if end < 0:
                    at = min(nbytes, at + 65_536)
                    continue
                head, self._head = self._head[:end], b""
                at += end + 4 - known
                length = _LENGTH.search(head)
                self._left = int(length[1]) if length else 0
                what, self._pending = next(answer for start, answer in self._answers.items() if head.startswith(start))
                self._asked[what] += 1
            if not self._left and self._pending is not None:
                self._transport.write(self._pending)
                self._pending = None


async def _serve(recording: bytes) -> None:
    loop = asyncio.get_running_loop()
    asked = {"recordings": 0, "transcriptions": 0, "summaries": 0}
    server = await loop.create_server(lambda: _Line(recording, asked), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"asked": asked, "seconds": time.process_time()}), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]).read_bytes()))
