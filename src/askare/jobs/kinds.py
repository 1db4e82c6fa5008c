"""Everything that happens in the background because somebody promised it."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What is promised; `about` is the id of the thing it is about.  The values are on people's disks."""

    MATCH_REALTY = "match realty"
    DELIVER_LETTER = "deliver letter"
    RENAME = "rename"
    TEND_WATCH = "tend watch"
    FETCH_RECORDING = "fetch recording"
    DECODE_RECORDING = "decode recording"
    TRANSCRIBE_CALL = "transcribe call"
    SUMMARISE_CALL = "summarise call"
    FORGET_RECORDING = "forget recording"
    DELIVER_EVENT = "deliver event"
