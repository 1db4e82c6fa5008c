"""What is asked of meetings and asset requirements: creates of the contract's samples, each a little different, and
searches among what was created."""

from __future__ import annotations

import json
import random
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from load import registry
from queries import BODIES, Request

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.samples_estate import MEETING_BODY, REQUIREMENT_BODY

MEETINGS = "/meeting/v1/meetings"
REQUIREMENTS = "/asset-requirement/v1/assetRequirements"
AGENTS = 60  # so many have asset requirements of their own


@cache
def meeting_creates() -> list[Request]:
    """The sample meeting at another time, of another office, agent and party of the registry, with other words."""
    dice = random.Random(11)
    known = registry()
    bodies = []
    for _ in range(BODIES):
        realty = dice.choice(known.realties)
        body = {
            **MEETING_BODY,
            "visitTime": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T{dice.randint(8, 18):02}:00:00Z",
            "agencyOfficeId": dice.choice(known.offices)["agencyOfficeId"],
            "agents": [{"agentId": dice.choice(known.agents)["agentId"]}],
            "parties": [{"partyId": dice.choice(known.parties)["partyId"], "partyTypeCode": "PERSON_PARTY"}],
            "realtyId": realty["realtyId"],
            "meetingRealty": {**MEETING_BODY["meetingRealty"], "address": realty["address"]},
        }
        bodies.append(body)
    return _posts(MEETINGS, bodies)


@cache
def requirement_creates() -> list[Request]:
    """The sample asset requirement (2.7 kB) of another office and responsible agent, for another price and district."""
    dice = random.Random(12)
    known = registry()
    agents = known.agents[:AGENTS]
    bodies = []
    for _ in range(BODIES):
        low = dice.randrange(60, 600) * 1_000
        tree = REQUIREMENT_BODY["assetRequirements"]
        address = dice.choice(known.realties)["address"]
        body = {
            **REQUIREMENT_BODY,
            "agencyOfficeId": dice.choice(known.offices)["agencyOfficeId"],
            "agents": [{"agentId": dice.choice(agents)["agentId"], "roleCode": "RESPONSIBLE_AGENT"}],
            "assetRequirements": {
                **tree,
                "addresses": [{**tree["addresses"][0], **{name: text for name, text in address.items() if text}}],
                "financialTerms": {
                    **tree["financialTerms"],
                    "debtFreePriceRange": {"minimumPrice": low, "maximumPrice": low * 1.3, "currencyCode": "EUR"},
                },
            },
        }
        del body["creationTime"]
        bodies.append(body)
    return _posts(REQUIREMENTS, bodies)


def requirement_searches() -> list[Request]:
    """Pages of 50: the newest of an office, the drafts of an agent, and words."""
    known = registry()
    queries: list[dict[str, Any]] = []
    for office in known.offices:
        queries.append({"agencyOfficeId": office["agencyOfficeId"], "sort": "creationTime|desc,friendlyId|asc"})
    for agent in known.agents[:AGENTS]:
        queries.append({"agentId": agent["agentId"], "statusCode": "DRAFT"})
    queries += [{"freeTextSearch": text} for text in ("merinäköala", "Havutsikt keittiö", "vahdilla tampere")]
    return [("GET", f"{REQUIREMENTS}?{urlencode({'startIndex': 0, 'endIndex': 50, **one})}", None) for one in queries]


def _posts(path: str, bodies: list[dict[str, Any]]) -> list[Request]:
    return [("POST", path, json.dumps(body, ensure_ascii=False)) for body in bodies]
