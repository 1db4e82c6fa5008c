"""Notes about asset requirements on the wire.  Source: OviPro contract 6; the paths are 1.1."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from askare.kernel.caller import Role
from askare.kernel.verbatim import Text
from askare.requirements import notes
from askare.requirements.rules import NOTES_MAX
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import counted_list_reply

ROLES = frozenset({Role.ADMIN, Role.AGENT})

_EXAMPLE_ID = "c6d2288d-2ecb-448a-aef3-fd5144920e0b"
_EXAMPLE_OWNER = "123e4567-e89b-12d3-a456-426655440000"
EXAMPLE_NOTE = {
    "noteId": _EXAMPLE_ID,
    "note": "This is a note.",
    "assetRequirementId": _EXAMPLE_OWNER,
    "creationTime": "2021-01-01T00:00:00Z",
    "modificationTime": "2021-01-01T00:00:00Z",
    "createdBy": _EXAMPLE_OWNER,
    "modifiedBy": _EXAMPLE_OWNER,
}


class NewNote(Struct, frozen=True, rename="camel"):
    """A note, and what it is about."""

    note: Text
    asset_requirement_id: UUID


class ChangedNote(Struct, frozen=True, rename="camel"):
    """The whole of a note that is there already."""

    note: Text


class NotePath(Struct, frozen=True, rename="camel"):
    """Which note."""

    note_id: Annotated[UUID, Meta(description="Unique note identifier.")]


class NoteSearch(Struct, frozen=True, rename="camel"):
    """Whose notes."""

    asset_requirement_id: Annotated[UUID, Meta(description="The asset requirement that the notes are about.")]


class NoteCreated(Struct, frozen=True, rename="camel"):
    """The id of the new note."""

    note_id: UUID


class NoteDetails(Struct, frozen=True, rename="camel"):
    """A note; `createdBy` and `modifiedBy` are users."""

    note_id: UUID
    note: str
    asset_requirement_id: UUID
    creation_time: datetime
    modification_time: datetime
    created_by: UUID
    modified_by: UUID


class NoteList(Struct, frozen=True, rename="camel"):
    """All notes about an asset requirement, oldest first."""

    total_count: int
    notes: list[NoteDetails]


class NoteApi:
    """The four operations, as the settings want them answered."""

    def __init__(self, *, empty_success_status: int = 204) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)

    async def create_note(self, call: Call) -> Reply:
        said: NewNote = call.body
        saved = await call.write(
            notes.create_note, said.asset_requirement_id, said.note, note_id=call.new_id(), now=call.now
        )
        body = msgspec.json.encode(NoteCreated(saved.thing_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{saved.thing_id}"})

    async def search_notes(self, call: Call) -> Reply:
        page = await call.read(notes.notes_of, call.parameters.asset_requirement_id)
        return counted_list_reply("notes", page)

    async def update_note(self, call: Call) -> Reply:
        await call.write(
            notes.update_note,
            call.parameters.note_id,
            call.body.note,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    async def delete_note(self, call: Call) -> Reply:
        await call.write(
            notes.delete_note, call.parameters.note_id, expected_versions=call.expected_versions, now=call.now
        )
        return self._empty_success

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        empty = Answer(self._empty_success.status, "Done.")
        return [
            Endpoint(
                method="POST",
                path="/notes",
                operation_id="note.create",
                summary="Create a new note",
                description=f"An asset requirement can have {NOTES_MAX} notes; one more is refused with"
                " INVALID_STATUS.",
                tag="Note",
                roles=ROLES,
                handle=self.create_note,
                body=Body(
                    NewNote,
                    "The note.",
                    (Example("note", {"note": "This is a note.", "assetRequirementId": _EXAMPLE_OWNER}),),
                ),
                answers=(
                    Answer(
                        201,
                        "The note is stored.",
                        NoteCreated,
                        (Example("created", {"noteId": _EXAMPLE_ID}),),
                        etag=True,
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="GET",
                path="/notes",
                operation_id="note.search",
                summary="Get the notes about an asset requirement",
                description="Also at /assetRequirements/{assetRequirementId}/notes.",
                tag="Note",
                roles=ROLES,
                handle=self.search_notes,
                parameters=NoteSearch,
                answers=(
                    Answer(
                        200,
                        "All notes, oldest first.",
                        NoteList,
                        (Example("notes", {"totalCount": 1, "notes": [EXAMPLE_NOTE]}),),
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/notes/{noteId}",
                operation_id="note.update",
                summary="Update a note",
                description="Its text alone can change; it stays with its asset requirement.",
                tag="Note",
                roles=ROLES,
                handle=self.update_note,
                parameters=NotePath,
                reads_if_match=True,
                body=Body(ChangedNote, "The note.", (Example("note", {"note": "This is a note."}),)),
                answers=(empty,),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/notes/{noteId}",
                operation_id="note.delete",
                summary="Delete a note",
                tag="Note",
                roles=ROLES,
                handle=self.delete_note,
                parameters=NotePath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        ]

    def aliases(self) -> list[Endpoint]:
        """Other addresses of the same, where clients may look for them (contract 1.1); no document tells them."""
        own = self.endpoints()
        (search,) = (endpoint for endpoint in own if endpoint.handle == self.search_notes)
        return [
            *(replace(endpoint, path=endpoint.path.replace("/notes", "/assetRequirementNotes")) for endpoint in own),
            replace(search, path="/assetRequirements/{assetRequirementId}/notes"),
        ]
