"""Users as call tasks know them: by small numbers, codes and extensions.  All that is asked of `directory` is here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from askare.access import store as access
from askare.calltasks.model import Operator
from askare.storage.transactions import Transaction


def operator_by(tx: Transaction, key: str) -> Operator | None:
    """The user of this code, extension, number or user id, tried in this order; None for nobody."""
    user_id: UUID | None = None
    if key.isascii() and key.isdigit() and len(key) <= 18:
        row = tx.row(
            "SELECT user_id FROM call_users WHERE organization_no = :organization AND user_no = :number",
            organization=tx.organization_no,
            number=int(key),
        )
        user_id = None if row is None else UUID(bytes=bytes(row[0]))
    if user_id is None:
        try:
            user_id = UUID(key)
        except ValueError:
            return None
    return operator_of_user(tx, user_id)


def operator_of_user(tx: Transaction, user_id: UUID) -> Operator | None:
    """A user of the caller's organization; None for nobody."""
    user = access.user_of_id(tx, user_id)
    if user is None or user.organization.organization_no != tx.organization_no:
        return None
    return Operator(number_of_user(tx, user_id), user_id, user.username or "")


def number_of_user(tx: Transaction, user_id: UUID) -> int:
    """The small integer of a user; given now when there is none."""
    known = known_number_of_user(tx, user_id)
    if known is None:
        tx.run(
            "INSERT INTO call_users (organization_no, user_id) VALUES (:organization, :user) ON CONFLICT DO NOTHING",
            organization=tx.organization_no,
            user=user_id.bytes,
        )
        known = known_number_of_user(tx, user_id)
        assert known is not None  # noqa: S101  -- numbers are never taken away
    return known


def known_number_of_user(tx: Transaction, user_id: UUID) -> int | None:
    """The small integer of a user who has one."""
    row = tx.row(
        "SELECT user_no FROM call_users WHERE organization_no = :organization AND user_id = :user",
        organization=tx.organization_no,
        user=user_id.bytes,
    )
    return None if row is None else int(row[0])


def names_of(tx: Transaction, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What those of the users who have a name are called."""
    found = ((user_id, access.user_of_id(tx, user_id)) for user_id in set(user_ids))
    return {user_id: user.username for user_id, user in found if user is not None and user.username}
