"""One dialect: its endpoints behind their paths, with its own words for what goes wrong."""

from __future__ import annotations

import time
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import falcon
import falcon.asgi
import msgspec
import structlog
from falcon.routing import CompiledRouter

from askare.edge import Edge
from askare.kernel.caller import Caller, Role
from askare.kernel.problems import Fault, Forbidden, Invalid, Problem, Wrong
from askare.storage.desk import Desk
from askare.wire.kit import headers
from askare.wire.kit.call import Call
from askare.wire.kit.cookies import SessionCookie
from askare.wire.kit.endpoints import Endpoint, NoParameters, Reply
from askare.wire.kit.limits import BODY_BYTES_MAX, UNREAD_BYTES_MAX, Meter, Turnstile
from askare.wire.kit.log import RequestLog
from askare.wire.kit.problems import (
    Broken,
    CutShort,
    MalformedJson,
    MethodNotAllowed,
    PayloadTooLarge,
    TooSlow,
    UnknownPath,
    UnsupportedMediaType,
)
from askare.wire.kit.reading import is_another_id, plain_json, read_parameters, settled_text, typed

FalconApp: TypeAlias = "falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]"
Responder: TypeAlias = Callable[..., Awaitable[None]]

METHODS = tuple(method for method in falcon.constants.COMBINED_METHODS if method != "WEBSOCKET")

_log = structlog.get_logger("askare")


class Door(Protocol):
    """Who is behind an Authorization header (see `access/`)."""

    def known(self, authorization: str, now: Any) -> Caller | None: ...

    async def caller(self, authorization: str | None, *, now: Any) -> Caller: ...


class Manners(Protocol):
    """In what a dialect differs from the others."""

    name: str

    def reply_to(self, problem: Problem) -> Reply:
        """The dialect's answer to a problem: its whole table."""

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:
        """The request's id for troubleshooting, checked as the dialect wants it."""

    def trace_headers(self, trace: str) -> dict[str, str]:
        """The headers that every answer carries."""

    def require_application(self, request: falcon.asgi.Request) -> None:
        """Check what the dialect asks of the calling application besides its user.  Raises Problem."""


class House:
    """What every dialect is given: the door, the data, the clock, the limits and the log."""

    def __init__(
        self, *, desk: Desk, door: Door, edge: Edge, requests_at_once: int, rate_limit: int, log: RequestLog
    ) -> None:
        self.desk = desk
        self.door = door
        self.edge = edge
        self.turnstile = Turnstile(requests_at_once)
        self.meter = Meter(rate_limit) if rate_limit else None
        self.log = log


def build_app(
    house: House,
    manners: Manners,
    mounts: Sequence[tuple[str, Sequence[Endpoint]]],
    *,
    session_cookie: SessionCookie | None = None,
) -> FalconApp:
    """The ASGI application of a dialect: each list of endpoints under each of its prefixes.

    With `session_cookie`, a caller without an Authorization header may be known by that cookie.
    """
    by_path: dict[str, dict[str, Endpoint]] = {}
    for prefix, endpoints in mounts:
        for endpoint in endpoints:
            methods = by_path.setdefault(prefix + endpoint.path, {})
            if endpoint.method in methods:
                raise ValueError(f"{endpoint.method} {prefix}{endpoint.path} is declared twice")
            methods[endpoint.method] = endpoint
    return assembled(
        {
            path: Methods(
                house,
                manners,
                {
                    method: _Operation(house, manners, endpoint, session_cookie).respond
                    for method, endpoint in methods.items()
                },
                by_override=[method for method, endpoint in methods.items() if endpoint.by_override],
            )
            for path, methods in by_path.items()
        },
        nowhere=Methods(house, manners, {}),
    )


class Resource(Protocol):
    """All methods of one path."""

    async def unknown(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **_: Any) -> None:
        """Answer a path that does not exist, or a method that it does not have."""


def assembled(resources: Mapping[str, Resource], *, nowhere: Resource) -> FalconApp:
    """The ASGI application of these paths; `nowhere` answers all others."""
    router = CompiledRouter()
    app: FalconApp = falcon.asgi.App(router=router)
    app.req_options.strip_url_path_trailing_slash = True
    for path, resource in resources.items():
        app.add_route(path, resource)

    async def nothing_here(req: Any, resp: Any, **_: Any) -> None:
        await nowhere.unknown(req, resp)

    app.add_sink(nothing_here, r"/")

    async def refuse_method(request: falcon.asgi.Request, response: falcon.asgi.Response, *_: Any) -> None:
        """Answer a method that HTTP itself does not know; Falcon calls no resource for it."""
        found = router.find(request.path, req=request)
        resource: Resource = found[0] if found and found[0] in known else nowhere
        await resource.unknown(request, response)

    known = list(resources.values())
    app.add_error_handler(falcon.HTTPError, refuse_method)
    return app


