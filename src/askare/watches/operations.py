"""What can be done with watches: load, decide, save, promise.  Every function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from askare.directory import lookups as directory
from askare.directory.model import Kind as Known
from askare.directory.references import Checks, Reference, require_known
from askare.jobs import outbox
from askare.jobs.kinds import Kind as Job
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Invalid, NotFound
from askare.kernel.time import instant_of, milliseconds
from askare.kernel.verbatim import value_of
from askare.kernel.versions import Found, Saved, require_version
from askare.letters import operations as letters
from askare.letters.model import Recipient, RecipientKind
from askare.requirements import store as requirements
from askare.requirements.model import Requirement, RequirementStatus, responsible_agent
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction, on_behalf_of
from askare.watches import matching, rules, store
from askare.watches.criteria import criteria_of
from askare.watches.model import (
    Notification,
    Subject,
    Timing,
    Watch,
    WatchContent,
    WatchFilter,
    details_of,
    list_item_of,
    watch_of,
)
from askare.watches.store import State

KIND = "watch"

# In these states of its asset requirement a watch counts.  Source: contract 5.3.
COUNTING = frozenset({RequirementStatus.DRAFT, RequirementStatus.ACTIVE})

TITLE_LETTERS_MAX = 200

EXTENSION_PATH = "/askare/extend"  # where the link in the letter about a watch's end leads


# Asked for by people ---------------------------------------------------------------------------------------------


def create_watch(
    tx: Transaction, content: WatchContent, *, watch_id: UUID, checks: Checks = Checks.OFF, now: datetime
) -> Saved:
    """Watch for an asset requirement from now on.

    What fits already is no news: `since` is now.  Raises NotFound for an asset requirement that does not exist for the
    caller, and Invalid for parties that the directory does not know, as far as `checks` goes: they never change later.
    """
    requirement = _requirement(tx, content.asset_requirement_id)
    parties = [
        Reference(Known.PARTY, party.party_id, f"parties[{at}].partyId") for at, party in enumerate(content.parties)
    ]
    if unknown := require_known(tx, parties, checks=checks):
        raise Invalid(body=unknown)
    watch = Watch(
        watch_id=watch_id,
        version=1,
        content=content,
        subject=_subject(requirement),
        starts=now,
        created=now,
        modified=now,
    )
    after = store.insert(tx, watch)
    history.record(tx, KIND, watch_id, Change.CREATED, version=1, at=now, after=after)
    _watch_from_now(tx, watch, requirement, before=None, now=now)
    return Saved(watch_id, 1)


def get_watch(tx: Transaction, watch_id: UUID, *, now: datetime) -> Found:
    """Raises NotFound for a watch that does not exist for the caller."""
    _, watch, _ = visible(tx, watch_id)
    return Found(details_of(watch, now=now), watch.version)


def search_watches(
    tx: Transaction, wanted: WatchFilter, *, orders: Sequence[Order], window: Window, now: datetime
) -> Page[bytes]:
    """The watches seen through the window, in the form of the list, and how many the filter finds in all.

    The names of agents and offices are those that the directory knows at this moment.
    """
    page = store.search_watches(tx, wanted, orders, window, now=now)
    watches = [watch_of(0, document.decode()) for document in page.items]
    agents = directory.agent_names(tx, {watch.subject.agent_id for watch in watches if watch.subject.agent_id})
    offices = directory.office_names(tx, {watch.subject.office_id for watch in watches})
    names = {agent_id: (name.first_name, name.last_name) for agent_id, name in agents.items()}
    return Page([list_item_of(watch, agents=names, offices=offices, now=now) for watch in watches], page.total)


def update_watch(
    tx: Transaction,
    watch_id: UUID,
    content: WatchContent,
    *,
    expected_versions: frozenset[int] | None,
    now: datetime,
) -> Saved:
    """Replace what is said of a watch.  An update that changes nothing leaves version and modification time alone.

    A watch that had ended and ends later now is active again, and asks from now on.  Raises NotFound, for the asset
    requirement too; Conflict when the watch has none of the versions expected; Invalid for other parties.
    """
    watch_no, stored, before = visible(tx, watch_id, lock=True)
    require_version(stored.version, expected_versions, kind="watch")
    rules.require_same_parties(stored.content, content)
    requirement = _requirement(tx, content.asset_requirement_id)
    if not rules.differs(stored.content, content):
        return Saved(watch_id, stored.version)
    changed = replace(stored, content=content, subject=_subject(requirement), version=stored.version + 1, modified=now)
    _replace(tx, watch_no, stored, changed, before, now=now)
    _welcome_back(tx, stored, changed)
    _watch_from_now(tx, changed, requirement, before=_state(tx, watch_id), now=now)
    return Saved(watch_id, changed.version)


def delete_watch(tx: Transaction, watch_id: UUID, *, expected_versions: frozenset[int] | None, now: datetime) -> None:
    """Take a watch away with its matches; history and a tombstone stay.  Raises NotFound, Conflict."""
    watch_no, stored, before = visible(tx, watch_id, lock=True)
    require_version(stored.version, expected_versions, kind="watch")
    _delete(tx, watch_no, stored, before, now=now)


class Preferences(Struct, frozen=True):
    """How matches of a watch are told (an extra of Askare)."""

    timing: Timing


def get_preferences(tx: Transaction, watch_id: UUID) -> Preferences:
    """Raises NotFound for a watch that does not exist for the caller."""
    visible(tx, watch_id)
    return Preferences(_state(tx, watch_id).timing)


def set_preferences(tx: Transaction, watch_id: UUID, wanted: Preferences) -> None:
    """Matches from now on are told so.  Raises NotFound."""
    visible(tx, watch_id, lock=True)
    state = _state(tx, watch_id)
    store.save_state(tx, replace(state, timing=wanted.timing))


def visible(tx: Transaction, watch_id: UUID, *, lock: bool = False) -> tuple[int, Watch, str]:
    """The watch with its number and stored document.  Raises NotFound when the caller sees none."""
    found = store.find(tx, watch_id, lock=lock)
    # A watch of another office's asset requirement looks the same as none at all.
    if found is None or not tx.caller.sees_office(found[1].subject.office_id):
        raise NotFound(KIND, "watchId")
    return found


# Following the asset requirement ---------------------------------------------------------------------------------


def requirement_changed(tx: Transaction, requirement_id: UUID, now: datetime) -> None:
    """Let the watches of a changed asset requirement ask for what it asks for now."""
    found = requirements.KEPT.find(tx, requirement_id)
    if found is None:
        return
    requirement = found[1]
    subject = _subject(requirement)
    for watch_id in store.of_requirement(tx, requirement_id):
        kept = store.find(tx, watch_id, lock=True)
        if kept is None:
            continue  # deleted in this very moment
        watch_no, watch, before = kept
        if watch.subject != subject:
            # Lists show and find it by this, so it is another version; but nobody modified the watch.
            changed = replace(watch, subject=subject, version=watch.version + 1)
            _replace(tx, watch_no, watch, changed, before, now=now)
            watch = changed
        _watch_from_now(tx, watch, requirement, before=_state(tx, watch_id), now=now)


def requirement_deleted(tx: Transaction, requirement_id: UUID, now: datetime) -> None:
    """Take away the watches of an asset requirement that goes."""
    for watch_id in store.of_requirement(tx, requirement_id):
        kept = store.find(tx, watch_id, lock=True)
        if kept is not None:
            _delete(tx, *kept, now=now)


# Ending ----------------------------------------------------------------------------------------------------------


class Ending(Struct, frozen=True):
    """A watch that ends soon, and who is to be told."""

    watch: Watch
    agent_id: UUID
    title: str


def due_ending(tx: Transaction, watch_id: UUID, *, now: datetime) -> tuple[datetime | None, Ending | None]:
    """What the end of a watch asks for now: when to look again (None: never), and whom to tell.

    Once the watch is over for a day, no realty finds it any more: until then, one that was added before its end may
    still have to be held against it.
    """
    found = store.find(tx, watch_id, lock=True)
    state = store.states(tx, [watch_id], lock=True).get(watch_id)
    if found is None or state is None or not state.counts:
        return None, None
    watch = found[1]
    ends = instant_of(state.until)
    if now >= ends + rules.LATE_MATCHES:
        matching.forget_criteria(tx, watch_id)
        return None, None
    if now >= ends:
        return ends + rules.LATE_MATCHES, None
    if now < ends - rules.EXPIRY_NOTICE:
        return ends - rules.EXPIRY_NOTICE, None
    if state.told_until == state.until:
        return ends, None
    store.save_state(tx, replace(state, told_until=state.until))
    agent_id = watch.subject.agent_id
    return ends, None if agent_id is None else Ending(watch, agent_id, state.title)


def forget_ended(tx: Transaction, *, now: datetime, limit: int) -> int:
    """Let no realty find watches any more that are over, where that was not seen to yet; returns of how many."""
    ended = store.found_but_ended(tx, before=now - rules.LATE_MATCHES, limit=limit)
    for watch_id in ended:
        matching.forget_criteria(tx, watch_id)
    return len(ended)


class Extendable(Struct, frozen=True):
    """A watch whose end somebody was told of, and the house on behalf of its organization."""

    caller: Caller
    watch_id: UUID
    agent_id: UUID | None
    title: str
    ends: datetime


def extendable_by(tx: Transaction, key: UUID) -> Extendable:
    """The watch that the link with this key is about.  For the house itself.  Raises NotFound."""
    found = store.watch_of_extension_key(tx, key)
    if found is None:
        raise NotFound(KIND, "key")
    organization_no, organization_id, watch_id = found
    caller = Caller(organization_no, organization_id, HOUSE_USER, Role.ADMIN)
    theirs = on_behalf_of(tx, caller)
    kept = store.find(theirs, watch_id)
    if kept is None:
        raise NotFound(KIND, "key")
    watch = kept[1]
    title = store.states(theirs, [watch_id])[watch_id].title
    return Extendable(caller, watch_id, watch.subject.agent_id, title, watch.content.validity_end_time)


def extend_watch(tx: Transaction, watch_id: UUID, *, now: datetime) -> datetime:
    """Let a watch last longer, by its link; return its new end.  Raises NotFound when it is gone.

    Pressing twice extends once: a watch that has more than the time of the notice left stays as it is.
    """
    found = store.find(tx, watch_id, lock=True)
    requirement = requirements.KEPT.find(tx, found[1].content.asset_requirement_id) if found is not None else None
    if found is None or requirement is None:
        raise NotFound(KIND, "watchId")
    watch_no, stored, before = found
    ends = stored.content.validity_end_time
    if ends - now > rules.EXPIRY_NOTICE:
        return ends
    ends = max(ends, now) + rules.EXTENSION
    content = replace(stored.content, validity_end_time=ends)
    changed = replace(stored, content=content, version=stored.version + 1, modified=now)
    _replace(tx, watch_no, stored, changed, before, now=now)
    _watch_from_now(tx, changed, requirement[1], before=_state(tx, watch_id), now=now)
    return ends


def switch(tx: Transaction, watch_id: UUID, recipient: Recipient, *, on: bool, now: datetime) -> bool:
    """Tell a recipient of matches by e-mail from now on, or no more; whether that changed anything.

    Nothing happens when the watch is gone, or when the recipient is not one of its own.
    """
    found = store.find(tx, watch_id, lock=True)
    if found is None:
        return False
    watch_no, stored, before = found
    codes = (Notification.EMAIL,) if on else ()
    if recipient.kind is RecipientKind.AGENT:
        if stored.subject.agent_id != recipient.id:
            return False
        content = replace(stored.content, agent_notification_type_codes=codes)
    else:
        content = replace(
            stored.content,
            parties=tuple(
                replace(party, party_notification_type_codes=codes) if party.party_id == recipient.id else party
                for party in stored.content.parties
            ),
        )
    if not rules.differs(stored.content, content):
        return False
    _replace(
        tx,
        watch_no,
        stored,
        replace(stored, content=content, version=stored.version + 1, modified=now),
        before,
        now=now,
    )
    return True


# Helpers ---------------------------------------------------------------------------------------------------------


def _requirement(tx: Transaction, requirement_id: UUID) -> Requirement:
    found = requirements.KEPT.find(tx, requirement_id)
    if found is None or not tx.caller.sees_office(found[1].content.agency_office_id):
        raise NotFound("asset requirement", "assetRequirementId")
    return found[1]


def _subject(requirement: Requirement) -> Subject:
    agent = responsible_agent(requirement.content.agents)
    criteria = criteria_of(value_of(requirement.content.asset_requirements))
    return Subject(
        office_id=requirement.content.agency_office_id,
        agent_id=agent.agent_id if agent is not None else None,
        property_types=tuple(sorted(criteria.property_types)),
    )


def _watch_from_now(
    tx: Transaction, watch: Watch, requirement: Requirement, *, before: State | None, now: datetime
) -> None:
    """Let matching know what the watch asks for, and see to its end.

    What it asks for counts from now on when it asks for something else than before, or did not count before: a watch
    that had ended, or whose asset requirement had.  A later end alone leaves the past as it was.
    """
    present = milliseconds(now)
    tree: dict[str, Any] = value_of(requirement.content.asset_requirements)
    criteria = criteria_of(tree)
    until = milliseconds(watch.content.validity_end_time)
    counts = requirement.status in COUNTING
    goes_on = before is not None and before.counts and present < before.until and before.criteria == criteria
    # Whoever sets an end that is near knows of it.
    is_near = until - present <= rules.EXPIRY_NOTICE.total_seconds() * 1000
    state = State(
        watch_id=watch.watch_id,
        since=before.since if before is not None and goes_on else present,
        until=until,
        counts=counts,
        timing=before.timing if before is not None else Timing.INSTANT,
        title=_title(tree),
        criteria=criteria,
        told_until=until if is_near else before.told_until if before is not None else 0,
    )
    store.save_state(tx, state)
    if not counts or present >= until:
        matching.forget_criteria(tx, watch.watch_id)
        outbox.withdraw(tx, Job.TEND_WATCH, str(watch.watch_id))
        return
    if not goes_on or before is None or before.until != until:
        file = matching.add_criteria if before is None else matching.keep_criteria
        file(tx, watch.watch_id, criteria, until=until)
    ends = watch.content.validity_end_time
    outbox.promise(tx, Job.TEND_WATCH, str(watch.watch_id), due=ends if is_near else ends - rules.EXPIRY_NOTICE)


def _title(tree: dict[str, Any]) -> str:
    """What is looked for, in the asset requirement's own words: in Finnish if there are any, else in the first."""
    texts = [one for one in tree.get("title") or () if one.get("text")]
    texts.sort(key=lambda one: one.get("languageCode") != "fi")
    return texts[0]["text"][:TITLE_LETTERS_MAX] if texts else ""


