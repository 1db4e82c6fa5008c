"""The only door to the data for everything that runs on the event loop.

`await desk.write(caller, once, operation, ...)` and `await desk.read(caller, operation, ...)`: the operation is a plain
function whose first argument is the transaction.  A request comes with both already bound (`Call` in the wire kit).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar, Union

from askare.kernel.caller import Caller
from askare.kernel.problems import Unavailable
from askare.storage.idempotency import Once, once_only
from askare.storage.sqlite import SHORT_READ_STEPS, Errand, ReadTooLong, Resolve, SqliteDatabase
from askare.storage.transactions import Transaction

if TYPE_CHECKING:
    from askare.storage.postgres import PostgresDatabase

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LONG_READERS = 3  # threads for reads that are not over at once
LONG_READS_WAITING_MAX = 200

# The driver of PostgreSQL takes 10 MB and a sixth of a second: who runs on SQLite need not have them.
Database: TypeAlias = Union[SqliteDatabase, "PostgresDatabase"]


class Desk:
    """Carries operations to the database and their results back to the event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting = 0
        self._resolve: Resolve | None = None
        threads = LONG_READERS if isinstance(database, SqliteDatabase) else database.connections_max
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="askare-desk")

    async def write(
        self,
        caller: Caller | None,
        once: Once | None,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run one operation that changes things, for `caller` (None: for the house itself).

        Returns when its effect is on the disk.  With `once`, a repetition under the same key answers the first
        result and changes nothing.  Raises what the operation raises, and Unavailable.
        """
        errand = _bound(operation, args, kwargs)
        if once is not None:
            errand = once_only(errand, once)
        if isinstance(self.database, SqliteDatabase):
            loop = asyncio.get_running_loop()
            future: asyncio.Future[Result] = loop.create_future()
            queued = self.database.submit(errand, caller, self._resolver(loop))
            queued.future = future
            return await future
        return await self._elsewhere(partial(self.database.write, errand, caller))

    async def read(
        self,
        caller: Caller | None,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run one operation that only looks, on one snapshot."""
        errand = _bound(operation, args, kwargs)
        if isinstance(self.database, SqliteDatabase):
            # Most reads take less time than waking a thread would; the few long ones are broken off and moved.
            try:
                return self.database.read(errand, caller, steps_max=SHORT_READ_STEPS)
            except ReadTooLong:
                pass
        return await self._elsewhere(partial(self.database.read, errand, caller))

    async def read_aside(
        self,
        caller: Caller | None,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """The same in a thread from the start: for reads whose time goes into Python, where nothing breaks them off."""
        return await self._elsewhere(partial(self.database.read, _bound(operation, args, kwargs), caller))

    async def _elsewhere(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= LONG_READS_WAITING_MAX:
            raise Unavailable("More requests are waiting for the database than it can carry.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _resolver(self, loop: asyncio.AbstractEventLoop) -> Resolve:
        # One for all writes of the loop: a whole group of them then costs the loop a single wake-up.
        if self._resolve is None:
            self._resolve = lambda errands: loop.call_soon_threadsafe(_deliver, errands)
        return self._resolve

    def close(self) -> None:
        """Finish what is under way and close the database."""
        self._threads.shutdown(wait=True)
        self.database.close()


def _bound(
    operation: Callable[..., Result], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[Transaction], Result]:
    def errand(tx: Transaction) -> Result:
        return operation(tx, *args, **kwargs)

    return errand


def _deliver(errands: list[Errand]) -> None:
    """Back on the event loop: wake everyone whose write is now on the disk."""
    for errand in errands:
        future: asyncio.Future[Any] = errand.future
        if future.cancelled():
            continue  # the client left; its write stands all the same
        if errand.error is not None:
            future.set_exception(errand.error)
        else:
            future.set_result(errand.result)
