"""The OpenAPI document of this dialect, made from its operations, in the shape that FastAPI's clients are made from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

import msgspec

from askare.wire.callcentre.app import Operation
from askare.wire.callcentre.problems import Detail, HTTPValidationError
from askare.wire.kit.openapi import ETAG, FULL_VERSIONS, IF_MATCH, INSTANT, PROBLEM_HEADERS, Version

TITLE = "Call tasks"
_DESCRIPTION = (
    "A contact centre's tasks: calls that came in, what was said in them, and what operators are to do. Faults of a"
    " request are answered 422 with every one of them and its place; a task of somebody else looks like none at all."
)
_REFERENCE = "#/components/schemas/{name}"
_PATH_NAME = re.compile(r"\{(\w+)\}")
REASONS = {
    401: "No token, or one that cannot be believed.",
    403: "The caller's role may not do this, or the token is limited to other scopes.",
    404: "There is no such thing for this caller.",
    408: "The body did not arrive in time.",
    409: "The state of the thing forbids it.",
    412: "The thing was changed since the version named in If-Match.",
    413: "The body is too long.",
    415: "The body is a form, not JSON.",
    416: "The recording does not reach that far.",
    422: "Validation Error",
    429: "Too many requests; come back after Retry-After seconds.",
    500: "A fault of the server.",
    503: "The server cannot do it now; come back after Retry-After seconds.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The client's key for this request: a repetition under the same key has no further effect.",
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
_LARGEST = 2**53 - 1  # what every client can hold; ours are far smaller


def openapi(operations: Sequence[Operation], *, server_url: str, version: Version = Version.V3_1) -> dict[str, Any]:
    """The OpenAPI document."""
    shown = [operation for operation in operations if operation.in_document]
    types = [HTTPValidationError, Detail]
    for operation in shown:
        types += [one for one in (operation.body, operation.parameters, operation.answer.type) if one is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(types, schemas, strict=True))
    for component in components.values():
        if "description" in component:
            component["description"] = cleandoc(component["description"])
        for field in component.get("properties", {}).values():
            _state_instants(field)
    parameters = {operation.parameters.__name__ for operation in shown if operation.parameters is not None}
    paths: dict[str, Any] = {}
    for operation in shown:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, by_type, components)
    return {
        "openapi": FULL_VERSIONS[version],
        "info": {"title": TITLE, "version": "1.0", "description": _DESCRIPTION},
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in parameters},
            "securitySchemes": {"HTTPBearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _state_instants(schema: dict[str, Any]) -> None:
    """Say of each instant what is asked of it."""
    for choice in (schema, *schema.get("anyOf", ())):
        if choice.get("format") == "date-time":
            choice.update(INSTANT)


def _described(operation: Operation, by_type: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation, components),
        "responses": {"200": _answered(operation, by_type)},
        "x-askare-roles": sorted(role.value for role in operation.roles),
        "x-askare-scopes": [scope.value for scope in operation.suitable_scopes],
    }
    if operation.description:
        described["description"] = operation.description
    if not operation.by_key:  # contract 5: the original documents no security for handing calls in
        described["security"] = [{"HTTPBearer": []}]
    if operation.method == "POST":
        described["parameters"].append(_KEY)
    if operation.checks_version:
        described["parameters"].append(IF_MATCH)
    if operation.answer.etag and operation.method == "GET":
        described["responses"]["304"] = {
            "description": "The caller has the present version already (If-None-Match).",
            "headers": {"ETag": ETAG},
        }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": by_type[operation.body],
                    "examples": {example.name: {"value": example.value} for example in operation.examples},
                }
            },
        }
    statuses = {401, 403, 422, 429, 500, 503, *operation.problems}
    if operation.body is not None:
        statuses |= {408, 413, 415}
    for status in sorted(statuses):
        kind = HTTPValidationError if status == 422 else Detail
        answer: dict[str, Any] = {
            "description": REASONS[status],
            "content": {"application/json": {"schema": by_type[kind]}},
        }
        if status in PROBLEM_HEADERS:
            answer["headers"] = PROBLEM_HEADERS[status]
        described["responses"][str(status)] = answer
    return described


def _answered(operation: Operation, by_type: dict[Any, Any]) -> dict[str, Any]:
    answer = operation.answer
    described: dict[str, Any] = {"description": answer.description}
    if answer.etag:
        described["headers"] = {"ETag": ETAG}
    if answer.type is None:
        described["content"] = {operation.media: {}}
    else:
        described["content"] = {
            "application/json": {
                "schema": by_type[answer.type],
                "examples": {example.name: {"value": example.value} for example in answer.examples},
            }
        }
    return described


def _parameters(operation: Operation, components: dict[str, Any]) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
        }
        for name in _PATH_NAME.findall(operation.path)
    ]
    if operation.parameters is None:
        return parameters
    for name, declared in components[operation.parameters.__name__]["properties"].items():
        schema = dict(declared)
        description = schema.pop("description", "")
        if schema.get("default") == "":
            schema.pop("default")
        parameters.append(
            {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
        )
    return parameters
