"""One request, read and checked: what a handler is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

from askare.edge import Edge
from askare.kernel.caller import Caller
from askare.kernel.versions import Precondition
from askare.storage.desk import Desk
from askare.storage.idempotency import Once
from askare.storage.transactions import Transaction

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Call:
    """Who calls, when, with which parameters and body; and the door to the data, opened for this caller.

    `path` is the one that was asked for, of several under which the endpoint may live.  `parameters` and `body` are
    values of the types that the endpoint declares.  `expected_versions` is what If-Match says: None when it says
    nothing (or `*`), else the versions of which the thing must have one.  `exists` is True for `If-Match: *`, and
    `is_any_known` for `If-None-Match: *`.  `session` is the cookie that the caller is known by, if any.
    """

    __slots__ = (
        "_caller",
        "_desk",
        "_edge",
        "_request",
        "body",
        "exists",
        "expected_versions",
        "idempotency_key",
        "is_any_known",
        "known_versions",
        "now",
        "parameters",
        "path",
        "session",
    )

    def __init__(self, desk: Desk, edge: Edge, now: datetime, *, path: str) -> None:
        self._desk = desk
        self._edge = edge
        self._caller: Caller | None = None
        self._request: tuple[str, bytes] = ("", b"")
        self.now = now
        self.path = path
        self.parameters: Any = None
        self.body: Any = None
        self.idempotency_key: str | None = None
        self.expected_versions: frozenset[int] | None = None
        self.known_versions: frozenset[int] | None = None
        self.session: str | None = None
        self.exists: bool | None = None
        self.is_any_known = False

    @property
    def precondition(self) -> Precondition:
        """What the headers say that must hold before something is changed."""
        exists = False if self.is_any_known else self.exists
        return Precondition(one_of=self.expected_versions, none_of=self.known_versions, exists=exists)

    def knows(self, version: int) -> bool:
        """Whether the caller has this version of a thing already, by If-None-Match, and need not be sent it again."""
        return self.is_any_known or (self.known_versions is not None and version in self.known_versions)

    def present(self) -> datetime:
        """The time as it is by now, for answers that go on for long."""
        return self._edge.now()

    def identify(self, caller: Caller | None) -> None:
        """Say who is calling."""
        self._caller = caller

    def fingerprint(self, operation: str, body: bytes) -> None:
        """Say what the request is, for idempotency."""
        self._request = (operation, body)

    @property
    def caller(self) -> Caller:
        """Who calls.  Raises LookupError on an endpoint that is open to everybody."""
        if self._caller is None:
            raise LookupError("this endpoint needs no caller")
        return self._caller

    @property
    def known_caller(self) -> Caller | None:
        """Who calls, as far as that is known."""
        return self._caller

    def new_id(self) -> UUID:
        return self._edge.new_id()

    async def write(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation for the caller; it is on the disk when this returns.  Honours the Idempotency-Key."""
        once = None
        if self.idempotency_key is not None and self._caller is not None:
            name, body = self._request
            once = Once(
                key=self.idempotency_key,
                operation=name,
                fingerprint=hashlib.sha256(body).digest(),
                result_type=_result_type(operation),
                now=self.now,
            )
        return await self._desk.write(self._caller, once, operation, *args, **kwargs)

    async def read(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation that only looks, for the caller."""
        return await self._desk.read(self._caller, operation, *args, **kwargs)

    async def read_aside(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """The same beside the event loop, for one that thinks long over what it reads."""
        return await self._desk.read_aside(self._caller, operation, *args, **kwargs)


@lru_cache(maxsize=200)
def _result_type(operation: Callable[..., Any]) -> Any:
    return get_type_hints(operation)["return"]