def _state(tx: Transaction, watch_id: UUID) -> State:
    return store.states(tx, [watch_id], lock=True)[watch_id]


def _replace(tx: Transaction, watch_no: int, stored: Watch, changed: Watch, before: str, *, now: datetime) -> None:
    after = store.replace(tx, watch_no, stored, changed)
    history.record(
        tx, KIND, changed.watch_id, Change.UPDATED, version=changed.version, at=now, before=before, after=after
    )


def _delete(tx: Transaction, watch_no: int, stored: Watch, before: str, *, now: datetime) -> None:
    store.delete(tx, watch_no, stored)
    matching.forget_criteria(tx, stored.watch_id)
    outbox.withdraw(tx, Job.TEND_WATCH, str(stored.watch_id))
    history.record(tx, KIND, stored.watch_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def _welcome_back(tx: Transaction, stored: Watch, changed: Watch) -> None:
    """Whoever had unsubscribed and is to be told again is told again."""
    if changed.content.tells_agent and not stored.content.tells_agent and changed.subject.agent_id is not None:
        letters.welcome(tx, changed.watch_id, Recipient(RecipientKind.AGENT, changed.subject.agent_id))
    for party_id in set(changed.content.told_parties()) - set(stored.content.told_parties()):
        letters.welcome(tx, changed.watch_id, Recipient(RecipientKind.PARTY, party_id))
