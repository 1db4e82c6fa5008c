"""The command `askare` with two seconds where the real one has half a minute or more, so that no test waits that long;
and whose other process for calls is asked from the first call on, not from the fifth at once.

Run as `python -m tests.journeys.hurried serve …`.
"""

from __future__ import annotations

from datetime import timedelta

from askare import cli, main, serving
from askare.calltasks import jobs as calls
from askare.outside import hands

SECONDS = 2

if __name__ == "__main__":
    vars(main)["BODY_SECONDS_MAX"] = float(SECONDS)
    vars(serving)["HEADER_MILLISECONDS_MAX"] = SECONDS * 1000
    vars(hands)["HERE_MAX"] = 0
    vars(calls)["LEASE"] = timedelta(seconds=SECONDS)
    cli.main()
