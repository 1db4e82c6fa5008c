"""Who is calling: the value that every transaction is opened for.

It stands in the kernel because the store scopes every query by it; who may become a caller is decided in
`access/`.
"""

from __future__ import annotations

from enum import Enum
from uuid import UUID

from msgspec import Struct


class Role(Enum):
    """What a caller may do.  Source: architecture, `access/`."""

    ADMIN = "admin"  # everything of the organization
    AGENT = "agent"  # what belongs to the agent's own offices
    SUPERVISOR = "supervisor"  # the organization's calls
    OPERATOR = "operator"  # the own calls
    INGEST = "ingest"  # hands calls in, sees nothing


class Caller(Struct, frozen=True):
    """Who is calling, in which organization, and how far the caller sees.

    `organization_no` is the organization's small number inside the store.  `office_ids` is None where the role
    sees every office of the organization; an empty set sees none.
    """

    organization_no: int
    organization_id: UUID
    user_id: UUID
    role: Role
    office_ids: frozenset[UUID] | None = None
    agent_id: UUID | None = None

    def sees_office(self, office_id: UUID) -> bool:
        """Whether things of this office exist for the caller."""
        return self.office_ids is None or office_id in self.office_ids
