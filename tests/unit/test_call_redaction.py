"""What is blacked out of a transcript."""

from __future__ import annotations

import pytest

from askare.calltasks.redaction import Private, redact

ALL = frozenset(Private)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("моя карта 4111 1111 1111 1111 до конца года", "моя карта [card] до конца года"),
        ("4111-1111-1111-1111", "[card]"),
        ("kortti 5500005555555559.", "kortti [card]."),
        ("American Express 378282246310005", "American Express [card]"),
        ("henkilötunnus on 131052-308T", "henkilötunnus on [id]"),
        ("131052 308T ei ole, 010101A123N on", "131052 308T ei ole, [id] on"),
        ("менің ЖСН 850101300124", "менің ЖСН [id]"),
        ("пишите на ivan.petrov+1@mail.example.kz", "пишите на [email]"),
        ("+7 701 234-56-78 и 8 (701) 234-56-78", "[phone] и [phone]"),
        ("soita 040 123 4567", "soita [phone]"),
        ("4111, 1111, 1111, 1111; 4111\u20131111\u20131111\u20131111", "[card]; [card]"),
        ("4111\u202f1111\u202f1111\u202f1111, 4111.1111.1111.1111, 4111 1111\n1111 1111", "[card], [card], [card]"),
        ("131052\u2013308T, 131052\u2212308T, 010594Y9032", "[id], [id], [id]"),
        ("ring 070-123 45 67 eller +46 70 123 45 67", "ring [phone] eller [phone]"),
    ],
)
def test_what_is_private_is_named_instead(text: str, left: str) -> None:
    assert redact(text, ALL) == left


@pytest.mark.parametrize(
    "text",
    [
        "карта 4111 1111 1111 1112",  # fails Luhn
        "заявка 4512, сумма 12 500 тенге",
        "kello 10.30, 15.6.2026, Hämeenkatu 12 A 4",
        "0000 0000 0000 0000",
        "order 850101300128",  # fails the check digit
        "321352-308T",  # no such day
        "квартира 12, этаж 5, подъезд 3",
        "до 02.03.2026, с 06/02/2026, 02.03.26 и 05 12 2026",  # as the phones of some towns
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text, ALL) == text


def test_only_what_is_asked_for_is_blacked_out() -> None:
    text = "4111 1111 1111 1111, a@b.fi, 131052-308T, 040 123 4567"

    assert redact(text, {Private.EMAILS}) == "4111 1111 1111 1111, [email], 131052-308T, 040 123 4567"
    assert redact(text, set()) == text


def test_the_organizations_own_way_of_writing_phones_is_known() -> None:
    assert redact("Rufen Sie 030 901820 an", {Private.PHONES}, region="DE") == "Rufen Sie [phone] an"


@pytest.mark.parametrize(
    ("piece", "times"), [("a", 200_000), ("a.", 50_000), ("1", 5_000), ("1 ", 2_000), ("+", 9_000)]
)
def test_text_that_nobody_spoke_is_got_through(piece: str, times: int) -> None:
    assert len(redact(piece * times, ALL)) <= times * len(piece)
