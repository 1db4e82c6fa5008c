"""What the night shift does for watches: hold a realty against them, and see to their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from askare.jobs.runner import Work
from askare.kernel.time import instant_of, milliseconds
from askare.letters import operations as letters
from askare.letters.model import Alert, Card, ExpiryNotice, Reason, Recipient, RecipientKind, Rhythm
from askare.letters.model import Criterion as LetterCriterion
from askare.letters.model import Timing as LetterTiming
from askare.realties import store as realties
from askare.realties.model import Realty, content_of
from askare.realties.operations import KIND
from askare.realties.rules import is_on_the_market
from askare.storage import history
from askare.storage.transactions import Transaction
from askare.watches import matching, operations, rules, store
from askare.watches.criteria import Finding, Offer
from askare.watches.model import Watch
from askare.watches.offers import offer_of
from askare.watches.rules import Step
from askare.watches.store import Match, State

MATCHES_AT_ONCE = 200  # of one transaction: some 50 ms, so that requests get in between
STEPS_MAX = 50  # changes of one realty that are looked at one by one


class Plan(Struct, frozen=True):
    """The watches that a version of a realty may be news for."""

    version: int
    watch_ids: list[UUID]


class Matcher:
    """Finds who wants to hear about a realty, records each match, and writes the letters."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm

    async def match_realty(self, work: Work) -> None:
        """Hold a realty against all watches, some of them a transaction.

        Running twice is harmless: a match is recorded once, in the transaction that writes its letters, and only a
        run that came to its end moves the mark up to which the realty's changes have been looked at.  When the realty
        changes meanwhile, all begins anew with what it has become.
        """
        realty_id = UUID(work.about)
        plan = await work.read(plan_matches, realty_id)
        if plan is None:
            return
        for start in range(0, len(plan.watch_ids), MATCHES_AT_ONCE):
            goes_on = await work.write(
                record_matches,
                realty_id,
                plan.version,
                plan.watch_ids[start : start + MATCHES_AT_ONCE],
                new_id=work.edge.new_id,
                rhythm=self._rhythm,
                now=work.now(),
            )
            if not goes_on:
                await work.again(work.now())
                return
        await work.finish(note_seen, realty_id, plan.version)


async def tend_watch(work: Work) -> None:
    """Tell the responsible agent that a watch ends soon, and let no realty find it once it is over.

    Running twice is harmless: that the agent was told is noted in the transaction that writes the letter.
    """
    again = await work.write(tell_of_end, UUID(work.about), new_id=work.edge.new_id, now=work.now())
    if again is not None:
        await work.again(again)


# Inside one transaction ------------------------------------------------------------------------------------------


def plan_matches(tx: Transaction, realty_id: UUID) -> Plan | None:
    """Which watches the realty may be news for; None when it is gone.

    Those that it fits now, less those that it is a match of already and those that it fitted before every change
    since it was last looked at.
    """
    found = realties.find(tx, realty_id)
    if found is None:
        return None
    realty = found.realty
    steps = _steps(tx, realty)
    if not steps or not is_on_the_market(realty.content):
        return Plan(realty.version, [])
    earliest = min(step.at for step in steps)
    fitting = matching.watches_that_fit(tx, offer_of(realty.content), ending_after=earliest)
    no_news = store.watches_matched(tx, realty_id)
    if fitting and all(step.before is not None for step in steps):
        fitted_all_along = set(fitting)
        for step in steps:
            if step.before is not None:
                fitted_all_along &= matching.watches_that_fit(tx, step.before, ending_after=earliest)
        no_news |= fitted_all_along
    return Plan(realty.version, sorted(fitting - no_news))


def record_matches(
    tx: Transaction,
    realty_id: UUID,
    version: int,
    watch_ids: list[UUID],
    *,
    new_id: Callable[[], UUID],
    rhythm: Rhythm,
    now: datetime,
) -> bool:
    """Record those of the watches that this version of the realty is a match of, and write their letters.

    False, and nothing is done, when the realty has another version by now.
    """
    found = realties.find(tx, realty_id, lock=True)
    if found is None or found.realty.version != version:
        return False
    realty = found.realty
    offer, steps = offer_of(realty.content), _steps(tx, realty)
    states = store.states(tx, watch_ids, lock=True)
    recorded = store.watches_matched(tx, realty_id)
    matches: dict[UUID, Match] = {}
    for watch_id, state in states.items():
        if watch_id in recorded or not state.counts:
            continue
        matched = rules.moment_of_match(state.criteria, steps, since=state.since, until=state.until)
        if matched is None:
            continue
        verdict = rules.explain(state.criteria, offer)
        if verdict.fits:
            matches[watch_id] = Match(watch_id, realty_id, matched, verdict)
    store.record(tx, matches.values())
    watches = store.find_all(tx, matches)
    alerts = [
        alert
        for watch_id, match in matches.items()
        if watch_id in watches and now < instant_of(states[watch_id].until)
        for alert in _alerts(watches[watch_id], states[watch_id], realty, match)
    ]
    letters.write_alerts(tx, alerts, new_id=new_id, rhythm=rhythm, now=now)
    return True


