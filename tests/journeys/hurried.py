"""The command `askare` with two seconds where the real one has half a minute, so that no test has to wait that long.

Run as `python -m tests.journeys.hurried serve …`.
"""

from __future__ import annotations

from askare import cli, main, serving

SECONDS = 2

if __name__ == "__main__":
    vars(main)["BODY_SECONDS_MAX"] = float(SECONDS)
    vars(serving)["HEADER_MILLISECONDS_MAX"] = SECONDS * 1000
    cli.main()
