"""What can be done with letters: write them, take one up for delivery, note what became of it, end them for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace as changed

from askare.access import store as access
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import NotFound
from askare.kernel.versions import Found
from askare.letters import rules, store
from askare.letters.addresses import BadAddress, checked_address
from askare.letters.model import (
    Addressee,
    Alert,
    AlertContent,
    Card,
    Content,
    ExpiryContent,
    ExpiryNotice,
    Language,
    Letter,
    LetterFilter,
    LetterKind,
    LetterState,
    Notice,
    NoticeContent,
    Office,
    Recipient,
    RecipientKind,
    Rhythm,
    Timing,
    document_of,
)
from askare.letters.store import KIND
from askare.storage import history
from askare.storage.history import Change, Line
from askare.storage.transactions import Transaction, on_behalf_of


class AddressBook(Protocol):
    """What the directory knows, as far as letters need it."""

    def addressee(self, tx: Transaction, recipient: Recipient) -> Addressee | None: ...

    def office(self, tx: Transaction, office_id: UUID) -> Office | None: ...


class Wishes(Protocol):
    """What those who set watches want at the moment a letter would leave."""

    def why_not(self, tx: Transaction, letter: Letter, *, now: datetime) -> str | None:
        """Why a letter of a watch is not wanted any more, for administrators to read; None: it may be sent."""

    def switch_off(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        """The recipient wants no more letters of this watch."""

    def switch_on(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        """The recipient takes that back."""


# Writing ---------------------------------------------------------------------------------------------------------


def write_alerts(
    tx: Transaction, alerts: Sequence[Alert], *, new_id: Callable[[], UUID], rhythm: Rhythm, now: datetime
) -> int:
    """Write to each recipient about each realty, once and never again; return how many were not written about before.

    What is told at once is a letter of its own; digests gather in one letter a watch and recipient until their hour.
    What may have been told before a backup was restored is written, and held.
    """
    restored = store.restored(tx)
    held = [alert for alert in alerts if rules.may_have_been_told(alert, restored=restored)]
    written = _write_at_once(tx, held, new_id=new_id, now=now, held=True) if held else 0
    fresh = [alert for alert in alerts if alert not in held] if held else alerts
    instant = [alert for alert in fresh if alert.timing is Timing.INSTANT]
    written += _write_at_once(tx, instant, new_id=new_id, now=now)
    gathered: dict[tuple[UUID, Recipient], list[Alert]] = {}
    for alert in fresh:
        if alert.timing is Timing.DIGEST:
            gathered.setdefault((alert.watch_id, alert.recipient), []).append(alert)
    for (watch_id, recipient), together in gathered.items():
        due = rules.next_digest(now, rhythm)
        written += _gather(tx, watch_id, recipient, together, letter_id=new_id(), due=due, now=now)
    return written


def _write_at_once(
    tx: Transaction, alerts: Sequence[Alert], *, new_id: Callable[[], UUID], now: datetime, held: bool = False
) -> int:
    begun = {new_id(): alert for alert in alerts}
    # The key decides: of two letters about the same, in this transaction or in another one, the first takes it.
    store.take_realties(tx, ((alert, letter_id) for letter_id, alert in begun.items()))
    taken = store.letters_with_realties(tx, list(begun))
    letters = [
        _new_letter(
            letter_id,
            LetterKind.ALERT,
            alert.recipient,
            _alert_content(alert),
            watch_id=alert.watch_id,
            realty_ids=(alert.card.realty_id,),
            due=now,
            now=now,
        )
        for letter_id, alert in begun.items()
        if letter_id in taken
    ]
    letters = list(map(_held, letters)) if held else letters
    store.insert(tx, letters)
    _note_new(tx, letters, due=now)
    return len(letters)


def _gather(
    tx: Transaction,
    watch_id: UUID,
    recipient: Recipient,
    alerts: Sequence[Alert],
    *,
    letter_id: UUID,
    due: datetime,
    now: datetime,
) -> int:
    fresh = [alert for alert in alerts if not store.was_written(tx, alert)]
    if not fresh:
        return 0
    letter = _new_letter(
        letter_id, LetterKind.DIGEST, recipient, _alert_content(fresh[-1]), watch_id=watch_id, due=due, now=now
    )
    begun = store.insert_once(tx, letter, gathering=True)
    if not begun:
        present = store.find_gathering(tx, watch_id, recipient)
        if present is None:  # it left between the two questions; nobody gathers now
            begun = store.insert_once(tx, letter, gathering=True)
        else:
            letter = present
    before = set(letter.realty_ids)
    store.take_realties(tx, ((alert, letter.letter_id) for alert in fresh))
    realty_ids = store.realty_ids_of(tx, letter.letter_id)
    joined = len(set(realty_ids) - before)
    if not joined and begun:  # somebody else wrote about all of it meanwhile
        store.delete(tx, letter.letter_id)
        return 0
    if begun:
        letter = changed(letter, realty_ids=realty_ids)
        store.replace(tx, letter, gathering=True)
        _note_new(tx, [letter], due=due)
    elif joined:
        _save(tx, letter, changed(letter, realty_ids=realty_ids), now=now, gathering=True)
    return joined


def write_expiry(tx: Transaction, notice: ExpiryNotice, *, letter_id: UUID, now: datetime) -> bool:
    """Tell the agent that a watch ends; once for each end that it is given.  Says whether that is new."""
    content = ExpiryContent(
        ends_at=notice.ends_at, title=notice.title, office_id=notice.office_id, extend_path=notice.extend_path
    )
    recipient = Recipient(RecipientKind.AGENT, notice.agent_id)
    letter = _new_letter(letter_id, LetterKind.EXPIRY, recipient, content, watch_id=notice.watch_id, due=now, now=now)
    once = f"expiry:{notice.watch_id}:{notice.ends_at.isoformat()}:{notice.agent_id}"
    return _write_once(tx, letter, once)


def write(tx: Transaction, notice: Notice, *, letter_id: UUID, now: datetime, due: datetime | None = None) -> bool:
    """Write another room's letter, once under its key; it leaves at `due`.  Says whether it is new."""
    content = NoticeContent(
        subject=notice.subject,
        paragraphs=notice.paragraphs,
        facts=notice.facts,
        office_id=notice.office_id,
        agent_id=notice.agent_id,
        address=notice.address,
    )
    letter = _new_letter(letter_id, LetterKind.NOTICE, notice.recipient, content, due=due or now, now=now)
    return _write_once(tx, letter, f"notice:{notice.once}")


