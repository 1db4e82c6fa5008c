"""Organizations, users, personal access tokens and public keys in the database.

All of this is looked up before anybody is a caller, so the organization is always given, never taken from the
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from askare.access.model import Organization, PersonalToken, Rights, Session, User
from askare.kernel.caller import Role, Scope
from askare.kernel.paging import Page, Window
from askare.kernel.time import instant_of, milliseconds
from askare.storage.transactions import Row, Transaction

# Organizations ---------------------------------------------------------------------------------------------------


def organization_named(tx: Transaction, name: str) -> Organization | None:
    return _organization(
        tx.row("SELECT organization_no, organization_id, name FROM organizations WHERE name = :name", name=name)
    )


def organization_of_id(tx: Transaction, organization_id: UUID) -> Organization | None:
    return _organization(
        tx.row(
            "SELECT organization_no, organization_id, name FROM organizations WHERE organization_id = :id",
            id=organization_id.bytes,
        )
    )


def organization_of_no(tx: Transaction, organization_no: int) -> Organization | None:
    """The organization that the store numbers so."""
    return _organization(
        tx.row(
            "SELECT organization_no, organization_id, name FROM organizations WHERE organization_no = :organization",
            organization=organization_no,
        )
    )


def insert_organization(tx: Transaction, name: str, organization_id: UUID) -> None:
    """Keep a new organization, unless one of this name is there, or is just being committed by somebody else."""
    tx.run(
        "INSERT INTO organizations (organization_id, name) VALUES (:id, :name) ON CONFLICT (name) DO NOTHING",
        id=organization_id.bytes,
        name=name,
    )


def organizations(tx: Transaction) -> list[Organization]:
    return [
        Organization(number, UUID(bytes=bytes(organization_id)), name)
        for number, organization_id, name in tx.rows(
            "SELECT organization_no, organization_id, name FROM organizations ORDER BY name"
        )
    ]


def _organization(row: Row | None) -> Organization | None:
    return None if row is None else Organization(row[0], UUID(bytes=bytes(row[1])), row[2])


# Users -----------------------------------------------------------------------------------------------------------

_OF_USER = (
    "u.user_id, u.username, u.role, u.offices, u.agent_id, u.disabled, o.organization_no, o.organization_id, o.name"
)
_USERS = "users u JOIN organizations o ON o.organization_no = u.organization_no"


def user_of_id(tx: Transaction, user_id: UUID) -> User | None:
    row = tx.row(f"SELECT {_OF_USER} FROM {_USERS} WHERE u.user_id = :user", user=user_id.bytes)
    return None if row is None else _user(row)


def admins_of(tx: Transaction) -> list[UUID]:
    """The administrators of the caller's organization, in the order in which they came, at most a hundred."""
    rows = tx.rows(
        "SELECT user_id FROM users WHERE organization_no = :organization AND role = :role AND disabled = 0"
        " ORDER BY created_at, user_id LIMIT 100",
        organization=tx.organization_no,
        role=Role.ADMIN.value,
    )
    return [UUID(bytes=bytes(user_id)) for (user_id,) in rows]


def user_and_password_hash(tx: Transaction, username: str) -> tuple[User, str | None] | None:
    """The user of this settled username, with the hash of the password when there is one."""
    row = tx.row(f"SELECT {_OF_USER}, u.password_hash FROM {_USERS} WHERE u.username = :username", username=username)
    return None if row is None else (_user(row[:-1]), row[-1])


def users_of(tx: Transaction, organization: Organization, *, limit: int) -> list[User]:
    """Those who sign in with a password, by name."""
    rows = tx.rows(
        f"SELECT {_OF_USER} FROM {_USERS} WHERE u.organization_no = :organization AND u.username IS NOT NULL"
        " ORDER BY u.username LIMIT :limit",
        organization=organization.organization_no,
        limit=limit,
    )
    return [_user(row) for row in rows]


def insert_user(
    tx: Transaction,
    organization: Organization,
    user_id: UUID,
    rights: Rights,
    *,
    created_at: datetime,
    username: str | None = None,
    password_hash: str | None = None,
) -> bool:
    """Keep a new user.  Returns whether it is new: False when the id or the username is taken."""
    inserted = tx.run(
        "INSERT INTO users"
        " (user_id, organization_no, username, password_hash, role, offices, agent_id, disabled, created_at)"
        " VALUES (:user, :organization, :username, :password_hash, :role, :offices, :agent, 0, :created)"
        " ON CONFLICT DO NOTHING",
        user=user_id.bytes,
        organization=organization.organization_no,
        username=username,
        password_hash=password_hash,
        role=rights.role.value,
        offices=_stored_offices(rights.office_ids),
        agent=_stored_id(rights.agent_id),
        created=milliseconds(created_at),
    )
    return inserted == 1


def change_rights(tx: Transaction, user_id: UUID, rights: Rights) -> bool:
    """Returns whether there is such a user."""
    changed = tx.run(
        "UPDATE users SET role = :role, offices = :offices, agent_id = :agent WHERE user_id = :user",
        user=user_id.bytes,
        role=rights.role.value,
        offices=_stored_offices(rights.office_ids),
        agent=_stored_id(rights.agent_id),
    )
    return changed == 1


