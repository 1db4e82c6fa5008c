"""Transcription by a vosk server, over a web socket."""

from __future__ import annotations

import asyncio
import socket
import wave
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from yarl import URL

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Transcript, Trouble
from askare.outside.addresses import OF_THE_HOUSE, AllowList
from askare.outside.audio import RATE
from askare.outside.fetch import Guard, NotFetched
from askare.outside.providers import Vosk, name_of
from askare.outside.speech.turns import Utterance, written_down

CHUNK_SAMPLES = 4_000  # a quarter of a second
ANSWER_BYTES_MAX = 4 * 1024 * 1024
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 30.0  # for one chunk
READ_SECONDS_MIN = 60.0
SECONDS_A_SECOND = 10.0  # of speech, without a graphics card
END = '{"eof" : 1}'  # exactly so: the server compares it as a text


class VoskTranscriber:
    """One server; it understands the language of the model that it was started with."""

    def __init__(self, provider: Vosk, allow: AllowList) -> None:
        self.name = name_of(provider)
        self.at_once = provider.at_once
        self._provider = provider
        self._guard = Guard(allow, open_kinds=OF_THE_HOUSE)

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:  # noqa: ARG002  -- the model decides
        """Raises Trouble."""
        seconds = max(READ_SECONDS_MIN, SECONDS_A_SECOND * audio.seconds)
        if self._provider.timeout_seconds is not UNSET:
            seconds = self._provider.timeout_seconds
        said: list[Utterance] = []
        try:
            async with asyncio.timeout(seconds):
                for place, side in enumerate(audio.sides):
                    said += await self._side(place, side)
        except TimeoutError:
            raise Trouble(ErrorCode.PROVIDER_TIMEOUT, f"{self.name} did not answer in time") from None
        except (InvalidHandshake, ConnectionClosed, WebSocketException, OSError) as error:
            raise Trouble(ErrorCode.PROVIDER_UNAVAILABLE, f"{self.name}: {type(error).__name__}") from error
        return Transcript(written_down(said, audio.operator_side))

    async def _side(self, place: int, side: Path) -> list[Utterance]:
        url = URL(self._provider.url)
        assert url.raw_host is not None  # noqa: S101  -- the settings were read with care
        assert url.port is not None  # noqa: S101
        said: list[Utterance] = []
        async with connect(
            self._provider.url,
            sock=await self._socket(url.raw_host, url.port),
            server_hostname=url.raw_host if url.scheme == "wss" else None,
            max_size=ANSWER_BYTES_MAX,
            open_timeout=CONNECT_SECONDS,
            close_timeout=1.0,
            proxy=None,
            compression=None,
        ) as line:
            await line.send(f'{{"config":{{"sample_rate":{RATE},"words":true,"max_alternatives":0}}}}')
            with wave.open(str(side), "rb") as file:
                while chunk := file.readframes(CHUNK_SAMPLES):
                    await line.send(chunk)
                    said += _heard(place, await self._reply(line))
            await line.send(END)
            said += _heard(place, await self._reply(line))
        return said

    async def _reply(self, line: ClientConnection) -> Any:
        async with asyncio.timeout(SILENCE_SECONDS):
            reply = await line.recv()
        try:
            return msgspec.json.decode(reply)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, f"{self.name} does not answer with JSON") from None

    async def _socket(self, host: str, port: int) -> socket.socket:
        """A connection to a checked address."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                address = (await self._guard.addresses(host, port))[0]
                family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
                one = socket.socket(family, socket.SOCK_STREAM)
                one.setblocking(False)
                try:
                    await asyncio.get_running_loop().sock_connect(one, (str(address), port))
                except BaseException:
                    one.close()
                    raise
        except NotFetched as problem:
            raise Trouble(ErrorCode.PROVIDER_UNAVAILABLE, problem.text) from None
        return one


def _heard(place: int, reply: Any) -> list[Utterance]:
    """An utterance that is complete.  Partial ones come again."""
    if not isinstance(reply, dict) or not ("text" in reply or "partial" in reply):
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, "an answer that no vosk server gives")
    text = reply.get("text")
    if not isinstance(text, str) or not text.strip():
        return []
    words = reply.get("result")
    start = words[0].get("start") if isinstance(words, list) and words and isinstance(words[0], dict) else None
    return [Utterance(place, float(start) if isinstance(start, int | float) else None, text.strip())]
