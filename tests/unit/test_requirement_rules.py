"""What may be done with an asset requirement and its notes, and how it looks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from askare.kernel.problems import LimitReached, Refused, Wrong
from askare.requirements.model import (
    ListItem,
    MarketingStatus,
    Note,
    Requirement,
    RequirementStatus,
    details_of,
    document_of,
    document_of_note,
    note_of,
    requirement_of,
    responsible_agent,
)
from askare.requirements.rules import (
    NOTES_MAX,
    RANGES,
    differs,
    range_faults,
    require_deletable,
    require_room_for_a_note,
    searched_strings,
)
from tests.estate import NOTE, REQUIREMENT, an_agent_of, raw, what_is_sought
from tests.values import ADMIN_USER, AGENT, HOUR, NOW, OTHER_AGENT, OTHER_OFFICE, OTHER_USER, THIRD_AGENT

DRAFT = RequirementStatus.DRAFT


def a_requirement(**changes: Any) -> Requirement:
    first = Requirement(
        requirement_id=REQUIREMENT,
        version=1,
        friendly_id=40_000_001,
        status=DRAFT,
        content=what_is_sought(),
        created=NOW,
        modified=NOW,
    )
    return replace(first, **changes)


# Ranges ----------------------------------------------------------------------------------------------------------


def a_range(number: int, least: object, most: object) -> dict[str, Any]:
    (branch, _, low), (_, _, high) = (place.rpartition(".") for place in RANGES[number])
    value: dict[str, Any] = {low: least, high: most}
    for name in reversed(branch.split(".")):
        value = {name: value}
    return {"assetRequirements": value}


@pytest.mark.parametrize("number", range(len(RANGES)))
def test_a_range_that_is_the_wrong_way_round_names_both_ends(number: int) -> None:
    low, high = RANGES[number]

    faults = range_faults(a_range(number, 10.5, 10))

    assert [(fault.target, fault.wrong) for fault in faults] == [
        (f"assetRequirements.{low}", Wrong.TYPE),
        (f"assetRequirements.{high}", Wrong.TYPE),
    ]


@pytest.mark.parametrize(
    ("least", "most"), [(1, 1), (1, 1.5), (None, 1), (5, None), ("9", 1), (9, "1"), (True, 0), ([9], 1)]
)
def test_other_ranges_are_none_of_this_rules_business(least: object, most: object) -> None:
    assert range_faults(a_range(0, least, most)) == []


@pytest.mark.parametrize(
    "body", [None, [], "x", 5, {}, {"assetRequirements": None}, {"assetRequirements": {"realty": 5}}]
)
def test_a_body_of_any_other_shape_has_no_ranges(body: object) -> None:
    assert range_faults(body) == []


# Changes ---------------------------------------------------------------------------------------------------------


def test_only_a_draft_may_be_deleted() -> None:
    require_deletable(a_requirement())
    for status in set(RequirementStatus) - {DRAFT}:
        with pytest.raises(Refused, match=f"this one is {status.value}"):
            require_deletable(a_requirement(status=status))


@pytest.mark.parametrize(
    "change",
    [
        {"agency_office_id": OTHER_OFFICE},
        {"agents": None},
        {"agents": (an_agent_of(OTHER_AGENT),)},
        {"agents": (an_agent_of(role="MARKETING_AGENT"),)},
        {"note": ""},
        {"asset_requirements": raw('{"x":null}')},
        {"consent_to_change": raw("{}")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_makes_a_difference(change: dict[str, Any]) -> None:
    stored = a_requirement()

    assert differs(stored, replace(stored.content, **change), DRAFT)
    assert not differs(stored, what_is_sought(), DRAFT)
    assert differs(stored, what_is_sought(), RequirementStatus.ACTIVE)


# Who stands for it -----------------------------------------------------------------------------------------------


def test_the_first_responsible_agent_stands_for_it_or_else_the_first_of_all() -> None:
    marketing, first, second = an_agent_of(AGENT, "MARKETING_AGENT"), an_agent_of(OTHER_AGENT), an_agent_of(THIRD_AGENT)

    assert responsible_agent((marketing, first, second)) == first
    assert responsible_agent((marketing,)) == marketing
    assert responsible_agent(()) is responsible_agent(None) is None


# Forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marketing", [None, *MarketingStatus])
def test_a_document_is_read_back_and_shown_in_two_forms(marketing: MarketingStatus | None) -> None:
    content = what_is_sought(
        note='",]}', tree='{ "z":1.0, "a":{"marketingActionStatusCode":"X"} }', consent={"x": None}
    )
    stored = document_of(a_requirement(content=content, marketing=marketing, modified=NOW + HOUR))

    back = requirement_of(REQUIREMENT, 1, stored)
    details = msgspec.json.decode(details_of(stored))
    item = ListItem(stored.encode())
    listed = msgspec.json.decode(item.shown({AGENT: ("Aino", "Mäki")}))

    assert (back.marketing, back.friendly_id, back.modified) == (marketing, 40_000_001, NOW + HOUR)
    assert document_of(back) == stored
    assert not differs(back, content, DRAFT)
    assert '"assetRequirements":{"z":1.0,"a":{"marketingActionStatusCode":"X"}}' in stored
    assert list(details) == [
        *("assetRequirementId", "statusCode", "friendlyId", "agencyOfficeId", "agents", "note", "assetRequirements"),
        *("consentToChange", "creationTime", "modificationTime"),
    ]
    assert listed.get("marketingActionStatusCode") == (marketing.value if marketing else None)
    assert listed["responsibleAgent"]["firstName"] == "Aino"
    assert {name: listed[name] for name in listed if name in details} == {
        name: details[name] for name in details if name not in ("agents", "consentToChange", "modificationTime")
    }


# Words -----------------------------------------------------------------------------------------------------------


def test_texts_and_addresses_are_searched_and_codes_are_not() -> None:
    tree = {
        "title": [{"languageCode": "fi", "text": "koti"}],
        "addresses": [{"district": "Tammela", "own": ["x"]}],
        "realty": {"propertyTypeCodes": ["PLOT"], "condition": {"description": [{"text": "uusi"}]}},
        "own": {"text": {"text": "syvä"}, "name": "ei"},
    }

    assert list(searched_strings(tree)) == ["Tammela", "x", "koti", "uusi", "syvä"]
    assert list(searched_strings(None)) == []


# Notes -----------------------------------------------------------------------------------------------------------


def test_there_is_room_for_twenty_notes() -> None:
    require_room_for_a_note(NOTES_MAX - 1)
    with pytest.raises(LimitReached) as refusal:
        require_room_for_a_note(NOTES_MAX)

    assert (refusal.value.target, NOTES_MAX) == ("assetRequirementId", 20)


def test_a_note_is_read_back_as_it_was() -> None:
    note = Note(
        note_id=NOTE,
        requirement_id=REQUIREMENT,
        version=2,
        text="a\n\u2028",
        created=NOW,
        modified=NOW + HOUR,
        created_by=ADMIN_USER,
        modified_by=OTHER_USER,
    )

    assert note_of(2, document_of_note(note)) == note
