"""/openapi/call-tasks.json, and the table from problem to answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from openapi_spec_validator import validate

from askare.kernel.problems import Problem
from askare.wire.callcentre import problems, words
from askare.wire.callcentre.problems import CallCentreManners
from tests.wire.calling import Centre
from tests.wire.documented import documented
from tests.wire.test_problem_table import EXAMPLES, all_problems
from tests.wire.test_schemathesis import ENVIRONMENT, EXAMPLES_EACH, HERE, SECONDS_MAX, SEED

STATUSES = {
    "Invalid": 422,
    "MalformedJson": 422,
    "Refused": 422,
    "LimitReached": 409,
    "NotFound": 404,
    "Gone": 410,
    "Conflict": 412,
    "Unauthenticated": 401,
    "Forbidden": 403,
    "Throttled": 429,
    "Unavailable": 503,
    "UnknownPath": 404,
    "MethodNotAllowed": 405,
    "TooSlow": 408,
    "CutShort": 400,
    "PayloadTooLarge": 413,
    "UnsupportedMediaType": 415,
    "UnknownApiKey": 401,
    "Broken": 500,
}


def test_the_document_is_valid_and_tells_of_the_six_operations_and_their_friends(centre: Centre) -> None:
    document = documented(centre.nobody, "call-tasks")

    validate(document.document)
    assert set(document.operations()) == {
        "create_task",
        "list_tasks",
        "get_task",
        "update_task_status",
        "link_appeal_to_task",
        "reprocess_task",
        "get_task_recording",
        "get_task_versions",
        "create_appeal",
        "list_appeals",
        "get_appeal",
        "update_appeal_status",
        "watch_task_events",
        "create_webhook",
        "list_webhooks",
        "delete_webhook",
        "list_webhook_deliveries",
        "replay_webhook_delivery",
    }
    assert "security" not in document.operations()["create_task"]
    assert all("security" in one for name, one in document.operations().items() if name != "create_task")
    assert {"HTTPValidationError", "ValidationError"} <= set(document.document["components"]["schemas"])


def test_the_documents_examples_fit_its_own_schemas(centre: Centre) -> None:
    document = documented(centre.nobody, "call-tasks")
    count = 0

    for operation in document.operations().values():
        places = [*operation["responses"].values(), operation.get("requestBody", {})]
        for content in (place.get("content", {}).get("application/json", {}) for place in places):
            for example in content.get("examples", {}).values():
                document.check_value(example["value"], content["schema"])
                count += 1

    assert count >= 12


@pytest.mark.parametrize("kind", list(all_problems()), ids=lambda kind: kind.__name__)
def test_every_problem_has_an_answer_in_this_dialect(kind: type[Problem]) -> None:
    reply = CallCentreManners().reply_to(EXAMPLES[kind], "ru")

    assert reply.status == STATUSES[kind.__name__]
    assert set(msgspec.json.decode(reply.body or b"")) == {"detail"}
    assert kind in problems.TABLE


@pytest.mark.parametrize("kind", words._SAID)
def test_every_fault_is_worded_in_each_language(kind: str) -> None:
    class Anything(dict[str, str]):
        def __missing__(self, name: str) -> str:
            return name

    told = {language: words._SAID[kind][language].format_map(Anything()) for language in words.LANGUAGES}

    assert len(set(told.values())) == len(words.LANGUAGES)


def test_what_a_message_names_is_worded_in_each_language_too() -> None:
    assert set(words._NAMED) == set(words.LANGUAGES) - {"en"}
    assert len({frozenset(named) for named in words._NAMED.values()}) == 1


@pytest.mark.long
def test_schemathesis_finds_the_answers_as_documented(centre: Centre, tmp_path: Path) -> None:
    """Not what it sends and what we take: exchanges send much that no schema would allow, and are understood."""
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml"),
            *("run", f"{centre.server.url}/openapi/call-tasks.json"),
            *("--header", f"Authorization: Bearer {centre.supervisor.token}"),
            *("--checks", f"{checks},response_headers_conformance", "--phases", "examples,coverage,fuzzing"),
            *("--exclude-operation-id", "watch_task_events"),  # its answer has no end
            *("--max-examples", str(EXAMPLES_EACH), "--seed", SEED),
            *("--generation-database", "none", "--no-color"),
        ],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "17 selected / 18 total" in done.stdout
    assert "✅ Fuzzing" in done.stdout
