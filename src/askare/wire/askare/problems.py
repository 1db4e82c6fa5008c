"""The one table from problem to answer: that of the OviPro dialect, in whose shape our own errors come too."""

from __future__ import annotations

import falcon.asgi

from askare.kernel.problems import Fault
from askare.wire.askare import letter_pages
from askare.wire.ovipro.problems import TABLE as TABLE
from askare.wire.ovipro.problems import ErrorBody as ErrorBody
from askare.wire.ovipro.problems import OviProManners


class AskareManners(OviProManners):
    """Request-ID and API keys as in the OviPro dialect, but on the pages for people."""

    name = "askare"

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:
        is_page = request.path.startswith(f"{letter_pages.PREFIX}/")
        return super().read_trace(request, [] if is_page else faults)
