"""Letters, cards and addressees that many tests start from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from askare.letters.composing import Composed, Style, compose
from askare.letters.model import (
    Addressee,
    Alert,
    AlertContent,
    Card,
    Content,
    Criterion,
    Language,
    Letter,
    LetterKind,
    Office,
    Reason,
    Recipient,
    RecipientKind,
    Timing,
)
from askare.letters.rules import LIFE
from tests.values import AGENT, NOW, OFFICE, OTHER_PARTY, PARTY, REALTY, an_id

LETTER, OTHER_LETTER = (an_id(number, kind=0x20) for number in (1, 2))
WATCH, OTHER_WATCH = (an_id(number, kind=0x21) for number in (1, 2))
TOKEN = an_id(1, kind=0x22)

TO_PARTY = Recipient(RecipientKind.PARTY, PARTY)
TO_OTHER_PARTY = Recipient(RecipientKind.PARTY, OTHER_PARTY)
TO_AGENT = Recipient(RecipientKind.AGENT, AGENT)

MAIJA = Addressee("Maija Meikäläinen", "maija@example.com", Language.FI)
AGENT_AKU = Addressee("Aku Agentti", "aku@koti.example", Language.FI)
KOTI = Office("Koti Oy Tampere", Language.SV)
STYLE = Style("Askare", "mail@koti.example", "https://koti.example", language=Language.FI)

REASONS = (
    Reason(Criterion.PRICE, least=200_000, most=260_000),
    Reason(Criterion.LIVING_AREA, least=60),
    Reason(Criterion.ROOM_COUNT, wished=("2H", "3H+")),
    Reason(Criterion.PLACE, wished=("Tammela", "33500")),
    Reason(Criterion.ELEVATOR),
)


def a_card(realty_id: UUID = REALTY, **changes: Any) -> Card:
    """A flat of three rooms in Tampere."""
    flat = Card(
        realty_id=realty_id,
        street_address="Hämeenkatu 1 A 2",
        district="Tammela",
        postcode="33100",
        postal_area="Tampere",
        locality="Tampere",
        property_type_code="RESIDENTIAL",
        subtype_code="APARTMENT_HOUSE",
        room_count_code="3H",
        construction_year=1999,
        living_area=74.5,
        price=249_000,
        met=REASONS,
        unknown=(Criterion.CONDITION,),
    )
    return replace(flat, **changes)


def an_alert(
    card: Card | None = None,
    *,
    watch: UUID = WATCH,
    to: Recipient = TO_PARTY,
    timing: Timing = Timing.INSTANT,
    title: str = "3H+K+S",
    matched: datetime | None = None,
) -> Alert:
    return Alert(
        watch_id=watch,
        recipient=to,
        card=card or a_card(),
        timing=timing,
        title=title,
        office_id=OFFICE,
        agent_id=AGENT,
        matched=matched,
    )


def a_letter(
    content: Content | None = None,
    *,
    kind: LetterKind = LetterKind.ALERT,
    to: Recipient = TO_PARTY,
    realties: Iterable[UUID] = (REALTY,),
    **more: Any,
) -> Letter:
    """A letter that waits for its first attempt."""
    return Letter(
        letter_id=LETTER,
        kind=kind,
        recipient=to,
        watch_id=WATCH,
        realty_ids=tuple(realties),
        content=content or AlertContent(title="3H+K+S", office_id=OFFICE, agent_id=AGENT),
        due=NOW,
        next_attempt=NOW,
        expires=NOW + LIFE,
        created=NOW,
        modified=NOW,
        **more,
    )


def composed(
    letter: Letter | None = None,
    *,
    addressee: Addressee = MAIJA,
    office: Office | None = KOTI,
    agent: Addressee | None = AGENT_AKU,
    cards: Iterable[Card] | None = None,
    token: UUID | None = TOKEN,
    style: Style = STYLE,
    as_8bit: bool = False,
) -> Composed:
    return compose(
        letter or a_letter(),
        addressee=addressee,
        office=office,
        agent=agent,
        cards=(a_card(),) if cards is None else tuple(cards),
        token=token,
        style=style,
        as_8bit=as_8bit,
    )


def read(message: bytes) -> EmailMessage:
    """The message as a mail program reads it."""
    return message_from_bytes(message, policy=default)


def part(message: bytes, kind: str) -> str:
    """What the part of this kind (`plain`, `html`) says."""
    found = read(message).get_body(preferencelist=(kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")
