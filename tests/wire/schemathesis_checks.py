"""What Schemathesis is told besides the OpenAPI document.  Loaded by its command line (SCHEMATHESIS_HOOKS)."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

# One field against another, or against what there is in the world: JSON Schema has no word for it.
COMPARISON = re.compile(
    "^(must not be (more|less) than [a-z]|must be at most [0-9]+ more than|cannot be given together with|"
    "must be the id in the path$|must be the code of a country |names no operator of the organization$)"
)
INTEGERS = range(-(2**63), 2**63)


@schemathesis.check
def valid_data_is_refused_for_its_state_alone(ctx: Any, response: Any, case: Any) -> None:
    """A 400 for data that fit the document must say INVALID_STATUS, of the whole or of every item.

    Other dialects than OviPro's refuse a state with 409, so that there no such 400 is right.
    """
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body = response.json()
    assert "errorCode" in body, f"valid data were refused: {body}"
    # No schema can say which tokens were ours, or that one number is to be no larger than another.
    items = [item for item in body.get("errors", []) if item["target"] != "since"]
    if body.get("errors") and not items:
        return
    codes = {item["errorCode"] for item in items if not COMPARISON.search(item["message"])}
    if not items:
        codes = {body["errorCode"]}
    assert codes <= {"INVALID_STATUS"}, f"valid data were refused: {body}"


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """What is said of the asset requirement or watch of a path carries its id, so that changes get through.

    Whole numbers are written as such: to JSON Schema 19.0 is one, to us it is a typing error.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.body = _with_whole_numbers(case.body)
    body, path = case.body, case.path_parameters or {}
    for name in ("assetRequirementId", "watchId"):
        if isinstance(body, dict) and name in body and name in path:
            body[name] = path[name]


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and int(value) in INTEGERS else value


@schemathesis.hook
def filter_body(ctx: Any, body: Any) -> bool:
    """Integers beyond 64 bits are refused anywhere in a body, which JSON Schema can say of known fields only."""
    return _holds_only_integers_of_64_bits(body)


def _holds_only_integers_of_64_bits(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_holds_only_integers_of_64_bits, value.values()))
    if isinstance(value, list):
        return all(map(_holds_only_integers_of_64_bits, value))
    return not isinstance(value, int) or value in INTEGERS
