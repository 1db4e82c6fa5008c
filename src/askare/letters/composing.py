"""From a letter's values to the bytes that leave the house."""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Sequence
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from askare.letters import wording
from askare.letters.addresses import header_text, mailbox, one_line
from askare.letters.model import (
    Addressee,
    AlertContent,
    Card,
    Criterion,
    ExpiryContent,
    Fact,
    Language,
    Letter,
    LetterKind,
    Mail,
    NoticeContent,
    Office,
    Reason,
    RecipientKind,
)

if TYPE_CHECKING:
    from jinja2 import Environment

FIELD_LETTERS_MAX = 200  # of one text of somebody's, in a line of a letter
WISHES_MAX = 10  # codes or places of one reason
UNSUBSCRIBE_PATH = "/askare/unsubscribe/"
OUTPUT_LETTERS_MAX = 900  # a line of mail must stay below 998 bytes; texts of ours are far below


class Style(Struct, frozen=True):
    """What all letters of a house have in common."""

    sender_name: str
    sender_address: str
    public_url: str
    time_zone: str = "Europe/Helsinki"
    language: Language = Language.FI


class Labelled(Struct, frozen=True):
    label: str
    value: str = ""


class Link(Struct, frozen=True):
    label: str
    address: str


class CardView(Struct, frozen=True):
    """A realty in words."""

    address: str
    kind: str
    facts: list[Labelled]
    reasons: list[Labelled]
    unknown: str


class Composed(Struct, frozen=True):
    mail: Mail
    subject: str


def compose(
    letter: Letter,
    *,
    addressee: Addressee,
    office: Office | None,
    agent: Addressee | None,
    cards: Sequence[Card],
    token: UUID | None,
    style: Style,
    as_8bit: bool,
) -> Composed:
    """The letter, ready to leave: in the language of its reader, else of the office, else of the house.

    The same letter gives the same bytes each time, so that whoever gets it twice can tell.
    """
    language = addressee.language or (office.language if office else None) or style.language
    words = wording.wording(language)
    said = _said(letter, cards, language, style)
    unsubscribe = f"{style.public_url}{UNSUBSCRIBE_PATH}{token.hex}" if token is not None else ""
    name = one_line(addressee.name, FIELD_LETTERS_MAX)
    shown = {
        "language": language.value,
        "words": words,
        "greeting": words.greeting.format(name=name) if name else words.greeting_unknown,
        "office": _field(office.name if office else style.sender_name),
        "unsubscribe": unsubscribe,
        "answer": words.answer_to_agent.format(name=_field(agent.name)) if agent and agent.email and agent.name else "",
        **said,
    }
    text = _squeezed(render("letter.txt", shown)).replace("\u00a0", " ")
    message = _headers(letter, addressee, office, agent, unsubscribe, said["subject"], language, style) + _body(
        letter, text, render("letter.html", shown), as_8bit=as_8bit
    )
    return Composed(Mail(letter.letter_id, letter.due, style.sender_address, addressee.email, message), said["subject"])


# The bytes -------------------------------------------------------------------------------------------------------