def set_disabled(tx: Transaction, user_id: UUID, *, disabled: bool) -> bool:
    """Returns whether there is such a user."""
    changed = tx.run(
        "UPDATE users SET disabled = :disabled WHERE user_id = :user", user=user_id.bytes, disabled=int(disabled)
    )
    return changed == 1


def set_password_hash(tx: Transaction, user_id: UUID, password_hash: str) -> bool:
    """Returns whether there is such a user."""
    changed = tx.run(
        "UPDATE users SET password_hash = :hash WHERE user_id = :user", user=user_id.bytes, hash=password_hash
    )
    return changed == 1


def replace_password_hash(tx: Transaction, user_id: UUID, *, stored: str, fresh: str) -> None:
    """Keep another hash of the same password, unless the password has changed meanwhile."""
    tx.run(
        "UPDATE users SET password_hash = :fresh WHERE user_id = :user AND password_hash = :stored",
        user=user_id.bytes,
        stored=stored,
        fresh=fresh,
    )


def _user(row: Row) -> User:
    user_id, username, role, offices, agent_id, disabled, organization_no, organization_id, name = row
    return User(
        user_id=UUID(bytes=bytes(user_id)),
        organization=Organization(organization_no, UUID(bytes=bytes(organization_id)), name),
        username=username,
        rights=_rights(role, offices, agent_id),
        disabled=bool(disabled),
    )


def _rights(role: str, offices: str, agent_id: Any) -> Rights:
    return Rights(
        Role(role),
        msgspec.json.decode(offices, type=frozenset[UUID]),
        None if agent_id is None else UUID(bytes=bytes(agent_id)),
    )


def _stored_offices(office_ids: Iterable[UUID]) -> str:
    return msgspec.json.encode(sorted(office_ids)).decode()


def _stored_id(some_id: UUID | None) -> bytes | None:
    return None if some_id is None else some_id.bytes


# Personal access tokens ------------------------------------------------------------------------------------------

_OF_GRANT = (
    "t.token_id, t.user_id, t.role, t.offices, t.agent_id, t.created_at, t.expires_at, t.revoked_at, t.name, t.used_at,"
    " t.scopes"
)
_OF_GRANT_COLUMNS = 11


def insert_token(tx: Transaction, token: PersonalToken, *, digest: bytes) -> None:
    tx.run(
        "INSERT INTO access_tokens"
        " (token_id, digest, user_id, role, offices, agent_id, created_at, expires_at, name, scopes)"
        " VALUES (:token, :digest, :user, :role, :offices, :agent, :created, :expires, :name, :scopes)",
        token=token.token_id.bytes,
        digest=digest,
        user=token.user_id.bytes,
        role=token.rights.role.value,
        offices=_stored_offices(token.rights.office_ids),
        agent=_stored_id(token.rights.agent_id),
        created=milliseconds(token.created_at),
        expires=milliseconds(token.expires_at),
        name=token.name,
        scopes=None
        if token.scopes is None
        else msgspec.json.encode(sorted(one.value for one in token.scopes)).decode(),
    )


def note_use(tx: Transaction, digest: bytes, *, used_at: datetime) -> None:
    tx.run("UPDATE access_tokens SET used_at = :at WHERE digest = :digest", at=milliseconds(used_at), digest=digest)


def token_and_user(tx: Transaction, digest: bytes) -> tuple[PersonalToken, User] | None:
    """The token of this digest, whatever has become of it, and its user."""
    row = tx.row(
        f"SELECT {_OF_GRANT}, {_OF_USER}"
        f" FROM {_USERS} JOIN access_tokens t ON t.user_id = u.user_id WHERE t.digest = :digest",
        digest=digest,
    )
    return None if row is None else (_token(row[:_OF_GRANT_COLUMNS]), _user(row[_OF_GRANT_COLUMNS:]))


def tokens_of(tx: Transaction, organization: Organization, window: Window) -> Page[PersonalToken]:
    """The organization's tokens, the newest first, expired and revoked ones included."""
    of_organization = (
        "FROM access_tokens t JOIN users u ON u.user_id = t.user_id WHERE u.organization_no = :organization"
    )
    row = tx.row(f"SELECT count(*) {of_organization}", organization=organization.organization_no)
    rows = tx.rows(
        f"SELECT {_OF_GRANT} {of_organization} ORDER BY t.created_at DESC, t.token_id LIMIT :size OFFSET :start",
        organization=organization.organization_no,
        size=window.size,
        start=window.start,
    )
    return Page([_token(row) for row in rows], 0 if row is None else row[0])


def revoke(tx: Transaction, organization: Organization, token_id: UUID, *, revoked_at: datetime) -> bool:
    """Mark the token as revoked; the first revocation's time stays.  Returns whether there is such a token."""
    changed = tx.run(
        "UPDATE access_tokens SET revoked_at = coalesce(revoked_at, :at) WHERE token_id = :token"
        " AND user_id IN (SELECT user_id FROM users WHERE organization_no = :organization)",
        token=token_id.bytes,
        organization=organization.organization_no,
        at=milliseconds(revoked_at),
    )
    return changed == 1


