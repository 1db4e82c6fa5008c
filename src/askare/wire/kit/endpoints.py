"""An endpoint is declared once: routing, reading, checking, idempotency and the OpenAPI document come from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from askare.kernel.caller import Role
from askare.kernel.problems import Fault

if TYPE_CHECKING:
    from askare.wire.kit.call import Call


class Reply(Struct, frozen=True):
    """What leaves: status, body as it stands, and headers besides the content type."""

    status: int
    body: bytes | None = None
    headers: dict[str, str] = {}
    content_type: str = "application/json"


class Example(Struct, frozen=True):
    """A request or answer as the documentation shows it; the tests send and check every one."""

    name: str
    value: Any


class Body(Struct, frozen=True):
    """The JSON body that an endpoint reads.

    `type` is what the documents say of it.
    `faults_of` finds in the plain value, whatever it is, what is wrong with it beyond the types of single fields.
    `kept` is for bodies of which parts are given back letter by letter: once the body has passed as `type`, it is
    read again as this type, from its own text, and that is what the handler gets.
    With `read` it is read by that instead of by its type: the plain value in, a value or every fault out.
    `needs_media_type` off: a body that does not say what it is, is taken for JSON.
    `may_be_empty`: no body at all means the same as an empty object.
    `path_id` is the field, if any, that must say what the path parameter of the same name says.
    """

    type: Any
    description: str
    examples: tuple[Example, ...] = ()
    faults_of: Callable[[Any], list[Fault]] | None = None
    kept: Any = None
    read: Callable[[Any], Any] | None = None
    needs_media_type: bool = True
    may_be_empty: bool = False
    path_id: str = ""


class Answer(Struct, frozen=True):
    """A successful answer."""

    status: int
    description: str
    type: Any = None
    examples: tuple[Example, ...] = ()
    etag: bool = False
    headers: dict[str, Any] = {}


class NoParameters(Struct):
    """An endpoint without path or query parameters."""


Handler = Callable[["Call"], Awaitable[Reply]]


class Endpoint(Struct, frozen=True, kw_only=True):
    """One operation of a dialect.

    `roles` says who may call it: there is no default, so that none is open by oversight; None means that it needs no
    caller at all.  `problems` are the statuses of refusals beyond those that every endpoint can answer.
    `parameter_faults` finds in the plain parameters what is wrong with them beyond the types of single ones.  With
    `by_override`, a POST whose `X-HTTP-Method-Override` names the method is taken for it: for proxies that let no
    rare method pass.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    description: str = ""
    tag: str
    roles: frozenset[Role] | None
    handle: Handler
    answers: tuple[Answer, ...]
    problems: tuple[int, ...] = ()
    parameters: Any = NoParameters
    parameter_faults: Callable[[dict[str, Any]], list[Fault]] | None = None
    body: Body | None = None
    reads_query: bool = True  # False: links lead here, and whatever others hang on a link is no fault
    reads_if_match: bool = False
    reads_if_none_match: bool = False
    by_override: bool = False