def _headers(
    letter: Letter,
    addressee: Addressee,
    office: Office | None,
    agent: Addressee | None,
    unsubscribe: str,
    subject: str,
    language: Language,
    style: Style,
) -> bytes:
    lines = {
        "Message-ID": message_id(letter, style),
        "Date": format_datetime(letter.due),
        "From": mailbox("From", office.name if office else style.sender_name, style.sender_address),
        "To": mailbox("To", addressee.name, addressee.email),
        "Subject": header_text("Subject", subject),
        "Auto-Submitted": "auto-generated",
        "Content-Language": language.value,
    }
    if agent is not None and agent.email:
        lines["Reply-To"] = mailbox("Reply-To", agent.name, agent.email)
    if unsubscribe:
        lines["List-Unsubscribe"] = f"<{unsubscribe}>"
        lines["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode("ascii")


def message_id(letter: Letter, style: Style) -> str:
    """The same for each attempt; another one for a letter that somebody had sent anew by hand."""
    again = f".{letter.rounds}" if letter.rounds else ""
    return f"<{letter.letter_id}{again}@{style.sender_address.rpartition('@')[2]}>"


def _body(letter: Letter, text: str, html: str, *, as_8bit: bool) -> bytes:
    """Both parts, with the headers that say so."""
    boundary = f"askare-{letter.letter_id.hex}"
    parts = [
        f"--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {'8bit' if as_8bit else 'quoted-printable'}\r\n\r\n".encode()
        + _encoded(said, as_8bit=as_8bit)
        + b"\r\n"
        for kind, said in (("plain", text), ("html", html))
    ]
    opening = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    return opening.encode() + b"".join(parts) + f"--{boundary}--\r\n".encode()


def _encoded(text: str, *, as_8bit: bool) -> bytes:
    lines = b"\r\n".join(text.encode().splitlines()) + b"\r\n"
    return lines if as_8bit else b2a_qp(lines)


# What it says ----------------------------------------------------------------------------------------------------


def _said(letter: Letter, cards: Sequence[Card], language: Language, style: Style) -> dict[str, Any]:
    said: dict[str, Any] = {"cards": [], "more": "", "paragraphs": [], "facts": [], "link": None}
    content = letter.content
    if isinstance(content, AlertContent):
        said |= _alert(letter, content, cards, language)
    elif isinstance(content, ExpiryContent):
        said |= _expiry(content, language, style)
    else:
        said |= _notice(content, language, style)
    return said


def _alert(letter: Letter, content: AlertContent, cards: Sequence[Card], language: Language) -> dict[str, Any]:
    words = wording.wording(language)
    to_agent = letter.recipient.kind is RecipientKind.AGENT
    title = one_line(content.title, FIELD_LETTERS_MAX)
    count = max(len(letter.realty_ids), len(cards))
    form = f"{'agent' if to_agent else 'alert'}_{'one' if count == 1 else 'many'}{'_titled' if title else ''}"
    lead = getattr(words, form).format(count=count, title=title)
    views = [_card(card, language, to_agent=to_agent) for card in cards]
    more = count - len(cards)
    return {
        "subject": _alert_subject(letter, cards, lead, language),
        "lead": lead,
        "cards": views,
        "more": words.more.format(count=more) if more > 0 else "",
    }


def _alert_subject(letter: Letter, cards: Sequence[Card], lead: str, language: Language) -> str:
    if letter.kind is LetterKind.DIGEST and len(cards) != 1:
        return lead.rstrip(".")
    words = wording.wording(language)
    card = cards[0]
    where = ", ".join(filter(None, (card.street_address, card.locality or card.postal_area)))
    what = [where, _rooms(card, language), _area(card.living_area, language), _price(card, language)]
    return f"{words.new_one}: {', '.join(filter(None, what))}".replace("\u00a0", " ").rstrip(": ")


def _card(card: Card, language: Language, *, to_agent: bool) -> CardView:
    words = wording.wording(language)
    facts = [
        Labelled(words.price, _price(card, language)),
        Labelled(words.rooms, _rooms(card, language)),
        Labelled(words.area, _area(card.living_area, language)),
        Labelled(words.plot, _area(card.plot_area, language)),
        Labelled(words.year, "" if card.construction_year is None else str(card.construction_year)),
    ]
    kinds = dict.fromkeys(wording.code(code, language) for code in (card.property_type_code, card.subtype_code) if code)
    return CardView(
        address=_address(card) or words.no_address,
        kind=", ".join(_field(kind) for kind in kinds),
        facts=[fact for fact in facts if fact.value],
        reasons=[Labelled(words.criteria[reason.criterion], _wish(reason, card, language)) for reason in card.met],
        unknown=", ".join(words.criteria[criterion] for criterion in card.unknown) if to_agent else "",
    )


def _address(card: Card) -> str:
    """`Hämeenkatu 1 A 2, Tammela, 33100 Tampere`; what is not known is left out, what is the same is said once."""
    town = " ".join(filter(None, (card.postcode, card.postal_area or card.locality)))
    parts = [card.street_address, card.district, town]
    if card.locality and card.locality.casefold() not in town.casefold():
        parts.append(card.locality)
    return ", ".join(_field(part) for part in dict.fromkeys(parts) if part)


def _price(card: Card, language: Language) -> str:
    return "" if card.price is None else _field(wording.amount(card.price, card.currency, language))


def _rooms(card: Card, language: Language) -> str:
    return _field(wording.code(card.room_count_code, language)) if card.room_count_code else ""


def _area(square_metres: float | None, language: Language) -> str:
    return "" if square_metres is None else wording.area(square_metres, language)


def _wish(reason: Reason, card: Card, language: Language) -> str:
    """What was wished for, where that says more than the criterion's name."""
    words = wording.wording(language)
    if reason.wished:
        shown = [_field(wording.code(wish, language)) for wish in reason.wished[:WISHES_MAX]]
        return words.wished.format(wish=", ".join(shown) + ("…" if len(reason.wished) > WISHES_MAX else ""))
    if reason.least is None and reason.most is None:
        return ""
    least = None if reason.least is None else _measure(reason.criterion, reason.least, card, language)
    most = None if reason.most is None else _measure(reason.criterion, reason.most, card, language)
    if least is not None and most is not None:
        wish = words.between.format(least=_bare(reason.criterion, reason.least, least, language), most=most)
    elif least is not None:
        wish = words.least.format(value=least)
    else:
        wish = words.most.format(value=most)
    return words.wished.format(wish=wish)


def _measure(criterion: Criterion, value: float, card: Card, language: Language) -> str:
    if criterion is Criterion.PRICE:
        return _field(wording.amount(value, card.currency, language))
    if criterion in (Criterion.LIVING_AREA, Criterion.PLOT_AREA):
        return wording.area(value, language)
    return wording.number(value, language)


def _bare(criterion: Criterion, value: float | None, measured: str, language: Language) -> str:
    """The lower end of a range, whose unit stands at the upper one: `60–90 m²`."""
    if value is None or criterion not in (Criterion.LIVING_AREA, Criterion.PLOT_AREA):
        return measured
    return wording.area(value, language).removesuffix("\u00a0m²")


def _expiry(content: ExpiryContent, language: Language, style: Style) -> dict[str, Any]:
    words = wording.wording(language)
    ends = wording.date(content.ends_at, language, style.time_zone)
    title = one_line(content.title, FIELD_LETTERS_MAX)
    lead = words.expiry_titled.format(title=title, date=ends) if title else words.expiry.format(date=ends)
    link = Link(words.extend, f"{style.public_url}{content.extend_path}") if content.extend_path else None
    return {"subject": words.expiry_subject.format(date=ends), "lead": lead, "link": link}


def _notice(content: NoticeContent, language: Language, style: Style) -> dict[str, Any]:
    lead, *paragraphs = [words.in_(language) for words in content.paragraphs] or [content.subject.in_(language)]
    return {
        "subject": one_line(content.subject.in_(language), FIELD_LETTERS_MAX),
        "lead": _paragraph(lead),
        "paragraphs": [_paragraph(paragraph) for paragraph in paragraphs],
        "facts": [Labelled(_field(fact.label.in_(language)), _fact(fact, language, style)) for fact in content.facts],
    }


def _fact(fact: Fact, language: Language, style: Style) -> str:
    if fact.at is not None:
        return wording.date_and_time(fact.at, language, style.time_zone)
    if fact.amount is not None:
        return _field(wording.amount(fact.amount, fact.currency, language))
    if fact.area is not None:
        return wording.area(fact.area, language)
    return _field(fact.text or "")


def _field(text: str) -> str:
    return one_line(text, FIELD_LETTERS_MAX)


def _paragraph(text: str) -> str:
    return one_line(text, OUTPUT_LETTERS_MAX)


# Templates -------------------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape  # with the first letter

    return Environment(
        loader=PackageLoader("askare.letters", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def render(template: str, shown: dict[str, Any]) -> str:
    """A template of ours filled in; in `.html` every value is escaped."""
    return _environment().get_template(template).render(shown)


def _squeezed(text: str) -> str:
    """With no more than one empty line together."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1].strip()):
            lines.append(line)
    return "\n".join(lines) + "\n"
