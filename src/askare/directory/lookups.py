"""What other rooms ask the directory: narrow questions, each for many ids at once where a list needs it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from askare.access import store as access
from askare.directory import store
from askare.directory.model import (
    AgentContent,
    Kind,
    OfficeContent,
    OperatorContent,
    PartyContent,
    display_name,
)
from askare.storage.transactions import Transaction


class PersonName(Struct, frozen=True):
    """What an agent is called."""

    first_name: str
    last_name: str


class Mailbox(Struct, frozen=True):
    """Where letters to somebody go; `language_code` is None where nobody said in which language."""

    name: str
    email: str
    language_code: str | None


class Operator(Struct, frozen=True):
    """A user as the telephone exchange and the call tasks know them."""

    user_id: UUID
    number: int | None  # None only for a user whom nobody has numbered yet (`operations.number_of_user`)
    name: str | None
    code: str | None = None
    extension: str | None = None
    email: str | None = None
    language: str | None = None


def agent_name(tx: Transaction, agent_id: UUID) -> PersonName | None:
    """What the agent is called, or None for one who is not known."""
    return agent_names(tx, [agent_id]).get(agent_id)


def agent_names(tx: Transaction, agent_ids: Iterable[UUID]) -> dict[UUID, PersonName]:
    """What those of the agents who are known are called."""
    return {
        agent_id: PersonName(content.first_name, content.last_name)
        for agent_id, stored in store.find_all(tx, Kind.AGENT, agent_ids).items()
        if isinstance(content := stored.entry.content, AgentContent)
    }


def office(tx: Transaction, office_id: UUID) -> OfficeContent | None:
    """What is said of an office, or None for one that is not known."""
    found = store.find(tx, Kind.OFFICE, office_id)
    content = None if found is None else found.entry.content
    return content if isinstance(content, OfficeContent) else None


def office_names(tx: Transaction, office_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What those of the offices that are known are called."""
    named = store.names(tx, [(Kind.OFFICE, office_id) for office_id in office_ids])
    return {office_id: name for (_, office_id), name in named.items()}


def party_mailbox(tx: Transaction, party_id: UUID) -> Mailbox | None:
    """Where letters to the party go; None for a party without an address, or one who is not known."""
    return party_mailboxes(tx, [party_id]).get(party_id)


def party_mailboxes(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, Mailbox]:
    """Where letters to those of the parties go whose address is known."""
    return _mailboxes(tx, Kind.PARTY, party_ids)


def agent_mailbox(tx: Transaction, agent_id: UUID) -> Mailbox | None:
    """Where letters to the agent go; None for an agent without an address, or one who is not known."""
    return _mailboxes(tx, Kind.AGENT, [agent_id]).get(agent_id)


def user_mailbox(tx: Transaction, user_id: UUID) -> Mailbox | None:
    """Where letters to a user of the caller's organization go: the address of their entry as an operator, else that of
    the agent who they are; None where there is neither."""
    operator = operator_of_user(tx, user_id)
    if operator is None:
        return None
    if operator.email:
        return Mailbox(operator.name or "", operator.email, operator.language)
    user = access.user_of_id(tx, user_id)
    agent_id = user.rights.agent_id if user is not None else None
    return agent_mailbox(tx, agent_id) if agent_id is not None else None


def admins_with_mailbox(tx: Transaction) -> list[UUID]:
    """The administrators of the caller's organization who can be written to, in the order in which they came."""
    return [user_id for user_id in access.admins_of(tx) if user_mailbox(tx, user_id) is not None]


def _mailboxes(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> dict[UUID, Mailbox]:
    return {
        thing_id: Mailbox(display_name(content), content.email, content.language_code)
        for thing_id, stored in store.find_all(tx, kind, thing_ids).items()
        if isinstance(content := stored.entry.content, (PartyContent, AgentContent)) and content.email is not None
    }


def operator_by(tx: Transaction, key: str | int | UUID) -> Operator | None:
    """The operator of this code, extension, number or user id, tried in this order; None for nobody.

    A user of the organization without an entry of their own is found by number and id.
    """
    text = str(key)
    user_id = store.holder_of_code_or_extension(tx, text)
    if user_id is None and text.isascii() and text.isdigit() and len(text) <= 18:
        user_id = store.user_of_number(tx, int(text))
    if user_id is None:
        user_id = _as_uuid(text)
    return None if user_id is None else operator_of_user(tx, user_id)


def operator_of_user(tx: Transaction, user_id: UUID) -> Operator | None:
    """A user of the caller's organization, with or without an entry of their own; None for nobody."""
    found = store.find(tx, Kind.OPERATOR, user_id)
    if found is not None and isinstance(content := found.entry.content, OperatorContent):
        return Operator(
            user_id,
            found.entry.number,
            display_name(content),
            content.code,
            content.extension,
            content.email,
            content.language,
        )
    user = access.user_of_id(tx, user_id)
    if user is None or user.organization.organization_no != tx.organization_no:
        return None
    return Operator(user_id, store.number_of_user(tx, user_id), user.username)


def user_names(tx: Transaction, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What those of the users who have an entry are called."""
    named = store.names(tx, [(Kind.OPERATOR, user_id) for user_id in user_ids])
    return {user_id: name for (_, user_id), name in named.items()}


def user_of_number(tx: Transaction, number: int) -> UUID | None:
    """The user of the caller's organization who has this small integer."""
    return store.user_of_number(tx, number)


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
