"""Whole servers, as their users start them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import address_of


@pytest.fixture(scope="module")
def lasting_postgres_address(
    request: pytest.FixtureRequest, postgres_server: str, testrun_uid: str, worker_id: str
) -> Iterator[str]:
    """The address of an empty PostgreSQL database that all tests of a module share."""
    name = f"askare_{request.path.stem}_{testrun_uid[:12]}_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield address_of(postgres_server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
