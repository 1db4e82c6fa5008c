"""A contact centre on the session's server, and saying in one line what it answered."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import httpx2
from msgspec import Struct

from askare.access import operations as access
from askare.access import tokens
from askare.access.model import Rights
from askare.directory import operations as directory
from askare.directory.model import Kind, OperatorContent
from askare.kernel.caller import Caller, Role, Scope
from askare.storage.desk import Database
from askare.storage.transactions import Transaction, on_behalf_of
from tests.server import Client, Server
from tests.wire.asking import Person

TASKS = "/api/tasks"
APPEALS = "/api/appeals"
LIFETIME = timedelta(hours=1)


class Centre(Struct, frozen=True):
    """A fresh organization with two operators, one of whom the exchange knows by code and extension."""

    server: Server
    database: Database
    name: str
    caller: Caller
    nobody: Client
    admin: Person
    supervisor: Person
    operator: Person
    colleague: Person  # the other operator
    agent: Person
    ingest: Person
    stranger: Person  # the supervisor of another organization
    operator_id: UUID
    colleague_id: UUID

    def call(self, **changes: Any) -> dict[str, Any]:
        """A call for the operator; a field given as `...` is left out."""
        body = {"operator_id": "op-7", "title": "Нет воды", **changes}
        return {name: value for name, value in body.items() if value is not ...}

    def creates(self, **changes: Any) -> dict[str, Any]:
        """The answer to a call that is handed in."""
        return answered(self.supervisor.post(TASKS, self.call(**changes)))

    def limited(self, role: Role, *scopes: Scope) -> Person:
        """Somebody of the role with a token that is limited to these scopes."""
        token = self.database.write(lambda tx: _issue(tx, self.name, role, scopes=scopes))
        return Person(self.nobody, token)

    def key(self) -> str:
        """The exchange's key."""
        return self.ingest.token


def found_centre(server: Server, database: Database, client: Client, name: str) -> Centre:
    operator_id, colleague_id = uuid4(), uuid4()

    def found(tx: Transaction) -> tuple[Caller, list[str]]:
        issued = [
            _issue(tx, name, Role.ADMIN),
            _issue(tx, name, Role.SUPERVISOR),
            _issue(tx, name, Role.OPERATOR, operator_id),
            _issue(tx, name, Role.OPERATOR, colleague_id),
            _issue(tx, name, Role.AGENT),
            _issue(tx, name, Role.INGEST),
            _issue(tx, f"{name} elsewhere", Role.SUPERVISOR),
        ]
        organization = access.ensure_organization(tx, name, organization_id=uuid4())
        caller = Caller(organization.organization_no, organization.organization_id, operator_id, Role.ADMIN)
        directory.put_entry(
            on_behalf_of(tx, caller),
            Kind.OPERATOR,
            operator_id,
            OperatorContent(code="op-7", extension="107", name="Динара Оспанова", language="kk"),
            now=datetime.now(UTC).replace(microsecond=0),
        )
        return caller, issued

    caller, issued = database.write(found)
    admin, supervisor, operator, colleague, agent, ingest, stranger = (Person(client, token) for token in issued)
    return Centre(
        server=server,
        database=database,
        name=name,
        caller=caller,
        nobody=client,
        admin=admin,
        supervisor=supervisor,
        operator=operator,
        colleague=colleague,
        agent=agent,
        ingest=ingest,
        stranger=stranger,
        operator_id=operator_id,
        colleague_id=colleague_id,
    )


def _issue(
    tx: Transaction,
    organization_name: str,
    role: Role,
    user_id: UUID | None = None,
    *,
    scopes: tuple[Scope, ...] = (),
) -> str:
    """A personal access token, as `askare token` makes it."""
    now = datetime.now(UTC).replace(microsecond=0)
    organization = access.ensure_organization(tx, organization_name, organization_id=uuid4())
    holder = access.ensure_token_holder(tx, organization, Rights(role), user_id=user_id, now=now)
    token = tokens.personal_token(os.urandom(tokens.SECRET_BYTES))
    access.issue_personal_token(
        tx,
        holder,
        role=role,
        office_ids=(),
        agent_id=None,
        digest=tokens.digest_of(token),
        token_id=uuid4(),
        now=now,
        expires_at=now + LIFETIME,
        scopes=scopes,
    )
    return token


def answered(answer: httpx2.Response) -> dict[str, Any]:
    """The body of a success, which is always 200."""
    assert answer.status_code == 200, answer.text
    return cast("dict[str, Any]", answer.json())


def assert_faults(answer: httpx2.Response, *faults: tuple[str, list[str | int]]) -> list[dict[str, Any]]:
    """The answer is 422 with exactly these (type, loc) pairs, in any order; returns its details."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"detail"}
    found = [(detail["type"], detail["loc"]) for detail in body["detail"]]
    assert sorted(map(str, found)) == sorted(map(str, faults)), answer.text
    assert all(detail["msg"] for detail in body["detail"])
    return cast("list[dict[str, Any]]", body["detail"])


def assert_refused(answer: httpx2.Response, status: int, detail: str | None = None) -> None:
    """The answer is this refusal."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"detail"}
    assert detail is None or body["detail"] == detail
