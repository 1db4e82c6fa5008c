"""Service scripts of a domain: kept and answered as written; a code means something where this server carries it out.

A script whose `scriptdata` says `{"run": "<code of the server's own>", "startparam1": …}` stands for that script with
these start parameters: so an administrator gives the platform's own scripts names and settings of the domain.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.kernel.problems import Conflict, Invalid, NotFound
from askare.storage import history
from askare.storage.collection import Kept, text_of
from askare.storage.history import Change
from askare.storage.listing import Column, Shelf, listed
from askare.storage.transactions import Transaction
from askare.svctasks import rules
from askare.svctasks.model import (
    STAMP_GRAIN,
    SvcScriptChange,
    SvcScriptContent,
    script_content_of,
    script_document_of,
    stamp,
)
from askare.svctasks.store import SCRIPTS

KIND = "svcscript"
SHELF = Shelf(
    table="svcscripts",
    columns={
        "id": Column("thing_id", Kind.UUID),
        "code": Column("code", Kind.TEXT, long=True, collated=True),
        "ext.ct": Column("created", Kind.INSTANT, grain=STAMP_GRAIN),
        "ext.lwt": Column("modified", Kind.INSTANT, grain=STAMP_GRAIN),
    },
    made=("created", "thing_id"),
)


class Saved(Struct, frozen=True):
    """A script as it is answered, its version, and what is surely not meant about it."""

    document: dict[str, Any]
    version: int
    warnings: tuple[str, ...] = ()


class Alias(Struct, frozen=True):
    """What a script of the domain stands for: one of the server's own, with start parameters."""

    code: str
    parameters: dict[str, Any]


def create_svcscript(
    tx: Transaction, content: SvcScriptContent, *, script_id: UUID, script_codes: frozenset[str], now: datetime
) -> Saved:
    """Keep a new script.  The same id with the same content again answers the stored one.

    Raises Invalid, and Conflict for an id or code in use.
    """
    _require_sound(content)
    stored = SCRIPTS.find(tx, script_id, lock=True)
    if stored is not None:
        if script_content_of(stored.document) != content:
            raise Conflict("Already exists")
        return Saved(stored.document, stored.version, rules.script_warnings_of(content, script_codes))
    _require_free_code(tx, content.code)
    document = script_document_of(script_id, content, created=stamp(now), modified=stamp(now))
    SCRIPTS.insert(tx, script_id, document, now=now, columns={"code": content.code})
    history.record(tx, KIND, script_id, Change.CREATED, version=1, at=now, after=text_of(document))
    return Saved(document, 1, rules.script_warnings_of(content, script_codes))


def get_svcscript(tx: Transaction, script_id: UUID) -> Saved:
    """Raises NotFound."""
    stored = _stored(tx, script_id)
    return Saved(stored.document, stored.version)


def list_svcscripts(tx: Transaction, wanted: Wanted) -> Page[dict[str, Any]]:
    """The scripts that are wanted, in their full form."""
    return listed(tx, SHELF, wanted)


def lookup_svcscripts(tx: Transaction, key: str) -> list[UUID]:
    """The ids of the scripts with this id or code."""
    rows = tx.rows(
        "SELECT thing_id, code FROM svcscripts WHERE organization_no = :organization ORDER BY created, thing_id",
        organization=tx.organization_no,
    )
    found = [(UUID(bytes=thing_id), code) for thing_id, code in rows]
    return [script_id for script_id, code in found if key == code or key.lower() == str(script_id)]


def patch_svcscript(
    tx: Transaction, script_id: UUID, change: SvcScriptChange, *, script_codes: frozenset[str], now: datetime
) -> Saved:
    """Change what the change names; one that changes nothing leaves version and times alone.

    Raises NotFound, Invalid, and Conflict for a code in use.
    """
    stored = _stored(tx, script_id, lock=True)
    before = script_content_of(stored.document)
    content = rules.script_after(before, change)
    warnings = rules.script_warnings_of(content, script_codes)
    if content == before:
        return Saved(stored.document, stored.version, warnings)
    _require_sound(content)
    if content.code != before.code:
        _require_free_code(tx, content.code)
    version = stored.version + 1
    document = script_document_of(script_id, content, created=stored.document["ext"]["ct"], modified=stamp(now))
    SCRIPTS.replace(tx, script_id, document, version=version, now=now, columns={"code": content.code})
    history.record(
        tx,
        KIND,
        script_id,
        Change.UPDATED,
        version=version,
        at=now,
        before=text_of(stored.document),
        after=text_of(document),
    )
    return Saved(document, version, warnings)


def delete_svcscript(tx: Transaction, script_id: UUID, *, now: datetime) -> None:
    """Take a script away; history and a tombstone stay.  Raises NotFound."""
    stored = _stored(tx, script_id, lock=True)
    SCRIPTS.delete(tx, script_id)
    history.record(
        tx, KIND, script_id, Change.DELETED, version=stored.version + 1, at=now, before=text_of(stored.document)
    )


def codes_of_domain(tx: Transaction, script_codes: frozenset[str]) -> dict[str, Alias]:
    """What the scripts of the caller's domain stand for, by code: those that the server can carry out."""
    return codes_of(tx, tx.organization_no, script_codes)


def codes_of(tx: Transaction, organization_no: int, script_codes: frozenset[str]) -> dict[str, Alias]:
    """The same of any domain, for the house itself."""
    found = {}
    for code, text in tx.rows(
        "SELECT code, document FROM svcscripts WHERE organization_no = :organization ORDER BY code LIMIT 10000",
        organization=organization_no,
    ):
        data = msgspec.json.decode(text)["scriptdata"]
        run = rules.script_run_by(data)
        if run in script_codes:
            found[code] = Alias(run, {key: data[key] for key in rules.START_PARAMETERS if key in data})
    return found


def is_kept(tx: Transaction, code: str) -> bool:
    """Whether the caller's domain has a script of this code, whatever the server can do with it."""
    return (
        tx.row(
            "SELECT 1 FROM svcscripts WHERE organization_no = :organization AND code = :code",
            organization=tx.organization_no,
            code=code,
        )
        is not None
    )


def _stored(tx: Transaction, script_id: UUID, *, lock: bool = False) -> Kept:
    stored = SCRIPTS.find(tx, script_id, lock=lock)
    if stored is None:
        raise NotFound(KIND, "id")
    return stored


def _require_sound(content: SvcScriptContent) -> None:
    faults = rules.script_faults_of(content)
    if faults:
        raise Invalid(body=faults)


def _require_free_code(tx: Transaction, code: str) -> None:
    if is_kept(tx, code):
        raise Conflict(f"The code {code!r} is in use")
