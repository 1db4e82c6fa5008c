"""What is taken for an e-mail address and a telephone number, and what a search of the directory looks through."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from askare.directory.model import (
    AgentContent,
    DirectoryFilter,
    Entry,
    Kind,
    OfficeContent,
    OperatorContent,
    PartyContent,
    PartyType,
    display_name,
    document_of,
    entry_of,
)
from askare.directory.rules import (
    _PLAIN_ADDRESS,
    differs,
    email_trouble,
    faults_of,
    matches,
    normalised_phone,
    phone_number,
    searched_text,
)
from askare.kernel.problems import Wrong
from tests.values import HOUR, NOW, OFFICE, OTHER_OFFICE, PARTY

MAIJA = PartyContent(party_type_code=PartyType.PERSON_PARTY, name="Maija Meikäläinen", email="maija@example.com")


def an_entry(content: PartyContent | AgentContent, kind: Kind = Kind.PARTY, **more: object) -> Entry:
    return Entry(kind, PARTY, 1, content, created=NOW, modified=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "maija@example.com",
        "Maija.Meikalainen+koti@sub.example.co.uk",
        "o'brien@example.com",
        "päivi@näsinranta.fi",
        "anna@xn--nsinranta-y2a.fi",
        "anna@office.local",
        "anna@mail.test",
        f"{'a' * 64}@example.com",
    ],
)
def test_the_address_of_one_mailbox_is_taken(address: str) -> None:
    assert email_trouble(address) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maija",
        "maija@example",
        "maija@",
        "@example.com",
        "Maija <maija@example.com>",
        "maija@example.com, matti@example.com",
        "maija@example.com;matti@example.com",
        "maija@example.com\nBcc: matti@example.com",
        "maija @example.com",
        " maija@example.com",
        "maija..m@example.com",
        ".maija@example.com",
        '"maija m"@example.com',
        "maija@[127.0.0.1]",
        "=?utf-8?q?maija?=@example.com",
        "maija@-example.com",
        "maija@ex--ample-.com",
        "maija@exa_mple.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 64}.com",
    ],
)
def test_what_is_not_the_address_of_one_mailbox_is_refused_with_a_reason(text: str) -> None:
    trouble = email_trouble(text)

    assert trouble is not None
    assert trouble.startswith("must be the e-mail address of one mailbox: ")


@given(st.from_regex(_PLAIN_ADDRESS, fullmatch=True) | st.emails())
def test_what_is_taken_at_a_glance_is_what_the_long_look_takes(address: str) -> None:
    if email_trouble(address) is None:
        validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)


@pytest.mark.parametrize(
    ("text", "region", "normalised"),
    [
        ("040 123 4567", "FI", "+358401234567"),
        ("(040) 123-4567", "FI", "+358401234567"),
        ("+7 (701) 123-45-67", "FI", "+77011234567"),
        ("8 701 123 45 67", "KZ", "+77011234567"),
        ("00358 40 1234567", "FI", "+358401234567"),
        ("112", "FI", None),
        ("ask at the desk", "FI", None),
        ("", "FI", None),
    ],
)
def test_a_telephone_number_is_normalised_by_its_country(text: str, region: str, normalised: str | None) -> None:
    assert normalised_phone(text, region) == normalised


def test_a_party_and_an_operator_need_a_name_of_some_kind() -> None:
    nameless = PartyContent(party_type_code=PartyType.PERSON_PARTY)

    (fault,) = faults_of(nameless)

    assert (fault.target, fault.wrong) == ("name", Wrong.MISSING)
    assert faults_of(OperatorContent(code="A1")) != []
    assert faults_of(OperatorContent(first_name="Satu")) == []
    assert faults_of(MAIJA) == []


def test_a_name_is_what_was_said_or_first_and_last_name() -> None:
    assert display_name(MAIJA) == "Maija Meikäläinen"
    assert display_name(AgentContent(first_name="Veikko", last_name="Viljanen")) == "Veikko Viljanen"
    assert display_name(OperatorContent(last_name="Kinnunen")) == "Kinnunen"
    assert display_name(OfficeContent(name="Kotka")) == "Kotka"


def test_the_order_of_an_agents_offices_says_nothing() -> None:
    one = AgentContent(first_name="A", last_name="B", agency_office_ids=(OFFICE, OTHER_OFFICE))
    same = AgentContent(first_name="A", last_name="B", agency_office_ids=(OTHER_OFFICE, OFFICE, OFFICE))
    other = AgentContent(first_name="A", last_name="B", agency_office_ids=(OFFICE,))

    assert not differs(one, same)
    assert differs(one, other)
    assert not differs(MAIJA, MAIJA)


def test_a_search_looks_through_names_address_and_the_number_as_it_is_dialled() -> None:
    text = searched_text(MAIJA, number=phone_number("+358 40 1234567"))

    assert text.split("\n") == ["Maija Meikäläinen", "maija@example.com", "0401234567"]


def test_an_entry_is_the_same_after_it_was_stored() -> None:
    entry = an_entry(MAIJA, phone_e164="+358401234567")

    assert entry_of(Kind.PARTY, PARTY, 1, document_of(entry)) == entry


def test_a_filter_asks_for_all_that_it_says() -> None:
    agent = an_entry(AgentContent(first_name="A", last_name="B", agency_office_ids=(OFFICE,)), Kind.AGENT)
    party = an_entry(MAIJA, phone_e164="+358401234567")

    def wants(entry: Entry, **wanted: object) -> bool:
        return matches(DirectoryFilter(kind=entry.kind, **wanted), entry)  # type: ignore[arg-type]

    assert wants(agent, office_ids=frozenset({OFFICE, OTHER_OFFICE}))
    assert not wants(agent, office_ids=frozenset({OTHER_OFFICE}))
    assert wants(party, party_types=frozenset({PartyType.PERSON_PARTY}), phones=frozenset({"+358401234567"}))
    assert not wants(party, party_types=frozenset({PartyType.ESTATE_PARTY}))
    assert not wants(party, phones=frozenset({"+358400000000"}))
    assert wants(party, modified_after=NOW - HOUR)
    assert not wants(party, modified_after=NOW)
