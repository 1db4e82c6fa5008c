"""What may be done with a meeting."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from askare.kernel.problems import Refused, Wrong
from askare.meetings.model import Meeting, MeetingStatus, PartyType, document_of, meeting_of
from askare.meetings.rules import differs, require_allowed_change, require_deletable
from tests.estate import MEETING, a_meeting_party, raw, what_is_met
from tests.values import HOUR, NOON, NOW, OTHER_AGENT, OTHER_OFFICE, OTHER_PARTY, REALTY

WAITING, WON, LOST, CANCELLED = MeetingStatus
ALLOWED = {*itertools.product([WAITING], MeetingStatus), *itertools.product([WON, LOST], [WON, LOST])}
ALLOWED |= {(CANCELLED, CANCELLED)}


@pytest.mark.parametrize(("stored", "wanted"), list(itertools.product(MeetingStatus, MeetingStatus)))
def test_the_state_goes_where_the_contract_says(stored: MeetingStatus, wanted: MeetingStatus) -> None:
    def change() -> None:
        require_allowed_change(what_is_met(status=stored), what_is_met(status=wanted))

    if (stored, wanted) in ALLOWED:
        change()
    else:
        with pytest.raises(Refused) as refusal:
            change()
        assert [(fault.target, fault.wrong) for fault in refusal.value.faults] == [("statusCode", Wrong.STATE)]


@pytest.mark.parametrize("status", [WON, LOST, CANCELLED])
def test_once_it_is_over_parties_and_visit_time_are_locked(status: MeetingStatus) -> None:
    stored = what_is_met(status=status)
    wanted = what_is_met(status=status, visit=NOON + HOUR, parties=[a_meeting_party(OTHER_PARTY)])

    with pytest.raises(Refused) as refusal:
        require_allowed_change(stored, wanted)

    assert {fault.target for fault in refusal.value.faults} == {"visitTime", "parties"}


def test_the_type_of_a_party_is_locked_too_and_the_order_of_parties_is_not() -> None:
    one, other = a_meeting_party(), a_meeting_party(OTHER_PARTY)
    stored = what_is_met(status=WON, parties=[one, other])

    require_allowed_change(stored, what_is_met(status=WON, parties=[other, one]))
    with pytest.raises(Refused):
        require_allowed_change(
            stored, what_is_met(status=WON, parties=[one, a_meeting_party(OTHER_PARTY, PartyType.ESTATE_PARTY)])
        )


def test_the_update_that_ends_it_may_still_change_what_is_then_locked() -> None:
    require_allowed_change(what_is_met(), what_is_met(status=WON, visit=NOON + HOUR))


def test_a_refusal_says_what_is_still_possible() -> None:
    with pytest.raises(
        Refused, match="CANCELLED; statusCode can no longer change, parties and visitTime can no longer"
    ):
        require_allowed_change(what_is_met(status=CANCELLED), what_is_met(status=WON))


def test_only_a_waiting_meeting_may_be_deleted() -> None:
    require_deletable(what_is_met())
    for status in (WON, LOST, CANCELLED):
        with pytest.raises(Refused, match=f"this one is {status.value}"):
            require_deletable(what_is_met(status=status))


@pytest.mark.parametrize(
    "change",
    [
        {"visit_time": NOON + HOUR},
        {"notes": "x"},
        {"realty_id": REALTY},
        {"agency_office_id": OTHER_OFFICE},
        {"agents": what_is_met(agents=[OTHER_AGENT]).agents},
        {"status_code": LOST},
        {"meeting_realty": raw('{"b":1}')},
        {"price_estimate": raw("{}")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_makes_a_difference(change: dict[str, object]) -> None:
    content = what_is_met()

    assert differs(content, replace(content, **change))


def test_the_order_of_parties_and_agents_makes_none() -> None:
    parties = [a_meeting_party(), a_meeting_party(OTHER_PARTY)]

    assert not differs(what_is_met(parties=parties), what_is_met(parties=parties[::-1]))


def test_a_document_is_read_back_as_the_meeting_that_it_was_made_of() -> None:
    content = what_is_met(
        meeting_realty='{ "b" : 1.0, "a": null }', price_estimate={"x": [1]}, notes="ä", realty=REALTY
    )
    document = document_of(Meeting(MEETING, 3, content, created=NOW, modified=NOW + HOUR))

    meeting = meeting_of(MEETING, 3, document)

    assert '"meetingRealty":{"b":1.0,"a":null},"priceEstimate":{"x":[1]},"notes":"ä"' in document
    assert (meeting.version, meeting.created, meeting.modified) == (3, NOW, NOW + HOUR)
    assert not differs(meeting.content, content)
    assert document_of(meeting) == document
