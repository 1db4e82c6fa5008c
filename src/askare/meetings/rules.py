"""What may be done with a meeting.  Source: OviPro contract 3.4, which restates the Meeting API."""

from __future__ import annotations

from askare.kernel.problems import Fault, Refused, Wrong
from askare.kernel.verbatim import same
from askare.meetings.model import Meeting, MeetingContent, MeetingFilter, MeetingStatus

# From each state, the others that a meeting may come to.  WON and LOST may be mixed up and mended; CANCELLED is final.
TRANSITIONS = {
    MeetingStatus.WAITING: frozenset({MeetingStatus.WON, MeetingStatus.LOST, MeetingStatus.CANCELLED}),
    MeetingStatus.WON: frozenset({MeetingStatus.LOST}),
    MeetingStatus.LOST: frozenset({MeetingStatus.WON}),
    MeetingStatus.CANCELLED: frozenset(),
}


def require_allowed_change(stored: MeetingContent, wanted: MeetingContent) -> None:
    """A meeting that is no longer WAITING keeps its parties and its visit time, and goes to few states only.

    The lock looks at the stored status: the very update that sets WON may still change parties and visit time.
    Times are compared as instants and parties as sets, so repeating them in another spelling is no change.
    Raises Refused, naming every locked field that would change.
    """
    if stored.status_code is MeetingStatus.WAITING:
        return
    state = stored.status_code.value
    faults = []
    if wanted.status_code is not stored.status_code and wanted.status_code not in TRANSITIONS[stored.status_code]:
        faults.append(
            Fault(
                "statusCode",
                Wrong.STATE,
                f"statusCode cannot change from {state} to {wanted.status_code.value}",
            )
        )
    if wanted.visit_time != stored.visit_time:
        faults.append(Fault("visitTime", Wrong.STATE, f"visitTime cannot change when the meeting is {state}"))
    if set(wanted.parties) != set(stored.parties):
        faults.append(Fault("parties", Wrong.STATE, f"parties cannot change when the meeting is {state}"))
    if faults:
        further = " or ".join(sorted(status.value for status in TRANSITIONS[stored.status_code]))
        says = f"statusCode can only change to {further}" if further else "statusCode can no longer change"
        raise Refused(f"The meeting is {state}; {says}, parties and visitTime can no longer change.", faults)


def require_deletable(stored: MeetingContent) -> None:
    """Only a WAITING meeting may be deleted.  Raises Refused otherwise."""
    if stored.status_code is not MeetingStatus.WAITING:
        raise Refused(f"Only a WAITING meeting can be deleted; this one is {stored.status_code.value}.")


def differs(stored: MeetingContent, wanted: MeetingContent) -> bool:
    """Whether an update changes anything.  The order of parties and agents says nothing, so it is no change; the
    order of keys in the open objects is one, since they come back as they were sent."""
    return (
        _comparable(stored) != _comparable(wanted)
        or not same(stored.meeting_realty, wanted.meeting_realty)
        or not same(stored.price_estimate, wanted.price_estimate)
    )


def _comparable(content: MeetingContent) -> tuple[object, ...]:
    return (
        content.type_code,
        content.status_code,
        frozenset(content.parties),
        content.realty_id,
        content.visit_time,
        content.agency_office_id,
        frozenset(content.agents),
        content.source_type_code,
        content.notes,
    )


def matches(wanted: MeetingFilter, meeting: Meeting) -> bool:
    """Whether a search without free text finds this meeting: the definition that the store's SQL is held to."""
    content = meeting.content
    return (
        (not wanted.types or content.type_code in wanted.types)
        and (not wanted.statuses or content.status_code in wanted.statuses)
        and (not wanted.sources or content.source_type_code in wanted.sources)
        and (not wanted.office_ids or content.agency_office_id in wanted.office_ids)
        and (not wanted.realty_ids or content.realty_id in wanted.realty_ids)
        and (not wanted.party_ids or any(party.party_id in wanted.party_ids for party in content.parties))
        and (not wanted.agent_ids or any(agent.agent_id in wanted.agent_ids for agent in content.agents))
        and (wanted.visit_before is None or content.visit_time < wanted.visit_before)
        and (wanted.visit_after is None or content.visit_time > wanted.visit_after)
        and (wanted.modified_after is None or meeting.modified > wanted.modified_after)
    )
