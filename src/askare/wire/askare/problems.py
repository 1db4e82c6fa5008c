"""The one table from problem to answer: that of the OviPro dialect, in whose shape our own errors come too."""

from __future__ import annotations

import falcon.asgi

from askare.kernel.problems import Fault
from askare.wire.askare import extension_pages, letter_pages
from askare.wire.ovipro.problems import TABLE as TABLE
from askare.wire.ovipro.problems import ErrorBody as ErrorBody
from askare.wire.ovipro.problems import OviProManners

# Under these live the pages for people, whom a link in a letter has led there.
PAGES = (f"{letter_pages.PREFIX}/", f"{extension_pages.PREFIX}/")


class AskareManners(OviProManners):
    """Request-ID and API keys as in the OviPro dialect, but on the pages for people."""

    name = "askare"

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:
        return super().read_trace(request, [] if request.path.startswith(PAGES) else faults)
