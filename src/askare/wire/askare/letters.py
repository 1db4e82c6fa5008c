"""Letters on the wire: why somebody did or did not get a mail, and sending it again."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from askare.kernel.caller import Role
from askare.kernel.paging import Window
from askare.kernel.time import settled
from askare.letters import operations
from askare.letters.model import LetterFilter, LetterKind, LetterState, RecipientKind
from askare.wire.askare.common import Instant
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import INT32_MAX, document_reply, list_reply, read_orders

ROLES = frozenset({Role.ADMIN})  # who got which mail, and under which address, is nobody else's business

EXAMPLE: dict[str, Any] = {
    "letterId": "4a0f7a2e-4a4e-4c0e-9a53-2b8a6f1f4f10",
    "kindCode": "ALERT",
    "stateCode": "SENT",
    "recipientCode": "PARTY",
    "recipientId": "123e4567-e89b-12d3-a456-426655440000",
    "watchId": "c6d2288d-2ecb-448a-aef3-fd5144920e0b",
    "realtyIds": ["9fd9124c-e6c1-4368-9f17-6938f0e2f524"],
    "dueTime": "2023-06-01T08:00:00Z",
    "expiryTime": "2023-06-06T08:00:00Z",
    "attempts": 1,
    "timesSentAgain": 0,
    "address": "maija@example.com",
    "subject": "Uusi kohde: Hämeenkatu 1, Tampere, 3 h, 120,5 m², 145 000 €",
    "lastAnswer": "250 2.0.0 Ok: queued as 4711",
    "sentTime": "2023-06-01T08:00:01Z",
    "creationTime": "2023-06-01T08:00:00Z",
    "modificationTime": "2023-06-01T08:00:01Z",
}
EXAMPLE_WAITING = {
    **{name: value for name, value in EXAMPLE.items() if name not in ("lastAnswer", "sentTime")},
    "stateCode": "WAITING",
    "nextAttemptTime": "2023-06-01T08:00:01Z",
    "timesSentAgain": 1,
}


class LetterSort(Enum):
    """A field and its direction; without one, ascending."""

    CREATED = "creationTime"
    CREATED_ASCENDING = "creationTime|asc"
    CREATED_DESCENDING = "creationTime|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


class LetterPath(Struct, frozen=True, rename="camel"):
    """Which letter."""

    letter_id: Annotated[UUID, Meta(description="Identifier of the letter.")]


class LetterSearch(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which letters.  OR inside a parameter, AND between parameters."""

    state_code: Annotated[tuple[LetterState, ...], Meta(description="Letters in one of these states.")] = ()
    kind_code: Annotated[tuple[LetterKind, ...], Meta(description="Letters of one of these kinds.")] = ()
    recipient_id: Annotated[tuple[UUID, ...], Meta(description="Letters to one of these parties or agents.")] = ()
    watch_id: Annotated[tuple[UUID, ...], Meta(description="Letters of one of these watches.")] = ()
    realty_id: Annotated[tuple[UUID, ...], Meta(description="Letters that show one of these realties.")] = ()
    created_after: Annotated[Instant, Meta(description="Letters written after this instant.")] | None = None
    created_before: Annotated[Instant, Meta(description="Letters written before this instant.")] | None = None
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first letter of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Letters a page.")] = 50
    sort: Annotated[
        tuple[LetterSort, ...],
        Meta(description="Order; the default is the newest letter first, ties are broken by letterId."),
    ] = ()

    def __post_init__(self) -> None:
        for instant in (self.created_after, self.created_before):
            if instant is not None:
                settled(instant)


class LetterDetails(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A letter as it is answered.

    WAITING letters have `nextAttemptTime`, unless an attempt is just under way; of the others, SENT ones have
    `sentTime`, and REFUSED, WITHDRAWN, EXPIRED and HELD ones the `reason` why they were not sent.  `lastAnswer` is what
    the mail server said last.
    """

    letter_id: UUID
    kind_code: LetterKind
    state_code: LetterState
    recipient_code: RecipientKind
    recipient_id: UUID
    watch_id: UUID | None = None
    realty_ids: list[UUID]
    due_time: datetime
    next_attempt_time: datetime | None = None
    expiry_time: datetime
    attempts: int
    times_sent_again: int
    address: str = ""
    subject: str = ""
    last_answer: str = ""
    reason: str = ""
    sent_time: datetime | None = None
    creation_time: datetime
    modification_time: datetime


class LetterList(Struct, frozen=True, rename="camel"):
    """A page of letters, and the number of all that were found."""

    letters: list[LetterDetails]
    total_count: int


class LetterApi:
    """The three operations."""

    async def search_letters(self, call: Call) -> Reply:
        wanted: LetterSearch = call.parameters
        page = await call.read(
            operations.search_letters,
            LetterFilter(
                states=frozenset(wanted.state_code),
                kinds=frozenset(wanted.kind_code),
                recipient_ids=frozenset(wanted.recipient_id),
                watch_ids=frozenset(wanted.watch_id),
                realty_ids=frozenset(wanted.realty_id),
                created_after=wanted.created_after,
                created_before=wanted.created_before,
            ),
            orders=read_orders(word.value for word in wanted.sort),
            window=Window(wanted.start_index, wanted.size),
        )
        return list_reply("letters", page)

    async def get_letter(self, call: Call) -> Reply:
        found = await call.read(operations.get_letter, call.parameters.letter_id)
        return document_reply(found.document, found.version, call)

    async def send_again(self, call: Call) -> Reply:
        found = await call.write(operations.send_again, call.parameters.letter_id, now=call.now)
        return Reply(202, found.document.encode(), {"ETag": etag_of(found.version)})

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [
            Endpoint(
                method="GET",
                path="/letters",
                operation_id="letter.search",
                summary="Search letters",
                description="Every letter that was ever due is here: sent, waiting, or not sent, with the reason.",
                tag="Letter",
                roles=ROLES,
                handle=self.search_letters,
                parameters=LetterSearch,
                answers=(
                    Answer(
                        200,
                        "A page of letters.",
                        LetterList,
                        (Example("page", {"letters": [EXAMPLE], "totalCount": 1}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/letters/{letterId}",
                operation_id="letter.get",
                summary="Get a letter",
                tag="Letter",
                roles=ROLES,
                handle=self.get_letter,
                parameters=LetterPath,
                reads_if_none_match=True,
                answers=(Answer(200, "The letter.", LetterDetails, (Example("letter", EXAMPLE),), etag=True),),
                problems=(404,),
            ),
            Endpoint(
                method="POST",
                path="/letters/{letterId}:send",
                operation_id="letter.send",
                summary="Send a letter again",
                description="One that waits is tried at once. One that is over is sent once more, to the address that"
                " is known now, under another Message-ID, if it is still wanted. A digest that still gathers cannot be"
                " sent before its dueTime.",
                tag="Letter",
                roles=ROLES,
                handle=self.send_again,
                parameters=LetterPath,
                answers=(
                    Answer(
                        202,
                        "The letter waits to be sent.",
                        LetterDetails,
                        (Example("waiting", EXAMPLE_WAITING),),
                        etag=True,
                    ),
                ),
                problems=(404,),
            ),
        ]
