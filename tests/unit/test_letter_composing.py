"""What a letter says, read again from the bytes that leave the house."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from askare.letters.composing import Style
from askare.letters.model import (
    Addressee,
    AlertContent,
    Criterion,
    ExpiryContent,
    Fact,
    Language,
    LetterKind,
    NoticeContent,
    Office,
    Reason,
    Words,
)
from tests.letter_values import (
    AGENT_AKU,
    KOTI,
    LETTER,
    MAIJA,
    STYLE,
    TO_AGENT,
    TOKEN,
    a_card,
    a_letter,
    composed,
    part,
    read,
)
from tests.unit.test_letter_addresses import sly
from tests.values import DAY, NOW, an_id

IN_SWEDISH = Addressee("Maja", "maja@example.com", Language.SV)
IN_ENGLISH = Addressee("Mary", "mary@example.com", Language.EN)
NO_LANGUAGE = Addressee("Maija", "maija@example.com")

HEADERS = {
    "Message-ID",
    "Date",
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Auto-Submitted",
    "Content-Language",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
}


def text_of(*args: Any, **more: Any) -> str:
    return part(composed(*args, **more).mail.message, "plain")


def html_of(*args: Any, **more: Any) -> str:
    return part(composed(*args, **more).mail.message, "html")


def headers_of(*args: Any, **more: Any) -> dict[str, str]:
    return {name: str(value) for name, value in read(composed(*args, **more).mail.message).items()}


# Headers ---------------------------------------------------------------------------------------------------------


def test_a_letter_has_these_headers_and_no_others() -> None:
    headers = headers_of()

    assert headers.keys() == HEADERS
    assert headers["Message-ID"] == f"<{LETTER}@koti.example>"
    assert headers["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert headers["From"] == "Koti Oy Tampere <mail@koti.example>"
    assert headers["To"] == "Maija Meikäläinen <maija@example.com>"
    assert headers["Reply-To"] == "Aku Agentti <aku@koti.example>"
    assert headers["Subject"] == "Uusi kohde: Hämeenkatu 1 A 2, Tampere, 3 h, 74,5 m², 249 000 €"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "fi"
    assert headers["List-Unsubscribe"] == f"<https://koti.example/askare/unsubscribe/{TOKEN.hex}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_long_unsubscribe_address_is_not_folded() -> None:
    """`EmailMessage` folds a line beyond 78 letters, and one without blanks into encoded words."""
    far = replace(STYLE, public_url=f"https://{'x' * 60}.{'y' * 60}.example/{'z' * 100}")

    message = composed(style=far).mail.message

    assert f"\r\nList-Unsubscribe: <{far.public_url}/askare/unsubscribe/{TOKEN.hex}>\r\n".encode() in message


def test_a_letter_that_nobody_can_end_has_no_unsubscribe_headers() -> None:
    assert headers_of(token=None).keys() == HEADERS - {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert "unsubscribe" not in text_of(token=None)


def test_a_letter_without_an_agent_has_no_reply_to() -> None:
    assert "Reply-To" not in headers_of(agent=None)
    assert "Reply-To" not in headers_of(agent=Addressee("Aku Agentti", ""))


def test_every_attempt_has_the_same_bytes_and_a_round_by_hand_another_message_id() -> None:
    first = composed(a_letter(attempts=1)).mail.message

    assert composed(a_letter(attempts=7)).mail.message == first
    assert headers_of(a_letter(rounds=2))["Message-ID"] == f"<{LETTER}.2@koti.example>"


def test_without_an_office_the_house_itself_is_the_sender() -> None:
    assert headers_of(office=None)["From"] == "Askare <mail@koti.example>"


def test_the_envelope_has_one_sender_and_one_recipient() -> None:
    mail = composed().mail

    assert (mail.letter_id, mail.moment) == (LETTER, NOW)
    assert (mail.sender, mail.recipient) == ("mail@koti.example", "maija@example.com")


def test_for_mail_servers_all_is_ascii_in_lines_they_take() -> None:
    message = composed(cards=[a_card(street_address="Å" * 500)] * 3).mail.message

    assert message.isascii()
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert b"\n" not in message.replace(b"\r\n", b"")


def test_in_the_folder_a_person_reads_it_as_it_stands() -> None:
    message = composed(as_8bit=True).mail.message.decode()

    assert "Hämeenkatu 1 A 2, Tammela, 33100 Tampere" in message
    assert read(message.encode())["Subject"].startswith("Uusi kohde")


# What it says ----------------------------------------------------------------------------------------------------


def test_the_text_part_tells_street_address_price_area_and_why_it_fits() -> None:
    assert text_of() == (
        "Hei Maija Meikäläinen,\n"
        "\n"
        "Uusi kohde sopii hakuusi ”3H+K+S”.\n"
        "\n"
        "Hämeenkatu 1 A 2, Tammela, 33100 Tampere\n"
        "Velaton hinta: 249 000 €\n"
        "Huoneet: 3 h\n"
        "Asuinpinta-ala: 74,5 m²\n"
        "Rakennusvuosi: 1999\n"
        "Asunto, Kerrostalo\n"
        "Miksi se sopii:\n"
        "- Velaton hinta (toive 200 000 €–260 000 €)\n"
        "- Asuinpinta-ala (toive vähintään 60 m²)\n"
        "- Huoneet (toive 2 h, 3 h tai enemmän)\n"
        "- Sijainti (toive Tammela, 33500)\n"
        "- Hissi\n"
        "\n"
        "Kysy lisää vastaamalla tähän viestiin: sen saa Aku Agentti.\n"
        "Koti Oy Tampere\n"
        "\n"
        "-- \n"
        "Tämä on automaattinen viesti.\n"
        f"Lopeta nämä viestit: https://koti.example/askare/unsubscribe/{TOKEN.hex}\n"
    )


@pytest.mark.parametrize(
    ("addressee", "greeting", "amount", "area", "lead"),
    [
        (MAIJA, "Hei Maija", "249 000 €", "74,5 m²", "Uusi kohde sopii hakuusi"),
        (IN_SWEDISH, "Hej Maja", "249 000 €", "74,5 m²", "Ett nytt objekt passar din sökning"),
        (IN_ENGLISH, "Hello Mary", "€249,000", "74.5 m²", "A new listing fits your search"),
    ],
)
def test_a_letter_is_written_as_its_reader_reads(
    addressee: Addressee, greeting: str, amount: str, area: str, lead: str
) -> None:
    text = text_of(addressee=addressee)

    assert all(said in text for said in (greeting, amount, area, lead))


def test_without_a_language_of_the_reader_the_office_s_counts_and_then_the_house_s() -> None:
    in_swedish = headers_of(addressee=NO_LANGUAGE, office=Office("Koti", Language.SV))
    in_english = headers_of(addressee=NO_LANGUAGE, office=Office("Koti"), style=replace(STYLE, language=Language.EN))

    assert (in_swedish["Content-Language"], in_english["Content-Language"]) == ("sv", "en")


def test_the_html_part_shows_each_realty_as_a_card() -> None:
    html = html_of(cards=[a_card(), a_card(an_id(2), street_address="Satakunnankatu 3", price=187_500.5)])

    assert html.count("<h2") == 2
    for said in (
        "Hämeenkatu 1 A 2",
        "Satakunnankatu 3",
        "249\u00a0000\u00a0€",
        "187\u00a0500,50\u00a0€",
        "74,5\u00a0m²",
    ):
        assert said in html
    assert html.count("Miksi se sopii") == 2
    assert f'href="https://koti.example/askare/unsubscribe/{TOKEN.hex}"' in html


def test_what_is_not_known_is_left_out() -> None:
    bare = a_card(
        street_address="", district="", postcode="", postal_area="", locality="", price=None, living_area=None,
        room_count_code="", construction_year=None, property_type_code="", subtype_code="", met=(), unknown=(),
    )  # fmt: skip

    text = text_of(cards=[bare])

    assert "Osoite ei ole tiedossa" in text
    assert not any(word in text for word in ("hinta", "Huoneet", "pinta-ala", "Miksi", "None"))
    assert headers_of(cards=[bare])["Subject"] == "Uusi kohde"


def test_what_is_unknown_is_told_to_the_agent_and_to_nobody_else() -> None:
    to_agent = text_of(a_letter(to=TO_AGENT), addressee=AGENT_AKU, agent=None)

    assert "Ei tiedossa: Kunto" in to_agent
    assert "sopii asiakkaan hakuun" in to_agent
    assert "Ei tiedossa" not in text_of()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason(Criterion.PRICE, most=260_000), "Price free of debt (wished at most €260,000)"),
        (Reason(Criterion.LIVING_AREA, least=60, most=90.5), "Living area (wished 60–90.5 m²)"),
        (Reason(Criterion.CONSTRUCTION_YEAR, least=1990), "Year of construction (wished at least 1990)"),
        (Reason(Criterion.ROOM_COUNT, wished=("1H", "2H")), "Rooms (wished 1 room, 2 rooms)"),
        (Reason(Criterion.SUBTYPE, wished=("ROW_HOUSE", "SOME_X")), "More exactly (wished Terraced house, Some x)"),
        (Reason(Criterion.PLACE, wished=tuple("abcdefghijkl")), "Place (wished a, b, c, d, e, f, g, h, i, j…)"),
        (Reason(Criterion.SAUNA), "Sauna"),
    ],
)  # fmt: skip
def test_a_reason_tells_what_was_wished_for(reason: Reason, told: str) -> None:
    text = text_of(addressee=IN_ENGLISH, cards=[a_card(met=(reason,))])

    assert f"- {told}\n" in text


def test_a_digest_tells_how_many_and_counts_what_it_does_not_show() -> None:
    realties = [an_id(number) for number in range(52)]
    digest = a_letter(AlertContent(title=""), kind=LetterKind.DIGEST, realties=realties)

    message = composed(digest, addressee=IN_ENGLISH, cards=[a_card(one) for one in realties[:50]]).mail.message

    assert read(message)["Subject"] == "52 new listings fit your search"
    assert part(message, "plain").count("Hämeenkatu 1 A 2") == 50
    assert "Besides, 2 more listings fit the search." in part(message, "plain")


def test_a_digest_of_one_is_told_as_one() -> None:
    assert "A new listing fits your search “3H+K+S”." in text_of(a_letter(kind=LetterKind.DIGEST), addressee=IN_ENGLISH)


def test_an_expiry_notice_tells_the_day_by_the_clocks_of_the_house_and_leads_to_the_page() -> None:
    ends = ExpiryContent(ends_at=NOW + timedelta(hours=14), title="3H+K+S", extend_path="/askare/extend/x")

    message = composed(a_letter(ends, kind=LetterKind.EXPIRY, to=TO_AGENT), addressee=AGENT_AKU, cards=[]).mail.message

    assert read(message)["Subject"] == "Hakuvahti päättyy 3.3.2026"
    assert "Hakuvahti ”3H+K+S” päättyy 3.3.2026." in part(message, "plain")
    assert "Jatka hakuvahtia: https://koti.example/askare/extend/x" in part(message, "plain")
    assert 'href="https://koti.example/askare/extend/x"' in part(message, "html")


def test_a_notice_says_another_room_s_words_in_the_reader_s_language() -> None:
    notice = NoticeContent(
        subject=Words("Tapaaminen", "Möte", "Meeting"),
        paragraphs=(Words("Muistathan.", "Kom ihåg.", "Remember."), Words("Tervetuloa!", "Välkommen!", "Welcome!")),
        facts=(
            Fact(label=Words("Aika", "Tid", "Time"), at=NOW + DAY),
            Fact(label=Words("Hinta", "Pris", "Price"), amount=100),
            Fact(label=Words("Ala", "Yta", "Area"), area=50),
            Fact(label=Words("Paikka", "Plats", "Place"), text="Hämeenkatu 1"),
        ),
    )

    message = composed(
        a_letter(notice, kind=LetterKind.NOTICE), addressee=IN_SWEDISH, cards=[], token=None
    ).mail.message

    assert read(message)["Subject"] == "Möte"
    text = part(message, "plain")
    for said in (
        "Kom ihåg.",
        "Välkommen!",
        "Tid: 3 mars 2026 kl. 11.00",
        "Pris: 100 €",
        "Yta: 50 m²",
        "Plats: Hämeenkatu 1",
    ):
        assert said in text


# Nothing in a text is taken for something else -----------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def tags_of(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """All tags with the names of their attributes."""
    parser = _Tags()
    parser.feed(html)
    return parser.tags


def sly_letter(text: str) -> bytes:
    """A letter in which everything that somebody else may write is this text."""
    return composed(
        a_letter(AlertContent(title=f"x{text}")),
        addressee=Addressee(f"x{text}", "maija@example.com", Language.EN),
        office=Office(f"x{text}"),
        agent=Addressee(f"x{text}", "aku@koti.example"),
        cards=[
            a_card(
                street_address=f"x{text}", district=f"x{text}", locality=f"x{text}", property_type_code=f"x{text}",
                room_count_code=f"x{text}", met=(Reason(Criterion.PLACE, wished=(f"x{text}",)),),
            )
        ],
    ).mail.message  # fmt: skip


def lines_of(text: str) -> int:
    return text.count("\n")


@given(st.one_of(sly, st.text(alphabet="<>&\"'/=a {}%\r\n.-"), st.just(f"--askare-{LETTER.hex}")))
def test_no_text_adds_a_header_a_recipient_a_part_a_line_or_a_tag(text: str) -> None:
    message, plain = sly_letter(text), sly_letter("")

    assert read(message).keys() == read(plain).keys()
    assert [one.addr_spec for one in read(message)["To"].addresses] == ["maija@example.com"]
    assert [one.addr_spec for one in read(message)["From"].addresses] == ["mail@koti.example"]
    assert [one.get_content_type() for one in read(message).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert [defect for one in read(message).walk() for defect in one.defects] == []
    assert tags_of(part(message, "html")) == tags_of(part(plain, "html"))
    assert lines_of(part(message, "plain")) == lines_of(part(plain, "plain"))


def test_the_sender_of_the_settings_is_quoted_too() -> None:
    sly_style = Style("Koti, Oy <x@evil.example>", "mail@koti.example", "https://koti.example")

    (sender,) = read(composed(office=None, style=sly_style).mail.message)["From"].addresses

    assert (sender.display_name, sender.addr_spec) == ("Koti, Oy <x@evil.example>", "mail@koti.example")


def test_the_office_s_name_is_in_the_letter() -> None:
    assert KOTI.name in text_of()
