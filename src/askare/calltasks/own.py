"""What an organization says of how its own calls are handled, kept and looked up."""

from __future__ import annotations

from datetime import datetime

import msgspec

from askare.calltasks import people, rules
from askare.calltasks.model import NOTHING_SAID, CallSettings, Office
from askare.kernel.problems import Fault, Invalid, Wrong
from askare.kernel.versions import Found, require_version
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction

KIND = "callSettings"
FIRST_VERSION = 1  # of an organization that has never said anything

_decoder = msgspec.json.Decoder(CallSettings)


def settings(tx: Transaction) -> CallSettings:
    """What the caller's organization says."""
    row = tx.row(
        "SELECT document FROM call_settings WHERE organization_no = :organization", organization=tx.organization_no
    )
    return NOTHING_SAID if row is None else _decoder.decode(row[0])


def office_here(tx: Transaction, server: Office) -> Office:
    """How calls of the caller's organization are handled on a server that is set like this."""
    said = settings(tx)
    return server if said is NOTHING_SAID else rules.office_for(server, said)


def get_settings(tx: Transaction) -> Found:
    """What the caller's organization says, as it is answered."""
    row = tx.row(
        "SELECT document, version FROM call_settings WHERE organization_no = :organization",
        organization=tx.organization_no,
    )
    return Found(_document_of(NOTHING_SAID), FIRST_VERSION) if row is None else Found(row[0], row[1])


def put_settings(
    tx: Transaction, wanted: CallSettings, *, now: datetime, expected_versions: frozenset[int] | None = None
) -> int:
    """Let the caller's organization say this, and nothing else; returns the version.  Tasks that are there stay as
    they are.  What is said already leaves the version alone.

    Raises Conflict, and Invalid for a country or an operator that nobody knows.
    """
    tx.run(  # so that there is a row to lock for two who say the first word at once
        "INSERT INTO call_settings (organization_no, version, document) VALUES (:organization, :version, :document)"
        " ON CONFLICT (organization_no) DO NOTHING",
        organization=tx.organization_no,
        version=FIRST_VERSION,
        document=_document_of(NOTHING_SAID),
    )
    row = tx.row(
        "SELECT document, version FROM call_settings WHERE organization_no = :organization" + tx.flavour.row_lock,
        organization=tx.organization_no,
    )
    assert row is not None  # noqa: S101  -- it was put there above
    before, version = row
    require_version(version, expected_versions, kind="call settings")
    _require_known(tx, wanted)
    after = _document_of(wanted)
    if after == before:
        return int(version)
    version += 1
    tx.run(
        "UPDATE call_settings SET version = :version, document = :document WHERE organization_no = :organization",
        organization=tx.organization_no,
        version=version,
        document=after,
    )
    history.record(
        tx, KIND, tx.caller.organization_id, Change.UPDATED, version=version, at=now, before=before, after=after
    )
    return int(version)


def _require_known(tx: Transaction, wanted: CallSettings) -> None:
    faults = rules.region_faults(wanted.phone_region)
    if wanted.unknown_operator and people.operator_by(tx, wanted.unknown_operator) is None:
        faults.append(Fault("unknownOperator", Wrong.UNKNOWN_ID, "names no operator of the organization"))
    if faults:
        raise Invalid(body=faults)


def _document_of(said: CallSettings) -> str:
    return msgspec.json.encode(said).decode()
