"""Users as call tasks know them: by small numbers, codes and extensions.  All that is asked of `directory` is here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from askare.access import store as access
from askare.calltasks.model import Operator
from askare.directory import lookups
from askare.directory import operations as directory
from askare.directory import store as directory_store
from askare.storage.transactions import Transaction


def operator_by(tx: Transaction, key: str) -> Operator | None:
    """The user of this code, extension, number or user id, tried in this order; None for nobody.

    A user who has no number yet is given one.
    """
    found = lookups.operator_by(tx, key)
    return None if found is None else _numbered(tx, found)


def operator_of_user(tx: Transaction, user_id: UUID) -> Operator | None:
    """A user of the caller's organization; None for nobody."""
    found = lookups.operator_of_user(tx, user_id)
    return None if found is None else _numbered(tx, found)


def _numbered(tx: Transaction, found: lookups.Operator) -> Operator:
    number = directory.number_of_user(tx, found.user_id) if found.number is None else found.number
    return Operator(number, found.user_id, found.name or "", found.language)


def number_of_user(tx: Transaction, user_id: UUID) -> int:
    """The small integer of a user; given now when there is none."""
    return directory.number_of_user(tx, user_id)


def known_number_of_user(tx: Transaction, user_id: UUID) -> int | None:
    """The small integer of a user who has one."""
    return directory_store.number_of_user(tx, user_id)


def names_of(tx: Transaction, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What those of the users who have a name are called: by the directory, else as they sign in."""
    wanted = set(user_ids)
    names = lookups.user_names(tx, wanted)
    for user_id in wanted - names.keys():
        user = access.user_of_id(tx, user_id)
        if user is not None and user.username:
            names[user_id] = user.username
    return names