def _write_once(tx: Transaction, letter: Letter, once: str) -> bool:
    is_new = store.insert_once(tx, letter, once=once)
    if is_new:
        _note_new(tx, [letter], due=letter.due)
    return is_new


def _new_letter(
    letter_id: UUID,
    kind: LetterKind,
    recipient: Recipient,
    content: Content,
    *,
    watch_id: UUID | None = None,
    realty_ids: tuple[UUID, ...] = (),
    due: datetime,
    now: datetime,
) -> Letter:
    return Letter(
        letter_id=letter_id,
        kind=kind,
        recipient=recipient,
        watch_id=watch_id,
        realty_ids=realty_ids,
        content=content,
        due=due,
        next_attempt=due,
        expires=due + rules.LIFE,
        created=now,
        modified=now,
    )


def _alert_content(alert: Alert) -> AlertContent:
    return AlertContent(title=alert.title, office_id=alert.office_id, agent_id=alert.agent_id)


def _note_new(tx: Transaction, letters: Sequence[Letter], *, due: datetime) -> None:
    """Remember that letters came to be, at one moment, and promise their delivery."""
    if letters:
        lines = [
            Line(thing_id=letter.letter_id, change=Change.CREATED, version=letter.version, after=document_of(letter))
            for letter in letters
        ]
        history.record_all(tx, KIND, lines, at=letters[0].created)
        waiting = [str(letter.letter_id) for letter in letters if not rules.is_over(letter)]
        outbox.promise_all(tx, Kind.DELIVER_LETTER, waiting, due=due)


def _save(tx: Transaction, before: Letter, after: Letter, *, now: datetime, gathering: bool = False) -> Letter:
    after = changed(after, version=before.version + 1, modified=now)
    document = store.replace(tx, after, gathering=gathering)
    history.record(
        tx,
        KIND,
        after.letter_id,
        Change.UPDATED,
        version=after.version,
        at=now,
        before=document_of(before),
        after=document,
    )
    return after


