"""One operation of this dialect at work: who calls, what is asked, all faults at once, one reply, one line in the log.

It differs from the kit's in what FastAPI's clients count on: bodies are read whatever their Content-Type says, what
nobody knows is passed over, numbers may come as texts, and whoever hands a call in may say who they are in three ways.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import falcon
import falcon.asgi
import structlog
from msgspec import Struct

from askare.kernel.caller import Role, Scope
from askare.kernel.problems import Fault, Forbidden, Invalid, Problem, Unauthenticated
from askare.storage.transactions import Transaction
from askare.wire.callcentre.problems import (
    CallCentreManners,
    ValidationError,
    fault_detail,
    json_error,
    validation_reply,
)
from askare.wire.callcentre.reading import Field, as_written, read_fields
from askare.wire.callcentre.words import wished_language
from askare.wire.kit import headers
from askare.wire.kit.call import Call
from askare.wire.kit.dialect import FalconApp, House, Methods, assembled, read_body, send
from askare.wire.kit.endpoints import Answer, Example, Reply
from askare.wire.kit.problems import Broken, MalformedJson, UnsupportedMediaType
from askare.wire.kit.reading import plain_json, raw_query, settled_text

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_log = structlog.get_logger("askare")


class Streamed(Struct, frozen=True):
    """A reply whose body is read while it is sent."""

    status: int
    headers: dict[str, str]
    content_type: str
    parts: Any  # an async iterator of bytes


Handler = Callable[[Call], Awaitable[Reply | Streamed]]


class Operation(Struct, frozen=True, kw_only=True):
    """One operation, declared once: routing, reading and the OpenAPI document come from here.

    `roles` says who may call it, and `scopes` what one of a token must have that is limited to some: by the method,
    where nothing else is said.  `by_key`: an ingest key will do, in X-API-Key or in the path; such an operation is
    documented without a security requirement, as the original one is (contract 5).  `also` are other methods and
    paths that are answered likewise and documented nowhere (contract 1.5).
    """

    method: str
    path: str
    operation_id: str
    summary: str
    description: str = ""
    tag: str
    roles: frozenset[Role]
    handle: Handler
    path_fields: dict[str, Field] = {}
    query_fields: dict[str, Field] = {}
    body_fields: dict[str, Field] | None = None
    parameters: Any = None  # for the document: a Struct of the query
    body: Any = None  # for the document: a Struct of the body
    example: Any = None
    answer: Answer
    by_key: bool = False
    in_document: bool = True
    problems: tuple[int, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = ()
    media: str = "audio/*"  # of an answer without a type
    scopes: tuple[Scope, ...] = ()

    @property
    def suitable_scopes(self) -> tuple[Scope, ...]:
        return self.scopes or ((Scope.TASKS_READ,) if self.method == "GET" else (Scope.TASKS_WRITE,))

    @property
    def checks_version(self) -> bool:
        """Whether If-Match counts here: something that is there is changed."""
        return 412 in self.problems


AnonymousCaller = Callable[[Transaction], Any]


def build_app(
    house: House,
    manners: CallCentreManners,
    operations: Sequence[Operation],
    *,
    anonymous: AnonymousCaller | None,
) -> FalconApp:
    """The ASGI application.  `anonymous` finds whom a nameless call is handed in for, where that is allowed."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        for method, path in ((operation.method, operation.path), *operation.also):
            by_path.setdefault(path, {})[method] = operation
    return assembled(
        {
            path: Methods(
                house,
                manners,
                {
                    method: _AtWork(house, manners, operation, anonymous).respond
                    for method, operation in methods.items()
                },
            )
            for path, methods in by_path.items()
        },
        nowhere=Methods(house, manners, {}),
    )


