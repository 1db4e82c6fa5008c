"""An appeal: a caller's request or complaint, registered under a number.  Source: call tasks contract 1.5 and 6."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec
from msgspec import Struct

from askare.kernel.time import settled, written

SUBJECT_LETTERS_MAX = 500
TEXT_LETTERS_MAX = 50_000


class AppealStatus(Enum):
    """Where an appeal stands."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    REJECTED = "rejected"


class AppealContent(Struct, frozen=True, kw_only=True):
    """What is said of an appeal when it is registered, checked and settled."""

    subject: str
    text: str | None = None
    caller_phone: str | None = None
    caller_name: str | None = None


class Appeal(Struct, frozen=True, kw_only=True):
    """An appeal as it is kept.  The tasks linked to it are joined when it is read."""

    id: int
    organization_id: int
    number: str
    created_by_user_id: int | None
    status: AppealStatus
    subject: str
    text: str | None
    caller_phone: str | None
    caller_name: str | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    version: int


class AppealTrail(Struct, frozen=True):
    """What history keeps of each version: nothing of the caller, and not what was asked for."""

    id: int
    status: AppealStatus


class AppealFilter(Struct, frozen=True, kw_only=True):
    """What a list asks for: an empty field asks for nothing."""

    statuses: frozenset[AppealStatus] = frozenset()
    words: tuple[str, ...] = ()  # folded; each stands somewhere in the subject or the number


_decoder = msgspec.json.Decoder(Appeal)
_TIMES = ("created_at", "updated_at", "closed_at")


def document_of(appeal: Appeal) -> str:
    """The JSON in which an appeal is stored, and which answers it once its tasks are joined."""
    plain = {name: getattr(appeal, name) for name in appeal.__struct_fields__}
    for name in _TIMES:
        if plain[name] is not None:
            plain[name] = written(plain[name])
    return msgspec.json.encode(plain).decode()


def appeal_of(document: str | bytes) -> Appeal:
    """The appeal of a stored document."""
    appeal = _decoder.decode(document)
    times = {name: settled(at) for name in _TIMES if (at := getattr(appeal, name)) is not None}
    return msgspec.structs.replace(appeal, **times)


def trail_of(appeal: Appeal) -> str:
    """The form in which history keeps an appeal."""
    return msgspec.json.encode(AppealTrail(appeal.id, appeal.status)).decode()
