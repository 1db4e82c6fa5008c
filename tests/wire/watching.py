"""What the tests of watches on the wire share."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from tests.journeys.waiting import until
from tests.store.watching import FLAT_WISH as FLAT_WISH
from tests.wire.asking import Agency, Person, id_of

REQUIREMENTS = "/asset-requirement/v1/assetRequirements"
WATCHES = "/asset-requirement/v1/watches"
OURS = "/askare/v1"
FAR = "2199-01-01T00:00:00Z"
PARTY = "123e4567-e89b-12d3-a456-426614174000"
AGENT = "da3a543e-4220-4c1f-8cda-2ae0b2e596e0"


def requires(person: Person, agency: Agency, wish: dict[str, Any] | None = None, **changes: Any) -> str:
    """The id of a new asset requirement of our office."""
    body = {
        "agencyOfficeId": agency.office,
        "agents": [{"agentId": AGENT, "roleCode": "RESPONSIBLE_AGENT"}],
        "assetRequirements": FLAT_WISH if wish is None else wish,
        **changes,
    }
    return id_of(person.creates(body, at=REQUIREMENTS))


def a_watch(requirement: str, **changes: Any) -> dict[str, Any]:
    """The body of a watch; a field given as `...` is left out."""
    body = {
        "assetRequirementId": requirement,
        "validityEndTime": FAR,
        "agentNotificationTypeCodes": ["EMAIL"],
        "parties": [{"partyId": PARTY, "partyTypeCode": "PERSON_PARTY", "partyNotificationTypeCodes": ["EMAIL"]}],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def watches(person: Person, requirement: str, **changes: Any) -> str:
    """The id of a new watch."""
    return id_of(person.creates(a_watch(requirement, **changes), at=WATCHES))


def found(person: Person, at: str = WATCHES, /, **params: object) -> list[str]:
    """The ids of the watches that a search shows, in its order."""
    answer = person.get(at, params=dict(params))
    assert answer.status_code == 200, answer.text
    return [one["watchId"] for one in answer.json()["watches"]]


def a_flat(agency: Agency, price: float = 145_000, **changes: Any) -> dict[str, Any]:
    """A realty that fits the wish."""
    body = {
        "agencyOfficeId": agency.office,
        "statusCode": "FOR_SALE",
        "propertyTypeCode": "RESIDENTIAL",
        "address": {"streetAddress": "Hämeenkatu 1", "postcode": "33500", "locality": "Tampere"},
        "debtFreePrice": {"amount": price, "currencyCode": "EUR"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def puts(person: Person, body: dict[str, Any], realty_id: str = "") -> str:
    """The id of a realty that was put."""
    realty_id = realty_id or str(uuid4())
    answer = person.put(f"{OURS}/realties/{realty_id}", body)
    assert answer.status_code in (201, 204), answer.text
    return realty_id


def matches(person: Person, thing: str, thing_id: str, **params: Any) -> list[dict[str, Any]]:
    """What fits a watch or a realty (`thing`: watches, realties)."""
    answer = person.get(f"{OURS}/{thing}/{thing_id}/matches", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["totalCount"] == len(answer.json()["matches"])
    return cast("list[dict[str, Any]]", answer.json()["matches"])


def until_matched(person: Person, realty_id: str) -> list[dict[str, Any]]:
    """The matches of a realty once the night shift has recorded one."""
    until(lambda: any("matchedTime" in one for one in matches(person, "realties", realty_id)), "a recorded match")
    return matches(person, "realties", realty_id)
