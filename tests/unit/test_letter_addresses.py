"""Nothing in an address or a header text is ever taken for something else."""

from __future__ import annotations

from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.letters.addresses import (
    NAME_LETTERS_MAX,
    SUBJECT_LETTERS_MAX,
    BadAddress,
    checked_address,
    header_text,
    mailbox,
    one_line,
)
from tests.letter_values import read

ENCODED_INJECTION = "=?utf-8?q?Maija=0D=0ABcc=3A_eve=40evil=2Eexample?="

# Texts that somebody may have thought about.
sly = st.one_of(
    st.text(),
    st.text(alphabet='=?utf8-qbQB_\r\n\x00,;:"\\<>()@ .äé😀\u2028\u202e'),
    st.builds("{}\r\n{}: {}".format, st.text(max_size=5), st.sampled_from(["Bcc", "X", "\tTo"]), st.text(max_size=9)),
    st.builds("=?{}?{}?{}?=".format, st.sampled_from(["utf-8", "x"]), st.sampled_from("qbQB"), st.text(max_size=20)),
)


@pytest.mark.parametrize(
    ("written", "checked"),
    [
        ("maija@example.com", "maija@example.com"),
        ("Maija.O'Hara+koti@EXAMPLE.com", "Maija.O'Hara+koti@example.com"),
        ("maija@mäki.fi", "maija@xn--mki-qla.fi"),
        ("=?utf-8?q?x?=@example.com", "=?utf-8?q?x?=@example.com"),
    ],
)
def test_an_address_is_written_as_envelopes_want_it(written: str, checked: str) -> None:
    assert checked_address(written) == checked


@pytest.mark.parametrize(
    "written",
    [
        "",
        "maija",
        "maija@",
        "maija@example.com, eve@evil.example",
        "maija@example.com\r\nBcc: eve@evil.example",
        "maija@example.com\nRCPT TO:<eve@evil.example>",
        "Maija <maija@example.com>",
        '"maija eve"@example.com',
        "mäija@example.com",
        "maija@[127.0.0.1]",
        "maija@example..com",
        "maija@example.com\x00",
    ],
)
def test_what_is_not_one_mailbox_is_refused_with_a_reason(written: str) -> None:
    with pytest.raises(BadAddress, match=r"\w"):
        checked_address(written)


@given(sly)
def test_an_address_is_refused_or_holds_nothing_that_ends_a_line_or_an_address(text: str) -> None:
    for written in (text, f"{text}@example.com", f"maija@{text}.com"):
        try:
            checked = checked_address(written)
        except BadAddress:
            continue
        assert checked.isascii()
        assert not set(checked) & set('\r\n\t <>,;:"\\()[]\x00')
        assert checked.count("@") == 1


def test_an_encoded_word_in_a_name_stays_what_was_written() -> None:
    """`headerregistry.Address` decodes it into a line break and a header of the writer's choice."""
    message = read(f"To: {mailbox('To', ENCODED_INJECTION, 'maija@example.com')}\r\n\r\n".encode("ascii"))

    assert message.keys() == ["To"]
    assert [one.addr_spec for one in message["To"].addresses] == ["maija@example.com"]
    assert _bare(message["To"].addresses[0].display_name) == _bare(ENCODED_INJECTION)


@given(sly)
def test_a_mailbox_is_one_header_with_one_address_whatever_the_name(name: str) -> None:
    line = f"To: {mailbox('To', name, 'maija@example.com')}\r\n\r\n"

    message = read(line.encode("ascii"))

    assert message.keys() == ["To"]
    assert [one.addr_spec for one in message["To"].addresses] == ["maija@example.com"]
    assert _bare(message["To"].addresses[0].display_name) == _bare(one_line(name, NAME_LETTERS_MAX))
    assert all(len(part) <= 78 for part in line.splitlines() if "=?" in part)


@given(sly)
def test_a_subject_reads_as_it_was_written_and_is_one_header(text: str) -> None:
    written = header_text("Subject", text)

    message = read(f"Subject: {written}\r\n\r\n".encode("ascii"))

    assert message.keys() == ["Subject"]
    assert str(make_header(decode_header(written.replace("\r\n", "")))) == one_line(text, SUBJECT_LETTERS_MAX)


@given(sly, st.integers(2, 50))
def test_a_line_is_one_line_of_text_and_no_longer_than_allowed(text: str, letters: int) -> None:
    line = one_line(text, letters)

    assert len(line) <= letters
    assert len(line.splitlines()) <= 1
    assert not any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in line)


def _bare(text: str) -> str:
    """Without blanks: Python's parser puts some between the encoded words of a name, against RFC 2047."""
    return "".join(text.split())
