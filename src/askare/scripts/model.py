"""What a script is, and what it is handed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.edge import Edge
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.scripts.needs import Services
from askare.storage.desk import Desk
from askare.storage.transactions import Transaction

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

OUTPUT_LETTERS_MAX = 1_048_576  # 1 MiB of what a script says is kept


class ScriptFailed(Exception):
    """The script cannot do its work; the text is for people."""


class NoParameters(Struct):
    """A script that is told nothing."""


class Context:
    """One run, as its script sees it.  No transaction is open while it waits: each read and write is one of its own,
    for the house on behalf of the organization."""

    def __init__(
        self,
        desk: Desk,
        edge: Edge,
        services: Services,
        *,
        run_id: UUID,
        organization_no: int,
        organization_id: UUID,
        task_id: UUID | None,
        planned: datetime,
        attempt: int,
        site: str,
        say: Callable[[str], None],
    ) -> None:
        self.run_id = run_id
        self.task_id = task_id
        self.planned = planned
        self.attempt = attempt
        self.site = site
        self.services = services
        self.say = say
        self.caller = Caller(organization_no, organization_id, HOUSE_USER, Role.ADMIN)
        self._desk = desk
        self._edge = edge

    def now(self) -> datetime:
        return self._edge.now()

    def new_id(self) -> UUID:
        return self._edge.new_id()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.services.data

    async def read(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation that only looks."""
        return await self._desk.read(self.caller, operation, *args, **kwargs)

    async def write(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation that changes things."""
        return await self._desk.write(self.caller, None, operation, *args, **kwargs)


Run = Callable[[Context, Any], "Awaitable[str | None] | str | None"]


class Script(Struct, frozen=True):
    """What a code stands for: what it does, the type of its parameters, and how it does it."""

    summary: str
    parameters: type[Struct]
    run: Run

    def read_parameters(self, said: dict[str, Any]) -> Struct:
        """The typed parameters from `startparam1` … in the order of their fields.  Raises ScriptFailed, in words."""
        fields = msgspec.structs.fields(self.parameters)
        given: dict[str, Any] = {}
        for number, field in enumerate(fields, 1):
            value = said.get(f"startparam{number}")
            if value is not None and value != "":
                given[field.name] = value
            elif field.required:
                raise ScriptFailed(f"startparam{number} ({field.name}) is missing")
        try:
            return msgspec.convert(given, self.parameters, strict=False)
        except msgspec.ValidationError as error:
            raise ScriptFailed(f"the start parameters do not fit: {error}") from None


def script(summary: str) -> Callable[[Run], Script]:
    """Make a function a script: `async def` or plain, of a Context and a Struct of parameters."""

    def make(run: Run) -> Script:
        hints = list(get_type_hints(run).items())
        kinds = [kind for name, kind in hints if name != "return" and kind is not Context]
        parameters = kinds[0] if kinds else NoParameters
        return Script(summary, parameters, run)

    return make


def parameters_of(script: Script) -> list[tuple[str, str, str, str]]:
    """`startparam1, name, type, default` of each parameter, for people."""
    told = []
    for number, field in enumerate(msgspec.structs.fields(script.parameters), 1):
        default = "required" if field.required else repr(field.default)
        kind = getattr(field.type, "__name__", str(field.type))
        told.append((f"startparam{number}", field.name, kind, default))
    return told