# Delivering ------------------------------------------------------------------------------------------------------


class Begun(Struct, frozen=True):
    """A letter that is being delivered, with all that its composition needs."""

    letter: Letter
    addressee: Addressee  # the e-mail address is a checked one
    office: Office | None
    agent: Addressee | None  # who gets the answers
    cards: tuple[Card, ...]
    token: UUID | None  # by which the recipient ends such letters


class NotYet(Struct, frozen=True):
    """The letter is not to leave before this moment."""

    at: datetime


def domain_of(tx: Transaction, letter_id: UUID, *, addresses: AddressBook) -> str | None:
    """Where the letter goes, as far as that is known: the domain of its recipient's address."""
    recipient = store.waiting_for(tx, letter_id)
    if recipient is None:
        return None
    if recipient.kind is RecipientKind.ADDRESS:  # which stands in the letter itself
        letter = store.find(tx, letter_id)
        addressee = None if letter is None else _addressee(tx, letter, addresses)
    else:
        addressee = addresses.addressee(tx, recipient)
    if addressee is None:
        return None
    try:
        return checked_address(addressee.email).rpartition("@")[2]
    except BadAddress:
        return None


def _addressee(tx: Transaction, letter: Letter, addresses: AddressBook) -> Addressee | None:
    if letter.recipient.kind is not RecipientKind.ADDRESS:
        return addresses.addressee(tx, letter.recipient)
    content = letter.content
    return Addressee("", content.address, None) if isinstance(content, NoticeContent) else None


def begin(
    tx: Transaction,
    letter_id: UUID,
    *,
    addresses: AddressBook,
    wishes: Wishes | None,
    token: UUID,
    now: datetime,
) -> Begun | NotYet | None:
    """Take a letter up for one attempt, which is counted now; None when nothing is left to do with it.

    Whether it is still wanted, and where it goes, is decided at this moment and not when it was written.
    """
    letter = store.find(tx, letter_id, lock=True)
    if letter is None or rules.is_over(letter):
        return None
    if letter.next_attempt is not None and letter.next_attempt > now:
        return NotYet(letter.next_attempt)
    unwanted = _why_not(tx, letter, wishes, now=now)
    if unwanted is not None:
        _end(tx, letter, LetterState.WITHDRAWN, reason=unwanted, now=now)
        return None
    if letter.expires <= now:
        _end(tx, letter, LetterState.EXPIRED, reason=_too_late(letter), now=now)
        return None
    addressee = _addressee(tx, letter, addresses)
    if addressee is None or not addressee.email:
        _end(tx, letter, LetterState.REFUSED, reason="no e-mail address of the recipient is known", now=now)
        return None
    try:
        address = checked_address(addressee.email)
    except BadAddress as error:
        _end(tx, letter, LetterState.REFUSED, reason=f"malformed e-mail address: {error}", now=now)
        return None
    content = letter.content
    office = None if content.office_id is None else addresses.office(tx, content.office_id)
    answer = rules.BROKEN_OFF if rules.was_broken_off(letter) else letter.answer
    # Counted before it is made: an attempt in the midst of which we die must still use one up.  Without a next attempt
    # it is under way.
    under_way = changed(letter, attempts=letter.attempts + 1, address=address, answer=answer, next_attempt=None)
    letter = _save(tx, letter, under_way, now=now)
    ends_by = None
    if letter.watch_id is not None:
        ends_by = store.ensure_subscription(tx, letter.watch_id, letter.recipient, token=token).token
    return Begun(
        letter,
        changed(addressee, email=address),
        office,
        _answering_agent(tx, letter, addresses),
        tuple(store.cards_of(tx, letter_id, limit=rules.DIGEST_CARDS_MAX)),
        ends_by,
    )


def _why_not(tx: Transaction, letter: Letter, wishes: Wishes | None, *, now: datetime) -> str | None:
    if letter.watch_id is None:
        return None
    subscription = store.subscription(tx, letter.watch_id, letter.recipient)
    if subscription is not None and subscription.ended is not None:
        return "the recipient unsubscribed"
    return None if wishes is None else wishes.why_not(tx, letter, now=now)