def note_seen(tx: Transaction, realty_id: UUID, version: int) -> None:
    """All that this version of the realty matches is recorded."""
    store.note_seen(tx, realty_id, version)


def tell_of_end(tx: Transaction, watch_id: UUID, *, new_id: Callable[[], UUID], now: datetime) -> datetime | None:
    """Write to the responsible agent if it is time; return when to look again."""
    again, ending = operations.due_ending(tx, watch_id, now=now)
    if ending is not None:
        key = new_id()
        store.set_extension_key(tx, watch_id, key)
        notice = ExpiryNotice(
            watch_id=watch_id,
            agent_id=ending.agent_id,
            title=ending.title,
            ends_at=ending.watch.content.validity_end_time,
            office_id=ending.watch.subject.office_id,
            extend_path=f"{operations.EXTENSION_PATH}/{key.hex}",
        )
        letters.write_expiry(tx, notice, letter_id=new_id(), now=now)
    return again


def _steps(tx: Transaction, realty: Realty) -> list[Step]:
    """What has happened to the realty since it was last held against the watches."""
    seen = store.seen_version(tx, realty.realty_id)
    steps: list[Step] = []
    for entry in history.of_thing(tx, KIND, realty.realty_id, after_version=seen):
        before, after = _offered(entry.before), _offered(entry.after)
        if before != after:
            steps.append(Step(milliseconds(entry.at), before, after))
    if len(steps) > STEPS_MAX:
        # A night shift that was away for long finds many changes: the oldest of them are looked at as one.
        together, steps = steps[: 1 - STEPS_MAX], steps[1 - STEPS_MAX :]
        steps.insert(0, Step(together[-1].at, together[0].before, together[-1].after))
    return steps


def _offered(document: str | None) -> Offer | None:
    """What the realty of a stored document offered, None when it was not on the market."""
    if document is None:
        return None
    content = content_of(document)
    return offer_of(content) if is_on_the_market(content) else None


# Letters ---------------------------------------------------------------------------------------------------------


def _alerts(watch: Watch, state: State, realty: Realty, match: Match) -> list[Alert]:
    """One alert for everybody who is told of the match."""
    content, subject = watch.content, watch.subject
    recipients = [Recipient(RecipientKind.PARTY, party_id) for party_id in content.told_parties()]
    if subject.agent_id is not None and content.tells_agent:
        recipients.append(Recipient(RecipientKind.AGENT, subject.agent_id))
    if not recipients:
        return []
    card = _card(realty, match)
    return [
        Alert(
            watch_id=watch.watch_id,
            recipient=recipient,
            card=card,
            timing=LetterTiming(state.timing.value),
            title=state.title,
            office_id=subject.office_id,
            agent_id=subject.agent_id,
            matched=instant_of(match.matched),
        )
        for recipient in recipients
    ]


def _card(realty: Realty, match: Match) -> Card:
    content = realty.content
    address, price = content.address, content.debt_free_price
    subtypes = (
        content.residential_type_code,
        content.plot_property_type_code,
        content.estate_property_type_code,
        content.other_property_type_code,
    )
    return Card(
        realty_id=realty.realty_id,
        street_address=(address.street_address if address else None) or "",
        district=(address.district if address else None) or "",
        postcode=(address.postcode if address else None) or "",
        postal_area=(address.postal_area if address else None) or "",
        locality=(address.locality if address else None) or "",
        property_type_code=content.property_type_code.value if content.property_type_code is not None else "",
        subtype_code=next(filter(None, subtypes), ""),
        room_count_code=content.room_count_code or "",
        construction_year=content.construction_year,
        living_area=content.living_area_in_square_meters,
        plot_area=content.plot_area_in_square_meters,
        price=price.amount if price is not None else None,
        currency=price.currency_code if price is not None else "EUR",
        met=tuple(map(_reason, match.verdict.met)),
        unknown=tuple(LetterCriterion(finding.criterion.value) for finding in match.verdict.unknown),
    )


def _reason(finding: Finding) -> Reason:
    return Reason(
        LetterCriterion(finding.criterion.value), least=finding.least, most=finding.most, wished=finding.wished
    )
