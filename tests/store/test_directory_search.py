"""Whatever is searched for among parties, agents and realties, SQL and the rules say the same; on both databases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from askare.directory import operations as directory
from askare.directory.model import AgentContent, DirectoryFilter, Entry, Kind, PartyContent, PartyType
from askare.directory.rules import matches as entry_matches
from askare.directory.rules import phone_number
from askare.directory.rules import searched_text as entry_text
from askare.directory.store import SHELVES
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.kernel.words import finds_all
from askare.realties import operations as realties
from askare.realties.model import PropertyType, Realty, RealtyContent, RealtyFilter
from askare.realties.rules import matches as realty_matches
from askare.realties.rules import searched_text as realty_text
from askare.realties.store import REALTIES
from askare.storage.desk import Database
from askare.storage.shelf import post_words
from tests.values import DAY, HOUR, NOW, OFFICE, OTHER_OFFICE, THIRD_OFFICE, an_admin, an_agent, an_id, empty

WORDS = ("Virtanen", "virta", "Mäkinen", "Härmälänkatu", "1", "oy")
OFFICES = (OFFICE, OTHER_OFFICE, THIRD_OFFICE)
STAMPS = (NOW, NOW + HOUR, NOW + DAY)
CALLERS = (an_admin(), an_agent(), an_agent(offices=(OTHER_OFFICE, THIRD_OFFICE)), an_agent(offices=()))
PHONES = ("+358401234567", "+358407654321")

names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
some_offices = st.lists(st.sampled_from(OFFICES), max_size=2, unique=True).map(tuple)
stamps = st.none() | st.sampled_from((NOW - HOUR, *STAMPS))
queries = st.lists(st.sampled_from(("virta", "makin", "katu", "härmälän", "oy virt", "1")), max_size=2).map(" ".join)
windows = st.builds(Window, st.integers(0, 4), st.integers(1, 6))

parties = st.builds(
    PartyContent,
    party_type_code=st.sampled_from(PartyType),
    name=names,
    phone=st.none() | st.sampled_from(PHONES),
)
agents = st.builds(AgentContent, first_name=names, last_name=names, agency_office_ids=some_offices)
homes = st.builds(
    RealtyContent,
    friendly_id=st.none() | st.sampled_from(("1", "2")),
    agency_office_id=st.none() | st.sampled_from(OFFICES),
    status_code=st.none() | st.sampled_from(("FOR_SALE", "SOLD")),
    property_type_code=st.none() | st.sampled_from((PropertyType.PLOT, PropertyType.RESIDENTIAL)),
    listed_time=st.none() | st.sampled_from(STAMPS),
    room_structure=st.none() | names,
)


def subsets(values: Any) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


def ids(documents: list[bytes], field: str) -> list[UUID]:
    return [UUID(msgspec.json.decode(one)[field]) for one in documents]


@given(
    contents=st.lists(st.tuples(parties | agents, st.sampled_from(STAMPS)), max_size=10),
    posted=st.booleans(),
    kind=st.sampled_from((Kind.PARTY, Kind.AGENT)),
    wanted=st.fixed_dictionaries(
        {
            "office_ids": subsets(OFFICES),
            "party_types": subsets(list(PartyType)),
            "phones": subsets(PHONES),
            "text": queries,
            "modified_after": stamps,
        }
    ),
    caller=st.sampled_from(CALLERS),
    window=windows,
    descending=st.booleans(),
)
def test_entries_are_found_as_the_rules_say(
    database: Database,
    contents: list[tuple[Any, Any]],
    posted: bool,
    kind: Kind,
    wanted: dict[str, Any],
    caller: Caller,
    window: Window,
    descending: bool,
) -> None:
    empty(database)
    entries = []
    for number, (content, at) in enumerate(contents):
        content_kind = Kind.PARTY if isinstance(content, PartyContent) else Kind.AGENT
        thing_id = an_id(97 - number)
        database.write(
            lambda tx, k=content_kind, i=thing_id, c=content, t=at: directory.put_entry(tx, k, i, c, now=t),  # type: ignore[misc]
            an_admin(),
        )
        entries.append(Entry(content_kind, thing_id, 1, content, at, at, phone_e164=content.phone))
    if posted:
        database.write(lambda tx: post_words(tx, SHELVES[kind]))
    not_asked: dict[str, Any] = {"office_ids": frozenset()} if kind is Kind.PARTY else {"party_types": frozenset()}
    asked = DirectoryFilter(kind=kind, **{**wanted, **not_asked})

    page = database.read(
        lambda tx: directory.search_entries(
            tx, asked, orders=[Order("modificationTime", descending=descending)], window=window
        ),
        caller,
    )

    found = [
        one
        for one in entries
        if one.kind is kind
        and directory.sees(caller, one)
        and entry_matches(asked, one)
        and finds_all(asked.text, entry_text(one.content, number=phone_number(one.phone_e164 or "")))
    ]
    found.sort(key=lambda one: (one.modified, one.thing_id), reverse=descending)
    assert page.total == len(found)
    field = "partyId" if kind is Kind.PARTY else "agentId"
    assert ids(page.items, field) == [one.thing_id for one in found][window.start : window.start + window.size]


@given(
    contents=st.lists(st.tuples(homes, st.sampled_from(STAMPS)), max_size=10),
    posted=st.booleans(),
    wanted=st.fixed_dictionaries(
        {
            "office_ids": subsets(OFFICES),
            "statuses": subsets(("FOR_SALE", "SOLD", "DRAFT")),
            "property_types": subsets((PropertyType.PLOT, PropertyType.RESIDENTIAL, PropertyType.OTHER)),
            "friendly_ids": subsets(("1", "2", "3")),
            "text": queries,
            "modified_after": stamps,
        }
    ),
    caller=st.sampled_from(CALLERS),
    window=windows,
)
def test_realties_are_found_as_the_rules_say(
    database: Database,
    contents: list[tuple[RealtyContent, Any]],
    posted: bool,
    wanted: dict[str, Any],
    caller: Caller,
    window: Window,
) -> None:
    empty(database)
    kept = []
    for number, (content, at) in enumerate(contents):
        realty_id = an_id(97 - number, kind=0xE)
        database.write(
            lambda tx, i=realty_id, c=content, t=at: realties.put_realty(tx, i, c, now=t),  # type: ignore[misc]
            an_admin(),
        )
        kept.append(Realty(realty_id, 1, content, at, at))
    if posted:
        database.write(lambda tx: post_words(tx, REALTIES))
    asked = RealtyFilter(**wanted)

    page = database.read(lambda tx: realties.search_realties(tx, asked, orders=(), window=window), caller)

    found = [
        one
        for one in kept
        if (one.content.agency_office_id is None or caller.sees_office(one.content.agency_office_id))
        and realty_matches(asked, one)
        and finds_all(asked.text, realty_text(one.content))
    ]
    found.sort(key=lambda one: (one.content.listed_time or one.created, one.realty_id), reverse=True)
    assert page.total == len(found)
    assert ids(page.items, "realtyId") == [one.realty_id for one in found][window.start : window.start + window.size]