def _answering_agent(tx: Transaction, letter: Letter, addresses: AddressBook) -> Addressee | None:
    content = letter.content
    if isinstance(content, ExpiryContent) or content.agent_id is None:
        return None
    agent = Recipient(RecipientKind.AGENT, content.agent_id)
    if agent == letter.recipient:
        return None
    found = addresses.addressee(tx, agent)
    if found is None:
        return None
    try:
        return changed(found, email=checked_address(found.email))
    except BadAddress:
        return changed(found, email="")


def note_sent(tx: Transaction, letter_id: UUID, *, answer: str, subject: str, now: datetime) -> None:
    """The mail server took the letter."""
    letter = store.find(tx, letter_id, lock=True)
    if letter is not None and not rules.is_over(letter):
        after = changed(
            letter, state=LetterState.SENT, answer=answer, subject=subject, reason="", sent=now, next_attempt=None
        )
        _save(tx, letter, after, now=now)


def note_refused(tx: Transaction, letter_id: UUID, *, answer: str, subject: str, now: datetime) -> None:
    """The mail server will never take the letter as it is, or it cannot be composed."""
    letter = store.find(tx, letter_id, lock=True)
    if letter is not None and not rules.is_over(letter):
        letter_with_answer = changed(letter, answer=answer, subject=subject)
        _end(tx, letter, LetterState.REFUSED, reason=answer, now=now, into=letter_with_answer)


def note_failed(tx: Transaction, letter_id: UUID, *, answer: str, subject: str, now: datetime) -> datetime | None:
    """The attempt failed for now: when the next one is, or None when its time is over."""
    letter = store.find(tx, letter_id, lock=True)
    if letter is None or rules.is_over(letter):
        return None
    at = rules.next_attempt(letter.attempts, failed_at=now, expires=letter.expires)
    after = changed(letter, answer=answer, subject=subject, next_attempt=at)
    if at is None:
        _end(tx, letter, LetterState.EXPIRED, reason=_too_late(after), now=now, into=after)
    else:
        _save(tx, letter, after, now=now)
    return at


def _end(
    tx: Transaction, letter: Letter, state: LetterState, *, reason: str, now: datetime, into: Letter | None = None
) -> None:
    _save(tx, letter, changed(into or letter, state=state, reason=reason, next_attempt=None), now=now)


def _too_late(letter: Letter) -> str:
    return f"not delivered within {rules.LIFE.days} days; the last answer was: {letter.answer or 'none'}"


# After a backup was restored -----------------------------------------------------------------------------------------


def hold(tx: Transaction, *, restored: datetime) -> int:
    """Keep letters from leaving a second time out of a restored backup; return how many wait for somebody's decision.

    Held are those that wait and were due, and from now on those about what had come to fit by then.  For the house
    itself.
    """
    store.hold_until(tx, restored)
    count = 0
    for organization in access.organizations(tx):
        caller = Caller(organization.organization_no, organization.organization_id, HOUSE_USER, Role.ADMIN)
        theirs = on_behalf_of(tx, caller)
        for letter_id in store.waiting(theirs, due=restored):
            letter = store.find(theirs, letter_id, lock=True)
            if letter is not None and rules.may_have_left(letter, restored=restored):
                _save(theirs, letter, _held(letter), now=restored)
                outbox.withdraw(theirs, Kind.DELIVER_LETTER, str(letter_id))
                count += 1
    return count


def _held(letter: Letter) -> Letter:
    return changed(letter, state=LetterState.HELD, reason=rules.RESTORED, next_attempt=None)


# Forgetting ------------------------------------------------------------------------------------------------------


def count_old(tx: Transaction, *, before: datetime) -> int:
    """How many letters `forget_old` would take away."""
    return store.count_older_than(tx, before)


