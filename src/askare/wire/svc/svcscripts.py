"""Service scripts: what a service task starts, by its code.  Source: service tasks contract 5.1."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.svctasks import svcscripts as operations
from askare.svctasks.model import Surroundings, SvcScriptChange, SvcScriptContent, svc_id
from askare.svctasks.svcscripts import Saved
from askare.wire.kit.call import Call
from askare.wire.svc import examples, schemas
from askare.wire.svc.collection import Collection, Words
from askare.wire.svc.fields import (
    Entity,
    Field,
    Member,
    Said,
    read_integer,
    read_name,
    read_object,
    read_optional_uuid,
)
from askare.wire.svc.shapes import Document
from askare.wire.svc.workdays import COMMENT, TITLE

PATH = "/rest/v1/service/svcscripts"

ENTITY = Entity(
    "svcscript",
    (
        Field("code", "code", read_name, "", Kind.TEXT, schemas.NAME, schemas.TEXT, required=True),
        Field("name", "name", read_name, "", Kind.TEXT, schemas.NAME, schemas.TEXT, required=True),
        Field(
            "scriptdata",
            "script_data",
            read_object,
            {},
            Kind.ANY,
            schemas.OBJECT,
            schemas.OBJECT,
            'Components, variables and other properties; kept as they are. `{"run": "cleardata", "startparam1": 1}`'
            " stands for that script of the server's own, with these parameters; nothing else is carried out.",
            required=True,
            listed=False,
        ),
        Field(
            "projectid",
            "project_id",
            read_optional_uuid,
            "",
            Kind.TEXT,
            schemas.OPTIONAL_UUID,
            schemas.OPTIONAL_UUID,
        ),
    ),
    (
        TITLE,
        COMMENT,
        Member("loglevel", read_integer, 0, Kind.INTEGER, schemas.INTEGER),
        Member("variables", read_object, {}, Kind.ANY, schemas.OBJECT),
    ),
    own={"lwt": {"type": "string", "format": "date-time", "description": "Obsolete; see ext.lwt."}},
)


class SvcscriptStore:
    """Service scripts in their room."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._codes = surroundings.script_codes

    async def create(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        content = SvcScriptContent(**said.values)
        script_id = said.entity_id or svc_id(entity_id, call.now)
        return await call.write(
            operations.create_svcscript, content, script_id=script_id, script_codes=self._codes, now=call.now
        )

    async def get(self, call: Call, entity_id: UUID) -> Saved:
        return await call.read(operations.get_svcscript, entity_id)

    async def list(self, call: Call, wanted: Wanted) -> Page[Document]:
        return await call.read_aside(operations.list_svcscripts, wanted)

    async def change(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        change = SvcScriptChange(**said.values)
        return await call.write(operations.patch_svcscript, entity_id, change, script_codes=self._codes, now=call.now)

    async def delete(self, call: Call) -> None:
        await call.write(operations.delete_svcscript, call.parameters.id, now=call.now)

    async def lookup(self, call: Call, key: str) -> Sequence[UUID]:
        return await call.read(operations.lookup_svcscripts, key)


def collection(surroundings: Surroundings) -> Collection:
    """The service scripts on the wire."""
    words = Words(
        one="svcscript",
        many="svcscripts",
        tag="Service scripts",
        body=examples.body_of(examples.SVCSCRIPT),
        example=examples.SVCSCRIPT,
    )
    return Collection(PATH, ENTITY, SvcscriptStore(surroundings), words)
