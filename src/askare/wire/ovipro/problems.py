"""The one table from problem to OviPro answer.  Source: OviPro contract 1.5, and `_errors` of the samples."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import falcon.asgi
import msgspec
from msgspec import UNSET, Struct, UnsetType

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


class ErrorItem(Struct, frozen=True, rename="camel"):
    """One fault of a request."""

    target: str
    error_code: str
    message: str


class ErrorBody(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What every refusal of the OviPro APIs looks like."""

    error_code: str
    message: str
    description: str | UnsetType = UNSET
    errors: list[ErrorItem] | UnsetType = UNSET


ITEM_CODES = {
    Wrong.MISSING: "VALUE_REQUIRED",
    Wrong.TYPE: "INVALID_TYPE",
    Wrong.UNKNOWN_ID: "INVALID_ID",
    Wrong.STATE: "INVALID_STATUS",
    Wrong.REUSED: "INVALID_STATUS",
}


def _items(faults: list[Fault]) -> list[ErrorItem] | UnsetType:
    return [ErrorItem(fault.target, ITEM_CODES[fault.wrong], fault.message) for fault in faults] or UNSET


def _reply(status: int, body: ErrorBody, **headers: str) -> Reply:
    return Reply(status, msgspec.json.encode(body), {name.replace("_", "-"): text for name, text in headers.items()})


def _invalid(problem: Invalid) -> Reply:
    faults = problem.parameters + problem.body
    if problem.parameters:
        body = ErrorBody(
            "BAD_REQUEST_PARAMETERS",
            "Invalid request parameters",
            "Request parameters are missing or have invalid type.",
            _items(faults),
        )
    else:
        body = ErrorBody(
            "BAD_REQUEST_BODY",
            "Invalid request body",
            "The body lacks a mandatory field or holds a value that is not allowed.",
            _items(faults),
        )
    return _reply(400, body)


def _malformed(problem: MalformedJson) -> Reply:
    return _reply(400, ErrorBody("BAD_REQUEST_BODY", "Invalid request body", problem.reason))


def _cut_short(problem: CutShort) -> Reply:
    return _reply(400, ErrorBody("BAD_REQUEST_BODY", "Invalid request body", problem.reason), Connection="close")


def _refused(problem: Refused) -> Reply:
    return _reply(400, ErrorBody("INVALID_STATUS", "Invalid status", problem.reason, _items(problem.faults)))


def _limit_reached(problem: LimitReached) -> Reply:
    item = ErrorItem(problem.target, "INVALID_STATUS", problem.message)
    return _reply(400, ErrorBody("INVALID_STATUS", "Invalid status", problem.reason, [item]))


def _not_found(problem: NotFound) -> Reply:
    item = ErrorItem(problem.target, "INVALID_ID", f"Unknown {problem.target}")
    return _reply(404, ErrorBody("INVALID_ID", "Invalid ID", problem.reason, [item]))


def _gone(problem: Gone) -> Reply:
    return _reply(410, ErrorBody("GONE", "The requested resource is no longer available", problem.reason))


def _conflict(problem: Conflict) -> Reply:
    return _reply(412, ErrorBody("PRECONDITION_FAILED", "The precondition does not hold", problem.reason))


def _unauthenticated(problem: Unauthenticated) -> Reply:
    body = ErrorBody("UNAUTHORIZED", "Unauthorized request", problem.reason)
    return _reply(401, body, WWW_Authenticate="Bearer")


def _forbidden(problem: Forbidden) -> Reply:
    return _reply(403, ErrorBody("ACCESS_DENIED", "Access denied", problem.reason))


def _throttled(problem: Throttled) -> Reply:
    body = ErrorBody("TOO_MANY_REQUESTS", "Too many requests", problem.reason)
    return _reply(429, body, Retry_After=str(problem.retry_after_seconds))


def _unavailable(problem: Unavailable) -> Reply:
    body = ErrorBody("SERVICE_UNAVAILABLE", "Service is unavailable", problem.reason)
    return _reply(503, body, Retry_After=str(problem.retry_after_seconds))


def _unknown_path(problem: UnknownPath) -> Reply:
    return _reply(404, ErrorBody("NOT_FOUND", "Not found", problem.reason))


def _method_not_allowed(problem: MethodNotAllowed) -> Reply:
    body = ErrorBody("METHOD_NOT_ALLOWED", "Method not allowed", problem.reason)
    return _reply(405, body, Allow=", ".join(problem.allowed))


def _too_slow(problem: TooSlow) -> Reply:
    return _reply(408, ErrorBody("REQUEST_TIMEOUT", "Request timeout", problem.reason), Connection="close")


def _too_large(problem: PayloadTooLarge) -> Reply:
    return _reply(413, ErrorBody("PAYLOAD_TOO_LARGE", "Payload too large", problem.reason))


def _media_type(problem: UnsupportedMediaType) -> Reply:
    return _reply(415, ErrorBody("UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", problem.reason))


def _unknown_api_key(_: UnknownApiKey) -> Reply:
    return _reply(404, ErrorBody("INVALID_API_KEY", "Missing or invalid API key"))


def _broken(_: Broken) -> Reply:
    return _reply(500, ErrorBody("TECHNICAL_ERROR", "A technical error has occurred"))


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

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class OviProManners:
    """The dialect's words, and its Request-ID.

    The id is required, checked, and echoed as it came, on success and on error (contract 1.3).  `api_keys` are the
    keys of calling applications, empty when none is asked for (contract 1.2).
    """

    name = "ovipro"

    def __init__(self, *, require_request_id: bool = True, api_keys: frozenset[str] = frozenset()) -> None:
        self._require_request_id = require_request_id
        self._api_keys = api_keys

    def reply_to(self, problem: Problem) -> Reply:
        return TABLE[type(problem)](problem)

    def read_trace(self, request: falcon.asgi.Request, faults: list[Fault]) -> str:
        given = request.get_header("Request-ID")
        if given is None:
            if self._require_request_id:
                faults.append(Fault("Request-ID", Wrong.MISSING, "Mandatory request parameter Request-ID is missing"))
                return ""
            return str(uuid4())
        if _UUID.fullmatch(given) is None:
            faults.append(Fault("Request-ID", Wrong.TYPE, "Request parameter Request-ID must be a UUID"))
            return ""
        return given

    def trace_headers(self, trace: str) -> dict[str, str]:
        return {"Request-ID": trace} if trace else {}

    def require_application(self, request: falcon.asgi.Request) -> None:
        if self._api_keys and request.get_header("x-api-key") not in self._api_keys:
            raise UnknownApiKey("The x-api-key header is missing or names no known key.")
