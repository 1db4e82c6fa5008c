"""What is blacked out of a transcript before it leaves the machine.

Numbers count where they are written in digits; ones spoken word by word (`four one one one`) are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum

REGIONS = ("KZ", "FI", "SE", "GB")  # whose way of writing phones is known, besides the organization's own


class Private(Enum):
    """A kind of thing that may be blacked out, and the word for it in the settings."""

    CARDS = "cards"
    IDS = "ids"
    EMAILS = "emails"
    PHONES = "phones"


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_DASHES = "\u2010-\u2015\u2212-"  # those of typographers, and a mathematician's minus
_GAP = rf"[ \u00a0\u2009\u202f{_DASHES}]?"
# Between the groups in which cards are embossed, whatever a transcriber puts there.
_WIDE = rf"[\s.,/{_DASHES}]{{0,2}}"
_CARD = re.compile(
    rf"(?<![\d+])(?:\d{{4}}{_WIDE}\d{{4}}{_WIDE}\d{{4}}{_WIDE}\d{{1,4}}(?:{_WIDE}\d{{3}})?"
    rf"|\d{{4}}{_WIDE}\d{{6}}{_WIDE}\d{{4,5}}"
    rf"|\d(?:{_GAP}\d){{12,18}})(?!\d)"
)
_FINNISH_ID = re.compile(
    rf"(?<!\w)(\d{{2}})(\d{{2}})\d{{2}}\s?[+A-FU-Ya-fu-y{_DASHES}]\s?\d{{3}}\s?[0-9A-FHJ-NPR-Ya-fhj-npr-y](?!\w)"
)
_KAZAKH_ID = re.compile(rf"(?<![\d+])\d(?:{_GAP}\d){{11}}(?!\d)")
# Dates that begin with a nought look like telephone numbers of some towns.
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])"
    r"(?:([./ -])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d(?!\d)|([./])(?:0?[1-9]|1[0-2])\2\d\d(?![./ -]?\d))"
)


def redact(text: str, kinds: Collection[Private], *, region: str = "") -> str:
    """The text with each thing of these kinds replaced by its name in brackets, such as `[card]`.

    >>> redact("Card 4111 1111 1111 1111, write to a@b.fi", {Private.CARDS, Private.EMAILS})
    'Card [card], write to [email]'
    """
    if Private.EMAILS in kinds:
        text = _EMAIL.sub("[email]", text)
    if Private.IDS in kinds:
        text = _FINNISH_ID.sub(lambda found: "[id]" if _is_day(found[1], found[2]) else found[0], text)
        text = _replaced(_KAZAKH_ID, is_kazakh_id, "[id]", text)
    if Private.CARDS in kinds:
        text = _replaced(_CARD, is_card, "[card]", text)
    if Private.PHONES in kinds:
        text = _without_phones(text, region)
    return text


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits satisfy Luhn's formula, as card numbers do."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def is_kazakh_id(digits: str) -> bool:
    """Whether twelve digits are an individual identification number: a birthday, a century, a check digit.

    Source: Government decree on the formation of the IIN; the second row of weights where the first gives 10.
    """
    numbers = [int(digit) for digit in digits]
    if not _is_day(digits[4:6], digits[2:4]) or numbers[6] > 6:
        return False
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        check = sum(number * weight for number, weight in zip(numbers, weights, strict=False)) % 11
        if check < 10:
            return check == numbers[11]
    return False


def _is_day(day: str, month: str) -> bool:
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12


def _replaced(pattern: re.Pattern[str], holds: Callable[[str], bool], by: str, text: str) -> str:
    return pattern.sub(lambda found: by if holds(re.sub(r"\D", "", found[0])) else found[0], text)


def _without_phones(text: str, region: str) -> str:
    import phonenumbers  # only those who have numbers blacked out need it

    for own in dict.fromkeys((region, *REGIONS)):
        found = list(phonenumbers.PhoneNumberMatcher(text, own or None))
        for match in reversed(found):
            if _DATE.match(match.raw_string):
                continue
            text = f"{text[: match.start]}[phone]{text[match.end :]}"
    return text
