"""Offices, agents, operators and parties in the database: put, found, searched, renamed, deleted; on both databases."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest

from askare.access import operations as access
from askare.directory import lookups, operations, renames, store
from askare.directory.lookups import Mailbox, PersonName
from askare.directory.model import (
    AgentContent,
    Content,
    DirectoryFilter,
    Kind,
    OfficeContent,
    OperatorContent,
    PartyContent,
    PartyType,
)
from askare.directory.operations import Saved
from askare.directory.references import Checks, Reference, require_known
from askare.edge import Edge
from askare.jobs.kinds import Kind as Job
from askare.jobs.runner import Trade, keep_due_promises
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Window
from askare.kernel.problems import Conflict, Invalid, NotFound, Refused, Wrong
from askare.kernel.versions import Precondition
from askare.storage import history
from askare.storage.desk import Database, Desk
from askare.storage.history import Change
from askare.storage.shelf import post_words
from askare.tasks import operations as tasks
from askare.tasks.model import TaskFilter
from askare.tasks.store import TASKS
from tests.store.doing import all_at_once, count_rows, create, search
from tests.values import (
    AGENT,
    HOUR,
    NOW,
    OFFICE,
    OTHER_AGENT,
    OTHER_OFFICE,
    OTHER_PARTY,
    OTHER_USER,
    PARTY,
    REALTY,
    a_party,
    an_admin,
    an_agent,
    an_id,
    what_is_said,
)

MAIJA = PartyContent(
    party_type_code=PartyType.PERSON_PARTY, name="Maija Meikäläinen", email="maija@example.com", phone="040 123 4567"
)
VEIKKO = AgentContent(
    first_name="Veikko", last_name="Viljanen", email="veikko@example.com", agency_office_ids=(OFFICE,)
)
SATU = OperatorContent(code="TRE1", extension="2101", first_name="Satu", last_name="Kinnunen", language="fi")


def put(
    database: Database,
    content: Content,
    thing_id: UUID = PARTY,
    *,
    kind: Kind = Kind.PARTY,
    by: Caller | None = None,
    **how: Any,
) -> Saved:
    return database.write(
        lambda tx: operations.put_entry(tx, kind, thing_id, content, **{"now": NOW, **how}), by or an_admin()
    )


def get(database: Database, thing_id: UUID = PARTY, *, kind: Kind = Kind.PARTY, by: Caller | None = None) -> Any:
    found = database.read(lambda tx: operations.get_entry(tx, kind, thing_id), by or an_admin())
    return msgspec.json.decode(found.document)


def delete(database: Database, thing_id: UUID = PARTY, *, kind: Kind = Kind.PARTY, by: Caller | None = None) -> None:
    database.write(lambda tx: operations.delete_entry(tx, kind, thing_id, now=NOW), by or an_admin())


def finds(
    database: Database,
    kind: Kind = Kind.PARTY,
    *,
    by: Caller | None = None,
    orders: tuple[Order, ...] = (),
    **wanted: Any,
) -> list[str]:
    """What a search shows, by name, in its order; the total is held to it."""
    page = database.read(
        lambda tx: operations.search_entries(
            tx, DirectoryFilter(kind=kind, **wanted), orders=orders, window=Window(0, 100)
        ),
        by or an_admin(),
    )
    assert page.total == len(page.items)
    told = [msgspec.json.decode(one) for one in page.items]
    return [one.get("name") or f"{one['firstName']} {one['lastName']}" for one in told]


def keep_promises(database: Database) -> None:
    """See to all that was renamed, as the night shift does."""
    trade = Trade(Job.RENAME, renames.keeper((tasks.rewrite_texts,)))
    edge = Edge(now=lambda: NOW + HOUR, new_id=lambda: an_id(1))
    desk = Desk(database)
    asyncio.run(keep_due_promises((trade,), desk, edge))
    desk._threads.shutdown(wait=True)


# Putting ---------------------------------------------------------------------------------------------------------


def test_an_entry_is_told_as_it_was_said_with_its_id_and_times(database: Database) -> None:
    saved = put(database, MAIJA)

    assert saved == Saved(1, is_new=True, is_changed=True)
    assert get(database) == {
        "partyId": str(PARTY),
        "partyTypeCode": "PERSON_PARTY",
        "name": "Maija Meikäläinen",
        "email": "maija@example.com",
        "phone": "040 123 4567",
        "phoneE164": "+358401234567",
        "creationTime": "2026-03-02T09:00:00Z",
        "modificationTime": "2026-03-02T09:00:00Z",
    }


def test_a_change_makes_the_next_version_and_history(database: Database) -> None:
    put(database, MAIJA)

    saved = put(database, msgspec.structs.replace(MAIJA, email=None), now=NOW + HOUR)

    assert saved == Saved(2, is_new=False, is_changed=True)
    assert "email" not in get(database)
    assert get(database)["modificationTime"] == "2026-03-02T10:00:00Z"
    told = database.read(lambda tx: history.of_thing(tx, "party", PARTY), an_admin())
    assert [(entry.version, entry.change) for entry in told] == [(1, Change.CREATED), (2, Change.UPDATED)]
    assert told[1].before is not None
    assert "maija@example.com" in told[1].before


def test_a_put_that_changes_nothing_leaves_version_and_times_alone(database: Database) -> None:
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)
    same = msgspec.structs.replace(VEIKKO, agency_office_ids=(OFFICE, OFFICE))

    saved = put(database, same, AGENT, kind=Kind.AGENT, now=NOW + HOUR)

    assert saved == Saved(1, is_new=False, is_changed=False)
    assert get(database, AGENT, kind=Kind.AGENT)["modificationTime"] == "2026-03-02T09:00:00Z"


def test_another_country_of_telephone_numbers_is_a_change(database: Database) -> None:
    put(database, msgspec.structs.replace(MAIJA, phone="8 701 123 45 67"))

    saved = put(database, msgspec.structs.replace(MAIJA, phone="8 701 123 45 67"), phone_region="KZ")

    assert saved.is_changed
    assert get(database)["phoneE164"] == "+77011234567"


def test_what_is_wrong_is_refused_with_every_fault(database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        put(database, PartyContent(party_type_code=PartyType.PERSON_PARTY, email="maija"))

    assert [(fault.target, fault.wrong) for fault in refused.value.body] == [
        ("name", Wrong.MISSING),
        ("email", Wrong.TYPE),
    ]
    assert count_rows(database, "parties") == count_rows(database, "names") == 0


def test_a_deleted_entry_that_is_put_again_goes_on_counting_its_versions(database: Database) -> None:
    put(database, MAIJA)
    delete(database)
    with pytest.raises(NotFound):
        get(database)

    saved = put(database, MAIJA)
    delete(database)

    assert saved.version == 3
    assert database.read(lambda tx: history.is_tombstone(tx, "party", PARTY), an_admin())


@pytest.mark.parametrize(
    ("precondition", "fits_none", "fits_present"),
    [
        (Precondition(), True, True),
        (Precondition(exists=False), True, False),
        (Precondition(exists=True), False, True),
        (Precondition(one_of=frozenset({1, 5})), False, True),
        (Precondition(one_of=frozenset({2})), False, False),
        (Precondition(none_of=frozenset({1})), True, False),
        (Precondition(none_of=frozenset({2})), True, True),
    ],
)
def test_a_precondition_is_held_to(
    database: Database, precondition: Precondition, fits_none: bool, fits_present: bool
) -> None:
    put(database, MAIJA)
    for thing_id, fits in ((OTHER_PARTY, fits_none), (PARTY, fits_present)):
        if fits:
            put(database, MAIJA, thing_id, precondition=precondition)
        else:
            with pytest.raises(Conflict):
                put(database, MAIJA, thing_id, precondition=precondition)


def test_one_id_put_by_many_at_once_is_made_once(database: Database) -> None:
    outcomes = all_at_once([partial(put, database, msgspec.structs.replace(MAIJA, name=f"M {n}")) for n in range(8)])

    saved = [one for one in outcomes if isinstance(one, Saved)]
    assert len(saved) == 8, outcomes
    assert sum(one.is_new for one in saved) == 1
    assert sorted(one.version for one in saved) == list(range(1, 9))


# Walls -----------------------------------------------------------------------------------------------------------


def test_an_agent_sees_the_own_offices_and_their_agents_and_every_party(database: Database) -> None:
    for number, office in enumerate((OFFICE, OTHER_OFFICE)):
        put(database, OfficeContent(name=f"Office {number}"), office, kind=Kind.OFFICE)
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)
    other = AgentContent(first_name="Olga", last_name="Other", agency_office_ids=(OTHER_OFFICE,))
    put(database, other, OTHER_AGENT, kind=Kind.AGENT)
    put(database, MAIJA)

    assert finds(database, Kind.OFFICE, by=an_agent()) == ["Office 0"]
    assert finds(database, Kind.AGENT, by=an_agent()) == ["Veikko Viljanen"]
    assert finds(database, Kind.AGENT, by=an_agent(offices=())) == []
    assert finds(database, Kind.PARTY, by=an_agent()) == ["Maija Meikäläinen"]
    for kind, thing_id in ((Kind.OFFICE, OTHER_OFFICE), (Kind.AGENT, OTHER_AGENT)):
        with pytest.raises(NotFound):
            get(database, thing_id, kind=kind, by=an_agent())
        with pytest.raises(NotFound):
            delete(database, thing_id, kind=kind, by=an_agent())
    with pytest.raises(NotFound):
        put(database, VEIKKO, OTHER_AGENT, kind=Kind.AGENT, by=an_agent())


def test_another_organization_knows_nothing_of_ours(database: Database) -> None:
    stranger = an_admin(organization_no=2_000)
    put(database, MAIJA)

    assert finds(database, by=stranger) == []
    with pytest.raises(NotFound):
        get(database, by=stranger)
    assert database.read(lambda tx: store.labels(tx, [(Kind.PARTY, PARTY)]), stranger) == []


# Searching -------------------------------------------------------------------------------------------------------


def test_entries_are_found_by_words_number_type_and_time_in_order(database: Database) -> None:
    put(database, MAIJA)
    firm = PartyContent(party_type_code=PartyType.ORGANIZATION_PARTY, name="Ålands Bygg Ab", phone="+358 9 123 4567")
    put(database, firm, OTHER_PARTY, now=NOW + HOUR)
    database.write(lambda tx: post_words(tx, store.SHELVES[Kind.PARTY]))

    assert finds(database) == ["Ålands Bygg Ab", "Maija Meikäläinen"]
    assert finds(database, orders=(Order("name", descending=True),)) == ["Maija Meikäläinen", "Ålands Bygg Ab"]
    assert finds(database, orders=(Order("modificationTime"),)) == ["Maija Meikäläinen", "Ålands Bygg Ab"]
    assert finds(database, text="meikalai") == ["Maija Meikäläinen"]
    assert finds(database, text="0401234567") == ["Maija Meikäläinen"]
    assert finds(database, text="maija@example.com") == ["Maija Meikäläinen"]
    assert finds(database, phones=frozenset({"+358401234567"})) == ["Maija Meikäläinen"]
    assert finds(database, party_types=frozenset({PartyType.ORGANIZATION_PARTY})) == ["Ålands Bygg Ab"]
    assert finds(database, modified_after=NOW) == ["Ålands Bygg Ab"]
    assert finds(database, text="maija", party_types=frozenset({PartyType.ESTATE_PARTY})) == []


def test_agents_are_found_by_office(database: Database) -> None:
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)
    roamer = AgentContent(first_name="Reijo", last_name="Roamer", agency_office_ids=(OFFICE, OTHER_OFFICE))
    put(database, roamer, OTHER_AGENT, kind=Kind.AGENT)

    assert finds(database, Kind.AGENT, office_ids=frozenset({OFFICE})) == ["Reijo Roamer", "Veikko Viljanen"]
    assert finds(database, Kind.AGENT, office_ids=frozenset({OTHER_OFFICE})) == ["Reijo Roamer"]
    assert finds(database, Kind.AGENT, office_ids=frozenset({OFFICE, OTHER_OFFICE}), text="reijo") == ["Reijo Roamer"]


# Operators -------------------------------------------------------------------------------------------------------


def test_a_code_and_an_extension_belong_to_one_operator(database: Database) -> None:
    first, second = an_id(1, kind=0x10), an_id(2, kind=0x10)
    put(database, SATU, first, kind=Kind.OPERATOR)

    with pytest.raises(Refused) as refused:
        put(database, msgspec.structs.replace(SATU, extension="2102"), second, kind=Kind.OPERATOR)
    assert [fault.target for fault in refused.value.faults] == ["code"]

    put(database, msgspec.structs.replace(SATU, code="TRE2", extension=None), first, kind=Kind.OPERATOR)
    put(database, SATU, second, kind=Kind.OPERATOR)
    delete(database, first, kind=Kind.OPERATOR)
    put(database, msgspec.structs.replace(SATU, code="TRE2", extension="9"), OTHER_USER, kind=Kind.OPERATOR)


def test_every_user_has_a_small_number_for_ever(database: Database) -> None:
    first, second = an_id(1, kind=0x10), an_id(2, kind=0x10)
    put(database, SATU, first, kind=Kind.OPERATOR)
    put(database, OperatorContent(name="Oskar"), second, kind=Kind.OPERATOR)
    delete(database, first, kind=Kind.OPERATOR)
    put(database, SATU, first, kind=Kind.OPERATOR)

    assert [get(database, one, kind=Kind.OPERATOR)["number"] for one in (first, second)] == [1, 2]
    assert database.write(lambda tx: operations.number_of_user(tx, OTHER_USER), an_admin()) == 3
    assert database.write(lambda tx: operations.number_of_user(tx, OTHER_USER), an_admin()) == 3


def test_users_who_are_numbered_at_the_same_moment_get_different_numbers(database: Database) -> None:
    users = [an_id(number, kind=0x10) for number in range(8)]

    numbers = all_at_once(
        [partial(database.write, partial(operations.number_of_user, user_id=user), an_admin()) for user in users]
    )

    assert sorted(map(int, numbers)) == list(range(1, 9))  # type: ignore[arg-type]


def test_an_operator_is_found_by_code_extension_number_and_id(database: Database) -> None:
    user = an_id(1, kind=0x10)
    put(database, SATU, user, kind=Kind.OPERATOR)

    def found(key: str | int | UUID, by: Caller | None = None) -> UUID | None:
        operator = database.read(lambda tx: lookups.operator_by(tx, key), by or an_admin())
        return None if operator is None else operator.user_id

    assert found("TRE1") == found("2101") == found(2101) == found(1) == found("1") == found(user) == user
    assert found(str(user)) == user
    for key in ("nobody", 9, "10" * 20, an_id(99), "", "²"):
        assert found(key) is None
    assert found("TRE1", an_admin(organization_no=2_000)) is None
    operator = database.read(lambda tx: lookups.operator_by(tx, "TRE1"), an_admin())
    assert operator is not None
    assert (operator.name, operator.number, operator.language) == ("Satu Kinnunen", 1, "fi")


def test_a_user_without_an_entry_is_an_operator_by_id_and_number(database: Database) -> None:
    organization = database.read(lambda tx: access.organizations(tx))[0]
    database.write(
        lambda tx: access.ensure_user(
            tx, organization, user_id=OTHER_USER, role=Role.OPERATOR, office_ids=(), agent_id=None, now=NOW
        )
    )
    number = database.write(lambda tx: operations.number_of_user(tx, OTHER_USER), an_admin())

    for key in (OTHER_USER, number):
        operator = database.read(partial(lookups.operator_by, key=key), an_admin())
        assert operator is not None
        assert (operator.user_id, operator.number, operator.code) == (OTHER_USER, number, None)


# What other rooms ask --------------------------------------------------------------------------------------------


def test_other_rooms_are_told_names_and_mailboxes(database: Database) -> None:
    put(database, MAIJA)
    put(database, msgspec.structs.replace(MAIJA, email=None), OTHER_PARTY)
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)
    put(database, OfficeContent(name="Kotka", language_code="sv"), OFFICE, kind=Kind.OFFICE)

    def ask(question: Any, *about: Any) -> Any:
        return database.read(lambda tx: question(tx, *about), an_admin())

    assert ask(lookups.party_mailbox, PARTY) == Mailbox("Maija Meikäläinen", "maija@example.com", None)
    assert ask(lookups.party_mailbox, OTHER_PARTY) is None
    assert list(ask(lookups.party_mailboxes, [PARTY, OTHER_PARTY, an_id(9)])) == [PARTY]
    assert ask(lookups.agent_mailbox, AGENT) == Mailbox("Veikko Viljanen", "veikko@example.com", None)
    assert ask(lookups.agent_name, AGENT) == PersonName("Veikko", "Viljanen")
    assert ask(lookups.agent_names, [OTHER_AGENT]) == {}
    assert ask(lookups.office, OFFICE).language_code == "sv"
    assert ask(lookups.office, OTHER_OFFICE) is None
    assert ask(lookups.office_names, [OFFICE, OTHER_OFFICE]) == {OFFICE: "Kotka"}
    assert ask(store.party_types, [PARTY, an_id(9)]) == {PARTY: "PERSON_PARTY"}


def test_an_office_that_a_token_names_is_there_until_somebody_names_it(database: Database) -> None:
    organization = database.read(lambda tx: access.organizations(tx))[0]
    for _ in range(2):
        database.write(lambda tx: operations.ensure_office(tx, organization, OFFICE, now=NOW))

    assert get(database, OFFICE, kind=Kind.OFFICE)["name"] == f"Office {str(OFFICE)[:8]}"
    put(database, OfficeContent(name="Kotka"), OFFICE, kind=Kind.OFFICE)
    database.write(lambda tx: operations.ensure_office(tx, organization, OFFICE, now=NOW))
    assert get(database, OFFICE, kind=Kind.OFFICE)["name"] == "Kotka"


# References ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checks", "faulty"), [(Checks.OFF, []), (Checks.KNOWN, ["b"]), (Checks.STRICT, ["b", "c", "d"])]
)
def test_references_are_checked_as_far_as_the_setting_goes(
    database: Database, checks: Checks, faulty: list[str]
) -> None:
    put(database, MAIJA)
    references = [
        Reference(Kind.PARTY, PARTY, "a"),
        Reference(Kind.PARTY, OTHER_PARTY, "b"),
        Reference(Kind.AGENT, AGENT, "c"),
        Reference(Kind.REALTY, REALTY, "d"),
    ]

    faults = database.read(lambda tx: require_known(tx, references, checks=checks), an_admin())

    assert [fault.target for fault in faults] == faulty
    assert all(fault.wrong is Wrong.UNKNOWN_ID for fault in faults)


def test_a_task_may_keep_what_the_directory_has_forgotten_but_not_take_up_what_it_does_not_know(
    database: Database,
) -> None:
    put(database, MAIJA)
    content = what_is_said(parties=[a_party()], realty=REALTY)
    admin = an_admin()

    with pytest.raises(Invalid) as refused:
        database.write(
            lambda tx: tasks.create_task(tx, content, task_id=an_id(1), checks=Checks.STRICT, now=NOW), admin
        )
    assert [fault.target for fault in refused.value.body] == ["agencyOfficeId", "agents[0].agentId", "realtyId"]

    create(database, content)
    delete(database)
    more = what_is_said(parties=[a_party(), a_party(OTHER_PARTY)], realty=REALTY, description="more")
    with pytest.raises(Invalid) as refused:
        database.write(
            lambda tx: tasks.update_task(tx, an_id(1), more, expected_versions=None, checks=Checks.STRICT, now=NOW),
            admin,
        )
    assert [fault.target for fault in refused.value.body] == ["parties[1].partyId"]


# Renaming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posted", [False, True])
def test_a_new_name_is_soon_found_on_whatever_names_the_thing(database: Database, posted: bool) -> None:
    put(database, MAIJA)
    keep_promises(database)
    create(database, what_is_said(parties=[a_party()]))
    create(database, what_is_said(description="nobody"), task_id=an_id(2))
    if posted:
        database.write(lambda tx: post_words(tx, TASKS))

    def total(text: str) -> int:
        return search(database, TaskFilter(text=text)).total

    assert (total("Meikäläinen"), total("Virtanen")) == (1, 0)
    put(database, msgspec.structs.replace(MAIJA, name="Maija Virtanen"))
    keep_promises(database)

    assert (total("Meikäläinen"), total("Virtanen"), total("nobody")) == (0, 1, 1)
    assert count_rows(database, "renamed") == count_rows(database, "jobs") == 0
    told = database.read(lambda tx: history.of_thing(tx, "task", an_id(1)), an_admin())
    assert len(told) == 1, "a task does not change because somebody else has another name"


def test_every_kind_of_thing_that_a_task_names_is_followed(database: Database) -> None:
    create(database, what_is_said(parties=[a_party()], realty=REALTY))
    put(database, OfficeContent(name="Kotkankulma"), OFFICE, kind=Kind.OFFICE)
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)
    put(database, MAIJA)
    database.write(
        lambda tx: operations.make_known(tx, Kind.REALTY, REALTY, "Hämeenkatu 1", before=None, now=NOW), an_admin()
    )

    keep_promises(database)

    for text in ("Kotkankulma", "Veikko", "Meikäläinen", "Hämeenkatu"):
        assert search(database, TaskFilter(text=text)).total == 1, text
    delete(database)
    keep_promises(database)
    assert search(database, TaskFilter(text="Meikäläinen")).total == 0


def test_more_tasks_than_are_rewritten_at_once_are_all_rewritten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renames, "TEXTS_AT_ONCE", 2)
    monkeypatch.setattr(renames, "THINGS_AT_ONCE", 1)
    for number in range(5):
        create(database, what_is_said(), task_id=an_id(number))
    put(database, OfficeContent(name="Kotkankulma"), OFFICE, kind=Kind.OFFICE)
    put(database, VEIKKO, AGENT, kind=Kind.AGENT)

    keep_promises(database)

    assert search(database, TaskFilter(text="Kotkankulma Veikko")).total == 5


def test_a_thing_that_is_renamed_while_its_last_name_is_seen_to_is_not_forgotten(database: Database) -> None:
    put(database, MAIJA)
    (seen,) = database.read(lambda tx: store.renamed(tx, limit=10), an_admin())
    put(database, msgspec.structs.replace(MAIJA, name="Maija Virtanen"))

    database.write(lambda tx: store.forget_renamed(tx, [seen]), an_admin())

    assert count_rows(database, "renamed") == 1
