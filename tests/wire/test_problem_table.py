"""Every problem has an answer in every dialect, in the shape that the documents promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from askare.kernel import problems as kernel
from askare.kernel.problems import Fault, Problem, Wrong
from askare.wire.askare import problems as own
from askare.wire.kit import problems as kit
from askare.wire.kit.endpoints import Reply
from askare.wire.ovipro import problems as ovipro
from askare.wire.svc import problems as svc

DIALECTS = {
    "ovipro": (ovipro.TABLE, ovipro.ErrorBody),
    "askare": (own.TABLE, own.ErrorBody),
    "svc": (svc.TABLE, svc.ErrorBody),
}
CONTENT_TYPES = {"svc": svc.JSON}

# One of each kind, as it is raised.
EXAMPLES: dict[type[Problem], Problem] = {
    kernel.Invalid: kernel.Invalid(
        parameters=[Fault("size", Wrong.TYPE, "must be at most 100")],
        body=[Fault("agents", Wrong.MISSING, "must hold at least 1 entry")],
    ),
    kernel.NotFound: kernel.NotFound("task", "taskId"),
    kernel.Gone: kernel.Gone("meeting"),
    kernel.Refused: kernel.Refused("The task is DONE.", [Fault("parties", Wrong.STATE, "parties cannot change")]),
    kernel.LimitReached: kernel.LimitReached("There are 20 notes.", "assetRequirementId", "At most 20 notes"),
    kernel.Conflict: kernel.Conflict("The task was changed since it was read."),
    kernel.Unauthenticated: kernel.Unauthenticated("A bearer token is needed."),
    kernel.Forbidden: kernel.Forbidden("The role operator may not do this."),
    kernel.Throttled: kernel.Throttled("Too many requests.", retry_after_seconds=7),
    kernel.Unavailable: kernel.Unavailable("The server is stopping.", retry_after_seconds=5),
    kit.MalformedJson: kit.MalformedJson("Expecting value", line=3, column=7),
    kit.UnsupportedMediaType: kit.UnsupportedMediaType("The body must be application/json."),
    kit.PayloadTooLarge: kit.PayloadTooLarge("The body may have at most 1048576 bytes."),
    kit.TooSlow: kit.TooSlow("The body did not arrive within 30 seconds."),
    kit.CutShort: kit.CutShort("The body broke off."),
    kit.UnknownPath: kit.UnknownPath("Nothing lives at this address."),
    kit.MethodNotAllowed: kit.MethodNotAllowed("PATCH", ("GET", "POST")),
    kit.UnknownApiKey: kit.UnknownApiKey("The x-api-key header is missing."),
    kit.Broken: kit.Broken("division by zero"),
}

STATUSES: dict[type[Problem], int] = {
    kernel.Invalid: 400,
    kernel.NotFound: 404,
    kernel.Gone: 410,
    kernel.Refused: 400,
    kernel.LimitReached: 400,
    kernel.Conflict: 412,
    kernel.Unauthenticated: 401,
    kernel.Forbidden: 403,
    kernel.Throttled: 429,
    kernel.Unavailable: 503,
    kit.MalformedJson: 400,
    kit.UnsupportedMediaType: 415,
    kit.PayloadTooLarge: 413,
    kit.TooSlow: 408,
    kit.CutShort: 400,
    kit.UnknownPath: 404,
    kit.MethodNotAllowed: 405,
    kit.UnknownApiKey: 404,
    kit.Broken: 500,
}

# Where a dialect's own table says otherwise.
OTHER_STATUSES: dict[str, dict[type[Problem], int]] = {
    "svc": {kernel.Refused: 409, kernel.LimitReached: 429, kernel.Conflict: 409, kit.UnknownApiKey: 403},
}


def all_problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every kind of problem that our code knows; other tests' own kinds are not ours."""
    for below in kind.__subclasses__():
        if below.__module__.startswith("askare."):
            yield below
            yield from all_problems(below)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_problem_is_without_an_answer(dialect: str) -> None:
    table, _ = DIALECTS[dialect]

    assert set(table) == set(all_problems())


def test_every_problem_has_its_example_here() -> None:
    assert set(EXAMPLES) == set(STATUSES) == set(all_problems())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_answer_fits_the_documented_error_body(kind: type[Problem], dialect: str) -> None:
    table, error_type = DIALECTS[dialect]
    answer: Callable[[Problem], Reply] = table[kind]

    reply = answer(EXAMPLES[kind])

    assert reply.status == OTHER_STATUSES.get(dialect, {}).get(kind, STATUSES[kind])
    assert reply.content_type == CONTENT_TYPES.get(dialect, "application/json")
    jsonschema.validate(
        msgspec.json.decode(reply.body or b""),
        {**msgspec.json.schema(error_type), "unevaluatedProperties": False},
        cls=jsonschema.Draft202012Validator,
    )


@pytest.mark.parametrize("wrong", Wrong)
def test_every_kind_of_fault_has_an_item_code_of_the_public_tables(wrong: Wrong) -> None:
    assert ovipro.ITEM_CODES[wrong] in {"VALUE_REQUIRED", "INVALID_TYPE", "INVALID_ID", "INVALID_STATUS"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_whoever_must_wait_hears_how_long(dialect: str) -> None:
    table, _ = DIALECTS[dialect]
    for kind, seconds in ((kernel.Throttled, "7"), (kernel.Unavailable, "5")):
        assert table[kind](EXAMPLES[kind]).headers["Retry-After"] == seconds


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_own_fault_tells_nothing_about_us(dialect: str) -> None:
    table, _ = DIALECTS[dialect]
    reply = table[kit.Broken](EXAMPLES[kit.Broken])

    assert b"division" not in (reply.body or b"")
