"""Who is calling: the value that every transaction is opened for.

It stands in the kernel because the store scopes every query by it; who may become a caller is decided in
`access/`.
"""

from __future__ import annotations

from enum import Enum
from uuid import UUID

from msgspec import Struct

from askare.kernel.problems import Forbidden


class Role(Enum):
    """What a caller may do.  Source: architecture, `access/`."""

    ADMIN = "admin"  # everything of the organization
    AGENT = "agent"  # what belongs to the agent's own offices
    SUPERVISOR = "supervisor"  # the organization's calls
    OPERATOR = "operator"  # the own calls
    INGEST = "ingest"  # hands calls in, sees nothing


class Scope(Enum):
    """What a token may be limited to.  Source: call tasks contract, 5."""

    TASKS_READ = "tasks:read"  # sees call tasks, appeals, recordings and events
    TASKS_WRITE = "tasks:write"  # changes them and hands calls in, and is answered with what came of it
    TASKS_INGEST = "tasks:ingest"  # hands calls in


class Caller(Struct, frozen=True):
    """Who is calling, in which organization, and how far the caller sees.

    `organization_no` is the organization's small number inside the store.  `office_ids` is None where the role
    sees every office of the organization; an empty set sees none.  `scopes` is None where nothing but the role limits
    the caller.
    """

    organization_no: int
    organization_id: UUID
    user_id: UUID
    role: Role
    office_ids: frozenset[UUID] | None = None
    agent_id: UUID | None = None
    scopes: frozenset[Scope] | None = None

    def require_scope(self, *suitable: Scope) -> None:
        """One of these must be among the caller's, if the caller is limited at all.  Raises Forbidden."""
        if self.scopes is None or not self.scopes.isdisjoint(suitable):
            return
        own = " ".join(sorted(scope.value for scope in self.scopes))
        needed = " or ".join(scope.value for scope in suitable)
        raise Forbidden(
            f"The token is limited to {own}; this needs {needed}."
            if suitable
            else f"The token is limited to {own}, which opens nothing here."
        )

    def sees_office(self, office_id: UUID) -> bool:
        """Whether things of this office exist for the caller."""
        return self.office_ids is None or office_id in self.office_ids
