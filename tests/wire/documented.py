"""Holding answers against the OpenAPI document that the server itself hands out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator

from tests.server import Client

FORMATS = Draft202012Validator.FORMAT_CHECKER


class Documented:
    """One API, as its document tells it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operations(self) -> dict[str, dict[str, Any]]:
        """Every operation by its id, with its `path` and `method`."""
        return {
            operation["operationId"]: {**operation, "path": path, "method": method.upper()}
            for path, item in self.document["paths"].items()
            for method, operation in _operations_of(item)
        }

    def operation_of(self, method: str, path: str) -> dict[str, Any]:
        for operation in self.operations().values():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation["path"]))
            if operation["method"] == method and re.fullmatch(pattern, path):
                return operation
        raise AssertionError(f"{method} {path} is not in the document")

    def check_value(self, value: Any, schema: dict[str, Any]) -> None:
        """The value fits a schema of the document.  Raises ValidationError."""
        whole = {**schema, "components": self.document["components"]}
        jsonschema.validate(value, whole, cls=Draft202012Validator, format_checker=FORMATS)

    def check(self, answer: httpx2.Response) -> None:
        """The answer has a status, a body and headers that the document declares for its operation."""
        operation = self.operation_of(answer.request.method, answer.request.url.path)
        declared = operation["responses"].get(str(answer.status_code))
        assert declared is not None, f"{operation['operationId']} does not declare {answer.status_code}: {answer.text}"
        for name, header in declared.get("headers", {}).items():
            if name in answer.headers:
                value: Any = answer.headers[name]
                if header["schema"]["type"] == "integer":
                    value = int(value)
                self.check_value(value, header["schema"])
            else:
                assert not header.get("required"), f"{name} is missing"
        if "content" in declared:
            content = declared["content"][answer.headers["content-type"].partition(";")[0]]
            self.check_value(answer.json(), content["schema"])
        else:
            assert answer.content == b""


def _operations_of(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations of one path, those of rare methods too (which OpenAPI 3.1 has no place for)."""
    for method, operation in item.items():
        if method.endswith("dditionalOperations"):
            yield from operation.items()
        else:
            yield method, operation


def documented(client: Client, name: str = "task-management") -> Documented:
    return Documented(client.get(f"/openapi/{name}.json").json())


def check_against_document(answer: httpx2.Response, client: Client, name: str = "task-management") -> None:
    """The answer is one that the server's own document promises."""
    documented(client, name).check(answer)
