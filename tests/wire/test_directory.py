"""Offices, agents, operators, parties and realties under /askare/v1: GET, PUT, DELETE and the lists."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import httpx2
import pytest
from msgspec import Struct

from tests.samples import NEIGHBOURS
from tests.server import Server, make_token, running
from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    UNKNOWN_ID,
    Agency,
    Person,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    on_both,
)
from tests.wire.documented import documented


class Kind(Struct, frozen=True):
    """One kind of thing: where it lives, what is said of one, and a change of it."""

    plural: str
    id_field: str
    sample: dict[str, Any]
    change: dict[str, Any]

    def path(self, thing_id: str | None = None) -> str:
        return f"/askare/v1/{self.plural}/{thing_id or uuid4()}"


OFFICE = Kind("offices", "agencyOfficeId", NEIGHBOURS["agencyOffices"][0], {"name": "Kotkan toimisto"})
AGENT = Kind("agents", "agentId", NEIGHBOURS["agents"][0], {"lastName": "Virtanen"})
OPERATOR = Kind("operators", "userId", {"name": "Satu Kinnunen", "language": "fi"}, {"language": "sv"})
PARTY = Kind("parties", "partyId", NEIGHBOURS["parties"][0], {"phone": "040 123 4567"})
REALTY = Kind("realties", "realtyId", NEIGHBOURS["realties"][0], {"statusCode": "SOLD"})
KINDS = [OFFICE, AGENT, OPERATOR, PARTY, REALTY]
each_kind = pytest.mark.parametrize("thing", KINDS, ids=lambda thing: thing.plural)


def said(thing: Kind, **changes: Any) -> dict[str, Any]:
    """The sample without its id; a field given as `...` is left out."""
    body = {**thing.sample, **changes}
    body.pop(thing.id_field, None)
    return {name: value for name, value in body.items() if value is not ... and value is not None}


def page(person: Person, thing: Kind, **params: Any) -> dict[str, Any]:
    answer = person.get(f"/askare/v1/{thing.plural}", params=params)
    assert answer.status_code == 200, answer.text
    return cast("dict[str, Any]", answer.json())


def finds(person: Person, thing: Kind, **params: Any) -> list[str]:
    return [one[thing.id_field] for one in page(person, thing, **params)[thing.plural]]


def put(person: Person, thing: Kind, **changes: Any) -> str:
    """The path of a new thing."""
    path = thing.path()
    answer = person.put(path, said(thing, **changes))
    assert answer.status_code == 201, answer.text
    return path


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


# PUT and GET -----------------------------------------------------------------------------------------------------


@on_both
@each_kind
def test_what_is_put_is_there_with_its_id_and_times(thing: Kind, agency: Agency) -> None:
    path = thing.path()

    answer = agency.admin.put(path, said(thing), headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 201
    assert answer.json() == {thing.id_field: id_of(path)}
    assert (answer.headers["etag"], answer.headers["location"]) == ('"1"', path)
    assert answer.headers["request-id"] == REQUEST_ID
    found = agency.admin.get(path)
    assert (found.status_code, found.headers["etag"]) == (200, '"1"')
    told = found.json()
    assert told.pop("creationTime") == told.pop("modificationTime")
    told.pop("number", None)
    assert told == {thing.id_field: id_of(path), **said(thing)}


@on_both
@each_kind
def test_a_put_replaces_the_whole(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)
    before = agency.admin.get(path).json()

    answer = agency.admin.put(path, said(thing, **thing.change))

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (204, b"", '"2"')
    after = agency.admin.get(path).json()
    assert {name: after[name] for name in thing.change} == thing.change
    assert after["creationTime"] == before["creationTime"]
    assert after["modificationTime"] > before["modificationTime"]


@each_kind
def test_an_answer_put_back_changes_nothing(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)
    told = agency.admin.get(path)

    answer = agency.admin.put(path, told.json())

    assert (answer.status_code, answer.headers["etag"]) == (204, '"1"')
    assert agency.admin.get(path).json() == told.json()


@each_kind
def test_null_means_absent_and_unknown_properties_are_ignored(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)

    answer = agency.admin.put(path, {**said(thing), "email": None, "nobodyKnows": {"a": 1}, thing.id_field: UNKNOWN_ID})

    assert answer.status_code == 204
    told = agency.admin.get(path).json()
    assert told[thing.id_field] == id_of(path)
    assert "email" not in told
    assert "nobodyKnows" not in told


def test_an_agent_whose_offices_are_null_is_one_of_no_office(agency: Agency) -> None:
    path = put(agency.admin, AGENT, agencyOfficeIds=None)

    assert agency.admin.get(path).json()["agencyOfficeIds"] == []


@each_kind
def test_every_answer_is_as_the_document_says(thing: Kind, agency: Agency) -> None:
    document = documented(agency.nobody, "askare")
    path = thing.path()

    for answer in (
        agency.admin.put(path, said(thing)),
        agency.admin.put(path, said(thing, **thing.change)),
        agency.admin.get(path),
        agency.admin.get(path, headers={"If-None-Match": '"2"'}),
        agency.admin.get(f"/askare/v1/{thing.plural}"),
        agency.admin.put(path, said(thing), headers={"If-Match": '"7"'}),
        agency.admin.delete(path),
        agency.admin.get(path),
    ):
        document.check(answer)


# Preconditions ---------------------------------------------------------------------------------------------------


@each_kind
def test_a_version_that_is_known_already_is_not_sent_again(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)

    assert agency.admin.get(path, headers={"If-None-Match": '"1"'}).status_code == 304
    assert agency.admin.get(path, headers={"If-None-Match": '"2"'}).status_code == 200


@each_kind
def test_if_match_and_if_none_match_guard_a_put(thing: Kind, agency: Agency) -> None:
    path = thing.path()

    for headers, status in (
        ({"If-Match": '"1"'}, 412),
        ({"If-Match": "*"}, 412),
        ({"If-None-Match": "*"}, 201),
        ({"If-None-Match": "*"}, 412),
        ({"If-Match": "*"}, 204),
        ({"If-Match": '"2"'}, 412),
        ({"If-Match": 'W/"1"'}, 412),
        ({"If-Match": '"1"'}, 204),
    ):
        answer = agency.admin.put(path, said(thing), headers=headers)
        assert answer.status_code == status, (headers, answer.text)
    assert agency.admin.delete(path, headers={"If-Match": '"2"'}).status_code == 412
    assert agency.admin.delete(path, headers={"If-Match": '"1"'}).status_code == 204


# DELETE ----------------------------------------------------------------------------------------------------------


@on_both
@each_kind
def test_what_is_deleted_is_gone_and_may_come_again(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)

    answer = agency.admin.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (agency.admin.get(path), agency.admin.delete(path)):
        assert_error(gone, 404, "INVALID_ID", [(thing.id_field, "INVALID_ID")])
    assert id_of(path) not in finds(agency.admin, thing)
    again = agency.admin.put(path, said(thing))
    assert (again.status_code, again.headers["etag"]) == (201, '"3"')


# Lists -----------------------------------------------------------------------------------------------------------


@on_both
@each_kind
def test_a_list_is_paged_and_counts_all(thing: Kind, agency: Agency) -> None:
    paths = {id_of(put(agency.admin, thing)) for _ in range(3)}
    total = page(agency.admin, thing)["totalCount"]  # there are offices already

    shown = [one for start in range(total) for one in finds(agency.admin, thing, startIndex=start, size=1)]

    assert len(shown) == len(set(shown)) == total
    assert paths <= set(shown)
    assert page(agency.admin, thing, startIndex=total) == {thing.plural: [], "totalCount": total}


@pytest.mark.parametrize(
    ("thing", "field"),
    [(OFFICE, "name"), (AGENT, "lastName"), (OPERATOR, "name"), (PARTY, "name"), (REALTY, "friendlyId")],
    ids=lambda one: getattr(one, "plural", one),
)
def test_a_list_is_searched_by_words_and_by_time(thing: Kind, field: str, agency: Agency) -> None:
    first = put(agency.admin, thing, **{field: "Härmälänranta"})
    second = put(agency.admin, thing, **{field: "Kruununhaka"})
    since = agency.admin.get(first).json()["modificationTime"]

    assert finds(agency.admin, thing, freeTextSearch="harmalan") == [id_of(first)]
    assert finds(agency.admin, thing, freeTextSearch="haka") == [id_of(second)]
    assert finds(agency.admin, thing, freeTextSearch="nobody") == []
    assert finds(agency.admin, thing, modifiedAfter=since) == [id_of(second)]
    assert finds(agency.admin, thing, freeTextSearch="haka", modifiedAfter=since, size=1) == [id_of(second)]


@each_kind
def test_a_list_is_sorted_as_asked(thing: Kind, agency: Agency) -> None:
    first, second = id_of(put(agency.admin, thing)), id_of(put(agency.admin, thing))
    own = {first, second}

    def order(sort: str) -> list[str]:
        return [one for one in finds(agency.admin, thing, sort=sort) if one in own]

    assert order("modificationTime") == [first, second]
    assert order("modificationTime|desc") == [second, first]


def test_names_are_in_the_order_of_the_alphabet_and_realties_newest_first(agency: Agency) -> None:
    by_name = [put(agency.admin, PARTY, name=name) for name in ("Öberg", "aalto", "Berg")]
    listed = [put(agency.admin, REALTY, listedTime=f"2023-06-0{day}T08:00:00Z") for day in (2, 1, 3)]

    assert finds(agency.admin, PARTY) == [id_of(by_name[place]) for place in (1, 2, 0)]
    assert finds(agency.admin, PARTY, sort="name|desc") == [id_of(by_name[place]) for place in (0, 2, 1)]
    assert finds(agency.admin, REALTY) == [id_of(listed[place]) for place in (2, 0, 1)]
    assert finds(agency.admin, REALTY, sort="listedTime|asc") == [id_of(listed[place]) for place in (1, 0, 2)]


def test_a_list_is_narrowed_by_what_its_things_say(agency: Agency) -> None:
    agent = put(agency.admin, AGENT, agencyOfficeIds=[agency.office, agency.other_office])
    put(agency.admin, AGENT, agencyOfficeIds=[])
    estate = put(agency.admin, PARTY, partyTypeCode="ESTATE_PARTY")
    caller = put(agency.admin, PARTY, phone="+358 40 7654321")
    sold = put(agency.admin, REALTY, statusCode="SOLD", propertyTypeCode="PLOT", agencyOfficeId=agency.office)
    put(agency.admin, REALTY, friendlyId="7")

    assert finds(agency.admin, AGENT, agencyOfficeId=agency.other_office) == [id_of(agent)]
    assert finds(agency.admin, PARTY, partyTypeCode="ESTATE_PARTY") == [id_of(estate)]
    assert finds(agency.admin, PARTY, phone="040 765 4321") == [id_of(caller)]
    assert finds(agency.admin, REALTY, statusCode="SOLD") == [id_of(sold)]
    assert finds(agency.admin, REALTY, propertyTypeCode="PLOT", agencyOfficeId=agency.office) == [id_of(sold)]
    assert finds(agency.admin, REALTY, friendlyId="7", statusCode="SOLD") == []


@each_kind
def test_a_list_refuses_what_it_does_not_understand(thing: Kind, agency: Agency) -> None:
    path = f"/askare/v1/{thing.plural}"

    answer = agency.admin.get(path, params={"size": 0, "startIndex": -1, "sort": "age|up", "modifiedAfter": "now"})
    assert_bad_parameters(answer, *((name, "INVALID_TYPE") for name in ("size", "startIndex", "sort", "modifiedAfter")))
    assert_bad_parameters(agency.admin.get(path, params={"nmae": "x"}), ("nmae", "INVALID_TYPE"))
    assert_bad_parameters(
        agency.admin.get(path, params={"freeTextSearch": "a " * 100}), ("freeTextSearch", "INVALID_TYPE")
    )


# Bad bodies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "changes", "faults"),
    [
        (OFFICE, {"name": ...}, [("name", "VALUE_REQUIRED")]),
        (OFFICE, {"name": ""}, [("name", "INVALID_TYPE")]),
        (OFFICE, {"email": "a@b.fi, c@d.fi"}, [("email", "INVALID_TYPE")]),
        (OFFICE, {"name": 5, "email": "Kotka <a@b.fi>"}, [("name", "INVALID_TYPE"), ("email", "INVALID_TYPE")]),
        (OFFICE, {"address": {"countryCode": "Finland"}}, [("address.countryCode", "INVALID_TYPE")]),
        (OFFICE, {"address": {"countryCode": "FI\n"}}, [("address.countryCode", "INVALID_TYPE")]),
        (OFFICE, {"languageCode": "fi\n"}, [("languageCode", "INVALID_TYPE")]),
        (
            OFFICE,
            {"messageSettings": {"meetingReminder": {}}},
            [("messageSettings.meetingReminder.emailSendingEnabled", "VALUE_REQUIRED")],
        ),
        (AGENT, {"firstName": ..., "lastName": ...}, [("firstName", "VALUE_REQUIRED"), ("lastName", "VALUE_REQUIRED")]),
        (
            AGENT,
            {"agencyOfficeIds": ["5"], "userId": "x"},
            [("agencyOfficeIds[0]", "INVALID_TYPE"), ("userId", "INVALID_TYPE")],
        ),
        (OPERATOR, {"name": ...}, [("name", "VALUE_REQUIRED")]),
        (OPERATOR, {"code": "a b", "language": "Finnish"}, [("code", "INVALID_TYPE"), ("language", "INVALID_TYPE")]),
        (PARTY, {"partyTypeCode": ...}, [("partyTypeCode", "VALUE_REQUIRED")]),
        (
            PARTY,
            {"partyTypeCode": "CAT", "email": "maija"},
            [("partyTypeCode", "INVALID_TYPE"), ("email", "INVALID_TYPE")],
        ),
        (PARTY, {"name": ..., "email": "maija"}, [("name", "VALUE_REQUIRED"), ("email", "INVALID_TYPE")]),
        (PARTY, {"phone": "1" * 65}, [("phone", "INVALID_TYPE")]),
        (REALTY, {"propertyTypeCode": "CASTLE"}, [("propertyTypeCode", "INVALID_TYPE")]),
        (REALTY, {"statusCode": "for sale"}, [("statusCode", "INVALID_TYPE")]),
        (
            REALTY,
            {"debtFreePrice": {"amount": -1}},
            [("debtFreePrice.amount", "INVALID_TYPE"), ("debtFreePrice.currencyCode", "VALUE_REQUIRED")],
        ),
        (
            REALTY,
            {"livingAreaInSquareMeters": "big", "constructionYear": 2010.5},
            [("livingAreaInSquareMeters", "INVALID_TYPE"), ("constructionYear", "INVALID_TYPE")],
        ),
        (REALTY, {"listedTime": "2023-06-01T08:00:00"}, [("listedTime", "INVALID_TYPE")]),
        (REALTY, {"features": {"hasSauna": "yes"}}, [("features.hasSauna", "INVALID_TYPE")]),
    ],
    ids=str,
)
def test_a_bad_body_is_told_every_fault(
    thing: Kind, changes: dict[str, Any], faults: list[tuple[str, str]], agency: Agency
) -> None:
    path = thing.path()

    assert_bad_body(agency.admin.put(path, said(thing, **changes)), *faults)

    assert agency.admin.get(path).status_code == 404


@each_kind
def test_a_path_that_is_no_id_is_told_from_an_unknown_one(thing: Kind, agency: Agency) -> None:
    bad, unknown = thing.path("5"), thing.path(UNKNOWN_ID)

    for answer in (agency.admin.get(bad), agency.admin.put(bad, said(thing)), agency.admin.delete(bad)):
        assert_bad_parameters(answer, (thing.id_field, "INVALID_TYPE"))
    for answer in (agency.admin.get(unknown), agency.admin.delete(unknown)):
        assert_error(answer, 404, "INVALID_ID", [(thing.id_field, "INVALID_ID")])


@each_kind
def test_a_request_without_an_id_of_its_own_is_refused(thing: Kind, agency: Agency) -> None:
    answer = agency.admin.get(thing.path(), headers={"Request-ID": None})

    assert_bad_parameters(answer, ("Request-ID", "VALUE_REQUIRED"))


def test_a_code_and_an_extension_belong_to_one_operator(agency: Agency) -> None:
    put(agency.admin, OPERATOR, code="A1", extension="100")

    answer = agency.admin.put(OPERATOR.path(), said(OPERATOR, code="A1", extension="100"))

    assert_error(answer, 400, "INVALID_STATUS", [("code", "INVALID_STATUS"), ("extension", "INVALID_STATUS")])


# What has become of a realty -------------------------------------------------------------------------------------


@on_both
def test_every_price_and_status_that_a_realty_had_is_told_newest_first(agency: Agency) -> None:
    path = put(agency.admin, REALTY)
    agency.admin.put(path, said(REALTY, debtFreePrice={"amount": 140000, "currencyCode": "EUR"}))
    agency.admin.put(path, said(REALTY, debtFreePrice={"amount": 140000, "currencyCode": "EUR"}, statusCode="SOLD"))

    answer = agency.admin.get(f"{path}/history")

    documented(agency.nobody, "askare").check(answer)
    told = answer.json()
    assert told["totalCount"] == 3
    assert [(one["version"], one["change"]) for one in told["history"]] == [
        (3, "updated"),
        (2, "updated"),
        (1, "created"),
    ]
    assert told["history"][0]["changed"] == {"statusCode": {"before": "FOR_SALE", "after": "SOLD"}}
    assert told["history"][1]["changed"]["debtFreePrice"]["before"]["amount"] == 145000
    assert told["history"][2]["changed"]["roomCountCode"] == {"before": None, "after": "3H"}
    page_of_one = agency.admin.get(f"{path}/history", params={"startIndex": 1, "size": 1}).json()
    assert page_of_one == {"history": told["history"][1:2], "totalCount": 3}


def test_the_history_of_what_one_does_not_see_is_not_told(agency: Agency) -> None:
    path = put(agency.admin, REALTY, agencyOfficeId=agency.other_office)

    for person in (agency.agent, agency.stranger):
        assert_error(person.get(f"{path}/history"), 404, "INVALID_ID", [("realtyId", "INVALID_ID")])
    assert_error(agency.operator.get(f"{path}/history"), 403, "ACCESS_DENIED")
    assert_error(agency.nobody.get(f"{path}/history"), 401, "UNAUTHORIZED")
    assert_bad_parameters(
        agency.admin.get(f"{path}/history", params={"size": 0, "sort": "x"}),
        ("size", "INVALID_TYPE"),
        ("sort", "INVALID_TYPE"),
    )


# Who may ---------------------------------------------------------------------------------------------------------


@each_kind
def test_without_a_token_nothing_is_told(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)

    for answer in (
        agency.nobody.get(path),
        agency.nobody.put(path, said(thing)),
        agency.nobody.delete(path),
        agency.nobody.get(f"/askare/v1/{thing.plural}"),
    ):
        assert_error(answer, 401, "UNAUTHORIZED")


READERS = {"offices": {"admin", "agent", "supervisor"}, "parties": {"admin", "agent"}}
WRITERS = {"offices": {"admin"}, "parties": {"admin", "agent"}}


@each_kind
def test_each_role_may_do_what_is_its_to_do(thing: Kind, agency: Agency) -> None:
    sort = "parties" if thing in (PARTY, REALTY) else "offices"
    body = said(thing, **({"agencyOfficeId": agency.office} if thing is REALTY else {}))

    for role in ("admin", "agent", "supervisor", "operator", "ingest"):
        person: Person = getattr(agency, role)
        read = person.get(f"/askare/v1/{thing.plural}").status_code
        written = person.put(thing.path(), body).status_code
        assert read == (200 if role in READERS[sort] else 403), role
        assert written == (201 if role in WRITERS[sort] else 403), role


@on_both
@each_kind
def test_another_organization_has_things_of_its_own(thing: Kind, agency: Agency) -> None:
    path = put(agency.admin, thing)

    assert agency.stranger.get(path).status_code == agency.stranger.delete(path).status_code == 404
    assert agency.stranger.put(path, said(thing, **thing.change)).status_code == 201
    assert agency.admin.get(path).headers["etag"] == '"1"'
    assert agency.stranger.delete(path).status_code == 204
    assert agency.admin.get(path).status_code == 200


@on_both
def test_an_agent_sees_what_belongs_to_the_own_office_or_to_nobody(agency: Agency) -> None:
    theirs = put(agency.admin, REALTY, agencyOfficeId=agency.other_office)
    own = put(agency.agent, REALTY, agencyOfficeId=agency.office)
    nobodys = put(agency.agent, REALTY, agencyOfficeId=...)

    assert set(finds(agency.agent, REALTY)) == {id_of(own), id_of(nobodys)}
    assert finds(agency.agent, OFFICE) == [agency.office]
    assert_error(agency.agent.get(theirs), 404, "INVALID_ID", [("realtyId", "INVALID_ID")])
    assert_error(agency.agent.put(theirs, said(REALTY)), 404, "INVALID_ID", [("realtyId", "INVALID_ID")])
    moved = agency.agent.put(own, said(REALTY, agencyOfficeId=agency.other_office))
    assert_bad_body(moved, ("agencyOfficeId", "INVALID_ID"))


# Settings --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that checks references, counts numbers as Kazakh, and answers 200 where others answer 204."""
    with running(
        tmp_path_factory.mktemp("strict") / "data",
        ASKARE_REFERENCE_CHECKS="strict",
        ASKARE_PHONE_REGION="KZ",
        ASKARE_EMPTY_SUCCESS_STATUS="200",
    ) as server:
        yield server


