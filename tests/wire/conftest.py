"""One server a session and kind of database, and a fresh organization on it for every test.

Tests share a server, so none may count on more than its own organization.  One token comes from the command line,
as an owner makes it; the others are made by the same operations, straight in the database (a command takes a tenth
of a second, an operation two milliseconds).
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import Struct

from askare.access import operations as access
from askare.access import tokens
from askare.access.model import Rights
from askare.directory import operations as directory
from askare.kernel.caller import Role
from askare.storage.desk import Database
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from tests.conftest import address_of
from tests.server import Client, Server, running
from tests.wire.asking import Agency, Person
from tests.wire.calling import Centre, found_centre

LIFETIME = timedelta(hours=1)


class Running(Struct, frozen=True):
    """A server of the session, and our own way into its database."""

    server: Server
    database: Database
    client: Client


StartServer = Callable[[str], Running]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str, worker_id: str
) -> Iterator[StartServer]:
    """The session's server on the kind of database that is named; started when first asked for."""
    started: dict[str, Running] = {}
    with ExitStack() as at_end:

        def start(kind: str) -> Running:
            if kind not in started:
                data = tmp_path_factory.mktemp(f"wire-{kind}") / "data"
                _write_commands(data)
                database: Database
                if kind == "postgres":
                    name = f"askare_wire_{testrun_uid[:12]}_{worker_id}"
                    address = _fresh_postgres(request.getfixturevalue("postgres_server"), name, at_end)
                    server = at_end.enter_context(running(data, database=address))
                    database = PostgresDatabase(address, connections_max=2)
                else:
                    server = at_end.enter_context(running(data))
                    database = SqliteDatabase(data / "askare.db")
                at_end.callback(_require_no_failure, server)
                at_end.callback(database.close)
                client = server.client()
                at_end.callback(client.close)
                started[kind] = Running(server, database, client)
            return started[kind]

        yield start


def _write_commands(data: Path) -> None:
    """Two scripts for service tasks: one that says its parameter, one that sleeps for so many seconds."""
    data.mkdir(mode=0o700)
    programs = {code: shutil.which(program) for code, program in (("says", "echo"), ("sleeps", "sleep"))}
    file = data / "commands.toml"
    file.write_text("\n".join(f'{code}.run = ["{path}", "{{startparam1}}"]' for code, path in programs.items()))
    file.chmod(0o600)


def _require_no_failure(server: Server) -> None:
    """Whatever a test sends, the server's own fault it must never be."""
    assert [line for line in server.log_lines() if line["event"] == "request failed" or line.get("status") == 500] == []


def _fresh_postgres(server_address: str, name: str, at_end: ExitStack) -> str:
    connection = at_end.enter_context(psycopg.connect(server_address, autocommit=True))
    connection.execute(f"CREATE DATABASE {name}".encode())
    at_end.callback(connection.execute, f"DROP DATABASE {name} WITH (FORCE)".encode())
    return address_of(server_address, name)


@pytest.fixture
def kind() -> str:
    """The kind of database; `on_both` names both."""
    return "sqlite"


@pytest.fixture
def shared(servers: StartServer, kind: str) -> Running:
    return servers(kind)


@pytest.fixture
def server(shared: Running) -> Server:
    return shared.server


@pytest.fixture
def nobody(shared: Running) -> Client:
    """A client without a token."""
    return shared.client


@pytest.fixture
def agency(shared: Running) -> Agency:
    return found_agency(shared)


@pytest.fixture
def centre(shared: Running) -> Centre:
    """A fresh contact centre."""
    return found_centre(shared.server, shared.database, shared.client, f"Callbox {next(_numbers)}")


def found_agency(shared: Running) -> Agency:
    """A fresh organization with its people."""
    name = f"Koti {next(_numbers)}"
    office, other_office = uuid4(), uuid4()

    def found(tx: Transaction) -> list[str]:
        return [
            _issue(tx, name, Role.ADMIN),
            _issue(tx, name, Role.AGENT, office),
            _issue(tx, name, Role.AGENT, other_office),
            _issue(tx, name, Role.SUPERVISOR),
            _issue(tx, name, Role.OPERATOR),
            _issue(tx, name, Role.INGEST),
            _issue(tx, f"{name} elsewhere", Role.ADMIN),
        ]

    people = [Person(shared.client, token) for token in shared.database.write(found)]
    return Agency(shared.server, name, str(office), str(other_office), shared.client, *people)


def _issue(tx: Transaction, organization_name: str, role: Role, *offices: UUID) -> str:
    """A personal access token, as `askare token` makes it."""
    now = datetime.now(UTC).replace(microsecond=0)
    organization = access.ensure_organization(tx, organization_name, organization_id=uuid4())
    holder = access.ensure_token_holder(tx, organization, Rights(role, frozenset(offices)), user_id=None, now=now)
    token = tokens.personal_token(os.urandom(tokens.SECRET_BYTES))
    access.issue_personal_token(
        tx,
        holder,
        role=role,
        office_ids=offices,
        agent_id=None,
        digest=tokens.digest_of(token),
        token_id=uuid4(),
        now=now,
        expires_at=now + LIFETIME,
    )
    for office_id in offices:
        directory.ensure_office(tx, organization, office_id, now=now)
    return token
