"""A letter, what it shows, and what others must tell us to send it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.time import written


class Language(Enum):
    """What letters are written in."""

    FI = "fi"
    SV = "sv"
    EN = "en"

    @classmethod
    def of(cls, code: str | None) -> Language | None:
        """The language of a code such as `sv` or `sv-FI`; None for one in which no letters are written."""
        beginning = (code or "").partition("-")[0].lower()
        return next((language for language in cls if language.value == beginning), None)


class LetterKind(Enum):
    """What a letter is for."""

    ALERT = "ALERT"  # one realty that fits
    DIGEST = "DIGEST"  # all realties that fitted since the last one
    EXPIRY = "EXPIRY"  # a watch ends soon
    NOTICE = "NOTICE"  # another room's words


class LetterState(Enum):
    """Where a letter is in its life.  All but the first are final, until somebody sends it again."""

    WAITING = "WAITING"
    SENT = "SENT"  # the mail server took it
    REFUSED = "REFUSED"  # nobody will ever take it as it is; the reason says why
    WITHDRAWN = "WITHDRAWN"  # it is not wanted any more: the watch ended, e-mail was switched off
    EXPIRED = "EXPIRED"  # five days were not enough
    HELD = "HELD"  # a restored backup says that it waits, but it may have left since; somebody decides


class RecipientKind(Enum):
    PARTY = "PARTY"
    AGENT = "AGENT"
    USER = "USER"  # of this house, where their entry as an operator or agent says
    ADDRESS = "ADDRESS"  # nobody of the directory: the letter itself says where it goes


class Recipient(Struct, frozen=True):
    """Who gets a letter: somebody of the directory, or whoever reads at an address (its id is made of that)."""

    kind: RecipientKind
    id: UUID


class Timing(Enum):
    INSTANT = "INSTANT"
    DIGEST = "DIGEST"  # once a day, all together


class Rhythm(Struct, frozen=True):
    """When digests leave: at this hour of the day, by the clocks of this time zone."""

    digest_hour: int = 7
    time_zone: str = "Europe/Helsinki"


# What alerts show ------------------------------------------------------------------------------------------------


class Criterion(Enum):
    """What a watch can ask of a realty.  Source: OviPro contract 5.4."""

    PROPERTY_TYPE = "propertyType"
    SUBTYPE = "subtype"
    OWNERSHIP = "ownership"
    CONDITION = "condition"
    AVAILABILITY = "availability"
    CONSTRUCTION_YEAR = "constructionYear"
    PLACE = "place"
    ROOM_COUNT = "roomCount"
    LIVING_AREA = "livingArea"
    PLOT_AREA = "plotArea"
    PLOT_HOLDING = "plotHolding"
    ELEVATOR = "elevator"
    BALCONY = "balcony"
    SAUNA = "sauna"
    HOUSING_COMPANY_SAUNA = "housingCompanySauna"
    PRICE = "price"


class Reason(Struct, frozen=True, omit_defaults=True):
    """One criterion that is met, and what was wished for: a range, or codes and places as they stand."""

    criterion: Criterion
    least: float | None = None
    most: float | None = None
    wished: tuple[str, ...] = ()


class Card(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A realty as it was when it matched, and why it fits.  Areas in square metres, the price free of debt."""

    realty_id: UUID
    street_address: str = ""
    district: str = ""
    postcode: str = ""
    postal_area: str = ""
    locality: str = ""
    property_type_code: str = ""
    subtype_code: str = ""
    room_count_code: str = ""
    construction_year: int | None = None
    living_area: float | None = None
    plot_area: float | None = None
    price: float | None = None
    currency: str = "EUR"
    met: tuple[Reason, ...] = ()
    unknown: tuple[Criterion, ...] = ()  # shown to agents alone


class Alert(Struct, frozen=True, kw_only=True):
    """One realty for one recipient of one watch.

    `title` is what is looked for, in the requirement's own words.  The office lends its name to the sender and its
    language to those who have none; the agent gets the answers.
    """

    watch_id: UUID
    recipient: Recipient
    card: Card
    timing: Timing = Timing.INSTANT
    title: str = ""
    office_id: UUID | None = None
    agent_id: UUID | None = None
    matched: datetime | None = None  # since when the realty fits


class ExpiryNotice(Struct, frozen=True, kw_only=True):
    """A watch of an agent's ends soon.  `extend_path` leads to the page of ours where it is extended."""

    watch_id: UUID
    agent_id: UUID
    title: str = ""
    ends_at: datetime
    office_id: UUID | None = None
    extend_path: str = ""


# What other rooms say --------------------------------------------------------------------------------------------


