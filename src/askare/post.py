"""The post room: what letters need of the rooms beside them and of the outside, as the settings say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from askare.directory import lookups
from askare.jobs.kinds import Kind
from askare.jobs.rules import RETRIES
from askare.jobs.runner import Trade
from askare.letters.composing import Style
from askare.letters.jobs import LEASE, LETTERS_AT_ONCE, Delivery
from askare.letters.model import Addressee, Language, Mailer, Office, Recipient, RecipientKind, Rhythm
from askare.letters.operations import Wishes
from askare.outside.mail_folder import FolderMailer
from askare.settings import Settings
from askare.storage.transactions import Transaction

if TYPE_CHECKING:
    from askare.outside.smtp import Server

MAIL_FOLDER = "mail"  # in the data folder, where no mail server is named
DEFAULT_SENDER = "askare@localhost"  # of letters that leave the folder by hand alone
# What goes wrong besides the mail server (a database that is away) must not cost a letter its delivery: the letter has
# an end of its own, so there is none here.
_RETRIES = (*RETRIES, *[timedelta(hours=1)] * 10_000)


class DirectoryAddresses:
    """Recipients and offices as the directory knows them at the moment of asking."""

    def addressee(self, tx: Transaction, recipient: Recipient) -> Addressee | None:
        match recipient.kind:
            case RecipientKind.PARTY:
                found = lookups.party_mailbox(tx, recipient.id)
            case RecipientKind.AGENT:
                found = lookups.agent_mailbox(tx, recipient.id)
            case RecipientKind.USER:
                found = lookups.user_mailbox(tx, recipient.id)
            case RecipientKind.ADDRESS:
                found = None
        return None if found is None else Addressee(found.name, found.email, Language.of(found.language_code))

    def office(self, tx: Transaction, office_id: UUID) -> Office | None:
        found = lookups.office(tx, office_id)
        return None if found is None else Office(found.name, Language.of(found.language_code))


def delivery_of(settings: Settings, wishes: Wishes | None) -> Trade:
    """Who delivers letters, and how many at once."""
    delivery = Delivery(
        mailer=mailer_of(settings), addresses=DirectoryAddresses(), wishes=wishes, style=style_of(settings)
    )
    return Trade(Kind.DELIVER_LETTER, delivery.deliver, at_once=LETTERS_AT_ONCE, lease=LEASE, retries=_RETRIES)


def mailer_of(settings: Settings) -> Mailer:
    """The mail server that the settings name, or its local twin."""
    server = server_of(settings)
    if server is None:
        return FolderMailer(settings.data / MAIL_FOLDER)
    from askare.outside.smtp import SmtpMailer  # a client that a folder needs nothing of

    return SmtpMailer(server)


def server_of(settings: Settings) -> Server | None:
    """How the mail server is reached; None where none is named."""
    if not settings.smtp_host:
        return None
    from askare.outside.smtp import Server  # as above

    return Server(
        settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.reveal(),
        our_name=urlsplit(settings.base_url).hostname or "localhost",
    )


def style_of(settings: Settings) -> Style:
    """What all letters of this house have in common."""
    name, _, address = settings.mail_from.rpartition("<")
    return Style(
        name.strip().strip('"') or "Askare",
        address.rstrip("> ") or DEFAULT_SENDER,
        settings.base_url,
        time_zone=settings.time_zone,
        language=Language(settings.letter_language),
    )


def rhythm_of(settings: Settings) -> Rhythm:
    """When digests leave."""
    return Rhythm(settings.digest_hour, settings.time_zone)