def delete_tokens_ended_before(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Delete tokens that expired or were revoked before this, at most `limit`; return how many."""
    return tx.run(
        "DELETE FROM access_tokens WHERE token_id IN (SELECT token_id FROM access_tokens"
        " WHERE expires_at < :before OR revoked_at < :before LIMIT :limit)",
        before=milliseconds(before),
        limit=limit,
    )


def _token(row: Row) -> PersonalToken:
    token_id, user_id, role, offices, agent_id, created_at, expires_at, revoked_at, name, used_at, scopes = row
    return PersonalToken(
        token_id=UUID(bytes=bytes(token_id)),
        user_id=UUID(bytes=bytes(user_id)),
        rights=_rights(role, offices, agent_id),
        created_at=instant_of(created_at),
        expires_at=instant_of(expires_at),
        revoked_at=None if revoked_at is None else instant_of(revoked_at),
        name=name,
        used_at=None if used_at is None else instant_of(used_at),
        scopes=None if scopes is None else msgspec.json.decode(scopes, type=frozenset[Scope]),
    )


# Public keys -----------------------------------------------------------------------------------------------------


def insert_public_key(tx: Transaction, key_id: str, public_jwk: str, *, created_at: datetime) -> None:
    """Keep a public key, unless it is there already."""
    tx.run(
        "INSERT INTO signing_keys (key_id, public_jwk, created_at) VALUES (:key, :jwk, :created)"
        " ON CONFLICT (key_id) DO NOTHING",
        key=key_id,
        jwk=public_jwk,
        created=milliseconds(created_at),
    )


def public_key(tx: Transaction, key_id: str) -> str | None:
    """The public key of this id as a JSON Web Key."""
    row = tx.row("SELECT public_jwk FROM signing_keys WHERE key_id = :key", key=key_id)
    return None if row is None else row[0]


def public_keys(tx: Transaction, *, limit: int) -> list[str]:
    """The newest public keys as JSON Web Keys."""
    rows = tx.rows("SELECT public_jwk FROM signing_keys ORDER BY created_at DESC, key_id LIMIT :limit", limit=limit)
    return [jwk for (jwk,) in rows]


def delete_public_key(tx: Transaction, key_id: str) -> bool:
    """Returns whether there was such a key."""
    return tx.run("DELETE FROM signing_keys WHERE key_id = :key", key=key_id) == 1


# Sessions --------------------------------------------------------------------------------------------------------


def insert_session(tx: Transaction, session: Session, *, digest: bytes) -> None:
    tx.run(
        "INSERT INTO sessions (session_id, digest, user_id, created_at, expires_at)"
        " VALUES (:session, :digest, :user, :created, :expires)",
        session=session.session_id.bytes,
        digest=digest,
        user=session.user_id.bytes,
        created=milliseconds(session.created_at),
        expires=milliseconds(session.expires_at),
    )


def delete_sessions_but_newest(tx: Transaction, user_id: UUID, *, kept: int, now: datetime) -> int:
    """End the user's sessions except the newest `kept` of those that are still alive; return how many ended."""
    return tx.run(
        "DELETE FROM sessions WHERE user_id = :user AND session_id NOT IN"
        " (SELECT session_id FROM sessions WHERE user_id = :user AND expires_at > :now"
        " ORDER BY created_at DESC, session_id LIMIT :kept)",
        user=user_id.bytes,
        now=milliseconds(now),
        kept=kept,
    )


def session_and_user(tx: Transaction, digest: bytes) -> tuple[Session, User] | None:
    """The session of this digest, alive or not, and its user."""
    row = tx.row(
        f"SELECT s.session_id, s.user_id, s.created_at, s.expires_at, {_OF_USER}"
        f" FROM {_USERS} JOIN sessions s ON s.user_id = u.user_id WHERE s.digest = :digest",
        digest=digest,
    )
    if row is None:
        return None
    session_id, user_id, created_at, expires_at = row[:4]
    session = Session(
        session_id=UUID(bytes=bytes(session_id)),
        user_id=UUID(bytes=bytes(user_id)),
        created_at=instant_of(created_at),
        expires_at=instant_of(expires_at),
    )
    return session, _user(row[4:])


def prolong_session(tx: Transaction, digest: bytes, *, until: datetime) -> None:
    tx.run(
        "UPDATE sessions SET expires_at = :until WHERE digest = :digest AND expires_at < :until",
        until=milliseconds(until),
        digest=digest,
    )


def delete_session(tx: Transaction, digest: bytes) -> None:
    tx.run("DELETE FROM sessions WHERE digest = :digest", digest=digest)


def delete_sessions_ended_before(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Delete at most `limit` sessions that are over; return how many."""
    return tx.run(
        "DELETE FROM sessions WHERE session_id IN"
        " (SELECT session_id FROM sessions WHERE expires_at < :before LIMIT :limit)",
        before=milliseconds(before),
        limit=limit,
    )
