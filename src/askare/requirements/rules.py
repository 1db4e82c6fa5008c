"""What may be done with an asset requirement and its notes.  Source: OviPro contract 4.3, 4.6 and 6."""

from __future__ import annotations

from typing import Any

from askare.kernel.problems import Fault, LimitReached, Refused, Wrong
from askare.kernel.verbatim import same, strings_in
from askare.requirements.model import (
    RESPONSIBLE_AGENT,
    Requirement,
    RequirementContent,
    RequirementFilter,
    RequirementStatus,
)

NOTES_MAX = 20  # per asset requirement; source: contract 6, limit
FIRST_FRIENDLY_ID = 40_000_001  # contract 4.6: eight digits, counting up

_ROOT = "assetRequirements"
# Each smallest wish with the largest one of the same thing.
RANGES = (
    ("realty.earliestConstructionYear", "realty.latestConstructionYear"),
    ("apartment.area.minimumLivingAreaInSquareMeters", "apartment.area.maximumLivingAreaInSquareMeters"),
    ("plot.minimumAreaInSquareMeters", "plot.maximumAreaInSquareMeters"),
    ("financialTerms.debtFreePriceRange.minimumPrice", "financialTerms.debtFreePriceRange.maximumPrice"),
)


def range_faults(body: Any) -> list[Fault]:
    """The ranges of a request body that are the wrong way round, with both ends of each.

    Such a range can never match, so it is a slip.  Ends that are no numbers are the concern of others.
    """
    faults = []
    for low, high in RANGES:
        least, most = _number_at(body, f"{_ROOT}.{low}"), _number_at(body, f"{_ROOT}.{high}")
        if least is not None and most is not None and least > most:
            low_name, high_name = low.rpartition(".")[2], high.rpartition(".")[2]
            faults.append(Fault(f"{_ROOT}.{low}", Wrong.TYPE, f"must not be more than {high_name}"))
            faults.append(Fault(f"{_ROOT}.{high}", Wrong.TYPE, f"must not be less than {low_name}"))
    return faults


def _number_at(value: Any, path: str) -> int | float | None:
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def require_deletable(stored: Requirement) -> None:
    """Only a DRAFT may be deleted.  Raises Refused otherwise."""
    if stored.status is not RequirementStatus.DRAFT:
        raise Refused(f"Only a DRAFT asset requirement can be deleted; this one is {stored.status.value}.")


def differs(stored: Requirement, wanted: RequirementContent, status: RequirementStatus) -> bool:
    """Whether an update changes anything.  Any state may follow any other: a wrong click must be reversible.

    The order of agents counts: without a responsible one, the first is shown.
    """
    content = stored.content
    return (
        stored.status is not status
        or content.agency_office_id != wanted.agency_office_id
        or content.agents != wanted.agents
        or content.note != wanted.note
        or not same(content.asset_requirements, wanted.asset_requirements)
        or not same(content.consent_to_change, wanted.consent_to_change)
    )


def searched_strings(asset_requirements: Any) -> list[str]:
    """What free text search looks through in the tree: every string of the addresses and every localized text.

    Source: contract 4.5, freeTextSearch.
    """
    if not isinstance(asset_requirements, dict):
        return []
    found = list(strings_in(asset_requirements.get("addresses")))
    for name, branch in asset_requirements.items():
        if name != "addresses":
            _gather_texts(branch, found)
    return found


def _gather_texts(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "text" and isinstance(item, str):
                found.append(item)
            else:
                _gather_texts(item, found)
    elif isinstance(value, list):
        for item in value:
            _gather_texts(item, found)


def matches(wanted: RequirementFilter, requirement: Requirement) -> bool:
    """Whether a search without free text finds this one: the definition that the store's SQL is held to."""
    content = requirement.content
    return (
        (
            wanted.responsible_agent_id is None
            or any(
                agent.agent_id == wanted.responsible_agent_id and agent.role_code == RESPONSIBLE_AGENT
                for agent in content.agents or ()
            )
        )
        and (not wanted.office_ids or content.agency_office_id in wanted.office_ids)
        and (wanted.friendly_id is None or str(requirement.friendly_id) == wanted.friendly_id)
        and (not wanted.statuses or requirement.status in wanted.statuses)
        and (not wanted.marketing_statuses or requirement.marketing in wanted.marketing_statuses)
    )


def require_room_for_a_note(present_notes: int) -> None:
    """An asset requirement holds at most `NOTES_MAX` notes, whatever its state.  Raises LimitReached at the next."""
    if present_notes >= NOTES_MAX:
        raise LimitReached(
            f"The asset requirement already has {NOTES_MAX} notes.",
            "assetRequirementId",
            f"At most {NOTES_MAX} notes are allowed",
        )
