"""Letters: written once, tried as often as it takes, and each of them sent, refused with a reason, or waiting."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from askare.edge import Edge
from askare.jobs.kinds import Kind as JobKind
from askare.jobs.runner import Trade, keep_due_promises, keep_promises
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.kernel.problems import NotFound, Refused
from askare.letters import operations, store
from askare.letters.composing import Style
from askare.letters.jobs import LEASE, Delivery
from askare.letters.model import (
    Accepted,
    Addressee,
    Alert,
    ExpiryNotice,
    Later,
    Letter,
    LetterFilter,
    LetterKind,
    LetterState,
    Mail,
    Mailer,
    Never,
    Notice,
    Office,
    Recipient,
    Rhythm,
    Timing,
    Verdict,
    Words,
)
from askare.letters.rules import BROKEN_OFF, LIFE, finds
from askare.outside.smtp import Patience, Server, SmtpMailer
from askare.storage import history
from askare.storage.desk import Database, Desk
from askare.storage.transactions import Transaction
from tests.letter_values import (
    AGENT_AKU,
    KOTI,
    MAIJA,
    OTHER_WATCH,
    STYLE,
    TO_AGENT,
    TO_OTHER_PARTY,
    TO_PARTY,
    WATCH,
    a_card,
    an_alert,
    part,
    read,
)
from tests.mail_server import MailServer, mail_server
from tests.store.doing import all_at_once, count_rows
from tests.values import AGENT, DAY, HOUR, NOW, OFFICE, OTHER_REALTY, PARTY, REALTY, SECOND, an_admin, an_id, empty

RHYTHM = Rhythm(7, "Europe/Helsinki")
NEXT_DIGEST = datetime.fromisoformat("2026-03-03T05:00:00+00:00")
ALL = Window(0, 1_000)
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that stands still, and ids that count up."""

    def __init__(self) -> None:
        self.now = NOW
        self._numbers = itertools.count(1)

    def new_id(self) -> UUID:
        return an_id(next(self._numbers), kind=0x30)

    def edge(self) -> Edge:
        return Edge(lambda: self.now, self.new_id)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Book:
    """Who is known, and how."""

    def __init__(self) -> None:
        self.known = {TO_PARTY: MAIJA, TO_AGENT: AGENT_AKU, TO_OTHER_PARTY: Addressee("Otto", "otto@example.com")}

    def addressee(self, tx: Transaction, recipient: Recipient) -> Addressee | None:
        return self.known.get(recipient)

    def office(self, tx: Transaction, office_id: UUID) -> Office | None:
        return KOTI if office_id == OFFICE else None


