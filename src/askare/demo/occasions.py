"""What agents note down again and again, and the form in which each language's phrases answer to it.

An occasion says when it fits; `phrases_fi`, `phrases_sv` and `phrases_en` say how it is put.  A new occasion is one
line here and one saying in each language.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from msgspec import Struct

from askare.demo.places import Sort
from askare.tasks.model import PartyType, TaskType


class Occasion(Struct, frozen=True):
    """`weight` is how often it comes up, `about` which homes it fits (None: any), `seller` whose (None: anybody's)."""

    key: str
    type_code: TaskType
    weight: int
    about: Sort | None = None
    seller: PartyType | None = None
    has_realty: bool = True
    at_showing_hours: bool = False


class Saying(Struct, frozen=True):
    """How an occasion is put into words: one of the openings, perhaps one of the additions, and, once it is over,
    perhaps how it went."""

    openings: tuple[str, ...]
    additions: tuple[str, ...]
    done: tuple[str, ...]
    rejected: tuple[str, ...]


class Phrasebook(Struct, frozen=True):
    """One language: its sayings by occasion, and how it writes days, hours and numbers."""

    sayings: dict[str, Saying]
    day: Callable[[date], str]
    clock: Callable[[time], str]
    euros: Callable[[int], str]
    square_metres: Callable[[float], str]


_CALL, _EMAIL, _MEETING, _FOLLOW_UP = TaskType.CALL, TaskType.EMAIL, TaskType.MEETING, TaskType.FOLLOW_UP

OCCASIONS = (
    Occasion("feedback", _CALL, 9, Sort.BUILT),
    Occasion("viewing request", _CALL, 9, Sort.BUILT),
    Occasion("word with the seller", _CALL, 6),
    Occasion("offer", _CALL, 6),
    Occasion("estate", _CALL, 2, Sort.BUILT, PartyType.ESTATE_PARTY),
    Occasion("documents", _EMAIL, 6, Sort.SHARES),
    Occasion("advertisement", _EMAIL, 4, Sort.BUILT),
    Occasion("draft contract", _EMAIL, 3),
    Occasion("company", _EMAIL, 2, seller=PartyType.ORGANIZATION_PARTY),
    Occasion("open house", _MEETING, 8, Sort.BUILT, at_showing_hours=True),
    Occasion("private viewing", _MEETING, 8, at_showing_hours=True),
    Occasion("closing", _MEETING, 3),
    Occasion("valuation", _MEETING, 5),
    Occasion("team meeting", _MEETING, 2, has_realty=False),
    Occasion("search", _FOLLOW_UP, 6, has_realty=False),
    Occasion("financing", _FOLLOW_UP, 3),
    Occasion("end of assignment", _FOLLOW_UP, 3),
    Occasion("after the sale", _FOLLOW_UP, 2, Sort.DWELLINGS),
    Occasion("report", TaskType.REPORT_MEETING, 4),
    Occasion("certificate", TaskType.NOTIFICATION, 3, Sort.SHARES),
    Occasion("listing", TaskType.NOTIFICATION, 5),
    Occasion("training", TaskType.TRAINING, 2, has_realty=False),
    Occasion("condition report", TaskType.OTHER, 3, Sort.HOUSES),
    Occasion("photographs", TaskType.OTHER, 3, Sort.BUILT),
    Occasion("keys", TaskType.OTHER, 2, Sort.BUILT),
    Occasion("land", TaskType.OTHER, 2, Sort.LAND),
    Occasion("paperwork", TaskType.OTHER, 2, has_realty=False),
)
