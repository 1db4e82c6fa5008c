"""What can happen to a thing."""

from __future__ import annotations

from enum import Enum


class Change(Enum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
