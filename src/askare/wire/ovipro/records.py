"""What tasks and meetings have in common on the wire: five operations on things that an office keeps.

Source: OviPro contract 1.1 and 1.4-1.7.  What either kind says of itself, its fields, filters and words, is in
`tasks.py` and `meetings.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.paging import Page, Window
from askare.kernel.versions import Found, Saved
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import (
    document_reply,
    list_reply,
    read_orders,
    without_times,
    word_faults,
)

ROLES = frozenset({Role.ADMIN, Role.AGENT})

EXAMPLE_ID = "123e4567-e89b-12d3-a456-426655440000"
EXAMPLE_RECORD_ID = "c6d2288d-2ecb-448a-aef3-fd5144920e0b"
EXAMPLE_TIMES = {"creationTime": "2022-12-01T08:30:00Z", "modificationTime": "2022-12-01T08:30:00Z"}

Instant = Annotated[datetime, Meta(tz=True)]


class Shape(Struct, frozen=True):
    """The types of one thing and of a page of them, as they are answered."""

    details: type
    page: type


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of record: its words, its types and its room's operations.

    `singular` and `plural` name it in paths, ids (`taskId`) and lists; `path` has the id alone, and `created` is
    made of it.  `untimed` is the shape where the settings leave the two times out.  `keeps_tombstones` says whether a
    deleted one answers 410.
    """

    singular: str
    plural: str
    content: Body
    example: dict[str, Any]
    path: type
    search: type
    created: type[Any]
    timed: Shape
    untimed: Shape
    create: Callable[..., Saved]
    get: Callable[..., Found]
    find: Callable[..., Page[bytes]]
    update: Callable[..., Saved]
    delete: Callable[..., None]
    filter_of: Callable[[Any], Any]
    how_it_changes: str
    keeps_tombstones: bool = False


class RecordApi:
    """The five operations on a kind of record, as the settings want them answered."""

    def __init__(
        self,
        kind: Kind,
        *,
        empty_success_status: int = 204,
        times_in_answers: bool = True,
        checks: Checks = Checks.OFF,
    ) -> None:
        self._kind = kind
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks
        self._times_in_answers = times_in_answers

    async def create(self, call: Call) -> Reply:
        saved = await call.write(self._kind.create, call.body, call.new_id(), checks=self._checks, now=call.now)
        body = msgspec.json.encode(self._kind.created(saved.thing_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{saved.thing_id}"})

    async def get(self, call: Call) -> Reply:
        found = await call.read(self._kind.get, *msgspec.structs.astuple(call.parameters))
        return document_reply(self._shown(found.document), found.version, call)

    async def search(self, call: Call) -> Reply:
        wanted = call.parameters
        page = await call.read(
            self._kind.find,
            self._kind.filter_of(wanted),
            orders=read_orders(word.value for word in wanted.sort),
            window=Window(wanted.start_index, wanted.size),
        )
        if not self._times_in_answers:
            page = Page([self._shown(one.decode()).encode() for one in page.items], page.total)
        return list_reply(self._kind.plural, page)

    async def update(self, call: Call) -> Reply:
        await call.write(
            self._kind.update,
            *msgspec.structs.astuple(call.parameters),
            call.body,
            expected_versions=call.expected_versions,
            checks=self._checks,
            now=call.now,
        )
        return self._empty_success

    async def delete(self, call: Call) -> Reply:
        await call.write(
            self._kind.delete,
            *msgspec.structs.astuple(call.parameters),
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    def _shown(self, document: str) -> str:
        return document if self._times_in_answers else without_times(document)

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        kind = self._kind
        name, names, id_name = kind.singular, kind.plural, f"{kind.singular}Id"
        untimed = {id_name: EXAMPLE_RECORD_ID, **kind.example}
        shape, example = (
            (kind.timed, {**untimed, **EXAMPLE_TIMES}) if self._times_in_answers else (kind.untimed, untimed)
        )
        missing = (404, 410) if kind.keeps_tombstones else (404,)
        empty = Answer(self._empty_success.status, "Done.")

        def endpoint(method: str, does: str, summary: str, **rest: Any) -> Endpoint:
            return Endpoint(
                method=method,
                operation_id=f"{name}.{does}",
                summary=summary,
                tag=name.capitalize(),
                roles=ROLES,
                **rest,
            )

        return [
            endpoint(
                "POST",
                "create",
                f"Create a new {name}",
                path=f"/{names}",
                handle=self.create,
                body=kind.content,
                answers=(
                    Answer(
                        201,
                        f"The {name} is stored.",
                        kind.created,
                        (Example("created", {id_name: EXAMPLE_RECORD_ID}),),
                        etag=True,
                    ),
                ),
            ),
            endpoint(
                "GET",
                "search",
                f"Search {names}",
                path=f"/{names}",
                handle=self.search,
                parameters=kind.search,
                parameter_faults=word_faults,
                answers=(
                    Answer(
                        200,
                        f"A page of {names}.",
                        shape.page,
                        (Example("page", {names: [example], "totalCount": 10}),),
                    ),
                ),
            ),
            endpoint(
                "GET",
                "get",
                f"Get details of a {name}",
                path=f"/{names}/{{{id_name}}}",
                handle=self.get,
                parameters=kind.path,
                reads_if_none_match=True,
                answers=(Answer(200, f"The {name}.", shape.details, (Example(name, example),), etag=True),),
                problems=missing,
            ),
            endpoint(
                "PUT",
                "update",
                f"Update a {name}",
                description=f"Replaces the whole {name}. {kind.how_it_changes}",
                path=f"/{names}/{{{id_name}}}",
                handle=self.update,
                parameters=kind.path,
                reads_if_match=True,
                body=kind.content,
                answers=(empty,),
                problems=(*missing, 412),
            ),
            endpoint(
                "DELETE",
                "delete",
                f"Delete a {name}",
                description=f"Only a {name} that is WAITING can be deleted.",
                path=f"/{names}/{{{id_name}}}",
                handle=self.delete,
                parameters=kind.path,
                reads_if_match=True,
                answers=(empty,),
                problems=(*missing, 412),
            ),
        ]