class Wishing:
    """What is wanted no more, and who said so."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.switched: list[tuple[str, UUID, Recipient]] = []

    def why_not(self, tx: Transaction, letter: Letter, *, now: datetime) -> str | None:
        return self.reason

    def switch_off(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        self.switched.append(("off", watch_id, recipient))

    def switch_on(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        self.switched.append(("on", watch_id, recipient))


class Pocket:
    """A local twin of the mail server: keeps what it is given, and answers as it is told."""

    reads_8bit = True

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.verdicts: list[Verdict] = []

    async def send(self, mail: Mail) -> Verdict:
        self.mails.append(mail)
        return self.verdicts.pop(0) if self.verdicts else Accepted("250 taken")


def write(database: Database, clock: Clock, *alerts: Alert, by: Caller | None = None) -> int:
    return database.write(
        lambda tx: operations.write_alerts(tx, alerts, new_id=clock.new_id, rhythm=RHYTHM, now=clock.now),
        by or an_admin(),
    )


def deliver(
    database: Database,
    clock: Clock,
    mailer: Mailer,
    *,
    book: Book | None = None,
    wishes: Wishing | None = None,
    style: Style = STYLE,
) -> int:
    """Do all delivery that is due; return how many attempts that was."""

    async def run() -> int:
        delivery = Delivery(mailer=mailer, addresses=book or Book(), wishes=wishes, style=style)
        trade = Trade(JobKind.DELIVER_LETTER, delivery.deliver, lease=LEASE)
        return await keep_due_promises([trade], Desk(database), clock.edge())

    return asyncio.run(run())


def letters(database: Database, sought: LetterFilter | None = None, *, by: Caller | None = None) -> list[Letter]:
    """The letters that a search finds, oldest first."""

    def find(tx: Transaction) -> list[Letter]:
        page = operations.search_letters(tx, sought or LetterFilter(), orders=[Order("creationTime")], window=ALL)
        found = [store.find(tx, UUID(msgspec.json.decode(document)["letterId"])) for document in page.items]
        assert page.total == len(page.items)
        return [letter for letter in found if letter is not None]

    return database.read(find, by or an_admin())


def the_letter(database: Database) -> Letter:
    (letter,) = letters(database)
    return letter


def is_nothing_promised(database: Database) -> bool:
    return count_rows(database, "jobs") == 0


def send_again(database: Database, clock: Clock, letter: Letter) -> None:
    database.write(lambda tx: operations.send_again(tx, letter.letter_id, now=clock.now), an_admin())


# Writing ---------------------------------------------------------------------------------------------------------


def test_each_recipient_of_a_match_gets_a_letter_of_their_own(database: Database, clock: Clock) -> None:
    assert write(database, clock, an_alert(), an_alert(to=TO_AGENT)) == 2

    written = letters(database)
    assert {letter.recipient for letter in written} == {TO_PARTY, TO_AGENT}
    assert {(letter.kind, letter.state, letter.realty_ids) for letter in written} == {
        (LetterKind.ALERT, LetterState.WAITING, (REALTY,))
    }
    assert count_rows(database, "jobs") == 2


def test_the_same_realty_is_written_about_once_a_watch_and_recipient(database: Database, clock: Clock) -> None:
    assert write(database, clock, an_alert(), an_alert()) == 1
    assert write(database, clock, an_alert(a_card(price=1)), an_alert(timing=Timing.DIGEST)) == 0
    assert write(database, clock, an_alert(watch=OTHER_WATCH), an_alert(a_card(OTHER_REALTY))) == 2

    assert len(letters(database)) == 3


def test_a_letter_is_remembered_in_history_with_what_is_answered_about_it(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    deliver(database, clock, Pocket())

    letter = the_letter(database)
    entries = database.read(lambda tx: history.of_thing(tx, "letter", letter.letter_id), an_admin())
    assert [(entry.version, entry.change.value) for entry in entries] == [
        (1, "created"),
        (2, "updated"),
        (3, "updated"),
    ]
    document = database.read(lambda tx: operations.get_letter(tx, letter.letter_id), an_admin())
    assert (document.document, document.version) == (entries[-1].after, 3)


def test_many_matches_at_once_become_one_letter_each(database: Database, clock: Clock) -> None:
    alerts = [
        an_alert(a_card(an_id(realty)), watch=an_id(watch, kind=0x21)) for realty in range(30) for watch in range(40)
    ]

    assert write(database, clock, *alerts) == 1_200
    assert write(database, clock, *alerts) == 0
    assert count_rows(database, "letters") == count_rows(database, "jobs") == 1_200


def test_two_who_write_the_same_at_once_write_it_once(database: Database, clock: Clock) -> None:
    alerts = [an_alert(a_card(an_id(number)), timing=timing) for number in range(10) for timing in Timing]

    def writing(order: Sequence[Alert]) -> Callable[[], int]:
        return lambda: write(database, clock, *order)

    outcomes = all_at_once([writing(alerts), writing(alerts[::-1]), writing(alerts[5:]), writing(alerts)])

    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 10
    shown = Counter(realty for letter in letters(database) for realty in letter.realty_ids)
    assert shown == {an_id(number): 1 for number in range(10)}


def test_an_expiry_notice_is_written_once_for_each_end(database: Database, clock: Clock) -> None:
    def notify(ends_at: datetime) -> bool:
        notice = ExpiryNotice(watch_id=WATCH, agent_id=AGENT, title="3H", ends_at=ends_at, office_id=OFFICE)
        return database.write(
            lambda tx: operations.write_expiry(tx, notice, letter_id=clock.new_id(), now=clock.now), an_admin()
        )

    assert [notify(NOW + 7 * DAY), notify(NOW + 7 * DAY), notify(NOW + 30 * DAY)] == [True, False, True]
    pocket = Pocket()
    deliver(database, clock, pocket)
    assert sorted(str(read(mail.message)["Subject"]) for mail in pocket.mails) == [
        "Hakuvahti päättyy 1.4.2026",
        "Hakuvahti päättyy 9.3.2026",
    ]


def test_another_room_s_notice_is_written_once_and_leaves_when_it_is_due(database: Database, clock: Clock) -> None:
    notice = Notice(once="meeting:1", recipient=TO_PARTY, subject=Words("Tapaaminen", "Möte", "Meeting"))

    def give_notice() -> bool:
        return database.write(
            lambda tx: operations.write(tx, notice, letter_id=clock.new_id(), now=NOW, due=NOW + HOUR), an_admin()
        )

    assert [give_notice(), give_notice()] == [True, False]
    pocket = Pocket()
    assert deliver(database, clock, pocket) == 0
    clock.now = NOW + HOUR
    deliver(database, clock, pocket)
    assert read(pocket.mails[0].message)["Subject"] == "Tapaaminen"
    assert read(pocket.mails[0].message)["List-Unsubscribe"] is None


# Digests ---------------------------------------------------------------------------------------------------------


def digest(realty: int, *, to: Recipient = TO_PARTY, watch: UUID = WATCH) -> Alert:
    return an_alert(
        a_card(an_id(realty), street_address=f"Hämeenkatu {realty}"), to=to, watch=watch, timing=Timing.DIGEST
    )


def test_a_day_s_matches_of_one_recipient_and_watch_leave_in_one_letter_at_the_hour(
    database: Database, clock: Clock
) -> None:
    assert write(database, clock, digest(1), digest(2), digest(1)) == 2
    clock.now += HOUR
    assert write(database, clock, digest(2), digest(3)) == 1
    pocket = Pocket()

    assert deliver(database, clock, pocket) == 0
    clock.now = NEXT_DIGEST
    assert deliver(database, clock, pocket) == 1

    (mail,) = pocket.mails
    assert read(mail.message)["Subject"] == "3 uutta kohdetta sopii hakuusi ”3H+K+S”"
    assert all(f"Hämeenkatu {number}," in part(mail.message, "plain") for number in (1, 2, 3))
    letter = the_letter(database)
    assert (letter.kind, letter.state, letter.due) == (LetterKind.DIGEST, LetterState.SENT, NEXT_DIGEST)
    assert letter.realty_ids == (an_id(1), an_id(2), an_id(3))


def test_digests_of_different_watches_and_recipients_are_different_letters(database: Database, clock: Clock) -> None:
    assert write(database, clock, digest(1), digest(1, to=TO_AGENT), digest(1, watch=OTHER_WATCH)) == 3

    assert len(letters(database)) == 3


def test_what_matches_after_a_digest_left_waits_for_the_next_one(database: Database, clock: Clock) -> None:
    write(database, clock, digest(1))
    clock.now = NEXT_DIGEST
    deliver(database, clock, Pocket())

    assert write(database, clock, digest(1), digest(2)) == 1

    first, second = letters(database)
    assert (first.state, second.state) == (LetterState.SENT, LetterState.WAITING)
    assert (second.realty_ids, second.due) == ((an_id(2),), NEXT_DIGEST + DAY)


def test_a_digest_whose_delivery_failed_is_not_joined_any_more(database: Database, clock: Clock) -> None:
    write(database, clock, digest(1))
    clock.now = NEXT_DIGEST
    pocket = Pocket()
    pocket.verdicts = [Later("451 not now")]
    deliver(database, clock, pocket)

    write(database, clock, digest(2))

    assert [letter.realty_ids for letter in letters(database)] == [(an_id(1),), (an_id(2),)]


def test_a_digest_that_gathers_is_not_sent_before_its_hour(database: Database, clock: Clock) -> None:
    write(database, clock, digest(1))

    with pytest.raises(Refused, match="gathers"):
        send_again(database, clock, the_letter(database))


# Delivering ------------------------------------------------------------------------------------------------------


def test_a_letter_leaves_once_and_is_noted_as_sent(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()

    assert deliver(database, clock, pocket) == 1
    assert deliver(database, clock, pocket) == 0

    (mail,) = pocket.mails
    assert (mail.sender, mail.recipient) == ("mail@koti.example", "maija@example.com")
    assert read(mail.message)["Message-ID"] == f"<{the_letter(database).letter_id}@koti.example>"
    letter = the_letter(database)
    assert (letter.state, letter.sent, letter.attempts) == (LetterState.SENT, NOW, 1)
    assert (letter.answer, letter.address) == ("250 taken", "maija@example.com")
    assert letter.subject.startswith("Uusi kohde: Hämeenkatu 1 A 2")
    assert is_nothing_promised(database)


def test_a_letter_that_is_not_taken_is_tried_again_after_the_pauses(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()
    pocket.verdicts = [Later("451 greylisted"), Later("451 still greylisted")]

    deliver(database, clock, pocket)
    letter = the_letter(database)
    assert (letter.state, letter.attempts, letter.next_attempt) == (LetterState.WAITING, 1, NOW + 5 * MINUTE)
    assert letter.answer == "451 greylisted"

    clock.now = NOW + 5 * MINUTE - SECOND
    assert deliver(database, clock, pocket) == 0
    clock.now = NOW + 5 * MINUTE
    deliver(database, clock, pocket)
    assert the_letter(database).next_attempt == NOW + 15 * MINUTE
    clock.now = NOW + 15 * MINUTE
    deliver(database, clock, pocket)

    assert the_letter(database).state is LetterState.SENT
    assert len({mail.message for mail in pocket.mails}) == 1
    assert is_nothing_promised(database)


def test_after_five_days_a_letter_is_tried_no_more_and_says_so(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()
    pocket.verdicts = [Later("451 not now")] * 200

    while the_letter(database).state is LetterState.WAITING:
        deliver(database, clock, pocket)
        clock.now = the_letter(database).next_attempt or clock.now

    letter = the_letter(database)
    assert letter.state is LetterState.EXPIRED
    assert letter.reason == "not delivered within 5 days; the last answer was: 451 not now"
    assert NOW + LIFE - 4_000 * SECOND <= clock.now < NOW + LIFE
    assert len(pocket.mails) == letter.attempts == 111
    assert is_nothing_promised(database)


def test_a_letter_that_was_forgotten_for_more_than_five_days_does_not_leave(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    clock.now = NOW + LIFE
    pocket = Pocket()

    deliver(database, clock, pocket)

    assert (the_letter(database).state, pocket.mails) == (LetterState.EXPIRED, [])


def test_a_refusal_is_final_and_its_reason_is_kept(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()
    pocket.verdicts = [Never("550 5.1.1 no such user")]

    deliver(database, clock, pocket)

    letter = the_letter(database)
    assert (letter.state, letter.reason) == (LetterState.REFUSED, "550 5.1.1 no such user")
    assert is_nothing_promised(database)


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        (None, "no e-mail address of the recipient is known"),
        ("", "no e-mail address of the recipient is known"),
        ("maija@example.com\r\nBcc: x@y.fi", "malformed e-mail address: "),
        ("maija", "malformed e-mail address: "),
    ],
)
def test_a_recipient_without_a_good_address_gets_nothing_and_the_reason_is_kept(
    database: Database, clock: Clock, email: str | None, reason: str
) -> None:
    write(database, clock, an_alert())
    book, pocket = Book(), Pocket()
    if email is None:
        del book.known[TO_PARTY]
    else:
        book.known[TO_PARTY] = Addressee("Maija", email)

    deliver(database, clock, pocket, book=book)

    letter = the_letter(database)
    assert letter.state is LetterState.REFUSED
    assert letter.reason.startswith(reason)
    assert pocket.mails == []
    assert is_nothing_promised(database)


def test_what_a_letter_says_of_its_reader_is_what_is_known_when_it_leaves(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    book, pocket = Book(), Pocket()
    book.known[TO_PARTY] = Addressee("Maija Virtanen", "maija.virtanen@example.com")

    deliver(database, clock, pocket, book=book)

    (mail,) = pocket.mails
    assert mail.recipient == "maija.virtanen@example.com"
    assert part(mail.message, "plain").startswith("Hej Maija Virtanen,")  # no language of hers: the office's


def test_whether_a_letter_is_wanted_is_asked_when_it_would_leave(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    wishes, pocket = Wishing(), Pocket()
    wishes.reason = "the watch ended"

    deliver(database, clock, pocket, wishes=wishes)

    letter = the_letter(database)
    assert (letter.state, letter.reason, pocket.mails) == (LetterState.WITHDRAWN, "the watch ended", [])
    assert is_nothing_promised(database)


def test_a_worker_that_dies_after_the_server_took_a_letter_sends_the_same_letter_again(
    database: Database, clock: Clock
) -> None:
    """The one way to send twice that remains; the same Message-ID and the same bytes let a mail program see it."""
    write(database, clock, an_alert())
    pocket = Pocket()

    class Dies(Pocket):
        async def send(self, mail: Mail) -> Verdict:
            await pocket.send(mail)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        deliver(database, clock, Dies())
    assert the_letter(database).next_attempt is None  # under way, as far as anybody can see
    assert deliver(database, clock, pocket) == 0  # its lease still holds
    clock.now += LEASE
    deliver(database, clock, pocket)

    assert len(pocket.mails) == 2
    assert len({mail.message for mail in pocket.mails}) == 1
    assert (the_letter(database).state, the_letter(database).attempts) == (LetterState.SENT, 2)


def test_an_attempt_that_was_broken_off_is_said_while_the_letter_is_sent_again(
    database: Database, clock: Clock
) -> None:
    write(database, clock, an_alert())
    seen: list[str] = []

    class Looks(Pocket):
        async def send(self, mail: Mail) -> Verdict:
            seen.append(the_letter(database).answer)
            raise asyncio.CancelledError

    for _ in range(2):
        with pytest.raises(asyncio.CancelledError):
            deliver(database, clock, Looks())
        clock.now += LEASE

    assert seen == ["", BROKEN_OFF]


def test_a_mailer_that_breaks_costs_no_letter(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())

    class Breaks(Pocket):
        async def send(self, mail: Mail) -> Verdict:
            raise RuntimeError("never thought of")

    deliver(database, clock, Breaks())

    letter = the_letter(database)
    assert (letter.state, letter.answer) == (LetterState.WAITING, "RuntimeError: never thought of")
    assert letter.next_attempt == NOW + 5 * MINUTE


def test_a_letter_that_cannot_be_composed_is_refused_and_says_why(database: Database, clock: Clock) -> None:
    notice = ExpiryNotice(watch_id=WATCH, agent_id=AGENT, ends_at=NOW + 7 * DAY)
    database.write(lambda tx: operations.write_expiry(tx, notice, letter_id=clock.new_id(), now=NOW), an_admin())

    deliver(database, clock, Pocket(), style=replace(STYLE, time_zone="Europe/Nowhere"))

    letter = the_letter(database)
    assert letter.state is LetterState.REFUSED
    assert letter.reason.startswith("it cannot be composed: ZoneInfoNotFoundError")
    assert is_nothing_promised(database)


def test_letters_of_another_organization_are_nobody_s_business(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    letter = the_letter(database)
    stranger = an_admin(organization_no=7)

    assert letters(database, by=stranger) == []
    with pytest.raises(NotFound):
        database.read(lambda tx: operations.get_letter(tx, letter.letter_id), stranger)
    with pytest.raises(NotFound):
        database.write(lambda tx: operations.send_again(tx, letter.letter_id, now=NOW), stranger)


# Sending again ---------------------------------------------------------------------------------------------------


def test_a_letter_that_is_over_is_sent_anew_under_another_message_id(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()
    pocket.verdicts = [Never("550 no such user")]
    deliver(database, clock, pocket)

    clock.now += 10 * DAY
    send_again(database, clock, the_letter(database))
    waiting = the_letter(database)
    deliver(database, clock, pocket)

    assert (waiting.state, waiting.attempts, waiting.rounds, waiting.reason) == (LetterState.WAITING, 0, 1, "")
    letter = the_letter(database)
    assert (letter.state, letter.attempts, letter.sent) == (LetterState.SENT, 1, clock.now)
    first, second = (read(mail.message)["Message-ID"] for mail in pocket.mails)
    assert (first, second) == (f"<{letter.letter_id}@koti.example>", f"<{letter.letter_id}.1@koti.example>")


def test_a_letter_that_waits_is_sent_at_once_and_stays_the_same_letter(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket = Pocket()
    pocket.verdicts = [Later("451 not now")]
    deliver(database, clock, pocket)

    clock.now += SECOND
    send_again(database, clock, the_letter(database))
    deliver(database, clock, pocket)

    assert the_letter(database).rounds == 0
    assert len({mail.message for mail in pocket.mails}) == 1


# Unsubscribing ---------------------------------------------------------------------------------------------------


def token_of(mail: Mail) -> UUID:
    return UUID(read(mail.message)["List-Unsubscribe"].strip("<>").rpartition("/")[2])


def test_whoever_ends_the_letters_of_a_watch_gets_no_more_of_it(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket, wishes = Pocket(), Wishing()
    deliver(database, clock, pocket)
    token = token_of(pocket.mails[0])

    known = database.read(lambda tx: operations.known_by_token(tx, token))
    for _ in range(2):
        database.write(lambda tx: operations.unsubscribe(tx, token, wishes=wishes, now=clock.now), known.caller)
    write(database, clock, an_alert(a_card(OTHER_REALTY)), an_alert(watch=OTHER_WATCH), an_alert(to=TO_AGENT))
    deliver(database, clock, pocket)

    assert (known.watch_id, known.recipient, known.is_ended) == (WATCH, TO_PARTY, False)
    assert wishes.switched == [("off", WATCH, TO_PARTY)]
    states = {(letter.watch_id, letter.recipient, letter.realty_ids[0]): letter for letter in letters(database)}
    ended = states[WATCH, TO_PARTY, OTHER_REALTY]
    assert (ended.state, ended.reason) == (LetterState.WITHDRAWN, "the recipient unsubscribed")
    assert states[OTHER_WATCH, TO_PARTY, REALTY].state is LetterState.SENT
    assert states[WATCH, TO_AGENT, REALTY].state is LetterState.SENT


def test_all_letters_of_a_watch_carry_the_same_token_and_other_watches_another(
    database: Database, clock: Clock
) -> None:
    write(
        database, clock, an_alert(), an_alert(a_card(OTHER_REALTY)), an_alert(watch=OTHER_WATCH), an_alert(to=TO_AGENT)
    )
    pocket = Pocket()

    deliver(database, clock, pocket)

    assert sorted(Counter(token_of(mail) for mail in pocket.mails).values()) == [1, 1, 2]


def test_whoever_takes_it_back_or_is_switched_on_again_gets_letters_again(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    pocket, wishes = Pocket(), Wishing()
    deliver(database, clock, pocket)
    token = token_of(pocket.mails[0])

    def end_and(begin_again: Callable[[Transaction], None]) -> bool:
        database.write(lambda tx: operations.unsubscribe(tx, token, wishes=wishes, now=clock.now), an_admin())
        database.write(begin_again, an_admin())
        return database.read(lambda tx: operations.known_by_token(tx, token)).is_ended

    assert not end_and(lambda tx: operations.resubscribe(tx, token, wishes=wishes, now=clock.now))
    assert not end_and(lambda tx: operations.welcome(tx, WATCH, TO_PARTY))
    assert [what for what, *_ in wishes.switched] == ["off", "on", "off"]


def test_a_token_that_was_never_given_out_is_unknown(database: Database) -> None:
    with pytest.raises(NotFound):
        database.read(lambda tx: operations.known_by_token(tx, an_id(1)))


# Searching -------------------------------------------------------------------------------------------------------


def test_a_search_finds_by_state_kind_recipient_watch_realty_and_time(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert(), an_alert(to=TO_AGENT))
    deliver(database, clock, Pocket())
    clock.now += HOUR
    write(database, clock, digest(7), an_alert(a_card(OTHER_REALTY), watch=OTHER_WATCH))

    def count(**wanted: Any) -> int:
        sought: dict[str, Any] = {name: frozenset(values) for name, values in wanted.items()}
        return len(letters(database, LetterFilter(**sought)))

    assert count() == 4
    assert count(states=[LetterState.SENT]) == 2
    assert count(states=list(LetterState)) == 4
    assert count(kinds=[LetterKind.DIGEST]) == 1
    assert count(recipient_ids=[PARTY]) == 3
    assert count(watch_ids=[OTHER_WATCH]) == 1
    assert count(realty_ids=[an_id(7), OTHER_REALTY]) == 2
    assert count(states=[LetterState.WAITING], recipient_ids=[AGENT]) == 0


some_states = st.sets(st.sampled_from(LetterState))
some_kinds = st.sets(st.sampled_from(LetterKind))
few_ids = st.sets(st.sampled_from([WATCH, OTHER_WATCH, PARTY, AGENT, REALTY, OTHER_REALTY]), max_size=3)
hours = st.none() | st.integers(0, 4).map(lambda number: NOW + number * HOUR)
filters = st.builds(
    LetterFilter,
    states=some_states.map(frozenset),
    kinds=some_kinds.map(frozenset),
    recipient_ids=few_ids.map(frozenset),
    watch_ids=few_ids.map(frozenset),
    realty_ids=few_ids.map(frozenset),
    created_after=hours,
    created_before=hours,
)


@given(st.lists(filters, min_size=10, max_size=10))
@settings(max_examples=6)
def test_the_store_finds_what_the_rule_finds(database: Database, wanted: list[LetterFilter]) -> None:
    empty(database)
    clock = Clock()
    pocket = Pocket()
    pocket.verdicts = [Never("550"), Accepted("250"), Later("451"), Accepted("250")]
    for to in (TO_PARTY, TO_AGENT):
        for watch, realty in ((WATCH, REALTY), (OTHER_WATCH, OTHER_REALTY)):
            write(database, clock, an_alert(a_card(realty), watch=watch, to=to))
            write(database, clock, an_alert(a_card(an_id(3)), watch=watch, to=to, timing=Timing.DIGEST))
            deliver(database, clock, pocket)
            clock.now += HOUR
    everything = letters(database)

    for sought in wanted:
        by_rule = {
            one.letter_id
            for one in everything
            if finds(
                sought,
                state=one.state,
                kind=one.kind,
                recipient_id=one.recipient.id,
                watch_id=one.watch_id,
                realty_ids=one.realty_ids,
                created=one.created,
            )
        }
        assert {one.letter_id for one in letters(database, sought)} == by_rule


def test_a_page_is_newest_first_and_knows_how_many_there_are(database: Database, clock: Clock) -> None:
    for number in range(3):
        write(database, clock, an_alert(a_card(an_id(number))))
        clock.now += HOUR

    def page(window: Window, *orders: Order) -> tuple[list[UUID], int]:
        found = database.read(
            lambda tx: operations.search_letters(tx, LetterFilter(), orders=orders, window=window), an_admin()
        )
        return [UUID(msgspec.json.decode(one)["realtyIds"][0]) for one in found.items], found.total

    assert page(Window(0, 2)) == ([an_id(2), an_id(1)], 3)
    assert page(Window(2, 2)) == ([an_id(0)], 3)
    assert page(Window(0, 1), Order("modificationTime")) == ([an_id(0)], 3)


def test_the_count_of_many_letters_follows_their_states(database: Database, clock: Clock) -> None:
    write(database, clock, *(an_alert(a_card(an_id(number))) for number in range(250)))
    waiting = LetterFilter(states=frozenset({LetterState.WAITING}), watch_ids=frozenset({WATCH}))

    def count() -> int:
        return database.read(
            lambda tx: operations.search_letters(tx, waiting, orders=(), window=Window(0, 1)), an_admin()
        ).total

    assert count() == 250
    send = letters(database, LetterFilter(realty_ids=frozenset({an_id(3)})))[0]
    database.write(
        lambda tx: operations.note_refused(tx, send.letter_id, answer="550", subject="", now=NOW), an_admin()
    )
    assert count() == 249


# After a backup was restored -------------------------------------------------------------------------------------


def hold(database: Database, clock: Clock) -> int:
    return database.write(lambda tx: operations.hold(tx, restored=clock.now))


def test_a_letter_that_waited_in_a_restored_backup_is_held_and_says_why(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert(), an_alert(to=TO_AGENT))
    clock.now += HOUR
    pocket = Pocket()

    assert hold(database, clock) == 2
    deliver(database, clock, pocket)

    assert pocket.mails == []
    assert {letter.state for letter in letters(database)} == {LetterState.HELD}
    assert all("backup was restored" in letter.reason for letter in letters(database))
    assert is_nothing_promised(database)


def test_what_was_over_or_is_not_due_yet_is_not_held(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    deliver(database, clock, Pocket())
    write(database, clock, an_alert(a_card(OTHER_REALTY), to=TO_AGENT, timing=Timing.DIGEST))

    assert hold(database, clock) == 0
    clock.now = NEXT_DIGEST
    deliver(database, clock, Pocket())

    assert [letter.state for letter in letters(database)] == [LetterState.SENT] * 2


def test_a_held_letter_leaves_as_the_same_letter_when_somebody_releases_it(database: Database, clock: Clock) -> None:
    write(database, clock, an_alert())
    before, after = Pocket(), Pocket()
    before.verdicts = [Later("the backup is made now")]
    deliver(database, clock, before)
    hold(database, clock)

    send_again(database, clock, the_letter(database))
    deliver(database, clock, after)

    assert the_letter(database).state is LetterState.SENT
    assert [mail.message for mail in after.mails] == [mail.message for mail in before.mails]


@pytest.mark.parametrize("timing", Timing)
def test_what_had_come_to_fit_before_the_restore_is_written_and_held(
    database: Database, clock: Clock, timing: Timing
) -> None:
    clock.now += HOUR
    hold(database, clock)

    write(
        database,
        clock,
        an_alert(a_card(REALTY), timing=timing, matched=clock.now),
        an_alert(a_card(OTHER_REALTY), timing=timing, matched=clock.now + SECOND),
    )

    states = {letter.realty_ids: letter.state for letter in letters(database)}
    assert states == {(REALTY,): LetterState.HELD, (OTHER_REALTY,): LetterState.WAITING}


# Against a real mail server --------------------------------------------------------------------------------------


HASTE = Patience(connect=5, command=1, last_answer=1, in_all=5)


def test_whatever_the_mail_server_does_no_letter_is_lost(database: Database, clock: Clock) -> None:
    faults = [
        "", "451 greylisted", "550 no such user", "drop", "nonsense", "stall", "data 4xx", "data 5xx",
        "data drop", "data drop after taking", "data nonsense", "data stall", "quit drop",
    ]  # fmt: skip
    book = Book()
    recipients = {fault: Recipient(TO_PARTY.kind, an_id(number)) for number, fault in enumerate(faults)}
    for number, fault in enumerate(faults):
        book.known[recipients[fault]] = Addressee(f"N{number}", f"n{number}@d{number}.example")

    write(database, clock, *(an_alert(to=recipient) for recipient in recipients.values()))

    async def run() -> MailServer:
        async with mail_server() as server:
            server.faults = {f"n{number}@d{number}.example": fault for number, fault in enumerate(faults)}
            mailer = SmtpMailer(Server("127.0.0.1", server.port, "none"), patience=HASTE)
            delivery = Delivery(mailer=mailer, addresses=book, wishes=None, style=STYLE)
            trade = Trade(JobKind.DELIVER_LETTER, delivery.deliver, at_once=32, lease=LEASE)
            desk = Desk(database)
            await keep_due_promises([trade], desk, clock.edge())
            server.faults.clear()
            clock.now += HOUR
            await keep_due_promises([trade], desk, clock.edge())
            return server

    server = asyncio.run(run())

    states = {letter.recipient: letter for letter in letters(database)}
    refused = {fault for fault in faults if states[recipients[fault]].state is LetterState.REFUSED}
    assert refused == {"550 no such user", "data 5xx"}
    assert all(states[recipients[fault]].reason[0] == "5" for fault in refused)
    assert all(states[recipients[fault]].state is LetterState.SENT for fault in set(faults) - refused)
    assert is_nothing_promised(database)
    arrived = Counter(server.recipients())
    twice = {fault for number, fault in enumerate(faults) if arrived[f"n{number}@d{number}.example"] == 2}
    # Nobody can know of these that the server had them already; their Message-ID tells.
    assert twice == {"data drop after taking", "data nonsense", "data stall"}
    assert all(count <= 2 for count in arrived.values())
    assert len({read(message)["Message-ID"] for message in server.messages()}) == len(faults) - len(refused)


def test_a_domain_where_mail_disappears_delays_nobody_else(database: Database, clock: Clock) -> None:
    clock.now = Edge().now()
    book = Book()
    lost = [Recipient(TO_PARTY.kind, an_id(number)) for number in range(40)]
    found = [Recipient(TO_PARTY.kind, an_id(number, kind=9)) for number in range(20)]
    for number, recipient in enumerate(lost):
        book.known[recipient] = Addressee("", f"n{number}@black-hole.example")
    for number, recipient in enumerate(found):
        book.known[recipient] = Addressee("", f"n{number}@example.com")
    write(database, clock, *(an_alert(to=recipient) for recipient in [*lost, *found]))

    async def run() -> MailServer:
        async with mail_server() as server:
            server.faults["@black-hole.example"] = "stall"
            mailer = SmtpMailer(Server("127.0.0.1", server.port, "none"), patience=Patience(command=60))
            delivery = Delivery(mailer=mailer, addresses=book, wishes=None, style=STYLE)
            trade = Trade(JobKind.DELIVER_LETTER, delivery.deliver, at_once=32, lease=LEASE)
            working = asyncio.create_task(keep_promises([trade], Desk(database), Edge()))
            async with asyncio.timeout(20):
                while len(server.taken) < len(found):
                    await asyncio.sleep(0.02)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return server

    server = asyncio.run(run())

    assert sorted(server.recipients()) == sorted(f"n{number}@example.com" for number in range(20))
    assert server.most_under_way["black-hole.example"] <= 8
