"""When something gets another name, whatever names it is found by the new one.  Kept by the night shift."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import UUID

from askare.directory import store
from askare.directory.model import Kind
from askare.jobs.runner import Work
from askare.storage.transactions import Transaction

THINGS_AT_ONCE = 200
TEXTS_AT_ONCE = 200


class Rewrite(Protocol):
    """How a room lets its things be found by the present names of what they point at.

    Called with some of the things that were renamed, it rewrites the texts of at most `limit` of the room's things that
    name any of them, in the order of their numbers from just behind `after`, and returns the last number that it saw
    to, or None when there are no more.
    """

    def __call__(
        self, tx: Transaction, renamed: Sequence[tuple[Kind, UUID]], *, after: int, limit: int
    ) -> int | None: ...


def keeper(rewrites: Sequence[Rewrite]) -> Callable[[Work], Awaitable[None]]:
    """The handler of `Kind.RENAME` that sees to the things of all these rooms."""

    async def handle(work: Work) -> None:
        """Rewrite the texts of what names something that has a new name.

        Running twice is harmless: a text is made anew from what its thing says now, and a renamed thing leaves the
        list after the last text that names it was rewritten, unless it has got yet another name.
        """
        while things := await work.read(store.renamed, limit=THINGS_AT_ONCE):
            named = [(one.kind, one.thing_id) for one in things]
            for rewrite in rewrites:
                after: int | None = 0
                while after is not None:
                    after = await work.write(rewrite, named, after=after, limit=TEXTS_AT_ONCE)
            await work.write(store.forget_renamed, things)

    return handle
