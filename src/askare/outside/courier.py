"""Events, taken to the addresses of webhooks: by the only way out, which asks where an address leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from askare.calltasks.telling import NotTaken
from askare.outside.addresses import AllowList

if TYPE_CHECKING:
    from askare.outside.fetch import Fetcher

ANSWER_SECONDS_MAX = 10.0  # source: contract 7.6
ANSWER_BYTES_MAX = 65_536


class WebCourier:
    """One for as long as the server runs."""

    def __init__(self, allow: AllowList) -> None:
        self._allow = allow
        self._fetcher: Fetcher | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer; what else it says is not read.  Raises NotTaken."""
        from askare.outside.fetch import Bounds, Fetcher, NotFetched  # an HTTP client, and most servers tell nobody

        if self._fetcher is None:
            self._fetcher = Fetcher(self._allow)
        bounds = Bounds(bytes_max=ANSWER_BYTES_MAX, total_seconds=ANSWER_SECONDS_MAX)
        try:
            answer = await self._fetcher.fetch("POST", url, headers=headers, content=body, bounds=bounds)
        except NotFetched as problem:
            raise NotTaken(problem.text) from None
        return answer.status

    async def aclose(self) -> None:
        if self._fetcher is not None:
            await self._fetcher.aclose()
