"""`askare import` and `askare export`, as people run them, while the server runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.waiting import until
from tests.server import Client, askare, make_token, running
from tests.values import AGENT, OFFICE, OTHER_PARTY, PARTY

HEADING = "partyId,partyTypeCode,name,email,nmae\n"
GOOD = f"{PARTY},PERSON_PARTY,Maija Meikäläinen,maija@example.com,\n"
BAD = f"{OTHER_PARTY},PERSON_PARTY,Matti,nobody,\n5,CAT,,,\n"


def found(client: Client, words: str) -> int:
    answer = client.get("/tasks", params={"freeTextSearch": words})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["totalCount"])


def test_a_file_is_tried_loaded_mended_and_written_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    of = ("--organization", "Koti")
    file, errors = tmp_path / "customers.csv", tmp_path / "customers.errors.csv"
    file.write_text(HEADING + GOOD + BAD, encoding="utf-8")
    client_token = make_token(data)
    with running(data) as server:
        client = server.client(client_token)
        task = {
            "typeCode": "CALL",
            "statusCode": "WAITING",
            "taskDueTime": "2026-12-31T10:00:00Z",
            "agencyOfficeId": str(OFFICE),
            "agents": [{"agentId": str(AGENT)}],
            "parties": [{"partyId": str(PARTY), "partyTypeCode": "PERSON_PARTY"}],
        }
        assert client.post("/tasks", task).status_code == 201

        tried = askare("import", "parties", str(file), *of, "--dry-run", data=data)
        assert tried.returncode == 1
        assert tried.stdout.splitlines()[0] == "row 2: new"
        assert "row 3: faulty: email: must be the e-mail address of one mailbox" in tried.stdout
        assert "row 4: faulty: partyId: must be a UUID" in tried.stdout
        assert "Column nmae: unknown, not read; did you mean name?" in tried.stderr
        assert "1 new, 0 changed, 0 unchanged, 2 faulty; nothing was changed (dry run)." in tried.stderr
        assert client.get("/askare/v1/parties").json()["totalCount"] == 0
        assert not errors.exists()

        loaded = askare("import", "parties", str(file), *of, "--json", data=data)
        assert loaded.returncode == 1
        assert json.loads(loaded.stdout) == {
            "new": 1,
            "changed": 0,
            "unchanged": 0,
            "faulty": 2,
            "errors": str(errors),
        }
        assert client.get("/askare/v1/parties").json()["totalCount"] == 1
        until(lambda: found(client, "meikäläi") == 1, "the task is found by the name of its party")

        mended = errors.read_text(encoding="utf-8-sig").splitlines()
        assert mended[0] == "row,error,partyId,partyTypeCode,name,email,nmae"
        errors.write_text("\n".join(mended[:2]).replace("nobody", "matti@example.com"), encoding="utf-8")
        again = askare("import", "parties", str(errors), *of, data=data)
        assert again.returncode == 0, again.stderr
        assert "1 new, 0 changed, 0 unchanged, 0 faulty." in again.stderr

    sheet = str(tmp_path / "parties.xlsx")
    assert "2 parties" in askare("export", "parties", sheet, *of, data=data).stderr
    assert "0 new, 0 changed, 2 unchanged, 0 faulty." in askare("import", "parties", sheet, *of, data=data).stderr
    lines = askare("export", "parties", "--format", "ndjson", *of, data=data).stdout.splitlines()
    assert sorted(json.loads(line)["name"] for line in lines) == ["Maija Meikäläinen", "Matti"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "parties", "nothing.csv", "--organization", "Koti"), "nothing.csv: cannot be read"),
        (("export", "parties", "no/such/folder.csv", "--organization", "Koti"), "cannot be written"),
    ],
    ids=["no file", "no folder"],
)
def test_what_cannot_be_done_is_said_in_words(arguments: tuple[Any, ...], says: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_token(data)

    done = askare(*arguments, data=data)

    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
