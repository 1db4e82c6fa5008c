"""Which changes a caller is told of.  The office walls hold here as everywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from askare.kernel.caller import Caller
from askare.kernel.change import Change

# What an agency's clients may ask for.  A thing of another kind belongs to a dialect that has no such feed.
KINDS = ("task", "meeting", "assetRequirement", "watch", "note", "office", "agent", "operator", "party", "realty")


def is_visible(caller: Caller, kind: str, document: dict[str, Any] | None) -> bool:
    """Whether a thing in the state of this document (None: it did not exist) exists for the caller.

    A thing is seen in its office; notes and watches in that of the asset requirement that they belong to, which history
    notes with them.  Parties and operators, and realties without an office, are seen by everybody in the organization.
    """
    if document is None:
        return False
    if caller.office_ids is None:
        return True
    if kind == "agent":
        return any(UUID(office) in caller.office_ids for office in document.get("agencyOfficeIds", ()))
    said = document.get("agencyOfficeId")
    return said is None or caller.sees_office(UUID(said))


def change_told(*, was_visible: bool, is_visible: bool) -> Change | None:
    """What a change is to somebody who saw the thing before it or sees it after it; None when neither.

    A thing that moves to an office that the caller does not see is gone for the caller, and the other way round.
    """
    if was_visible:
        return Change.UPDATED if is_visible else Change.DELETED
    return Change.CREATED if is_visible else None