def forget_old(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Take letters away that were written before this and wait for nothing; returns how many.

    Nobody hears of anything twice by that: what was written about is remembered apart from the letters.
    """
    old = store.older_than(tx, before, limit=limit)
    for letter in old:
        store.delete(tx, letter.letter_id)
        history.record(
            tx,
            KIND,
            letter.letter_id,
            Change.DELETED,
            version=letter.version + 1,
            at=letter.modified,
            before=document_of(letter),
        )
    return len(old)


# Looking and sending again ---------------------------------------------------------------------------------------


def get_letter(tx: Transaction, letter_id: UUID) -> Found:
    """Raises NotFound for a letter that is not the organization's."""
    letter = store.find(tx, letter_id)
    document = store.document(tx, letter_id)
    if letter is None or document is None:
        raise NotFound(KIND, "letterId")
    return Found(document, letter.version)


def search_letters(tx: Transaction, wanted: LetterFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many letters the filter finds in all."""
    return store.search(tx, wanted, orders=orders, window=window)


def send_again(tx: Transaction, letter_id: UUID, *, now: datetime) -> Found:
    """Send a letter now: one that waits for its next attempt, or, once more and on purpose, one that is over.

    Raises NotFound, and Refused for a digest that still gathers.
    """
    letter = store.find(tx, letter_id, lock=True)
    if letter is None:
        raise NotFound(KIND, "letterId")
    rules.require_sendable_again(letter, now=now)
    anew = changed(letter, next_attempt=now, expires=now + rules.LIFE)
    if letter.state is LetterState.HELD:
        # Not another round: should it have left already, its reader's mail system can tell that it is the same.
        anew = changed(anew, state=LetterState.WAITING, reason="")
    elif rules.is_over(letter):
        anew = changed(
            anew, state=LetterState.WAITING, attempts=0, rounds=letter.rounds + 1, due=now, reason="", sent=None
        )
    saved = _save(tx, letter, anew, now=now)
    outbox.promise(tx, Kind.DELIVER_LETTER, str(letter_id), due=now)
    return Found(document_of(saved), saved.version)


# Ending them -----------------------------------------------------------------------------------------------------


class Known(Struct, frozen=True):
    """What the holder of a token may know: for whom the house then acts, in which language, and how things stand."""

    caller: Caller
    watch_id: UUID
    recipient: Recipient
    is_ended: bool


def known_by_token(tx: Transaction, token: UUID) -> Known:
    """Raises NotFound for a token that we did not give out."""
    subscription = store.subscription_of(tx, token)
    if subscription is None:
        raise NotFound("subscription", "token")
    organization_id = store.organization_id_of(tx, subscription.organization_no)
    house = Caller(subscription.organization_no, organization_id, HOUSE_USER, Role.ADMIN)
    return Known(house, subscription.watch_id, subscription.recipient, subscription.ended is not None)


def language_of(tx: Transaction, known: Known, *, addresses: AddressBook) -> Language | None:
    """The language in which the recipient reads, or else of the office that wrote last; None when nobody knows."""
    addressee = addresses.addressee(tx, known.recipient)
    if addressee is not None and addressee.language is not None:
        return addressee.language
    last = store.last_of(tx, known.watch_id, known.recipient)
    office_id = None if last is None else last.content.office_id
    office = None if office_id is None else addresses.office(tx, office_id)
    return None if office is None else office.language


def unsubscribe(tx: Transaction, token: UUID, *, wishes: Wishes | None, now: datetime) -> None:
    """End the letters of a watch for the one who holds the token.  Doing it twice changes nothing."""
    subscription = store.subscription_of(tx, token)
    if subscription is None:
        raise NotFound("subscription", "token")
    if subscription.ended is None:
        store.set_ended(tx, token, ended=now)
        if wishes is not None:
            wishes.switch_off(tx, subscription.watch_id, subscription.recipient, now=now)


def resubscribe(tx: Transaction, token: UUID, *, wishes: Wishes | None, now: datetime) -> None:
    """Take that back.  Doing it twice changes nothing."""
    subscription = store.subscription_of(tx, token)
    if subscription is None:
        raise NotFound("subscription", "token")
    if subscription.ended is not None:
        store.set_ended(tx, token, ended=None)
        if wishes is not None:
            wishes.switch_on(tx, subscription.watch_id, subscription.recipient, now=now)


def welcome(tx: Transaction, watch_id: UUID, recipient: Recipient) -> None:
    """Somebody switched the recipient's letters of this watch on again: what was ended begins anew."""
    subscription = store.subscription(tx, watch_id, recipient)
    if subscription is not None and subscription.ended is not None:
        store.set_ended(tx, subscription.token, ended=None)
