"""Addresses and header texts, written so that nothing in them is ever taken for something else.

The email package's own header objects are not trusted with texts of others: `headerregistry.Address` decodes encoded
words in a display name into real characters, line breaks included, and `EmailMessage` folds a long List-Unsubscribe
into encoded words that no mail program reads as an address.  So each header is a line that we write ourselves.
"""

from __future__ import annotations

import re
from email.header import Header
from functools import lru_cache

NAME_LETTERS_MAX = 100
SUBJECT_LETTERS_MAX = 150
ASCII_LETTERS_MAX = 60  # a longer text is folded, which only encoded words survive unchanged

# Whatever breaks a line, ends a text, turns it around or is no text at all.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]+")
_SPACES = re.compile(r"[^\S\u00a0]+")  # an unbreakable blank stays one


class BadAddress(ValueError):
    """This is not the address of one mailbox; the text says why."""


@lru_cache(maxsize=10_000)  # asked for each letter, more than once, and much work
def checked_address(text: str) -> str:
    """The address as it is written in envelopes: ASCII alone, the domain in the form that name servers know.

    Raises BadAddress, with the reason in words, for everything that is not exactly one mailbox.
    """
    from email_validator import EmailNotValidError, validate_email  # loaded with the first letter, not at start

    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    if found.ascii_email is None or not found.ascii_email.isascii() or not found.ascii_email.isprintable():
        raise BadAddress("It has letters beyond ASCII, which mail servers do not take.")
    return found.ascii_email


def one_line(text: str, letters_max: int) -> str:
    """The text on one line, without control characters, and cut where it is too long."""
    line = _SPACES.sub(" ", _NO_TEXT.sub(" ", text)).strip()
    return line if len(line) <= letters_max else f"{line[: letters_max - 1].rstrip()}…"


def header_text(header: str, text: str) -> str:
    """A text as the value of a header, folded where need be.

    What looks like an encoded word is encoded itself, so that a reader sees what was written.
    """
    line = one_line(text, SUBJECT_LETTERS_MAX)
    if line.isascii() and "=?" not in line and len(line) <= ASCII_LETTERS_MAX:
        return line
    return _encoded(header, line)


def mailbox(header: str, name: str, address: str) -> str:
    """`name <address>` as the value of a header; the address is a checked one."""
    line = one_line(name, NAME_LETTERS_MAX)
    if not line:
        return address
    if line.isascii() and "=?" not in line and len(line) <= ASCII_LETTERS_MAX:
        escaped = line.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(header, line)}\r\n <{address}>"


@lru_cache(maxsize=1_000)  # the office and the agent are the same in many letters
def _encoded(header: str, line: str) -> str:
    return Header(line, charset="utf-8", header_name=header).encode(linesep="\r\n")
