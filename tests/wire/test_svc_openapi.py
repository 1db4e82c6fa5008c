"""The OpenAPI documents of the service tasks: valid in both versions, and true in every example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

from tests.server import Client
from tests.wire.asking import Agency
from tests.wire.documented import Documented
from tests.wire.test_schemathesis import schemathesis

SERVICE = "/rest/v1/service"
TASKS, SCRIPTS, RUNTIMES = f"{SERVICE}/svctasks", f"{SERVICE}/svcscripts", f"{SERVICE}/svcscript_runtimes"
WORKDAYS, SESSION = "/rest/v1/domain/workdays", "/rest/v1/session"


def told_in(version: str, nobody: Client) -> dict[str, Any]:
    document: dict[str, Any] = nobody.get(f"/openapi/svctasks.json?version={version}").json()
    return document


def six_verbs(one: str, path: str) -> dict[str, str]:
    return {
        f"{one}.create": f"POST {path}",
        f"{one}.list": f"GET {path}",
        f"{one}.lookup": f"LOOKUP {path}",
        f"{one}.get": f"GET {path}/{{id}}",
        f"{one}.change": f"PATCH {path}/{{id}}",
        f"{one}.delete": f"DELETE {path}/{{id}}",
    }


@pytest.mark.parametrize("version", ["3.1", "3.2"])
def test_the_document_tells_every_operation_and_no_other(version: str, nobody: Client) -> None:
    operations = Documented(told_in(version, nobody)).operations()

    assert {name: f"{operation['method']} {operation['path']}" for name, operation in operations.items()} == {
        **six_verbs("svctask", TASKS),
        "svctask.runNow": f"POST {TASKS}/{{id}}/runs",
        "svctask.listRuns": f"GET {TASKS}/{{id}}/runs",
        "svctask.cancelRun": f"DELETE {TASKS}/{{id}}/runs/{{runid}}",
        "svctask.preview": f"GET {TASKS}/{{id}}/preview",
        "svctask.backfill": f"POST {TASKS}/{{id}}/backfill",
        **six_verbs("svcscript", SCRIPTS),
        "svcscript_runtime.start": f"POST {RUNTIMES}",
        "svcscript_runtime.list": f"GET {RUNTIMES}",
        "svcscript_runtime.stop": f"DELETE {RUNTIMES}/{{id}}",
        **six_verbs("workday", WORKDAYS),
        "session.signIn": f"POST {SESSION}",
        "session.get": f"GET {SESSION}",
        "session.signOut": f"DELETE {SESSION}",
    }


def test_both_documents_are_valid_and_only_the_newer_states_lookup_in_its_own_words(nobody: Client) -> None:
    older, newer = told_in("3.1", nobody), told_in("3.2", nobody)

    OpenAPIV31SpecValidator(older).validate()
    OpenAPIV32SpecValidator(newer).validate()
    assert older["openapi"].startswith("3.1.")
    assert newer["openapi"].startswith("3.2.")
    assert set(newer["paths"][TASKS]) == {"get", "post", "additionalOperations"}
    assert set(older["paths"][TASKS]) == {"get", "post", "x-additionalOperations"}
    assert newer["paths"][TASKS]["additionalOperations"]["LOOKUP"]["operationId"] == "svctask.lookup"


@pytest.mark.parametrize("name", ["task-management", "authentication"])
def test_the_other_documents_can_be_had_in_the_newer_version_too(name: str, nobody: Client) -> None:
    OpenAPIV32SpecValidator(nobody.get(f"/openapi/{name}.json?version=3.2").json()).validate()


def test_there_is_no_other_version(nobody: Client) -> None:
    assert nobody.get("/openapi/svctasks.json?version=3.0").status_code == 400


def test_every_example_fits_its_schema(nobody: Client) -> None:
    told = Documented(told_in("3.2", nobody))
    checked = 0
    for operation in told.operations().values():
        contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        contents += [answer["content"] for answer in operation["responses"].values() if "content" in answer]
        for content in contents:
            described = content["application/json"]
            for example in described.get("examples", {}).values():
                told.check_value(example["value"], described["schema"])
                checked += 1
    assert checked > 50


def test_all_but_the_sign_in_needs_a_token_or_a_session(nobody: Client) -> None:
    for name, operation in Documented(told_in("3.1", nobody)).operations().items():
        wanted: Any = None if name == "session.signIn" else [{"bearerAuth": []}, {"sessionCookie": []}]
        assert operation.get("security") == wanted


@pytest.mark.long
def test_the_service_tasks_keep_what_their_document_promises(agency: Agency, tmp_path: Path) -> None:
    # `Allow` names LOOKUP, for which OpenAPI 3.1 has no word.  Bounded by time: 2,700 requests take half a minute.
    # Without its stories: in them it takes a start without a body, which is right, for one that should be refused.
    said = schemathesis(
        "svctasks",
        agency,
        tmp_path,
        but_for=["allow_header_conformance"],
        phases="examples,coverage,fuzzing",
        seconds=20,
    )

    assert "26 selected / 26 total" in said