class Words(Struct, frozen=True):
    """The same in every language."""

    fi: str
    sv: str
    en: str

    def in_(self, language: Language) -> str:
        return {Language.FI: self.fi, Language.SV: self.sv, Language.EN: self.en}[language]


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A labelled line: a text, an instant, an amount of money or an area in square metres."""

    label: Words
    text: str | None = None
    at: datetime | None = None
    amount: float | None = None
    currency: str = "EUR"
    area: float | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """A letter in another room's words.  `once` is that room's key: a second notice under it is not written."""

    once: str
    recipient: Recipient
    subject: Words
    paragraphs: tuple[Words, ...] = ()
    facts: tuple[Fact, ...] = ()
    office_id: UUID | None = None
    agent_id: UUID | None = None
    address: str = ""  # for a recipient who is an address alone


# The letter ------------------------------------------------------------------------------------------------------


class AlertContent(Struct, frozen=True, kw_only=True, tag="alert", omit_defaults=True):
    """What an alert or a digest says besides its cards, which are kept one by one."""

    title: str = ""
    office_id: UUID | None = None
    agent_id: UUID | None = None


class ExpiryContent(Struct, frozen=True, kw_only=True, tag="expiry", omit_defaults=True):
    ends_at: datetime
    title: str = ""
    office_id: UUID | None = None
    extend_path: str = ""


class NoticeContent(Struct, frozen=True, kw_only=True, tag="notice", omit_defaults=True):
    subject: Words
    paragraphs: tuple[Words, ...] = ()
    facts: tuple[Fact, ...] = ()
    office_id: UUID | None = None
    agent_id: UUID | None = None
    address: str = ""


Content = AlertContent | ExpiryContent | NoticeContent


class Letter(Struct, frozen=True, kw_only=True):
    """A letter as it is kept.

    `rounds` counts how often somebody had it sent anew by hand; `attempts` the tries of the present round, each
    counted before it is made.  It may leave from `due` on, and must have left before `expires`.
    """

    letter_id: UUID
    version: int = 1
    kind: LetterKind
    state: LetterState = LetterState.WAITING
    recipient: Recipient
    watch_id: UUID | None = None
    realty_ids: tuple[UUID, ...] = ()
    content: Content
    due: datetime
    next_attempt: datetime | None
    expires: datetime
    attempts: int = 0
    rounds: int = 0
    address: str = ""  # to which it was last sent
    subject: str = ""  # as it was last sent
    answer: str = ""  # the mail server's last
    reason: str = ""  # why it was not sent
    sent: datetime | None = None
    created: datetime
    modified: datetime


class _Document(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer's form of a letter."""

    letter_id: UUID
    kind_code: LetterKind
    state_code: LetterState
    recipient_code: RecipientKind
    recipient_id: UUID
    watch_id: UUID | None = None
    realty_ids: tuple[UUID, ...]
    due_time: str
    next_attempt_time: str | None = None
    expiry_time: str
    attempts: int
    times_sent_again: int
    address: str = ""
    subject: str = ""
    last_answer: str = ""
    reason: str = ""
    sent_time: str | None = None
    creation_time: str
    modification_time: str


def document_of(letter: Letter) -> str:
    """The JSON that answers this letter."""
    return msgspec.json.encode(
        _Document(
            letter_id=letter.letter_id,
            kind_code=letter.kind,
            state_code=letter.state,
            recipient_code=letter.recipient.kind,
            recipient_id=letter.recipient.id,
            watch_id=letter.watch_id,
            realty_ids=letter.realty_ids,
            due_time=written(letter.due),
            next_attempt_time=None if letter.next_attempt is None else written(letter.next_attempt),
            expiry_time=written(letter.expires),
            attempts=letter.attempts,
            times_sent_again=letter.rounds,
            address=letter.address,
            subject=letter.subject,
            last_answer=letter.answer,
            reason=letter.reason,
            sent_time=None if letter.sent is None else written(letter.sent),
            creation_time=written(letter.created),
            modification_time=written(letter.modified),
        )
    ).decode()


class LetterFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing."""

    states: frozenset[LetterState] = frozenset()
    kinds: frozenset[LetterKind] = frozenset()
    recipient_ids: frozenset[UUID] = frozenset()
    watch_ids: frozenset[UUID] = frozenset()
    realty_ids: frozenset[UUID] = frozenset()
    created_after: datetime | None = None
    created_before: datetime | None = None


# What a letter needs to leave --------------------------------------------------------------------------------------


class Addressee(Struct, frozen=True):
    """Somebody of the directory, as a letter meets them."""

    name: str
    email: str
    language: Language | None = None


class Office(Struct, frozen=True):
    name: str
    language: Language | None = None


class Mail(Struct, frozen=True):
    """A letter ready to leave: the envelope (two addresses, one recipient), and what is in it."""

    letter_id: UUID
    moment: datetime  # from which on the letter may leave
    sender: str
    recipient: str
    message: bytes


class Accepted(Struct, frozen=True):
    """The mail server took the letter, and now answers for it."""

    answer: str


class Later(Struct, frozen=True):
    """Not now, or nobody knows: try again."""

    answer: str


class Never(Struct, frozen=True):
    """Not in this form, however often it is tried."""

    answer: str


Verdict = Accepted | Later | Never


class Mailer(Protocol):
    """Whoever carries a letter out of the house.  `reads_8bit`: letters may hold bytes beyond ASCII as they are."""

    @property
    def reads_8bit(self) -> bool: ...

    async def send(self, mail: Mail) -> Verdict:
        """Hand one letter over, within `rules.SENDING_SECONDS_MAX`.  Raises nothing for what may happen to mail."""
