"""Appeals on the wire, in the habits of call tasks.  Source: call tasks contract 1.5 and 6."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from askare.appeals import operations
from askare.appeals.model import (
    SUBJECT_LETTERS_MAX,
    TEXT_LETTERS_MAX,
    Appeal,
    AppealContent,
    AppealFilter,
    AppealStatus,
    document_of,
)
from askare.calltasks import own, people
from askare.calltasks.model import NAME_LETTERS_MAX, PHONE_LETTERS_MAX, Office
from askare.calltasks.operations import e164
from askare.calltasks.rules import search_words
from askare.storage.transactions import Transaction
from askare.wire.callcentre.app import Operation
from askare.wire.callcentre.reading import Field, identifier, last, many, one_of, text, text_or_number
from askare.wire.callcentre.tasks import PAGE_FIELDS, PER_PAGE_MAX, ROLES, SEARCH_LETTERS_MAX, page_reply, window_of
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Example, Reply
from askare.wire.kit.headers import etag_of

Instant = Annotated[datetime, Meta(tz=True)]

STATUS_WORDS = {
    "new": AppealStatus.NEW,
    **dict.fromkeys(("open", "pending", "registered"), AppealStatus.NEW),
    "in_progress": AppealStatus.IN_PROGRESS,
    **dict.fromkeys(("in-progress", "in_work", "assigned"), AppealStatus.IN_PROGRESS),
    "resolved": AppealStatus.RESOLVED,
    **dict.fromkeys(("done", "completed", "closed"), AppealStatus.RESOLVED),
    "rejected": AppealStatus.REJECTED,
    **dict.fromkeys(("cancelled", "canceled"), AppealStatus.REJECTED),
}
STATUSES = tuple(status.value for status in AppealStatus)


class AppealDetails(Struct, frozen=True, kw_only=True):
    """An appeal as it is answered."""

    id: int
    organization_id: int
    number: Annotated[str, Meta(description="What the caller is told.")]
    created_by_user_id: int | None
    status: AppealStatus
    subject: str
    text: str | None
    caller_phone: str | None
    caller_name: str | None
    task_ids: Annotated[list[int], Meta(description="The call tasks that are linked to it.")]
    created_at: Instant
    updated_at: Instant
    closed_at: Instant | None
    version: Annotated[int, Meta(description="Also the ETag.")]


class AppealPage(Struct, frozen=True):
    """A page of appeals, the newest first."""

    items: list[AppealDetails]
    total: int
    page: int
    per_page: int
    pages: int


class AppealCreate(Struct, frozen=True, kw_only=True):
    """An appeal to register."""

    subject: Annotated[str, Meta(min_length=1, max_length=SUBJECT_LETTERS_MAX, pattern=r"\S")]
    text: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None
    caller_phone: Annotated[str, Meta(max_length=PHONE_LETTERS_MAX)] | None = None
    caller_name: Annotated[str, Meta(max_length=NAME_LETTERS_MAX)] | None = None


class AppealStatusUpdate(Struct, frozen=True):
    """The status to set."""

    status: AppealStatus


class AppealList(Struct, frozen=True, kw_only=True):
    """What to list."""

    status: Annotated[str, Meta(description="Appeals in this status.")] = ""
    search: Annotated[
        str, Meta(max_length=SEARCH_LETTERS_MAX, description="Words that must all stand in the subject or number.")
    ] = ""
    page: Annotated[int, Meta(ge=1, description="The page, from 1.")] = 1
    per_page: Annotated[int, Meta(ge=1, le=PER_PAGE_MAX, description="Appeals a page.")] = 20


EXAMPLE_CREATE: dict[str, Any] = {
    "subject": "Отсутствие воды по ул. Абая, 10",
    "text": "С утра 2 марта нет холодной воды.",
    "caller_phone": "+7 701 234 56 78",
    "caller_name": "Айгуль Сериккызы",
}
EXAMPLE_APPEAL: dict[str, Any] = {
    "id": 17,
    "organization_id": 1,
    "number": "2026-000017",
    "created_by_user_id": 7,
    "status": "new",
    **EXAMPLE_CREATE,
    "task_ids": [4711],
    "created_at": "2026-03-02T09:10:00Z",
    "updated_at": "2026-03-02T09:10:00Z",
    "closed_at": None,
    "version": 1,
}
_PATH = {"appeal_id": Field(identifier, required=True)}


class AppealApi:
    """The four operations."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def create(self, call: Call) -> Reply:
        content = AppealContent(**call.body)
        appeal_no = await call.write(_create, content, office=self._office, now=call.now)
        return await self._now(call, appeal_no)

    async def list_appeals(self, call: Call) -> Reply:
        asked = call.parameters
        wanted = AppealFilter(statuses=frozenset(asked["status"]), words=search_words(asked["search"]))
        page = await call.read(operations.list_appeals, wanted, window=window_of(asked))
        items = [_joined(one.document, one.task_ids) for one in page.items]
        return page_reply(items, total=page.total, page=asked["page"], per_page=asked["per_page"])

    async def get(self, call: Call) -> Reply:
        return await self._now(call, call.parameters["appeal_id"])

    async def update_status(self, call: Call) -> Reply:
        appeal_no = call.parameters["appeal_id"]
        await call.write(
            operations.update_status,
            appeal_no,
            call.body["status"],
            now=call.now,
            expected_versions=call.expected_versions,
        )
        return await self._now(call, appeal_no)

    async def _now(self, call: Call, appeal_no: int) -> Reply:
        appeal, task_ids = await call.read(operations.get_appeal, appeal_no)
        headers = {"ETag": etag_of(appeal.version)}
        if call.knows(appeal.version):
            return Reply(304, None, headers)
        return Reply(200, _answer_of(appeal, task_ids), headers)

    def operations(self) -> list[Operation]:
        """The API's table."""
        appeal = Answer(200, "The appeal.", AppealDetails, (Example("appeal", EXAMPLE_APPEAL),), etag=True)
        return [
            Operation(
                method="POST",
                path="/api/appeals",
                operation_id="create_appeal",
                summary="Create Appeal",
                tag="appeals",
                roles=ROLES,
                handle=self.create,
                body_fields={
                    "subject": Field(text(SUBJECT_LETTERS_MAX, minimum=1), required=True, private=True),
                    "text": Field(text(TEXT_LETTERS_MAX), private=True),
                    "caller_phone": Field(text_or_number(PHONE_LETTERS_MAX), private=True),
                    "caller_name": Field(text(NAME_LETTERS_MAX), private=True),
                },
                body=AppealCreate,
                examples=(Example("appeal", EXAMPLE_CREATE),),
                answer=appeal,
            ),
            Operation(
                method="GET",
                path="/api/appeals",
                operation_id="list_appeals",
                summary="List Appeals",
                tag="appeals",
                roles=ROLES,
                handle=self.list_appeals,
                query_fields={
                    "status": Field(many(one_of(STATUS_WORDS, STATUSES)), default=()),
                    "search": Field(last(text(SEARCH_LETTERS_MAX)), default="", private=True),
                    **PAGE_FIELDS,
                },
                parameters=AppealList,
                answer=Answer(
                    200,
                    "A page of appeals.",
                    AppealPage,
                    (Example("page", {"items": [EXAMPLE_APPEAL], "total": 1, "page": 1, "per_page": 20, "pages": 1}),),
                ),
            ),
            Operation(
                method="GET",
                path="/api/appeals/{appeal_id}",
                operation_id="get_appeal",
                summary="Get Appeal",
                tag="appeals",
                roles=ROLES,
                handle=self.get,
                path_fields=_PATH,
                answer=appeal,
                problems=(404,),
            ),
            Operation(
                method="PUT",
                path="/api/appeals/{appeal_id}/status",
                operation_id="update_appeal_status",
                summary="Update Appeal Status",
                tag="appeals",
                roles=ROLES,
                handle=self.update_status,
                path_fields=_PATH,
                body_fields={"status": Field(one_of(STATUS_WORDS, STATUSES), required=True)},
                body=AppealStatusUpdate,
                examples=(Example("resolved", {"status": "resolved"}),),
                answer=appeal,
                problems=(404, 412),
            ),
        ]


def _create(tx: Transaction, content: AppealContent, *, office: Office, now: datetime) -> int:
    created_by = people.number_of_user(tx, tx.caller.user_id)
    phone = None
    if content.caller_phone is not None:
        phone = e164(content.caller_phone, own.office_here(tx, office).region)
    return operations.create_appeal(tx, content, created_by=created_by, phone=phone, now=now)


def _answer_of(appeal: Appeal, task_ids: tuple[int, ...]) -> bytes:
    return _joined(document_of(appeal).encode(), task_ids)


def _joined(document: bytes, task_ids: tuple[int, ...]) -> bytes:
    return document[:-1] + b',"task_ids":' + msgspec.json.encode(task_ids) + b"}"