class _Operation:
    """One endpoint at work: who calls, what is asked, all faults at once, one reply, one line in the log."""

    def __init__(self, house: House, manners: Manners, endpoint: Endpoint, cookie: SessionCookie | None) -> None:
        self._house = house
        self._manners = manners
        self._endpoint = endpoint
        self._cookie = cookie
        self._takes_parameters = endpoint.parameters is not NoParameters

    async def respond(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **path_values: str) -> None:
        """Answer one request, whatever it is."""
        started = time.perf_counter()
        house, manners = self._house, self._manners
        call = Call(house.desk, house.edge, house.edge.now(), path=request.path)
        faults: list[Fault] = []
        trace = manners.read_trace(request, faults)
        try:
            with house.turnstile:
                if self._endpoint.roles is not None:
                    await self._identify(request, call, self._endpoint.roles, started)
                await self._read(request, call, path_values, faults)
                reply = await self._endpoint.handle(call)
        except Problem as problem:
            reply = manners.reply_to(problem)
        except falcon.HTTPError as error:  # a header that Falcon cannot make sense of
            reply = manners.reply_to(Invalid.in_parameters("headers", Wrong.TYPE, str(error.description)))
        except Exception as error:
            # The last net: the caller gets the dialect's own shape, the log gets all we know.
            _log.error("request failed", operation=self._endpoint.operation_id, trace=trace, exc_info=error)
            reply = manners.reply_to(Broken(str(error)))
        await send(request, response, reply, manners.trace_headers(trace))
        if call.session is not None and self._cookie is not None and "Set-Cookie" not in reply.headers:
            # The session lives on with each request (the door sees to that), and the cookie with it.
            response.append_header("Set-Cookie", self._cookie.line(call.session))
        house.log.write(self._endpoint.operation_id, request.method, reply.status, trace, call.known_caller, started)

    async def _identify(self, request: falcon.asgi.Request, call: Call, roles: frozenset[Role], started: float) -> None:
        """Say who calls.  Raises Unauthenticated, Throttled, Forbidden, or what the dialect asks besides."""
        house = self._house
        authorization = request.get_header("Authorization")
        if authorization is None and self._cookie is not None:
            call.session = self._cookie.token_in(request)
            authorization = call.session and f"Bearer {call.session}"
        caller = house.door.known(authorization, call.now) if authorization else None
        if caller is None:
            caller = await house.door.caller(authorization, now=call.now)
        call.identify(caller)
        self._manners.require_application(request)
        if house.meter is not None:
            house.meter.pass_one(caller.user_id, monotonic_seconds=started)
        if caller.role not in roles:
            raise Forbidden(f"The role {caller.role.value} may not do this.")
        caller.require_scope()  # all scopes are those of the contact centre's API

    async def _read(
        self, request: falcon.asgi.Request, call: Call, path_values: dict[str, str], faults: list[Fault]
    ) -> None:
        """Read all that the endpoint declares into the call.  Raises Invalid with every fault of the request."""
        endpoint = self._endpoint
        if endpoint.body is not None and (endpoint.body.needs_media_type or request.content_type is not None):
            require_json(request)
        query = request.query_string if endpoint.reads_query else ""
        if self._takes_parameters or query:
            parameters = read_parameters(query, endpoint.parameters, path_values, endpoint.parameter_faults)
            if isinstance(parameters, list):
                faults += parameters
            else:
                call.parameters = parameters
        if endpoint.reads_if_match and (value := request.get_header("If-Match")) is not None:
            call.expected_versions = headers.read_versions("If-Match", value, faults)
            call.exists = True if value.strip() == "*" else None
        if endpoint.reads_if_none_match and (value := request.get_header("If-None-Match")) is not None:
            call.known_versions = headers.read_versions("If-None-Match", value, faults)
            call.is_any_known = value.strip() == "*"
        if endpoint.method == "POST" and (value := request.get_header("Idempotency-Key")) is not None:
            call.idempotency_key = headers.read_idempotency_key(value, faults)
        body_faults = (
            await self._read_body(request, call, path_values, has_faults=bool(faults)) if endpoint.body else []
        )
        if faults or body_faults:
            raise Invalid(parameters=faults, body=body_faults)

    async def _read_body(
        self, request: falcon.asgi.Request, call: Call, path_values: dict[str, str], *, has_faults: bool
    ) -> list[Fault]:
        """Read the body into the call and return its faults.

        A text that is no JSON at all is MalformedJson, unless the request has other faults already: those go first.
        """
        declared = self._endpoint.body
        assert declared is not None  # noqa: S101  -- asked only where one is declared
        raw = await read_body(request)
        if not raw and declared.may_be_empty:
            raw = b"{}"
        try:
            plain = plain_json(raw)
            if call.idempotency_key is not None:
                call.fingerprint(self._endpoint.operation_id, settled_text(plain))
            body = declared.read(plain) if declared.read is not None else typed(plain, declared.type)
        except Invalid as problem:
            return problem.body
        except MalformedJson:
            if has_faults:
                return []
            raise
        faults = list(body) if isinstance(body, list) else []
        if declared.faults_of is not None:
            faults += declared.faults_of(plain)
        if declared.path_id and is_another_id(plain, declared.path_id, path_values[declared.path_id]):
            faults.append(Fault(declared.path_id, Wrong.TYPE, "must be the id in the path"))
        if faults:
            return faults
        call.body = body if declared.kept is None else msgspec.json.decode(raw, type=declared.kept)
        return []


