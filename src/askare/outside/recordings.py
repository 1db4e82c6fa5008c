"""Recordings of calls: fetched from wherever an exchange says they are, and taken apart."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Trouble
from askare.outside.addresses import AllowList
from askare.outside.audio import Channels, NotDecoded, TooLong
from askare.outside.decoders import Decoders
from askare.outside.fetch import Bounds, Fetcher, NotFetched, Why, read_address
from askare.outside.providers import Credentials

BYTES_MAX = 200 * 1024 * 1024  # source: contract 4.5, like the times below
BOUNDS = Bounds(bytes_max=BYTES_MAX, total_seconds=600.0, connect_seconds=5.0, silence_seconds=30.0, redirects_max=3)

_TROUBLES = {
    Why.BAD_ADDRESS: ErrorCode.RECORDING_BLOCKED,
    Why.BLOCKED: ErrorCode.RECORDING_BLOCKED,
    Why.TOO_LARGE: ErrorCode.RECORDING_TOO_LARGE,
    Why.REDIRECTED: ErrorCode.RECORDING_UNREACHABLE,
    Why.TIMED_OUT: ErrorCode.RECORDING_UNREACHABLE,
    Why.UNREACHABLE: ErrorCode.RECORDING_UNREACHABLE,
    Why.NOT_HTTP: ErrorCode.RECORDING_UNREACHABLE,
}


class FetchedRecordings:
    """One for as long as the server runs.  `credentials` are what hosts want to see, by host or host:port."""

    def __init__(
        self,
        allow: AllowList,
        *,
        operator: Channels,
        credentials: Mapping[str, Credentials] | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._fetcher = Fetcher(allow)
        self._decoders = Decoders()
        self._operator = operator
        self._credentials = {host.lower(): one for host, one in (credentials or {}).items()}
        self._bounds = bounds

    async def aclose(self) -> None:
        await self._fetcher.aclose()
        await self._decoders.aclose()

    async def fetch(self, url: str, into: Path) -> int:
        """Download to the file `into`, whole or not at all; return its bytes.  Raises Trouble."""
        try:
            answer = await self._fetcher.download(url, into, headers=self._headers(url), bounds=self._bounds)
        except NotFetched as problem:
            # Of the limit and of what is open the operator is told anyway, in the own language.
            detail = problem.host if problem.why in (Why.TOO_LARGE, Why.BLOCKED) else problem.text
            raise Trouble(_TROUBLES[problem.why], detail) from None
        if answer.status == 200:
            return answer.size
        if answer.status in (404, 410):
            raise Trouble(ErrorCode.RECORDING_NOT_FOUND, answer.host)
        if answer.status in (401, 403):
            raise Trouble(ErrorCode.RECORDING_FORBIDDEN, answer.host)
        raise Trouble(ErrorCode.RECORDING_UNREACHABLE, f"{answer.host} answers {answer.status}")

    def _headers(self, url: str) -> dict[str, str]:
        """What this very host wants to see.  The fetcher does not carry it on to another one."""
        address = read_address(url)
        own = self._credentials.get(f"{address.host}:{address.port}") or self._credentials.get(address.host or "")
        if own is None:
            return {}
        if own.header:
            name, _, value = own.header.reveal().partition(":")
            return {name.strip().lower(): value.strip()}
        return {"authorization": f"Basic {b64encode(f'{own.user}:{own.password.reveal()}'.encode()).decode()}"}

    async def decode(self, recording: Path, into: Path) -> Decoded:
        """Take a recording apart into WAV files in the folder `into`.  Raises Trouble."""
        try:
            sides = await self._decoders.take_apart(recording, into, operator=self._operator)
        except TooLong as problem:
            raise Trouble(ErrorCode.RECORDING_TOO_LONG, str(problem)) from None
        except NotDecoded as problem:
            raise Trouble(ErrorCode.UNSUPPORTED_AUDIO, str(problem)) from None
        return Decoded(sides.files, sides.seconds, sides.operator)
