"""The one table from problem to this dialect's answer.  Source: service tasks contract 4, error table."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import falcon.asgi
import msgspec
from msgspec import Struct

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

JSON = "application/json; charset=utf-8"


class ErrorBody(Struct, frozen=True):
    """What every refusal looks like: 1000 and the status, and words with every fault and its place."""

    error_code: int
    error_message: str


def error_reply(status: int, message: str, **headers: str) -> Reply:
    """A refusal in the dialect's shape."""
    return Reply(
        status,
        msgspec.json.encode(ErrorBody(1000 + status, message)),
        {name.replace("_", "-"): text for name, text in headers.items()},
        JSON,
    )


def _sentence(fault: Fault) -> str:
    # A fault of the state is a sentence of its own ("Field id is prohibited for modification"), and some rooms begin
    # with the place themselves.
    whole = fault.wrong is Wrong.STATE or fault.message.startswith(f"{fault.target} ")
    return fault.message if whole else f"{fault.target}: {fault.message}"


def _faults(faults: list[Fault]) -> str:
    return "; ".join(map(_sentence, faults))


def _invalid(problem: Invalid) -> Reply:
    faults = problem.parameters + problem.body
    # A key of idempotency that came with another request is well formed, but taken.
    status = 409 if all(fault.wrong is Wrong.REUSED for fault in faults) else 400
    return error_reply(status, _faults(faults))


def _malformed(problem: MalformedJson) -> Reply:
    return error_reply(400, problem.reason)


def _refused(problem: Refused) -> Reply:
    return error_reply(409, problem.reason + "".join(f" {_sentence(fault)}." for fault in problem.faults))


def _limit_reached(problem: LimitReached) -> Reply:
    return error_reply(429, f"{problem.reason} {problem.target}: {problem.message}")


def _not_found(_: NotFound) -> Reply:
    return error_reply(404, "Not found")


def _gone(problem: Gone) -> Reply:
    return error_reply(410, problem.reason)


def _conflict(_: Conflict) -> Reply:
    return error_reply(409, "Already exists")


def _unauthenticated(_: Unauthenticated) -> Reply:
    return error_reply(401, "Unauthorized", WWW_Authenticate="Bearer")


def _forbidden(_: Forbidden) -> Reply:
    return error_reply(403, "Access denied")


def _throttled(problem: Throttled) -> Reply:
    return error_reply(429, problem.reason, Retry_After=str(problem.retry_after_seconds))


def _unavailable(problem: Unavailable) -> Reply:
    return error_reply(503, problem.reason, Retry_After=str(problem.retry_after_seconds))


def _unknown_path(_: UnknownPath) -> Reply:
    return error_reply(404, "Not found")


def _method_not_allowed(problem: MethodNotAllowed) -> Reply:
    return error_reply(405, "Method not allowed", Allow=", ".join(problem.allowed))


def _too_slow(problem: TooSlow) -> Reply:
    return error_reply(408, problem.reason, Connection="close")


def _cut_short(problem: CutShort) -> Reply:
    return error_reply(400, problem.reason, Connection="close")


def _too_large(problem: PayloadTooLarge) -> Reply:
    return error_reply(413, problem.reason)


def _media_type(problem: UnsupportedMediaType) -> Reply:
    return error_reply(415, problem.reason)


def _unknown_api_key(_: UnknownApiKey) -> Reply:
    return error_reply(403, "Access denied")


def _broken(_: Broken) -> Reply:
    return error_reply(500, "Internal error")


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


class SvcManners:
    """The dialect's words.  It asks for no Request-ID; one that a client sends comes back, else we make one up."""

    name = "svc"

    def reply_to(self, problem: Problem) -> Reply:
        return TABLE[type(problem)](problem)

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:
        given = request.get_header("Request-ID")
        if given is None:
            return str(uuid4())
        if not 1 <= len(given) <= 100 or not given.isascii() or not given.isprintable():
            faults.append(Fault("Request-ID", Wrong.TYPE, "must be 1 to 100 printable ASCII characters"))
            return ""
        return given

    def trace_headers(self, trace: str) -> dict[str, str]:
        return {"Request-ID": trace} if trace else {}

    def require_application(self, request: falcon.asgi.Request) -> None:
        """This platform's clients show no key of their own."""