class Methods:
    """All methods of one path: those that it declares, HEAD wherever there is GET, and OPTIONS.

    Source: RFC 9110, 9.3.2 and 9.3.7.  A HEAD is the GET itself, whose body the framework keeps back; an OPTIONS says
    which methods there are, as documents do, and so needs no caller.  Those `by_override` a POST may name, too.
    """

    def __init__(
        self,
        house: House,
        manners: Manners,
        responders: Mapping[str, Responder],
        *,
        by_override: Collection[str] = (),
    ) -> None:
        self._house = house
        self._manners = manners
        served = dict(responders)
        if "GET" in served:
            served.setdefault("HEAD", served["GET"])
        if served:
            served.setdefault("OPTIONS", self.tell)
        self._allowed = tuple(sorted(served))
        if by_override:
            named = {method: served[method] for method in by_override}
            served["POST"] = _overridable(served.get("POST", self.unknown), named, self.unknown)
        for method in METHODS:
            setattr(self, f"on_{method.lower()}", served.get(method, self.unknown))

    async def tell(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **_: Any) -> None:
        """Say which methods there are."""
        await self._answer(request, response, Reply(204, headers={"Allow": ", ".join(self._allowed)}), "options")

    async def unknown(self, request: falcon.asgi.Request, response: falcon.asgi.Response, **_: Any) -> None:
        """Answer a path that does not exist, or a method that it does not have."""
        problem: Problem
        if self._allowed:
            problem = MethodNotAllowed(request.method, self._allowed)
        else:
            problem = UnknownPath("Nothing lives at this address.")
        await self._answer(request, response, self._manners.reply_to(problem), "unknown")

    async def _answer(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, reply: Reply, operation_id: str
    ) -> None:
        started = time.perf_counter()
        trace = self._manners.read_trace(request, [])
        await send(request, response, reply, self._manners.trace_headers(trace))
        self._house.log.write(operation_id, request.method, reply.status, trace, None, started)


def _overridable(post: Responder, by_override: Mapping[str, Responder], unknown: Responder) -> Responder:
    """A POST, or what its `X-HTTP-Method-Override` names."""

    async def respond(request: falcon.asgi.Request, response: falcon.asgi.Response, **path_values: str) -> None:
        named = request.get_header("X-HTTP-Method-Override")
        chosen = post if named is None or named.upper() == "POST" else by_override.get(named.upper(), unknown)
        await chosen(request, response, **path_values)

    return respond


async def send(
    request: falcon.asgi.Request, response: falcon.asgi.Response, reply: Reply, more: dict[str, str]
) -> None:
    """Hand a reply to the framework, with the headers of the dialect."""
    if reply.status >= 400 and not await is_read_to_the_end(request):
        more = {**more, "Connection": "close"}
    response.status = reply.status
    if reply.body is not None:
        response.data = reply.body
        response.content_type = reply.content_type
    for name, text in {**reply.headers, **more}.items():
        if name == "Set-Cookie":  # which Falcon's other ways refuse
            response.append_header(name, text)
        else:
            response.set_header(name, text)


def require_json(request: falcon.asgi.Request) -> None:
    """Raises UnsupportedMediaType for a body that does not say it is JSON, or says it is compressed or not in UTF-8."""
    media, *rest = (request.content_type or "").lower().split(";")
    parameters = dict(part.strip().partition("=")[::2] for part in rest)
    if media.strip() != "application/json" or parameters.get("charset", "utf-8").strip('"') not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be application/json in UTF-8.")
    if (request.get_header("Content-Encoding") or "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")


async def read_body(request: falcon.asgi.Request) -> bytes:
    """The whole body.  Raises PayloadTooLarge past `BODY_BYTES_MAX`.

    The house raises TooSlow when it trickles, and CutShort when it breaks off.
    """
    length = request.content_length
    if length is not None and length > BODY_BYTES_MAX:
        raise PayloadTooLarge(f"The body may have at most {BODY_BYTES_MAX} bytes.")
    raw = await request.stream.read(BODY_BYTES_MAX + 1)
    if len(raw) > BODY_BYTES_MAX:
        raise PayloadTooLarge(f"The body may have at most {BODY_BYTES_MAX} bytes.")
    return raw.removeprefix(BOM_UTF8)  # which some programs write before any text


async def is_read_to_the_end(request: falcon.asgi.Request) -> bool:
    """Whether nothing of the body is left, once the rest of a short one (`UNREAD_BYTES_MAX`) is read and dropped.

    The server closes a connection on which a refused body is still under way, and the client's next request on it
    would fail.  So a short body is read after all, and of a long one the answer says that the connection ends.
    """
    try:
        length = request.content_length
        if length is None or length <= UNREAD_BYTES_MAX:
            await request.stream.read(UNREAD_BYTES_MAX)
    except (TooSlow, CutShort, falcon.HTTPError):  # it trickles or breaks off, or its length is no number
        return False
    return request.stream.eof
