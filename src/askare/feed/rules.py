"""Which changes a caller is told of.  The office walls hold here as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from askare.kernel.caller import Caller
from askare.kernel.change import Change

# What an agency's clients may ask for.  A thing of another kind belongs to a dialect that has no such feed.
KINDS = ("task", "meeting", "assetRequirement", "watch", "note", "office", "agent", "operator", "party", "realty")

OfficeOf = Callable[[UUID], UUID | None]


def is_visible(caller: Caller, kind: str, document: dict[str, Any] | None, office_of_requirement: OfficeOf) -> bool:
    """Whether a thing in the state of this document (None: it did not exist) exists for the caller.

    Notes and watches are seen by whoever sees the asset requirement that they belong to; parties and operators, and
    realties without an office, by everybody in the organization.
    """
    if document is None:
        return False
    if caller.office_ids is None:
        return True
    if kind == "agent":
        return any(UUID(office) in caller.office_ids for office in document.get("agencyOfficeIds", ()))
    if kind in ("note", "watch"):
        requirement = document.get("assetRequirementId") or document["assetRequirement"]["assetRequirementId"]
        office = office_of_requirement(UUID(requirement))
        return office is not None and caller.sees_office(office)
    said = document.get("agencyOfficeId")
    return said is None or caller.sees_office(UUID(said))


def change_told(*, was_visible: bool, is_visible: bool) -> Change | None:
    """What a change is to somebody who saw the thing before it or sees it after it; None when neither.

    A thing that moves to an office that the caller does not see is gone for the caller, and the other way round.
    """
    if was_visible:
        return Change.UPDATED if is_visible else Change.DELETED
    return Change.CREATED if is_visible else None
