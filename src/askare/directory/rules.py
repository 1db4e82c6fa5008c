"""How entries of the directory must look, and what is worked out from them.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from askare.directory.model import (
    AgentContent,
    Content,
    DirectoryFilter,
    Entry,
    OfficeContent,
    OperatorContent,
    PartyContent,
    display_name,
)
from askare.kernel.problems import Fault, Wrong

LOCAL_PART_LETTERS_MAX = 64  # RFC 5321
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)

PHONE_REGION = "FI"  # where a number without a country's prefix is at home, unless a setting says otherwise


NAMELESS = Fault("name", Wrong.MISSING, "Mandatory field name is missing; firstName or lastName does as well")


@lru_cache(maxsize=1_000)
def email_trouble(text: str) -> str | None:
    """Why a text is not the address of one mailbox; None when it is.

    Only its form is looked at, never the network.  Domains that nobody can have (`.test`, `.local`) are taken: offices
    use them inside their own walls.
    """
    if _PLAIN_ADDRESS.fullmatch(text) and "--" not in text and text.index("@") <= LOCAL_PART_LETTERS_MAX:
        return None  # as nearly all are: no need to look further
    from email_validator import EmailNotValidError, validate_email  # loaded with the first address, not at start

    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError as error:
        return f"must be the e-mail address of one mailbox: {error}"
    if "=?" in text:  # what a mail program would decode into something else
        return "must be the e-mail address of one mailbox: =? is not allowed in it"
    if "." not in found.domain:
        return "must be the e-mail address of one mailbox: the part after the @-sign lacks a dot"
    return None


class PhoneNumber(Struct, frozen=True):
    """A telephone number in the form +358401234567 (E.164), and as it is dialled within its country: 0401234567."""

    e164: str
    dialled: str


@lru_cache(maxsize=1_000)
def phone_number(text: str, region: str = PHONE_REGION) -> PhoneNumber | None:
    """The number that a text says, or None for what is no telephone number.

    Only the length is checked: which numbers are given out changes faster than any table of them.
    """
    import phonenumbers  # loaded with the first number, not at start
    from phonenumbers import PhoneNumberFormat

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    number.extension = None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return PhoneNumber(
        phonenumbers.format_number(number, PhoneNumberFormat.E164), "".join(filter(str.isdigit, national))
    )


def normalised_phone(text: str, region: str = PHONE_REGION) -> str | None:
    """The number in the form +358401234567 (E.164), or None for what is no telephone number."""
    number = phone_number(text, region)
    return None if number is None else number.e164


def faults_of(content: Content) -> list[Fault]:
    """What is wrong with an entry beyond the types of its fields."""
    faults = []
    if isinstance(content, (PartyContent, OperatorContent)) and not display_name(content):
        faults.append(
            Fault("name", Wrong.MISSING, "Mandatory field name is missing; firstName and lastName do as well")
        )
    if content.email is not None and (trouble := email_trouble(content.email)) is not None:
        faults.append(Fault("email", Wrong.TYPE, trouble))
    return faults


def differs(stored: Content, wanted: Content) -> bool:
    """Whether a PUT changes anything.  The order of an agent's offices says nothing, so it is no change."""
    if isinstance(stored, AgentContent) and isinstance(wanted, AgentContent):
        return _comparable(stored) != _comparable(wanted)
    return stored != wanted


def _comparable(content: AgentContent) -> tuple[object, ...]:
    return (
        content.first_name,
        content.last_name,
        content.email,
        content.phone,
        content.language_code,
        frozenset(content.agency_office_ids),
        content.user_id,
    )


def matches(wanted: DirectoryFilter, entry: Entry) -> bool:
    """Whether a search without free text finds this entry: the definition that the store's SQL is held to."""
    content = entry.content
    offices = frozenset(content.agency_office_ids) if isinstance(content, AgentContent) else frozenset()
    return (
        (not wanted.office_ids or not wanted.office_ids.isdisjoint(offices))
        and (
            not wanted.party_types
            or (isinstance(content, PartyContent) and content.party_type_code in wanted.party_types)
        )
        and (not wanted.phones or entry.phone_e164 in wanted.phones)
        and (wanted.modified_after is None or entry.modified > wanted.modified_after)
    )


def searched_text(content: Content, *, number: PhoneNumber | None) -> str:
    """What free text search over the directory looks through.

    A telephone number is found as it is dialled within its country, whatever blanks it was written with.
    """
    phone = number.dialled if number is not None else content.phone
    parts = [display_name(content), content.email, phone]
    if isinstance(content, OperatorContent):
        parts += [content.code, content.extension]
    if isinstance(content, (PartyContent, OperatorContent)) and content.name is not None:
        parts += [content.first_name, content.last_name]
    if isinstance(content, OfficeContent) and content.address is not None:
        address = content.address
        parts += [address.street_address, address.district, address.postcode, address.postal_area, address.locality]
    return "\n".join(filter(None, parts))
