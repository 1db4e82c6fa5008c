"""Who is told when a service task fails again and again, and in which words.  Source: contract 6.8.

A letter is written once for each streak of failures, when it is as long as `alert_after_failures` says, and one more
when the task is paused for it; in the transaction that ends the run, so that neither is lost or sent twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from askare.access import store as access
from askare.directory import lookups
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.time import instant_of
from askare.letters import operations as letters
from askare.letters.model import Fact, Notice, Recipient, RecipientKind, Words
from askare.storage.transactions import Transaction, on_behalf_of
from askare.svctasks import rules
from askare.svctasks.model import EndReason

SAID_LETTERS_MAX = 500  # of what the script said last


class Streak(Struct, frozen=True, kw_only=True):
    """A task that has failed so often in a row that somebody must hear of it, and the run that failed last."""

    organization_no: int
    task_id: UUID
    name: str
    code: str
    failures: int
    paused: bool
    alert_to: tuple[str, ...]
    run_id: UUID
    slot: int
    site: str
    reason: EndReason
    output: str
    at: int


def write_letters(tx: Transaction, streak: Streak) -> int:
    """Write to everybody who is to hear of it; returns to how many.  The same run is written about once."""
    organization = access.organization_of_no(tx, streak.organization_no)
    if organization is None:
        return 0
    caller = Caller(organization.organization_no, organization.organization_id, HOUSE_USER, Role.ADMIN)
    own = on_behalf_of(tx, caller)
    now = instant_of(streak.at)
    written = 0
    for recipient, address in recipients(own, streak.alert_to):
        once = f"svctask-failures:{streak.run_id}:{recipient.id}"
        notice = Notice(
            once=once,
            recipient=recipient,
            address=address,
            subject=_subject(streak),
            paragraphs=_paragraphs(streak),
            facts=_facts(streak),
        )
        written += letters.write(own, notice, letter_id=_letter_id(once), now=now)
    return written


def recipients(tx: Transaction, alert_to: Sequence[str]) -> list[tuple[Recipient, str]]:
    """Whom `ext.sched.alert_to` names, with the address of those who are only an address; without it, the
    administrators of the domain whose address is known."""
    if not alert_to:
        return [(Recipient(RecipientKind.USER, user_id), "") for user_id in lookups.admins_with_mailbox(tx)]
    found: dict[Recipient, str] = {}
    for said in alert_to:
        some_id = rules.id_of(said)
        if some_id is None:
            found[Recipient(RecipientKind.ADDRESS, uuid5(NAMESPACE_URL, f"mailto:{said.lower()}"))] = said
        elif lookups.agent_name(tx, some_id) is not None:
            found[Recipient(RecipientKind.AGENT, some_id)] = ""
        else:
            found[Recipient(RecipientKind.USER, some_id)] = ""
    return list(found.items())


def unheard(tx: Transaction, alert_to: Sequence[str]) -> list[str]:
    """Why letters about the task would not arrive: nobody to write to, or somebody without an address."""
    if not alert_to:
        known = lookups.admins_with_mailbox(tx)
        return [] if known else ["no administrator has an e-mail address: name somebody in ext.sched.alert_to"]
    return [
        f"ext.sched.alert_to names {said}, of whom no e-mail address is known"
        for said, (recipient, _) in zip(alert_to, recipients(tx, alert_to), strict=False)
        if (recipient.kind is RecipientKind.AGENT and lookups.agent_mailbox(tx, recipient.id) is None)
        or (recipient.kind is RecipientKind.USER and lookups.user_mailbox(tx, recipient.id) is None)
    ]


def _letter_id(once: str) -> UUID:
    return UUID(bytes=hashlib.blake2b(once.encode(), digest_size=16).digest(), version=4)


def _subject(streak: Streak) -> Words:
    if streak.paused:
        return Words(
            f"Palvelutehtävä pysäytetty: {streak.name}",
            f"Servicejobbet pausat: {streak.name}",
            f"Service task paused: {streak.name}",
        )
    return Words(
        f"Palvelutehtävä epäonnistuu: {streak.name}",
        f"Servicejobbet misslyckas: {streak.name}",
        f"Service task keeps failing: {streak.name}",
    )


def _paragraphs(streak: Streak) -> tuple[Words, ...]:
    times = streak.failures
    failed = (
        Words(
            f"Palvelutehtävä \u201d{streak.name}\u201d epäonnistui.",
            f"Servicejobbet \u201d{streak.name}\u201d misslyckades.",
            f"The service task \u201c{streak.name}\u201d has failed.",
        )
        if times == 1
        else Words(
            f"Palvelutehtävä \u201d{streak.name}\u201d on epäonnistunut {times} kertaa peräkkäin.",
            f"Servicejobbet \u201d{streak.name}\u201d har misslyckats {times} gånger i rad.",
            f"The service task \u201c{streak.name}\u201d has failed {times} times in a row.",
        )
    )
    then = (
        Words(
            "Se on pysäytetty eikä käynnisty ennen kuin joku tallentaa sen uudelleen.",
            "Det är pausat och startar inte förrän någon sparar det på nytt.",
            "It is paused, and does not start until somebody saves it again.",
        )
        if streak.paused
        else Words(
            "Se käynnistyy edelleen aikataulunsa mukaan. Uusi viesti lähetetään vasta, kun se on välillä onnistunut.",
            "Det startar fortfarande enligt sin tidtabell. Nästa meddelande skickas först när det har lyckats emellan.",
            "It goes on starting by its timetable. The next such letter comes only after it has succeeded in between.",
        )
    )
    return failed, then


def _facts(streak: Streak) -> tuple[Fact, ...]:
    said = streak.output.strip().replace("\n", "; ")
    facts = [
        Fact(label=Words("Skripti", "Skript", "Script"), text=streak.code),
        Fact(label=Words("Suunniteltu alku", "Planerad start", "Planned start"), at=instant_of(streak.slot)),
        Fact(label=Words("Toimipiste", "Plats", "Site"), text=streak.site),
        Fact(label=Words("Päättyi", "Avslutades", "Ended"), text=streak.reason.value),
        Fact(label=Words("Skripti sanoi", "Skriptet sade", "The script said"), text=said[:SAID_LETTERS_MAX]),
        Fact(label=Words("Tehtävän tunnus", "Jobbets id", "Id of the task"), text=str(streak.task_id)),
    ]
    return tuple(fact for fact in facts if fact.at is not None or fact.text)