def test_the_settings_are_heeded(strict: Server) -> None:
    admin = Person(strict.client(), make_token(strict.data))
    office, agent, party, realty = (thing.path() for thing in (OFFICE, AGENT, PARTY, REALTY))
    task = {
        "typeCode": "CALL",
        "statusCode": "WAITING",
        "taskDueTime": "2026-12-31T10:00:00Z",
        "agencyOfficeId": id_of(office),
        "agents": [{"agentId": id_of(agent)}],
        "parties": [{"partyId": id_of(party), "partyTypeCode": "PERSON_PARTY"}],
        "realtyId": id_of(realty),
        "assignmentId": UNKNOWN_ID,
    }
    home = said(REALTY, agencyOfficeId=id_of(office))

    assert_bad_body(
        admin.post(TASKS, task),
        *((field, "INVALID_ID") for field in ("agencyOfficeId", "agents[0].agentId", "parties[0].partyId", "realtyId")),
    )
    assert_bad_body(admin.put(realty, home), ("agencyOfficeId", "INVALID_ID"))
    bodies: list[tuple[str, dict[str, Any]]] = [
        (office, said(OFFICE)),
        (agent, said(AGENT, agencyOfficeIds=[id_of(office)])),
        (party, said(PARTY, phone="8 701 123 45 67")),
        (realty, home),
    ]
    for path, body in bodies:
        assert admin.put(path, body).status_code == 201
        again: httpx2.Response = admin.put(path, body)
        assert (again.status_code, again.content) == (200, b"")
    assert admin.post(TASKS, task).status_code == 201
    wish = {"agencyOfficeId": id_of(office), "assetRequirements": {}}
    requirement = admin.post("/assetRequirements", wish).json()["assetRequirementId"]
    watch = {
        "assetRequirementId": requirement,
        "validityEndTime": "2099-01-01T00:00:00Z",
        "agentNotificationTypeCodes": [],
        "parties": [{"partyId": one, "partyTypeCode": "PERSON_PARTY"} for one in (id_of(party), UNKNOWN_ID)],
    }
    assert_bad_body(admin.post("/watches", watch), ("parties[1].partyId", "INVALID_ID"))
    assert admin.post("/watches", {**watch, "parties": watch["parties"][:1]}).status_code == 201
    assert admin.get(party).json()["phoneE164"] == "+77011234567"
