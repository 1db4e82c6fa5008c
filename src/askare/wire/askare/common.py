"""What the things of our own dialect share: parameters of lists, and the answers to PUT and DELETE."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.kernel.paging import Window
from askare.kernel.time import settled
from askare.kernel.words import QUERY_WORDS_MAX
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import INT32_MAX

PREFIX = "/askare/v1"
TEXT_LETTERS_MAX = 10_000

Instant = Annotated[datetime, Meta(tz=True)]


class ListParameters(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every list takes.  OR inside a parameter, AND between parameters."""

    free_text_search: Annotated[
        str,
        Meta(
            max_length=TEXT_LETTERS_MAX,
            description="Words that must all occur, in any order, case and inflection; at most"
            f" {QUERY_WORDS_MAX} words.",
            examples=["Hämeenkatu Tampere"],
        ),
    ] = ""
    modified_after: Annotated[Instant, Meta(description="Things modified after this instant.")] | None = None
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first thing of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Things a page.")] = 50

    def __post_init__(self) -> None:
        if self.modified_after is not None:
            settled(self.modified_after)

    def window(self) -> Window:
        return Window(self.start_index, self.size)


def put_reply(call: Call, id_field: str, thing_id: UUID, *, version: int, is_new: bool, empty: Reply) -> Reply:
    """201 with the id for a new thing, else the dialect's empty success; both with the entity tag."""
    headers = {"ETag": etag_of(version)}
    if is_new:
        return Reply(201, msgspec.json.encode({id_field: thing_id}), {**headers, "Location": call.path})
    return msgspec.structs.replace(empty, headers=headers)
