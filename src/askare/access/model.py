"""Organizations, users, their rights, and the tokens that stand for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from askare.kernel.caller import Caller, Role, Scope


class Organization(Struct, frozen=True):
    """A tenant.  `organization_no` is its small number inside the store."""

    organization_no: int
    organization_id: UUID
    name: str


class Rights(Struct, frozen=True):
    """A role, the offices it is held in (they count for agents only), and the agent who one is, if any."""

    role: Role
    office_ids: frozenset[UUID] = frozenset()
    agent_id: UUID | None = None


class User(Struct, frozen=True):
    """A person or a program that may call.  One without a username calls with tokens only."""

    user_id: UUID
    organization: Organization
    username: str | None
    rights: Rights
    disabled: bool


class PersonalToken(Struct, frozen=True):
    """A personal access token as it is kept and listed; the token itself is known to its holder alone."""

    token_id: UUID
    user_id: UUID
    rights: Rights
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    name: str = ""  # what it is for, in its maker's words
    used_at: datetime | None = None  # within `USE_NOTED_EVERY`
    scopes: frozenset[Scope] | None = None  # what it is limited to, if to anything but its rights


class Session(Struct, frozen=True):
    """Somebody who signed in with a cookie; the cookie's value is known to the browser alone."""

    session_id: UUID
    user_id: UUID
    created_at: datetime
    expires_at: datetime


class Identity(Struct, frozen=True):
    """Who an outside issuer says is calling.  `organization` is a name or an id."""

    organization: str
    user_id: UUID
    rights: Rights
    expires_at: float  # seconds since 1970


class Admission(Struct, frozen=True):
    """Somebody who may come in, and until when (seconds since 1970) that may be believed without asking again."""

    caller: Caller
    until: float
    use_is_news: bool = False  # of a personal token that was not seen for a while
