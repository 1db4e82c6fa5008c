"""The demo data: made from a seed and a day, and always the same."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from askare.demo import people, places, service_tasks
from askare.demo.directory import agent_content, office_content, operator_content, party_content, realty_content
from askare.demo.forms import Language
from askare.demo.occasions import OCCASIONS, Occasion
from askare.demo.world import PHRASEBOOKS, World, realty_slots, world
from askare.scripts.builtin import CALL_LISTS_FOLDER, numbers_of
from askare.tasks.model import TEXT_LETTERS_MAX, PartyType, TaskStatus, TaskType

TODAY = date(2026, 3, 2)
HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.fixture(scope="module")
def demo() -> World:
    return world(TODAY)


def test_the_same_seed_and_day_make_the_same_world(demo: World) -> None:
    assert world(TODAY) == demo


def test_another_seed_makes_another_world(demo: World) -> None:
    other = world(TODAY, seed=1918)

    assert other.tasks != demo.tasks
    assert {party.party_id for party in other.parties}.isdisjoint(party.party_id for party in demo.parties)


def test_ids_do_not_depend_on_the_day(demo: World) -> None:
    later = world(TODAY + timedelta(days=9))

    assert [party.party_id for party in later.parties] == [party.party_id for party in demo.parties]
    assert [realty.realty_id for realty in later.realties] == [realty.realty_id for realty in demo.realties]
    assert {task.task_id for task in later.tasks} == {task.task_id for task in demo.tasks}


def test_ids_stay_what_they_were_when_they_were_first_given_away(demo: World) -> None:
    assert str(demo.offices[0].office_id) == "89e669df-fd25-4c83-83da-bb49cdd2e665"
    assert str(demo.parties[0].party_id) == "eb710a7b-3c51-42dc-8015-c1b72642ce6f"


def test_the_numbers_are_those_promised(demo: World) -> None:
    assert demo.organization_name == "Demo"
    assert len(demo.offices) == 2
    assert len(demo.agents) == 6
    assert len(demo.parties) == 50
    assert len(demo.realties) == 50
    assert len(demo.tasks) == 2_000
    assert {party.client.type_code for party in demo.parties} == set(PartyType)


def test_every_id_is_a_version_4_one_and_names_one_thing(demo: World) -> None:
    ids = [
        *(office.office_id for office in demo.offices),
        *(agent.agent_id for agent in demo.agents),
        *(party.party_id for party in demo.parties),
        *(realty.realty_id for realty in demo.realties),
        *(realty.assignment_id for realty in demo.realties),
        *(task.task_id for task in demo.tasks),
    ]

    assert {each.version for each in ids} == {4}
    assert len(set(ids)) == len(ids)


def test_every_task_is_about_what_exists(demo: World) -> None:
    agents = {agent.agent_id: agent for agent in demo.agents}
    parties = {party.party_id: party.client.type_code for party in demo.parties}
    realties = {realty.realty_id: realty for realty in demo.realties}

    for task in demo.tasks:
        content = task.content
        assert {agents[agent.agent_id].office.office_id for agent in content.agents} == {content.agency_office_id}
        assert all(parties[party.party_id] is party.party_type_code for party in content.parties)
        if content.realty_id is not None:
            assert realties[content.realty_id].office.office_id == content.agency_office_id
        if content.assignment_id is not None:
            assert content.realty_id is not None
            assert realties[content.realty_id].assignment_id == content.assignment_id


def test_every_text_says_something_and_is_within_limits(demo: World) -> None:
    for task in demo.tasks:
        text = task.content.description or ""
        assert 10 <= len(text) <= TEXT_LETTERS_MAX
        assert text == text.strip()
        assert "{" not in text
        assert text[-1] in ".?"


def test_the_texts_are_varied(demo: World) -> None:
    assert len({task.content.description for task in demo.tasks}) > 1_800


def test_most_texts_are_finnish_and_many_are_swedish_or_english(demo: World) -> None:
    texts = Counter(task.language for task in demo.tasks)

    assert texts[Language.FI] > 1_000
    assert texts[Language.SV] > 250
    assert texts[Language.EN] > 100


def test_every_type_and_status_occurs(demo: World) -> None:
    assert {task.content.type_code for task in demo.tasks} == set(TaskType)
    assert {task.content.status_code for task in demo.tasks} == set(TaskStatus)


def test_the_past_is_done_dropped_or_forgotten_and_the_future_waits(demo: World) -> None:
    past = Counter(
        task.content.status_code
        for task in demo.tasks
        if task.content.task_due_time.astimezone(HELSINKI).date() < TODAY
    )
    ahead = {
        task.content.status_code
        for task in demo.tasks
        if task.content.task_due_time.astimezone(HELSINKI).date() >= TODAY
    }

    assert past[TaskStatus.DONE] > 800
    assert past[TaskStatus.REJECTED] > 50
    assert 10 < past[TaskStatus.WAITING] < 100
    assert ahead == {TaskStatus.WAITING}


def test_tasks_are_due_in_working_hours_of_the_two_months_around_today(demo: World) -> None:
    for task in demo.tasks:
        due = task.content.task_due_time.astimezone(HELSINKI)
        assert abs((due.date() - TODAY).days) <= 66
        assert 9 <= due.hour <= 18
        if task.content.type_code is not TaskType.MEETING:
            assert due.weekday() < 5


def test_nothing_was_noted_down_today_or_later(demo: World) -> None:
    for task in demo.tasks:
        created = task.created.astimezone(HELSINKI)
        assert created.date() < TODAY
        assert 8 <= created.hour <= 19


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("occasion", OCCASIONS, ids=lambda occasion: occasion.key)
def test_every_phrase_of_an_occasion_has_all_its_forms(occasion: Occasion, language: Language) -> None:
    book = PHRASEBOOKS[language]
    saying = book.sayings[occasion.key]
    texts = (*saying.openings, *saying.additions, *saying.done, *saying.rejected)
    any_slots = {
        "time": "17",
        "later": "ti 3.3.",
        "budget": "100 €",
        "offer": "100 €",
        "views": 7,
        "wish": places.HOMES["2h"].finnish if language is Language.FI else "wish",
    }
    fitting = [place for place in places.PLACES if occasion.about is None or occasion.about in place.home.sorts]

    assert fitting
    for shortly in (False, True):
        clients = [client.called(language, shortly=shortly) for client in people.CLIENTS]
        for place in fitting if occasion.has_realty else fitting[:1]:
            of_realty = realty_slots(language, place) if occasion.has_realty else {}
            for client in clients[:: 7 if place is not fitting[0] else 1]:
                for text in texts:
                    assert text.format_map({**any_slots, **of_realty, "buyer": client, "seller": client})


def test_every_language_has_a_saying_for_every_occasion_and_no_other() -> None:
    for book in PHRASEBOOKS.values():
        assert set(book.sayings) == {occasion.key for occasion in OCCASIONS}


def test_the_directory_says_what_the_world_is(demo: World) -> None:
    shop = next(realty for realty in demo.realties if realty.place.home is places.HOMES["shop"])
    virtanen = party_content(demo.parties[0])

    assert office_content(demo.offices[0]).address is not None
    assert agent_content(demo.agents[0]).email == "katja.nieminen@tampere.example.com"
    assert agent_content(demo.agents[0]).agency_office_ids == (demo.agents[0].office.office_id,)
    assert (virtanen.party_type_code, virtanen.name) == (PartyType.PERSON_PARTY, "Matti Virtanen")
    assert [operator_content(one).extension for one in demo.operators] == ["2101", "2201", "2202"]
    assert realty_content(shop).room_count_code is None


def test_a_home_is_said_in_the_words_of_the_contract(demo: World) -> None:
    flat = msgspec.to_builtins(realty_content(demo.realties[0]))

    assert flat["roomCountCode"] == "2H"
    assert flat["residentialTypeCode"] == "APARTMENT_HOUSE"
    assert flat["debtFreePrice"] == {"amount": 198_000, "currencyCode": "EUR"}
    assert flat["address"] == {
        "streetAddress": "Hämeenkatu 8 B 23",
        "district": "Keskusta",
        "region": "Pirkanmaa",
        "regionCode": "FI_PIRKANMAA",
        "postcode": "33100",
        "postalArea": "Tampere",
        "locality": "Tampere",
        "localityCode": "FI_PIRKANMAA_TAMPERE",
        "countryCode": "FI",
    }


def test_everybody_has_an_address_of_their_own_that_no_mail_reaches(demo: World) -> None:
    addresses = [*(agent.email for agent in demo.agents), *(party.email for party in demo.parties)]

    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        assert address.isascii()
        assert address.endswith((".example.com", "@example.com", "@example.net", "@example.org"))


def test_the_demos_call_list_is_in_its_folder_readable_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / CALL_LISTS_FOLDER / service_tasks.CALL_LIST
    service_tasks.write_call_list(tmp_path)
    numbers, unreadable = numbers_of(file.read_text(), region="FI")
    file.write_text("mine")
    service_tasks.write_call_list(tmp_path)

    assert (len(numbers), unreadable) == (12, [])
    assert file.read_text() == "mine"
