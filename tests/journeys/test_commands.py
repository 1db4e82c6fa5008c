"""The commands as people and scripts run them: each in a process of its own, judged by output and exit status."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import apsw
import pytest
from cyclopts import App
from msgspec import Struct

from askare.cli import COMMANDS as PLACES
from askare.cli import app
from askare.letters import operations as letters
from askare.letters.model import Rhythm
from askare.storage.migrations import all_migrations
from askare.storage.sqlite import SqliteDatabase
from tests.journeys.waiting import until
from tests.letter_values import an_alert
from tests.samples import TASK_BODY
from tests.server import Server, askare, running
from tests.values import NOW, OFFICE, an_admin, empty

TOKEN_ALONE = re.compile(r"askare_[A-Za-z0-9_-]{43}\n")
GOOD_PASSWORD = "seitsemän veljestä"


# Help ------------------------------------------------------------------------------------------------------------


def commands_of(of: App, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command that there is, subcommands included."""
    for name in of:
        if not name.startswith("-"):
            yield (*before, name)
            yield from commands_of(of[name], *before, name)


COMMANDS = sorted(commands_of(app))


# In this process: fifteen others would only say the same, and take ten seconds.
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_says_what_it_does_in_a_sentence(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    app([*command, "--help"], exit_on_error=False, result_action="return_value")

    usage, _, rest = capsys.readouterr().out.strip().partition("\n")
    assert usage.startswith(f"Usage: askare {' '.join(command)}")
    assert re.match(r"\s*[A-Z][^│]{20,}?\.", rest)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_explains_each_parameter(command: tuple[str, ...]) -> None:
    here = app
    for name in command:
        here = here[name]

    arguments = here.assemble_argument_collection(parse_docstring=True) if here.default_command else []

    unexplained = [argument.name for argument in arguments if argument.parse and not argument.parameter.help]
    assert unexplained == []


def test_the_manual_tells_of_every_command() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")

    groups = {before for *above, _ in COMMANDS for before in [tuple(above)] if before}
    mute = [command for command in COMMANDS if f"`askare {' '.join(command)}" not in manual]
    assert [command for command in mute if command not in groups] == []


def test_the_first_help_names_every_command(tmp_path: Path) -> None:
    done = askare("--help", data=tmp_path, afresh=True)

    assert done.returncode == 0
    assert {command[0] for command in COMMANDS} <= set(done.stdout.split())


# One of each module: only loaded afresh does a command show that it loads all it needs, and in an order that works.
@pytest.mark.parametrize("command", {place.partition(":")[0]: name for name, place in PLACES.items()}.values())
def test_every_command_loads_by_itself(command: str, tmp_path: Path) -> None:
    done = askare(command, "--help", data=tmp_path, afresh=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: askare {command}")


def test_the_help_of_token_shows_an_example(tmp_path: Path) -> None:
    done = askare("token", "--help", data=tmp_path)

    assert done.returncode == 0
    assert "Example: askare token --organization Koti --role agent" in " ".join(done.stdout.split())


# Tokens and users ------------------------------------------------------------------------------------------------


class Office(Struct):
    """A running server and how the commands reach its data."""

    server: Server

    def run(self, *arguments: str, stdin: str = "") -> Any:
        where = ("--database", self.server.database) if self.server.database else ()
        return askare(*arguments, *where, data=self.server.data, stdin=stdin)

    def token(self, organization: str, *more: str) -> str:
        return str(self.run("token", "--organization", organization, "--role", "admin", *more).stdout.strip())

    def status(self, token: str) -> int:
        """What a search under this token is answered with."""
        with closing(self.server.client(token)) as client:
            return client.get("/tasks").status_code


@pytest.fixture(scope="module")
def sqlite_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("office") / "data") as server:
        yield Office(server)


@pytest.fixture(scope="module")
def postgres_office(tmp_path_factory: pytest.TempPathFactory, lasting_postgres_address: str) -> Iterator[Office]:
    with running(tmp_path_factory.mktemp("office") / "data", database=lasting_postgres_address) as server:
        yield Office(server)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Office:
    found: Office = request.getfixturevalue(request.param)
    return found


SQLITE = pytest.param("sqlite_office", marks=pytest.mark.xdist_group("commands on SQLite"))
POSTGRES = pytest.param("postgres_office", marks=pytest.mark.xdist_group("commands on PostgreSQL"))
on_both = pytest.mark.parametrize("office", [SQLITE, POSTGRES], indirect=True)
on_sqlite = pytest.mark.parametrize("office", [SQLITE], indirect=True)


@on_both
def test_token_prints_one_token_alone_and_the_running_server_takes_it(office: Office) -> None:
    made = office.run("token", "--organization", "Koti", "--role", "agent", "--office", str(OFFICE))

    assert made.returncode == 0
    assert TOKEN_ALONE.fullmatch(made.stdout)
    assert made.stderr == ""
    assert office.status(made.stdout.strip()) == 200


def test_token_works_before_there_is_anything_and_the_server_takes_it_later(tmp_path: Path) -> None:
    made = askare("token", "--organization", "Koti", "--role", "admin", data=tmp_path / "not" / "yet" / "there")

    assert TOKEN_ALONE.fullmatch(made.stdout)
    with running(tmp_path / "not" / "yet" / "there") as server:
        assert Office(server).status(made.stdout.strip()) == 200


@on_sqlite
def test_token_list_shows_every_token_but_not_its_text(office: Office) -> None:
    first, second = office.token("Lista"), office.token("Lista", "--ttl", "2h")

    listed = office.run("token", "list", "--organization", "Lista")
    as_json = office.run("token", "list", "--organization", "Lista", "--json")

    rows = json.loads(as_json.stdout)
    assert [(row["role"], row["revoked"]) for row in rows] == [("admin", None), ("admin", None)]
    for row in rows:
        assert row["tokenId"] in listed.stdout  # in one piece, as it is to be copied
    for output in (listed.stdout, as_json.stdout):
        assert first not in output
        assert second not in output


@on_both
def test_a_revoked_token_is_refused_by_the_running_server(office: Office) -> None:
    token = office.token("Hylky")
    assert office.status(token) == 200
    (row,) = json.loads(office.run("token", "list", "--organization", "Hylky", "--json").stdout)

    revoked = office.run("token", "revoke", row["tokenId"], "--organization", "Hylky")

    assert revoked.returncode == 0
    until(lambda: office.status(token) == 401, "the token is refused")


@on_sqlite
def test_a_token_of_another_organization_cannot_be_revoked(office: Office) -> None:
    token = office.token("Naapuri")
    office.token("Toinen")
    (row,) = json.loads(office.run("token", "list", "--organization", "Naapuri", "--json").stdout)

    refused = office.run("token", "revoke", row["tokenId"], "--organization", "Toinen")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "No token has this id.\n"
    assert office.status(token) == 200


@on_sqlite
def test_an_organization_that_does_not_exist_is_told_with_those_that_do(office: Office) -> None:
    office.token("Koti")

    refused = office.run("token", "list", "--organization", "Kotti")

    assert refused.returncode == 1
    assert "There is no organization 'Kotti' (there are: " in refused.stderr
    assert "Koti" in refused.stderr


@on_both
def test_a_new_user_signs_in_over_http(office: Office) -> None:
    who = ("--organization", "Koti", "--role", "agent", "--office", str(OFFICE))
    added = office.run("user", "add", "aino.kivi", *who, "--password-stdin", stdin=f"{GOOD_PASSWORD}\n")

    with closing(office.server.client()) as client:
        signed_in = client.post("/authentication/v1/token", {"username": "aino.kivi", "password": GOOD_PASSWORD})

    assert added.returncode == 0
    assert signed_in.status_code == 200
    assert office.status(signed_in.json()["access_token"]) == 200


@on_both
def test_a_token_is_known_by_its_name_and_the_list_says_when_it_was_last_used(office: Office) -> None:
    who = ("--organization", "Puhelin", "--role", "admin")
    used = office.run("token", *who, "--name", "PBX Almaty").stdout.strip()
    office.run("token", *who, "--name", "spare")
    assert office.status(used) == 200

    listed = json.loads(office.run("token", "list", "--organization", "Puhelin", "--json").stdout)

    assert {one["name"]: one["lastUsed"] is not None for one in listed} == {"PBX Almaty": True, "spare": False}


@on_both
def test_a_token_can_be_limited_to_reading_calls_and_the_list_says_so(office: Office) -> None:
    who = ("--organization", "Puhelut", "--role", "supervisor")
    reader = office.run("token", *who, "--scope", "tasks:read").stdout.strip()
    office.run("token", *who)

    listed = json.loads(office.run("token", "list", "--organization", "Puhelut", "--json").stdout)
    shown = office.run("token", "list", "--organization", "Puhelut").stdout
    with closing(office.server.client(reader)) as client:
        read = client.get("/api/tasks")
        written = client.post("/api/appeals", {"subject": "Water"})

    assert sorted(str(one["scopes"]) for one in listed) == ["None", "['tasks:read']"]
    assert "tasks:read" in shown
    assert read.status_code == 200
    assert written.json() == {"detail": "The token is limited to tasks:read; this needs tasks:write."}
    assert written.status_code == 403


@pytest.mark.parametrize(
    ("role", "scope", "said"),
    [
        ("supervisor", "tasks:all", "--scope tasks:all: there are tasks:read, tasks:write, tasks:ingest"),
        ("agent", "tasks:read", "A token of the role agent cannot have the scope tasks:read."),
    ],
)
def test_a_scope_that_cannot_be_is_refused_and_no_token_is_made(
    tmp_path: Path, role: str, scope: str, said: str
) -> None:
    done = askare("token", "--organization", "Koti", "--role", role, "--scope", scope, data=tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


@on_both
def test_who_forgot_the_password_gets_another_and_who_leaves_is_locked_out(office: Office) -> None:
    who = ("--organization", "Koti", "--role", "admin", "--password-stdin")
    office.run("user", "add", "Eeva", *who, stdin=f"{GOOD_PASSWORD}\n")

    def signed_in(password: str) -> int:
        with closing(office.server.client()) as client:
            answer = client.post("/authentication/v1/token", {"username": "eeva", "password": password})
        return answer.status_code

    changed = office.run("user", "password", "eeva", "--password-stdin", stdin="kymmenen tikkua laudalla\n")
    after_change = signed_in(GOOD_PASSWORD), signed_in("kymmenen tikkua laudalla")
    disabled = office.run("user", "disable", "eeva")
    while_disabled = signed_in("kymmenen tikkua laudalla")
    listed = json.loads(office.run("user", "list", "--organization", "Koti", "--json").stdout)
    enabled = office.run("user", "enable", "eeva")

    assert [done.returncode for done in (changed, disabled, enabled)] == [0, 0, 0]
    assert (after_change, while_disabled, signed_in("kymmenen tikkua laudalla")) == ((401, 200), 401, 200)
    assert [(user["username"], user["disabled"]) for user in listed if user["username"] == "eeva"] == [("eeva", True)]


def test_a_user_that_there_is_not_is_not_found(tmp_path: Path) -> None:
    refused = askare("user", "disable", "nobody", data=tmp_path)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "There is no user named nobody." in refused.stderr


@on_sqlite
def test_a_user_is_added_once(office: Office) -> None:
    add = ("user", "add", "veikko", "--organization", "Koti", "--role", "admin", "--password-stdin")
    office.run(*add, stdin=f"{GOOD_PASSWORD}\n")

    again = office.run(*add, stdin=f"{GOOD_PASSWORD}\n")

    assert (again.returncode, again.stdout) == (1, "")
    assert "The username veikko is taken" in again.stderr


def test_a_short_password_is_refused_with_what_would_do(tmp_path: Path) -> None:
    add = ("user", "add", "veikko", "--organization", "Koti", "--role", "admin", "--password-stdin")

    refused = askare(*add, data=tmp_path, stdin="salainen\n")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "at least 10 characters" in refused.stderr


def test_a_password_is_never_asked_for_where_nobody_can_answer(tmp_path: Path) -> None:
    refused = askare("user", "add", "veikko", "--organization", "Koti", "--role", "admin", data=tmp_path)

    assert refused.returncode == 1
    assert "--password-stdin" in refused.stderr


# The database ----------------------------------------------------------------------------------------------------


def test_migrate_check_says_what_would_run_and_changes_nothing(tmp_path: Path) -> None:
    names = [migration.name for migration in all_migrations()]

    first, second = (askare("migrate", "--check", data=tmp_path / "data") for _ in range(2))

    assert not (tmp_path / "data").exists()
    assert [(done.returncode, done.stdout.split()) for done in (first, second)] == [(1, names), (1, names)]


def test_migrate_brings_the_database_up_to_date_once(tmp_path: Path) -> None:
    names = [migration.name for migration in all_migrations()]

    first = askare("migrate", data=tmp_path)
    check = askare("migrate", "--check", data=tmp_path)
    second = askare("migrate", data=tmp_path)

    assert (first.returncode, first.stdout.split()) == (0, names)
    assert (check.returncode, check.stdout) == (0, "")
    assert (second.returncode, second.stdout) == (0, "")


def test_a_data_folder_of_another_askare_is_not_worked_on(tmp_path: Path) -> None:
    askare("migrate", data=tmp_path)
    with closing(apsw.Connection(str(tmp_path / "askare.db"))) as connection:
        connection.execute("UPDATE migrations SET digest = 'x' WHERE name = '0004_tasks.sql'")

    for command in (
        ("migrate", "--check"),
        ("migrate",),
        ("serve",),
        ("token", "list", "--organization", "A"),
        ("backup", f"{tmp_path}/office.zip"),
    ):
        done = askare(*command, data=tmp_path)
        assert done.returncode == 1, command
        assert "0004_tasks.sql" in done.stderr
        assert "Use the Askare that made it" in done.stderr
    doctor = askare("doctor", data=tmp_path)
    assert doctor.returncode == 1
    assert "0004_tasks.sql" in doctor.stdout


def test_a_second_demo_changes_nothing(tmp_path: Path) -> None:
    first = askare("demo", data=tmp_path)
    before = everything_in(tmp_path / "askare.db")

    second = askare("demo", data=tmp_path)

    assert first.returncode == second.returncode == 0
    assert TOKEN_ALONE.fullmatch(first.stdout)
    assert second.stdout == first.stdout
    assert len(before["tasks"]) == 2_000
    assert everything_in(tmp_path / "askare.db") == before


def everything_in(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of a database file."""
    with closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


# Backup, restore, doctor ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_a_backup_made_beside_the_server_comes_back_in_another_place(
    target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = ""
    if target == "postgres":
        address = request.getfixturevalue("bare_postgres_address")
        request.getfixturevalue("open_postgres")().close()  # else the restore takes us for a server on the database
    where = ("--database", address) if address else ()
    with running(tmp_path / "old") as old:
        add = ("user", "add", "aino", "--organization", "Koti", "--role", "admin", "--password-stdin")
        askare(*add, data=old.data, stdin=f"{GOOD_PASSWORD}\n")
        with closing(old.client()) as client:
            answer = client.post("/authentication/v1/token", {"username": "aino", "password": GOOD_PASSWORD})
        signed_in = answer.json()["access_token"]
        with closing(old.client(signed_in)) as client:
            client.post("/tasks", TASK_BODY)
            before = client.get("/tasks").json()
            made = askare("backup", str(tmp_path / "office.zip"), data=old.data)

    restored = askare("restore", str(tmp_path / "office.zip"), *where, data=tmp_path / "new")
    with running(tmp_path / "new", database=address) as new, closing(new.client(signed_in)) as client:
        after = client.get("/tasks").json()

    assert (made.returncode, restored.returncode) == (0, 0)
    assert before["totalCount"] == 1
    assert after == before


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo, and a backup of it beside."""
    folder = tmp_path_factory.mktemp("demo")
    assert askare("demo", data=folder / "data").returncode == 0
    assert askare("backup", str(folder / "demo.zip"), data=folder / "data").returncode == 0
    return folder


needs_demo = pytest.mark.xdist_group("commands with the demo")


@needs_demo
def test_a_backup_leaves_a_file_that_is_there_as_it_is(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear aunt")

    said = refusal_of("backup", str(tmp_path / "letter.txt"), data=demo / "data")

    assert "is there already" in said
    assert (tmp_path / "letter.txt").read_text() == "Dear aunt"


@needs_demo
@pytest.mark.parametrize(("how", "state"), [((), "HELD"), (("--letters", "send"), "WAITING")])
def test_letters_that_waited_are_held_after_a_restore_unless_they_are_to_leave(
    tmp_path: Path, how: tuple[str, ...], state: str
) -> None:
    made = askare("migrate", data=tmp_path / "old")
    assert made.returncode == 0, made.stderr
    database = SqliteDatabase(tmp_path / "old" / "askare.db")
    empty(database)
    database.write(
        lambda tx: letters.write_alerts(tx, [an_alert()], new_id=uuid4, rhythm=Rhythm(), now=NOW), an_admin()
    )
    database.close()
    assert askare("backup", str(tmp_path / "a.zip"), data=tmp_path / "old").returncode == 0

    restored = askare("restore", str(tmp_path / "a.zip"), *how, data=tmp_path / "new")

    assert restored.returncode == 0, restored.stderr
    assert ("Letters held: 1." in restored.stderr + restored.stdout) == (state == "HELD")
    database = SqliteDatabase(tmp_path / "new" / "askare.db")
    assert database.read(lambda tx: tx.rows("SELECT state FROM letters")) == [(state,)]
    database.close()


def test_a_restore_over_other_data_has_to_be_asked_for(demo: Path, tmp_path: Path) -> None:
    askare("token", "--organization", "Koti", "--role", "admin", data=tmp_path)
    before = everything_in(tmp_path / "askare.db")

    said = refusal_of("restore", str(demo / "demo.zip"), data=tmp_path)
    left = everything_in(tmp_path / "askare.db")
    replaced = askare("restore", str(demo / "demo.zip"), "--replace", data=tmp_path)

    assert "--replace" in said
    assert left == before
    assert replaced.returncode == 0
    assert everything_in(tmp_path / "askare.db")["tasks"] == everything_in(demo / "data" / "askare.db")["tasks"]


@needs_demo
def test_a_backup_that_was_cut_off_is_refused_and_nothing_is_made(demo: Path, tmp_path: Path) -> None:
    whole = (demo / "demo.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])

    said = refusal_of("restore", str(tmp_path / "half.zip"), data=tmp_path / "data")

    assert said.startswith(f"{tmp_path / 'half.zip'} is not a backup of Askare, or it is damaged")
    assert not (tmp_path / "data").exists()


@needs_demo
def test_the_doctor_finds_a_healthy_office_healthy(demo: Path) -> None:
    done = askare("doctor", "--json", data=demo / "data")

    findings = json.loads(done.stdout)
    assert done.returncode == 0
    assert [finding["subject"] for finding in findings if finding["level"] == "error"] == []
    assert findings[-1]["subject"] == "verdict"


def test_the_doctor_tells_every_wrong_setting_and_no_secret(tmp_path: Path) -> None:
    done = askare(
        *("doctor", "--json"),
        data=tmp_path,
        ASKARE_PORT="eighty",
        ASKARE_LOG_LEVEL="loud",
        ASKARE_API_KEYS="a-secret-key",
    )

    errors = [finding["text"] for finding in json.loads(done.stdout) if finding["level"] == "error"]
    assert done.returncode == 1
    assert any(error.startswith("port (ASKARE_PORT): ") for error in errors)
    assert any(error.startswith("log_level (ASKARE_LOG_LEVEL): ") for error in errors)
    assert "a-secret-key" not in done.stdout + done.stderr


def test_the_doctor_shows_where_each_setting_comes_from_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "askare.toml").write_text('issuer = "koti"')

    done = askare("doctor", "--json", data=tmp_path, ASKARE_API_KEYS="a-secret-key", ASKARE_PORT="0")

    told = {finding["subject"]: finding["text"] for finding in json.loads(done.stdout)}
    assert told["setting issuer"] == f"koti ({tmp_path / 'askare.toml'})"
    assert told["setting api_keys"] == "*** (ASKARE_API_KEYS)"
    assert told["setting audience"] == "askare (default)"
    assert "a-secret-key" not in done.stdout + done.stderr


# What cannot be --------------------------------------------------------------------------------------------------


def refusal_of(*arguments: str, data: Path, **environment: Any) -> str:
    """What a command that cannot do its work says: on standard error alone, in words, with status 1."""
    done = askare(*arguments, data=data, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        said = refusal_of("serve", "--port", port, data=tmp_path)

    assert said.startswith(f"127.0.0.1:{port} cannot be listened on: Address already in use.")
    assert "--port" in said


def test_a_data_folder_that_cannot_be_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()

    assert str(tmp_path / "a file" / "data") in refusal_of("migrate", data=tmp_path / "a file" / "data")


def test_a_file_that_is_no_database_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "askare.db").write_text("Once upon a time there was a spreadsheet.")

    assert refusal_of("migrate", data=tmp_path).startswith(f"{tmp_path / 'askare.db'} cannot be opened: ")


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    wrong = {"ASKARE_PORT": "eighty", "ASKARE_LOG_LEVEL": "loud", "ASKARE_PRT": "80"}

    assert refusal_of("serve", data=tmp_path, **wrong).splitlines() == [
        "port (ASKARE_PORT): must be a whole number, not 'eighty'",
        "log_level (ASKARE_LOG_LEVEL): must be one of debug, info, warning, error, not 'loud'",
        "ASKARE_PRT: there is no such setting; did you mean port?",
    ]


def test_several_processes_on_sqlite_are_refused_with_the_way_out(tmp_path: Path) -> None:
    said = refusal_of("serve", "--workers", "2", data=tmp_path)

    assert said.startswith("workers: only one process writes to an SQLite file")
    assert "set database to a PostgreSQL address" in said


def test_an_unreachable_postgresql_is_told_without_its_password(tmp_path: Path) -> None:
    said = refusal_of("migrate", "--database", "postgresql://askare:hunter2@127.0.0.1:1/askare", data=tmp_path)

    assert said.startswith("PostgreSQL cannot be reached: ")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (("serv",), 'Did you mean "serve"?'),
        (("serve", "--prot", "8080"), "Did you mean --port?"),
        (("token", "--organization", "Koti", "--role", "boss"), '"admin", "agent"'),
        (("token", "list"), "--organization"),
        (("token", "revoke", "abc", "--organization", "Koti"), "UUID"),
    ],
    ids=["command", "option", "choice", "missing option", "not an id"],
)
def test_what_is_mistyped_ends_with_a_hint_and_status_2(typed: tuple[str, ...], hint: str, tmp_path: Path) -> None:
    done = askare(*typed, data=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert hint in " ".join(done.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []
