"""Workdays: the exceptions to the ordinary week.  Source: service tasks contract 5.5."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.wire.kit.call import Call
from askare.wire.svc import examples, schemas
from askare.wire.svc.collection import Collection, Words
from askare.wire.svc.fields import (
    Entity,
    Field,
    Member,
    Said,
    read_flag,
    read_integer,
    read_objects,
    read_text,
)
from askare.wire.svc.periods import DAY_PERIODS
from askare.wire.svc.shapes import Document
from askare.workdays import operations
from askare.workdays.model import WorkdayChange, WorkdayContent, svc_id
from askare.workdays.operations import Saved
from askare.workdays.rules import faults_of

PATH = "/rest/v1/domain/workdays"

TITLE = Member("title", read_text, "", Kind.TEXT, schemas.TEXT)
COMMENT = Member("comment", read_text, "", Kind.TEXT, schemas.TEXT)

ENTITY = Entity(
    "workday",
    (
        Field(
            "date",
            "date",
            read_text,
            "",
            Kind.TEXT,
            {
                "type": "string",
                "format": "date",
                "pattern": "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            },
            {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "The day. Of an annual day the year does not matter; it is 0000 in the platform's own.",
            required=True,
        ),
        Field("isannual", "is_annual", read_flag, False, Kind.FLAG, schemas.FLAG, schemas.INTBOOL),
        Field(
            "isworkday",
            "is_workday",
            read_integer,
            0,
            Kind.INTEGER,
            schemas.whole(0, 2),
            schemas.whole(0, 2),
            "0: a day off; 1: a working day; 2: a working day with the hours of its own periods.",
        ),
        Field(
            "asdow",
            "as_dow",
            read_integer,
            0,
            Kind.INTEGER,
            schemas.whole(0, 7),
            schemas.whole(0, 7),
            "Hours as on this weekday (1 is Monday); 0: no change.",
        ),
        Field("periods", "periods", read_objects, (), Kind.ANY, DAY_PERIODS, DAY_PERIODS),
    ),
    (TITLE, COMMENT),
    judge=lambda values: faults_of(WorkdayContent(**values)),
)


class WorkdayStore:
    """Workdays in their room."""

    async def create(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        content = WorkdayContent(**said.values)
        workday_id = said.entity_id or svc_id(entity_id, call.now)
        return await call.write(operations.create_workday, content, workday_id=workday_id, now=call.now)

    async def get(self, call: Call, entity_id: UUID) -> Saved:
        return await call.read(operations.get_workday, entity_id)

    async def list(self, call: Call, wanted: Wanted) -> Page[Document]:
        return await call.read_aside(operations.list_workdays, wanted)

    async def change(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        return await call.write(operations.patch_workday, entity_id, WorkdayChange(**said.values), now=call.now)

    async def delete(self, call: Call) -> None:
        await call.write(operations.delete_workday, call.parameters.id, now=call.now)

    async def lookup(self, call: Call, key: str) -> Sequence[UUID]:
        return await call.read(operations.lookup_workdays, key)


def collection() -> Collection:
    """The workdays on the wire."""
    words = Words(
        one="workday",
        many="workdays",
        tag="Workdays",
        body=examples.body_of(examples.WORKDAY),
        example=examples.WORKDAY,
    )
    return Collection(PATH, ENTITY, WorkdayStore(), words)
