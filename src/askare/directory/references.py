"""Whether what a request points at is known.  Source: OviPro contract 1.10."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from enum import Enum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from askare.directory import store
from askare.directory.model import Kind
from askare.kernel.problems import Fault, Wrong
from askare.storage.transactions import Transaction


class Checks(Enum):
    """How far references are checked."""

    OFF = "off"  # any well-formed id is taken
    KNOWN = "known"  # a kind is checked once the directory holds anything of that kind
    STRICT = "strict"


class Reference(Struct, frozen=True):
    """One id and its place in the body: `parties[0].partyId`."""

    kind: Kind
    thing_id: UUID
    target: str


def new_references(present: Iterable[Reference], kept: Iterable[Reference]) -> list[Reference]:
    """Those that are not among the kept ones: a thing may keep what the directory has forgotten."""
    known = {(one.kind, one.thing_id) for one in kept}
    return [one for one in present if (one.kind, one.thing_id) not in known]


def require_known(tx: Transaction, references: Iterable[Reference], *, checks: Checks) -> list[Fault]:
    """A fault for each reference to what the directory does not know, as far as the setting has it checked.

    Assignments live in no registry of ours and are never checked.
    """
    return require_all_known(tx, {"": references}, checks=checks)[""]


Pointing = TypeVar("Pointing", bound=Hashable)


def require_all_known(
    tx: Transaction, references: Mapping[Pointing, Iterable[Reference]], *, checks: Checks
) -> dict[Pointing, list[Fault]]:
    """The faults of each of many things that point at others, as `require_known` finds them."""
    if checks is Checks.OFF:
        return {pointing: [] for pointing in references}
    asked = {pointing: list(those) for pointing, those in references.items()}
    known = store.names(tx, [(one.kind, one.thing_id) for those in asked.values() for one in those])
    kinds = {one.kind for those in asked.values() for one in those if (one.kind, one.thing_id) not in known}
    checked = {kind for kind in kinds if checks is Checks.STRICT or store.knows_any(tx, kind)}
    return {
        pointing: [
            Fault(
                one.target,
                Wrong.UNKNOWN_ID,
                f"Unknown {one.target.rpartition('.')[2]}: the directory has no such {one.kind.value}",
            )
            for one in those
            if one.kind in checked and (one.kind, one.thing_id) not in known
        ]
        for pointing, those in asked.items()
    }
