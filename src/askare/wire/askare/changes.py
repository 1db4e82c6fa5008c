"""What has changed, on the wire: for programs that keep a copy."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.feed import operations
from askare.feed.rules import KINDS
from askare.kernel.change import Change
from askare.kernel.time import written
from askare.wire.askare.realties import ROLES
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Endpoint, Example, Reply

TOLD_AT_ONCE_MAX = 1_000

KindOfThing = Enum("KindOfThing", {kind: kind for kind in KINDS})  # type: ignore[misc]

_EXAMPLE: dict[str, Any] = {
    "changes": [
        {
            "kind": "task",
            "id": "c6d2288d-2ecb-448a-aef3-fd5144920e0b",
            "change": "updated",
            "at": "2026-03-02T09:00:00Z",
            "version": 2,
        }
    ],
    "token": "WyI0MiIsIiIsMCw0MiwiMTc3MjQ0MTAwMDAwMCIsMTc3MjQ0MTAwMDAwMF0",
}


class ChangesAsked(Struct, frozen=True, kw_only=True):
    """Since when, and of what."""

    since: Annotated[
        str,
        Meta(
            description="The token of the answer before. Left out: everything that is kept.",
            max_length=4_000,
        ),
    ] = ""
    kinds: Annotated[tuple[KindOfThing, ...], Meta(description="Only these kinds of things; all without it.")] = ()
    size: Annotated[int, Meta(ge=1, le=TOLD_AT_ONCE_MAX, description="At most so many changes at once.")] = 100


class ChangeTold(Struct, frozen=True):
    """One change: what was changed, how, when, and the version that it has since (`ETag`)."""

    kind: str
    id: UUID
    change: Change
    at: datetime
    version: int


class ChangesTold(Struct, frozen=True):
    """Changes in the order in which they were made, each once, and the token to ask with next."""

    changes: list[ChangeTold]
    token: str


class ChangesApi:
    """The one operation; `kept_for` is how long a token holds."""

    def __init__(self, *, kept_for: timedelta) -> None:
        self._kept_for = kept_for

    async def get_changes(self, call: Call) -> Reply:
        asked: ChangesAsked = call.parameters
        batch = await call.read(
            operations.changes,
            asked.since,
            kinds=[kind.value for kind in asked.kinds] or KINDS,
            limit=asked.size,
            now=call.now,
            kept_for=self._kept_for,
        )
        told = [
            {
                "kind": one.kind,
                "id": one.id,
                "change": one.change,
                "at": written(one.at),
                "version": one.version,
            }
            for one in batch.changes
        ]
        return Reply(200, msgspec.json.encode({"changes": told, "token": batch.token}), {"Cache-Control": "no-store"})

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [
            Endpoint(
                method="GET",
                path="/changes",
                operation_id="changes.get",
                summary="Learn what has changed",
                description="Every created, changed and deleted thing that the caller may see, in the order of the"
                f" changes, each once. Ask again with the token; when nothing is left, `changes` is empty."
                f" A token holds for {self._kept_for.days} days.",
                tag="Changes",
                roles=ROLES,
                handle=self.get_changes,
                parameters=ChangesAsked,
                answers=(Answer(200, "What has changed.", ChangesTold, (Example("changes", _EXAMPLE),)),),
            )
        ]
