"""The OpenAPI documents, made from the endpoint declarations and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from inspect import cleandoc
from typing import Any

import msgspec
import msgspec.inspect
from msgspec import Struct

from askare.wire.kit.endpoints import Answer, Endpoint, Example, NoParameters
from askare.wire.kit.limits import BODY_BYTES_MAX

# The methods that OpenAPI knows by name.  Any other has its place since 3.2, in `additionalOperations`.
_KNOWN_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
_PATH_NAME = re.compile(r"\{(\w+)\}")
_REFERENCE = "#/components/schemas/{name}"

REASONS = {
    400: "The request has faults; each is listed with its place. INVALID_STATUS: the state of the thing forbids it.",
    401: "No token, or one that cannot be believed.",
    403: "The caller's role may not do this.",
    404: "There is no such thing for this caller. INVALID_API_KEY: the server asks for an x-api-key.",
    408: "The body did not arrive in time.",
    410: "The thing was deleted.",
    412: "The thing was changed since the version named in If-Match.",
    413: f"The body is longer than {BODY_BYTES_MAX} bytes.",
    415: "The body is not JSON.",
    429: "Too many requests; come back after Retry-After seconds.",
    500: "A fault of the server.",
    503: "The server cannot do it now; come back after Retry-After seconds.",
}


class Version(Enum):
    """The version of OpenAPI that a document is written in."""

    V3_1 = "3.1"
    V3_2 = "3.2"


FULL_VERSIONS = {Version.V3_1: "3.1.1", Version.V3_2: "3.2.0"}


class Document(Struct, frozen=True):
    """What a document says besides its endpoints.

    `reasons` are words for refusals, where the dialect's differ from those above.  `session_cookie` is the name of
    the cookie that stands for a bearer token.
    """

    title: str
    version: str
    description: str
    error_type: Any
    error_examples: tuple[Example, ...] = ()
    header_parameters: tuple[dict[str, Any], ...] = ()
    answer_headers: dict[str, Any] = {}
    problem_headers: dict[str, Any] = {}
    # Fields, by the name of their schema, that a client had better send always: the server can do without one only
    # where it finds it out by itself.
    expected_fields: dict[str, tuple[str, ...]] = {}
    reasons: Mapping[int, str] = {}
    session_cookie: str = ""


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Only when the thing still has this ETag; otherwise 412.",
    "schema": {"type": "string"},
    "example": '"1"',
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Answer 304 without a body when the thing still has this ETag.",
    "schema": {"type": "string"},
    "example": '"1"',
}
ONLY_WHEN_MISSING = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "`*`: only when there is no such thing yet; otherwise 412.",
    "schema": {"type": "string"},
    "example": "*",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The client's key for this request, kept for 7 days: a repetition under the same key is answered"
    " with the first result and has no further effect. Another request under the same key is answered 400, with the"
    " item code INVALID_STATUS.",
    # Blanks around a header's value are no part of it.
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
ETAG = {
    "description": "The version of the thing, for If-Match and If-None-Match.",
    "required": True,
    "schema": {"type": "string"},
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
PROBLEM_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "Always `Bearer`.", "schema": {"type": "string"}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}
# Every instant carries an offset and lies between the years 1900 and 2200 (`kernel/time.py`).
INSTANT = {"type": "string", "format": "date-time", "pattern": "^(19|20|21)[0-9]{2}-"}


def openapi(
    document: Document, prefix: str, endpoints: Sequence[Endpoint], *, server_url: str, version: Version = Version.V3_1
) -> dict[str, Any]:
    """The OpenAPI document of one API.

    A method that OpenAPI 3.1 has no place for is told there under `x-additionalOperations`.
    """
    types = [document.error_type]
    for endpoint in endpoints:
        types += [endpoint.parameters, *(answer.type for answer in endpoint.answers if answer.type is not None)]
        types += [endpoint.body.type] if endpoint.body else []
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(types, schemas, strict=True))
    for endpoint in endpoints:
        if endpoint.body is not None and endpoint.body.read is None:  # else the dialect has its own mind about null
            _state_nulls(msgspec.inspect.type_info(endpoint.body.type), components)
    for name, fields in document.expected_fields.items():
        components[name]["required"] += fields
        for field in fields:  # and not null, which would be the same as leaving it out
            (components[name]["properties"][field],) = (
                one for one in components[name]["properties"][field]["anyOf"] if one != {"type": "null"}
            )
    for component in components.values():
        if "description" in component:
            component["description"] = cleandoc(component["description"])
    for kind in msgspec.inspect.multi_type_info(types):
        _state_instants(kind, components)
    parameter_names = {kind.__name__ for kind in types if kind in {one.parameters for one in endpoints}}
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        item = paths.setdefault(prefix + endpoint.path, {})
        operation = _operation(document, endpoint, by_type, components)
        if endpoint.method in _KNOWN_METHODS:
            item[endpoint.method.lower()] = operation
        else:
            place = "additionalOperations" if version is Version.V3_2 else "x-additionalOperations"
            item.setdefault(place, {})[endpoint.method] = operation
    schemes: dict[str, Any] = {"bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    if document.session_cookie:
        schemes["sessionCookie"] = {"type": "apiKey", "in": "cookie", "name": document.session_cookie}
    return {
        "openapi": FULL_VERSIONS[version],
        "info": {"title": document.title, "version": document.version, "description": document.description},
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in parameter_names},
            "securitySchemes": schemes,
        },
    }


def _structs(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.StructType]:
    """The struct types that a type is made of, each before those within it."""
    if isinstance(kind, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)):
        yield from _structs(kind.item_type)
    elif isinstance(kind, msgspec.inspect.Metadata):
        yield from _structs(kind.type)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for one in kind.types:
            yield from _structs(one)
    elif isinstance(kind, msgspec.inspect.StructType):
        yield kind
        for field in kind.fields:
            yield from _structs(field.type)


def _state_instants(kind: msgspec.inspect.Type, components: dict[str, Any]) -> None:
    """Say of each instant what is asked of it; by its type alone it would be any text."""
    for struct in _structs(kind):
        properties = _properties(struct, components)
        for field in struct.fields:
            if _is_instant(field.type):
                said = properties[field.encode_name]
                choices = [one if one == {"type": "null"} else {**one, **INSTANT} for one in said.get("anyOf", ())]
                properties[field.encode_name] = {**said, "anyOf": choices} if choices else {**said, **INSTANT}


def _state_nulls(kind: msgspec.inspect.Type, components: dict[str, Any]) -> None:
    """Say of each field that a body may lack that it may be null there, which is the same."""
    for struct in _structs(kind):
        properties = _properties(struct, components)
        for field in struct.fields:
            said = properties[field.encode_name]
            choices = said.get("anyOf") or [{name: value for name, value in said.items() if name != "default"}]
            if not field.required and {"type": "null"} not in choices:
                default = {"default": said["default"]} if "default" in said else {}
                properties[field.encode_name] = {"anyOf": [*choices, {"type": "null"}], **default}


def _properties(kind: msgspec.inspect.StructType, components: dict[str, Any]) -> dict[str, Any]:
    name = kind.cls.__name__
    if name not in components:  # two types of this name: each goes by its full one
        name = f"{kind.cls.__module__}.{name}"
    found: dict[str, Any] = components[name]["properties"]
    return found


def _is_instant(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.Metadata):
        return _is_instant(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(_is_instant(one) for one in kind.types)
    return isinstance(kind, msgspec.inspect.DateTimeType)


def _operation(
    document: Document, endpoint: Endpoint, by_type: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [*_parameters(endpoint, components), *document.header_parameters],
        "responses": {
            str(answer.status): _answer(answer, by_type, document.answer_headers) for answer in endpoint.answers
        },
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.roles is not None:
        operation["security"] = [{"bearerAuth": []}, *([{"sessionCookie": []}] if document.session_cookie else [])]
        operation["x-askare-roles"] = sorted(role.value for role in endpoint.roles)
    if endpoint.reads_if_match:
        operation["parameters"].append(IF_MATCH)
    if endpoint.reads_if_none_match and endpoint.method == "PUT":
        operation["parameters"].append(ONLY_WHEN_MISSING)
    elif endpoint.reads_if_none_match:
        operation["parameters"].append(IF_NONE_MATCH)
        operation["responses"]["304"] = {
            "description": "The caller has the present version already.",
            "headers": {**document.answer_headers, "ETag": ETAG},
        }
    if endpoint.method == "POST" and endpoint.roles is not None:
        operation["parameters"].append(IDEMPOTENCY_KEY)
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": not endpoint.body.may_be_empty,
            "description": endpoint.body.description,
            "content": {
                "application/json": {
                    "schema": by_type[endpoint.body.type],
                    "examples": {example.name: {"value": example.value} for example in endpoint.body.examples},
                }
            },
        }
    for status in _problem_statuses(endpoint):
        operation["responses"][str(status)] = _problem(document, status, by_type)
    return operation


def _problem_statuses(endpoint: Endpoint) -> list[int]:
    statuses = {400, 500, 503, *endpoint.problems}
    if endpoint.roles is not None:
        statuses |= {401, 403, 404, 429}
    if endpoint.body is not None:
        statuses |= {408, 413, 415}
    return sorted(statuses)


def _problem(document: Document, status: int, by_type: dict[Any, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": by_type[document.error_type]}
    examples = {
        example.name: {"value": example.value}
        for example in document.error_examples
        if example.name.startswith(str(status))
    }
    if examples:
        content["examples"] = examples
    reason = document.reasons.get(status) or REASONS[status]
    described: dict[str, Any] = {"description": reason, "content": {"application/json": content}}
    if headers := {**document.problem_headers, **PROBLEM_HEADERS.get(status, {})}:
        described["headers"] = headers
    return described


def _answer(answer: Answer, by_type: dict[Any, Any], headers: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    headers = {**headers, **answer.headers}
    if answer.etag:
        headers["ETag"] = ETAG
    if answer.status == 201:
        headers["Location"] = {
            "description": "Where the new thing is.",
            "required": True,
            "schema": {"type": "string", "format": "uri-reference"},
        }
    if headers:
        described["headers"] = headers
    if answer.type is not None:
        described["content"] = {
            "application/json": {
                "schema": by_type[answer.type],
                "examples": {example.name: {"value": example.value} for example in answer.examples},
            }
        }
    return described


def _parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    if endpoint.parameters is NoParameters:
        return []
    in_path = set(_PATH_NAME.findall(endpoint.path))
    declared = components[endpoint.parameters.__name__]["properties"]
    required = components[endpoint.parameters.__name__].get("required", ())
    parameters = []
    for name, schema in declared.items():
        schema = _without_null(dict(schema))
        description = schema.pop("description", "")
        examples = schema.pop("examples", None)
        default = schema.get("default")
        if default in ((), [], "", None):
            schema.pop("default", None)
        parameter: dict[str, Any] = {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in required,
            **_said_of_parameter(schema),
        }
        if description:
            parameter["description"] = description
        if examples:
            parameter["example"] = examples[0]
        parameters.append(parameter)
    return parameters


def _said_of_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """How a parameter is written: a plain value, or JSON when its type says `x-json` (with the schema of that)."""
    if "x-json" in schema:
        return {"content": {"application/json": {"schema": schema["x-json"]}}}
    return {"schema": schema}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is there or not there; there is no null in a query string."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        schema.pop("anyOf")
        return {**choices[0], **schema}
    return schema
