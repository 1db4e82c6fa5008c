"""Whole servers, as their users start them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import address_of


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let `--dist loadgroup` group: pytest-xdist 3.8 writes the group where pytest 9.2 no longer reads it, and each
    worker would start every shared server anew (pytest-xdist issue 1386; goes when that is released)."""
    if getattr(config.option, "loadgroup", False):
        for item in items:
            group = next((mark.args[0] for mark in item.iter_markers("xdist_group")), None)
            node_id = getattr(item, "_id", None)
            if group is not None and node_id is not None and "@" not in item.nodeid:
                setattr(item, "_id", type(node_id).parse(f"{node_id}@{group}"))  # noqa: B010  -- not public


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
