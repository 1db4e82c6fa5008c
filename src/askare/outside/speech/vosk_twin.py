"""Local twins of a vosk server: one that understands, and each way of going wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Manner = Callable[[ServerConnection], Awaitable[None]]


def understanding(*utterances: str) -> Manner:
    """Hears the first utterances one a second, and the last at the end, as asr_server.py does: one reply a chunk."""

    async def manner(line: ServerConnection) -> None:
        rate, heard, given = 8_000, 0, 0
        async for message in line:
            if isinstance(message, str):
                if message == '{"eof" : 1}':  # compared as a text
                    last = utterances[given:]
                    await line.send(_utterance(" ".join(last), heard / rate))
                    return
                rate = msgspec.json.decode(message).get("config", {}).get("sample_rate", rate)
                continue
            heard += len(message) // 2
            if heard / rate >= given + 1 and given < len(utterances) - 1:
                await line.send(_utterance(utterances[given], float(given)))
                given += 1
            else:
                await line.send('{"partial" : ""}')

    return manner


def _utterance(text: str, start: float) -> str:
    words = [{"word": word, "start": start, "end": start + 0.1, "conf": 1.0} for word in text.split()]
    return msgspec.json.encode({"result": words, "text": text} if words else {"text": ""}).decode()


async def silent(line: ServerConnection) -> None:
    """Takes all and says nothing."""
    async for _ in line:
        pass


async def gibberish(line: ServerConnection) -> None:
    async for _ in line:
        await line.send("<html>")


async def hanging_up(line: ServerConnection) -> None:
    await line.close(1011, "out of memory")


@asynccontextmanager
async def vosk_twin(manner: Manner) -> AsyncIterator[str]:
    """Its address, for as long as the context lasts."""

    async def handle(line: ServerConnection) -> None:
        with suppress(ConnectionClosed):  # the other side may hang up: that is its right
            await manner(line)

    async with serve(handle, "127.0.0.1", 0, max_size=None, close_timeout=0.2) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        server.close()
        await asyncio.sleep(0)
