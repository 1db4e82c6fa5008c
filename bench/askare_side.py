"""Everything the benchmark knows about Askare itself: how it is started, and how its rows get in."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from askare.access import operations as access
from askare.directory import store as directory
from askare.directory.model import Kind
from askare.edge import Edge
from askare.kernel.caller import Caller, Role
from askare.settings import DATABASE_FILE
from askare.storage import history
from askare.storage.history import Change
from askare.storage.migrations import migrate
from askare.storage.shelf import post_words
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.tasks import operations, store
from askare.tasks.model import Task, TaskContent
from load import ORGANIZATION, Registry, iter_tasks, registry

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
COMMAND = ROOT / ".venv" / "bin" / "askare"
CHUNK = 5_000  # tasks a transaction while loading
POSTED_AT_ONCE = 20_000  # tasks whose words are posted in one transaction while loading
PACKAGES = ("askare", "falcon", "granian", "msgspec", "apsw", "joserfc", "structlog")


def load_askare(data_dir: Path, count: int) -> None:
    """Write the first `count` tasks of `load.iter_tasks`, and `load.registry`, into a new data folder.

    One organization, named load.ORGANIZATION.  It leaves what the server itself would have left after as many
    creates: the same rows, history, links and text index, with the given ids and stamps.
    """
    edge = Edge()
    database = SqliteDatabase(data_dir / DATABASE_FILE)
    try:
        migrate(database, now=edge.now())
        organization = database.write(
            lambda tx: access.ensure_organization(tx, ORGANIZATION, organization_id=edge.new_id())
        )
        caller = Caller(organization.organization_no, organization.organization_id, edge.new_id(), Role.ADMIN)
        known = registry()
        # Room for the whole file: loading is not what is measured, and serving opens it anew.
        database.write(lambda tx: tx.run("PRAGMA cache_size = -6000000"))
        database.write(lambda tx: _load_registry(tx, known), caller)
        tasks = iter_tasks(count)
        while chunk := list(islice(tasks, CHUNK)):
            database.write(partial(_load_tasks, chunk), caller)
        while database.write(partial(post_words, shelf=store.TASKS, limit=POSTED_AT_ONCE)):
            pass
    finally:
        database.close()


def _load_registry(tx: Transaction, known: Registry) -> None:
    for office in known.offices:
        directory.put_name(tx, Kind.OFFICE, UUID(office["agencyOfficeId"]), office["name"])
    for agent in known.agents:
        directory.put_name(tx, Kind.AGENT, UUID(agent["agentId"]), _name(agent))
    for party in known.parties:
        directory.put_name(tx, Kind.PARTY, UUID(party["partyId"]), _name(party))
    for realty in known.realties:
        name = " ".join((*realty["address"].values(), realty["friendlyId"]))
        directory.put_name(tx, Kind.REALTY, UUID(realty["realtyId"]), name)


def _name(person: dict[str, str]) -> str:
    return person.get("name") or f"{person['firstName']} {person['lastName']}"


def _load_tasks(chunk: list[dict[str, Any]], tx: Transaction) -> None:
    for entry in chunk:
        content = msgspec.convert(entry, TaskContent)
        created, modified = (msgspec.convert(entry[name], datetime) for name in ("creationTime", "modificationTime"))
        task = Task(UUID(entry["taskId"]), version=1, content=content, created=created, modified=modified)
        document = store.KEPT.insert(tx, task, text=operations.searched_text(tx, content))
        history.record(tx, operations.KIND, task.task_id, Change.CREATED, version=1, at=created, after=document)


def serve_command(*, port: int, data_dir: Path) -> list[str]:
    """Return the command that starts the server on SQLite."""
    return [str(COMMAND), "serve", "--port", str(port), "--data", str(data_dir)]


def new_token(data_dir: Path) -> str:
    """Return a bearer token that may do everything in the benchmark's organization."""
    command = [str(COMMAND), "token", "--organization", ORGANIZATION, "--role", "admin", "--data", str(data_dir)]
    made = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return made.stdout.strip()


def data_fingerprint() -> str:
    """Return a digest that changes when loaded data may no longer be what Askare would write."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted((ROOT / "src" / "askare").rglob("*.sql")):
        digest.update(path.read_bytes())
    for path in sorted((ROOT / "src" / "askare" / "tasks").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def why_not() -> str:
    """Return why Askare cannot be measured, or an empty string when it can."""
    if not COMMAND.exists():
        return "the command .venv/bin/askare is missing (make setup)"
    return ""
