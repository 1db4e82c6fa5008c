"""The one table from problem to answer: that of the OviPro dialect, in whose shape our own errors come too."""

from __future__ import annotations

from askare.wire.ovipro.problems import TABLE as TABLE
from askare.wire.ovipro.problems import ErrorBody as ErrorBody
from askare.wire.ovipro.problems import OviProManners


class AskareManners(OviProManners):
    """Request-ID and API keys as in the OviPro dialect."""

    name = "askare"
