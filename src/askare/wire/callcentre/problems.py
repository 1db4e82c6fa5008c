"""The one table from problem to answer, in FastAPI's shapes.  Source: call tasks contract 1.6.

Nothing a caller has sent is quoted here but short words that say nothing of a person: a phone, a name, a transcript or
a summary never is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon.asgi
import msgspec
from msgspec import UNSET, Struct, UnsetType

from askare.calltasks.operations import APPEAL_NOT_FOUND, NOTHING_TO_PROCESS, OPERATOR_NOT_FOUND
from askare.kernel.problems import (
    Conflict,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    LimitReached,
    NotFound,
    Problem,
    Refused,
    Throttled,
    Unauthenticated,
    Unavailable,
    Wrong,
)
from askare.wire.callcentre.words import said
from askare.wire.kit.endpoints import Reply
from askare.wire.kit.problems import (
    Broken,
    CutShort,
    MalformedJson,
    MethodNotAllowed,
    PayloadTooLarge,
    TooSlow,
    UnknownApiKey,
    UnknownPath,
    UnsupportedMediaType,
)

Place = tuple[str | int, ...]


class ValidationError(Struct, frozen=True):
    """One fault of a request, as FastAPI words it."""

    loc: list[str | int]
    msg: str
    type: str
    input: Any | UnsetType = UNSET
    ctx: dict[str, Any] | UnsetType = UNSET


class HTTPValidationError(Struct, frozen=True):
    """What a request with faults is answered."""

    detail: list[ValidationError]


class Detail(Struct, frozen=True):
    """What every other refusal looks like."""

    detail: str


def fault_detail(
    kind: str, loc: Place, *, ctx: dict[str, Any] | None = None, shown: Any = UNSET, language: str = "en"
) -> ValidationError:
    """One fault: its kind, its place, and in the caller's language what is wrong."""
    return ValidationError(list(loc), said(kind, ctx or {}, language), kind, shown, ctx or UNSET)


def validation_reply(details: list[ValidationError]) -> Reply:
    return Reply(422, msgspec.json.encode(HTTPValidationError(details)))


def detail_reply(status: int, detail: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, msgspec.json.encode(Detail(detail)), named)


_KINDS = {
    Wrong.MISSING: "missing",
    Wrong.TYPE: "value_error",
    Wrong.UNKNOWN_ID: "value_error",
    Wrong.STATE: "value_error",
    Wrong.REUSED: "idempotency_key_reused",
}
_OWN_KINDS = frozenset({OPERATOR_NOT_FOUND, APPEAL_NOT_FOUND, NOTHING_TO_PROCESS})


def _detail_of(fault: Fault, where: str, language: str) -> ValidationError:
    if fault.target == "Idempotency-Key":
        where = "header"
    if fault.message in _OWN_KINDS:
        return fault_detail(fault.message, (where, fault.target), language=language)
    kind = _KINDS[fault.wrong]
    ctx = {"error": fault.message} if kind == "value_error" else None
    loc = (where, fault.target) if fault.target else (where,)
    return fault_detail(kind, loc, ctx=ctx, language=language)


def _invalid(problem: Invalid, language: str) -> Reply:
    return validation_reply(
        [_detail_of(fault, "query", language) for fault in problem.parameters]
        + [_detail_of(fault, "body", language) for fault in problem.body]
    )


def _malformed(problem: MalformedJson, language: str) -> Reply:
    ctx = {"error": json_error(problem)}
    return validation_reply([fault_detail("json_invalid", ("body", 0), ctx=ctx, language=language)])


def json_error(problem: MalformedJson) -> str:
    """What the parser found, without the place, which stands in `loc`."""
    return problem.reason.removeprefix("The body is not valid JSON: ").rpartition(" at line ")[0]


def _refused(problem: Refused, language: str) -> Reply:
    if not problem.faults:
        return detail_reply(409, problem.reason)
    return validation_reply([_detail_of(fault, "path", language) for fault in problem.faults])


def _limit_reached(problem: LimitReached, _: str) -> Reply:
    return detail_reply(409, problem.reason)


def _not_found(problem: NotFound, _: str) -> Reply:
    return detail_reply(404, f"{problem.kind.capitalize()} not found")


def _gone(problem: Gone, _: str) -> Reply:
    return detail_reply(410, f"{problem.kind.capitalize()} was deleted")


def _conflict(problem: Conflict, _: str) -> Reply:
    return detail_reply(412, problem.reason)


def _unauthenticated(_: Unauthenticated, __: str) -> Reply:
    return detail_reply(401, "Not authenticated", WWW_Authenticate="Bearer")


def _forbidden(problem: Forbidden, _: str) -> Reply:
    return detail_reply(403, problem.reason)


def _throttled(problem: Throttled, _: str) -> Reply:
    return detail_reply(429, problem.reason, Retry_After=str(problem.retry_after_seconds))


def _unavailable(problem: Unavailable, _: str) -> Reply:
    return detail_reply(503, problem.reason, Retry_After=str(problem.retry_after_seconds))


def _unknown_path(_: UnknownPath, __: str) -> Reply:
    return detail_reply(404, "Not Found")


def _method_not_allowed(problem: MethodNotAllowed, _: str) -> Reply:
    return detail_reply(405, "Method Not Allowed", Allow=", ".join(problem.allowed))


def _too_slow(problem: TooSlow, _: str) -> Reply:
    return detail_reply(408, problem.reason, Connection="close")


def _cut_short(problem: CutShort, _: str) -> Reply:
    return detail_reply(400, problem.reason, Connection="close")


def _too_large(problem: PayloadTooLarge, _: str) -> Reply:
    return detail_reply(413, problem.reason)


def _media_type(problem: UnsupportedMediaType, _: str) -> Reply:
    return detail_reply(415, problem.reason)


def _unknown_api_key(_: UnknownApiKey, __: str) -> Reply:
    return detail_reply(401, "Not authenticated", WWW_Authenticate="Bearer")


def _broken(_: Broken, __: str) -> Reply:
    return detail_reply(500, "Internal Server Error")


TABLE: dict[type[Problem], Callable[..., Reply]] = {
    Invalid: _invalid,
    MalformedJson: _malformed,
    Refused: _refused,
    LimitReached: _limit_reached,
    NotFound: _not_found,
    Gone: _gone,
    Conflict: _conflict,
    Unauthenticated: _unauthenticated,
    Forbidden: _forbidden,
    Throttled: _throttled,
    Unavailable: _unavailable,
    UnknownPath: _unknown_path,
    MethodNotAllowed: _method_not_allowed,
    TooSlow: _too_slow,
    CutShort: _cut_short,
    PayloadTooLarge: _too_large,
    UnsupportedMediaType: _media_type,
    UnknownApiKey: _unknown_api_key,
    Broken: _broken,
}


class CallCentreManners:
    """The dialect's words.  A Request-ID is echoed where one is sent, and never asked for."""

    name = "callcentre"

    def reply_to(self, problem: Problem, language: str = "en") -> Reply:
        return TABLE[type(problem)](problem, language)

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:  # noqa: ARG002  -- none here
        given = request.get_header("Request-ID") or request.get_header("X-Request-ID") or ""
        return given if given.isascii() and given.isprintable() and len(given) <= 100 else ""

    def trace_headers(self, trace: str) -> dict[str, str]:
        return {"Request-ID": trace} if trace else {}

    def require_application(self, request: falcon.asgi.Request) -> None:
        """Nothing is asked of an application besides its user."""