class _AtWork:
    def __init__(
        self, house: House, manners: CallCentreManners, operation: Operation, anonymous: AnonymousCaller | None
    ) -> None:
        self._house = house
        self._manners = manners
        self._operation = operation
        self._anonymous = anonymous

    async def respond(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **path: str) -> None:
        """Answer one request, whatever it is."""
        started = time.perf_counter()
        house, manners, operation = self._house, self._manners, self._operation
        call = Call(house.desk, house.edge, house.edge.now(), path=operation.path)
        language = wished_language(request.get_header("Accept-Language"))
        trace = manners.read_trace(request, [])
        reply: Reply | Streamed
        try:
            with house.turnstile:
                await self._identify(request, call, path, started)
                faults = await self._read(request, call, path, language)
                reply = validation_reply(faults) if faults else await operation.handle(call)
        except Problem as problem:
            reply = manners.reply_to(problem, language)
        except Exception as error:
            # The last net: the caller gets the dialect's own shape, the log gets all we know.
            _log.error("request failed", operation=operation.operation_id, trace=trace, exc_info=error)
            reply = manners.reply_to(Broken(type(error).__name__))
        if isinstance(reply, Streamed):
            response.status = reply.status
            response.content_type = reply.content_type
            response.set_headers({**reply.headers, **manners.trace_headers(trace)})
            response.stream = reply.parts
        else:
            await send(request, response, reply, manners.trace_headers(trace))
        house.log.write(operation.operation_id, request.method, reply.status, trace, call.known_caller, started)

    async def _identify(self, request: falcon.asgi.Request, call: Call, path: dict[str, str], started: float) -> None:
        """Say who calls.  Raises Unauthenticated, Throttled, Forbidden."""
        house, operation = self._house, self._operation
        authorization = request.get_header("Authorization")
        is_by_key = operation.by_key and "key" in path
        if operation.by_key:
            if is_by_key:
                authorization = f"Bearer {path.pop('key')}"
            elif authorization is None and (key := request.get_header("X-API-Key")) is not None:
                authorization = f"Bearer {key.strip()}"
        if authorization is None and operation.by_key and self._anonymous is not None:
            caller = await call.read(self._anonymous)
            if caller is None:
                raise Unauthenticated("Nameless calls are for an organization that does not exist.")
        else:
            caller = house.door.known(authorization, call.now) if authorization else None
            if caller is None:
                caller = await house.door.caller(authorization, now=call.now)
        call.identify(caller)
        if house.meter is not None:
            house.meter.pass_one(caller.user_id, monotonic_seconds=started)
        if caller.role not in operation.roles:
            raise Forbidden(f"The role {caller.role.value} may not do this.")
        caller.require_scope(*operation.suitable_scopes)
        if is_by_key and caller.role is not Role.INGEST:
            # An address ends up in many logs that are not ours: what is found there must open nothing else.
            raise Forbidden("Only a key of the role ingest may stand in an address.")

    async def _read(
        self, request: falcon.asgi.Request, call: Call, path: dict[str, str], language: str
    ) -> list[ValidationError]:
        """Read all that the operation declares into the call; returns every fault of the request."""
        operation = self._operation
        values, faults = read_fields(path, operation.path_fields, "path", language)
        unreadable: list[Any] = []
        query = raw_query(request.query_string, unreadable) if request.query_string else {}
        faults += [
            fault_detail("value_error", ("query", fault.target), ctx={"error": fault.message}, language=language)
            for fault in unreadable
        ]
        asked, more = read_fields(
            {name: found for name, found in query.items() if any(word.strip() for word in found)},
            operation.query_fields,
            "query",
            language,
        )
        faults += more
        call.parameters = {**values, **asked}
        call.parameters["range"] = request.get_header("Range")
        call.parameters["last_event_id"] = request.get_header("Last-Event-ID")
        call.parameters["if_range"] = request.get_header("If-Range")
        if (value := request.get_header("If-None-Match")) is not None and operation.method == "GET":
            call.known_versions = headers.read_versions("If-None-Match", value, [])
            call.is_any_known = value.strip() == "*"
        wrong: list[Fault] = []
        if operation.checks_version and (value := request.get_header("If-Match")) is not None:
            call.expected_versions = headers.read_versions("If-Match", value, wrong)
        if operation.method == "POST" and (value := request.get_header("Idempotency-Key")) is not None:
            call.idempotency_key = headers.read_idempotency_key(value, wrong)
        faults += [
            fault_detail("value_error", ("header", fault.target), ctx={"error": fault.message}, language=language)
            for fault in wrong
        ]
        if operation.body_fields is not None:
            faults += await self._read_body(request, call, operation.body_fields, language)
        elif call.idempotency_key is not None:
            call.fingerprint(operation.operation_id, repr(sorted(call.parameters.items())).encode())
        return faults

    async def _read_body(
        self, request: falcon.asgi.Request, call: Call, fields: dict[str, Field], language: str
    ) -> list[ValidationError]:
        media = (request.content_type or "").partition(";")[0].strip().lower()
        raw = await read_body(request)
        if not raw.strip():
            return [fault_detail("missing", ("body",), language=language)]
        try:
            plain = plain_json(raw)
            if call.idempotency_key is not None:
                call.fingerprint(self._operation.operation_id, settled_text(plain))
        except MalformedJson as problem:
            if media in _FORMS:  # JSON under such a name is curl's doing, and is read
                raise UnsupportedMediaType("The body must be JSON.") from None
            lines = raw.decode("utf-8", "replace").split("\n")
            offset = sum(len(line) + 1 for line in lines[: problem.line - 1]) + problem.column - 1
            ctx = {"error": json_error(problem)}
            return [fault_detail("json_invalid", ("body", offset), ctx=ctx, language=language)]
        except Invalid as problem:
            return [
                fault_detail("value_error", _place(fault.target), ctx={"error": fault.message}, language=language)
                for fault in problem.body
            ]
        if not isinstance(plain, dict):
            return [fault_detail("model_attributes_type", ("body",), language=language)]
        call.body, faults = read_fields(as_written(raw, plain), fields, "body", language)
        return faults


def _place(target: str) -> tuple[str | int, ...]:
    return ("body", target) if target else ("body",)
