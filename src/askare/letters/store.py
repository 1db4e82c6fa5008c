"""Letters in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import instant_of, milliseconds
from askare.letters import rules
from askare.letters.model import (
    Alert,
    Card,
    Content,
    Letter,
    LetterFilter,
    LetterKind,
    LetterState,
    Recipient,
    RecipientKind,
    document_of,
)
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Row, Transaction, Value

KIND = "letter"
ASKED_AT_ONCE = 500  # ids in one question

_COLUMNS = (
    "letter_id",
    "version",
    "kind",
    "state",
    "recipient_kind",
    "recipient_id",
    "watch_id",
    "due",
    "next_attempt",
    "expires",
    "attempts",
    "rounds",
    "address",
    "subject",
    "answer",
    "reason",
    "sent",
    "created",
    "modified",
    "content",
)
_INSERTED = ("organization_no", *_COLUMNS, "gathering", "once", "document")
_CHANGING = (
    "version",
    "state",
    "due",
    "next_attempt",
    "expires",
    "attempts",
    "rounds",
    "address",
    "subject",
    "answer",
    "reason",
    "sent",
    "modified",
    "content",
)
_SORT_COLUMNS = {"creationTime": "created", "modificationTime": "modified"}

_content_decoder = msgspec.json.Decoder(Content)
_card_decoder = msgspec.json.Decoder(Card)
_encoder = msgspec.json.Encoder()


# Letters ---------------------------------------------------------------------------------------------------------


def insert(tx: Transaction, letters: Sequence[Letter]) -> None:
    """Keep new letters that no key guards."""
    insert_rows(tx, "letters", _INSERTED, [_row(tx, letter, gathering=False, once=None) for letter in letters])


def insert_once(tx: Transaction, letter: Letter, *, gathering: bool = False, once: str | None = None) -> bool:
    """Keep a new letter, unless there is one under this key, or one of its recipient and watch still gathers."""
    row = dict(zip(_INSERTED, _row(tx, letter, gathering=gathering, once=once), strict=True))
    places = ", ".join(f":{column}" for column in _INSERTED)
    return bool(tx.run(f"INSERT INTO letters ({', '.join(_INSERTED)}) VALUES ({places}) ON CONFLICT DO NOTHING", **row))


def find(tx: Transaction, letter_id: UUID, *, lock: bool = False) -> Letter | None:
    """The letter of this id in the caller's organization, or None."""
    row = tx.row(
        f"SELECT {', '.join(_COLUMNS)} FROM letters WHERE organization_no = :organization AND letter_id = :letter"
        f"{tx.flavour.row_lock if lock else ''}",
        organization=tx.organization_no,
        letter=letter_id.bytes,
    )
    return None if row is None else _letter(row, realty_ids_of(tx, letter_id))


def waiting_for(tx: Transaction, letter_id: UUID) -> Recipient | None:
    """Who still waits for the letter of this id; None when nobody does."""
    row = tx.row(
        "SELECT recipient_kind, recipient_id FROM letters"
        " WHERE organization_no = :organization AND letter_id = :letter AND state = :waiting",
        organization=tx.organization_no,
        letter=letter_id.bytes,
        waiting=LetterState.WAITING.value,
    )
    return None if row is None else Recipient(RecipientKind(row[0]), UUID(bytes=bytes(row[1])))


def find_gathering(tx: Transaction, watch_id: UUID, recipient: Recipient) -> Letter | None:
    """The digest of this recipient and watch that may still be joined, held until the transaction ends; or None."""
    row = tx.row(
        f"SELECT {', '.join(_COLUMNS)} FROM letters WHERE organization_no = :organization AND watch_id = :watch"
        " AND recipient_kind = :kind AND recipient_id = :recipient AND gathering = 1"
        f"{tx.flavour.row_lock}",
        organization=tx.organization_no,
        watch=watch_id.bytes,
        kind=recipient.kind.value,
        recipient=recipient.id.bytes,
    )
    if row is None:
        return None
    return _letter(row, realty_ids_of(tx, UUID(bytes=bytes(row[0]))))


def last_of(tx: Transaction, watch_id: UUID, recipient: Recipient) -> Letter | None:
    """The newest letter of this watch to this recipient, or None."""
    row = tx.row(
        f"SELECT {', '.join(_COLUMNS)} FROM letters WHERE organization_no = :organization AND watch_id = :watch"
        " AND recipient_kind = :kind AND recipient_id = :recipient ORDER BY created DESC, letter_id DESC LIMIT 1",
        organization=tx.organization_no,
        watch=watch_id.bytes,
        kind=recipient.kind.value,
        recipient=recipient.id.bytes,
    )
    return None if row is None else _letter(row, realty_ids_of(tx, UUID(bytes=bytes(row[0]))))


def document(tx: Transaction, letter_id: UUID) -> str | None:
    """What is answered about the letter, or None."""
    row = tx.row(
        "SELECT document FROM letters WHERE organization_no = :organization AND letter_id = :letter",
        organization=tx.organization_no,
        letter=letter_id.bytes,
    )
    return None if row is None else str(row[0])


def replace(tx: Transaction, letter: Letter, *, gathering: bool = False) -> str:
    """Keep a changed letter in the place of the stored one; return its document."""
    values = dict(zip(_COLUMNS, _values(letter), strict=True))
    document = document_of(letter)
    tx.run(
        f"UPDATE letters SET {', '.join(f'{column} = :{column}' for column in _CHANGING)},"
        " gathering = :gathering, document = :document"
        " WHERE organization_no = :organization AND letter_id = :letter_id",
        organization=tx.organization_no,
        letter_id=letter.letter_id.bytes,
        gathering=int(gathering),
        document=document,
        **{column: values[column] for column in _CHANGING},
    )
    return document


def waiting(tx: Transaction, *, due: datetime) -> list[UUID]:
    """The letters of the caller's organization that wait and were due by then."""
    rows = tx.rows(
        "SELECT letter_id FROM letters WHERE organization_no = :organization AND state = :waiting AND due <= :due",
        organization=tx.organization_no,
        waiting=LetterState.WAITING.value,
        due=milliseconds(due),
    )
    return [UUID(bytes=bytes(letter_id)) for (letter_id,) in rows]


def hold_until(tx: Transaction, restored: datetime) -> None:
    """Remember when a backup was restored whose letters are held.  For the house itself."""
    tx.run("DELETE FROM letter_holds")
    tx.run("INSERT INTO letter_holds (restored) VALUES (:restored)", restored=milliseconds(restored))


def restored(tx: Transaction) -> datetime | None:
    """When a backup was last restored whose letters are held; None for never."""
    row = tx.row("SELECT restored FROM letter_holds")
    return None if row is None else instant_of(row[0])


def delete(tx: Transaction, letter_id: UUID) -> None:
    """Take away a letter that was begun for nothing."""
    tx.run(
        "DELETE FROM letters WHERE organization_no = :organization AND letter_id = :letter",
        organization=tx.organization_no,
        letter=letter_id.bytes,
    )


def older_than(tx: Transaction, before: datetime, *, limit: int) -> list[Letter]:
    """Letters that were written before this and wait for nothing, a bounded number."""
    rows = tx.rows(
        "SELECT letter_id FROM letters WHERE organization_no = :organization AND created < :before"
        " AND state <> 'WAITING' ORDER BY created, letter_id LIMIT :limit",
        organization=tx.organization_no,
        before=milliseconds(before),
        limit=limit,
    )
    found = (find(tx, UUID(bytes=letter_id), lock=True) for (letter_id,) in rows)
    return [letter for letter in found if letter is not None]


def count_older_than(tx: Transaction, before: datetime) -> int:
    """How many letters were written before this and wait for nothing."""
    row = tx.row(
        "SELECT count(*) FROM letters WHERE organization_no = :organization AND created < :before"
        " AND state <> 'WAITING'",
        organization=tx.organization_no,
        before=milliseconds(before),
    )
    return 0 if row is None else int(row[0])


def _row(tx: Transaction, letter: Letter, *, gathering: bool, once: str | None) -> tuple[Value, ...]:
    return (tx.organization_no, *_values(letter), int(gathering), once, document_of(letter))


def _values(letter: Letter) -> tuple[Value, ...]:
    return (
        letter.letter_id.bytes,
        letter.version,
        letter.kind.value,
        letter.state.value,
        letter.recipient.kind.value,
        letter.recipient.id.bytes,
        None if letter.watch_id is None else letter.watch_id.bytes,
        milliseconds(letter.due),
        _milliseconds_or_none(letter.next_attempt),
        milliseconds(letter.expires),
        letter.attempts,
        letter.rounds,
        letter.address,
        letter.subject,
        letter.answer,
        letter.reason,
        _milliseconds_or_none(letter.sent),
        milliseconds(letter.created),
        milliseconds(letter.modified),
        _encoder.encode(letter.content).decode(),
    )


def _letter(row: Row, realty_ids: tuple[UUID, ...]) -> Letter:
    stored: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    return Letter(
        letter_id=UUID(bytes=bytes(stored["letter_id"])),
        version=stored["version"],
        kind=LetterKind(stored["kind"]),
        state=LetterState(stored["state"]),
        recipient=Recipient(RecipientKind(stored["recipient_kind"]), UUID(bytes=bytes(stored["recipient_id"]))),
        watch_id=None if stored["watch_id"] is None else UUID(bytes=bytes(stored["watch_id"])),
        realty_ids=realty_ids,
        content=_content_decoder.decode(stored["content"]),
        due=instant_of(stored["due"]),
        next_attempt=_instant_or_none(stored["next_attempt"]),
        expires=instant_of(stored["expires"]),
        attempts=stored["attempts"],
        rounds=stored["rounds"],
        address=stored["address"],
        subject=stored["subject"],
        answer=stored["answer"],
        reason=stored["reason"],
        sent=_instant_or_none(stored["sent"]),
        created=instant_of(stored["created"]),
        modified=instant_of(stored["modified"]),
    )


def _milliseconds_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else milliseconds(instant)


def _instant_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else instant_of(stored)


# What alerts are about -------------------------------------------------------------------------------------------


def take_realties(tx: Transaction, taken: Iterable[tuple[Alert, UUID]]) -> None:
    """Note for each alert in which letter its realty is shown, unless its recipient was written about it before."""
    rows = [
        (
            tx.organization_no,
            alert.watch_id.bytes,
            alert.card.realty_id.bytes,
            alert.recipient.kind.value,
            alert.recipient.id.bytes,
            letter_id.bytes,
            _encoder.encode(alert.card).decode(),
        )
        for alert, letter_id in taken
    ]
    if rows:
        # In one order for everybody, so that two transactions never wait for each other's rows.
        tx.run_many(
            "INSERT INTO letter_realties"
            " (organization_no, watch_id, realty_id, recipient_kind, recipient_id, letter_id, card)"
            " VALUES (:organization, :watch, :realty, :kind, :recipient, :letter, :card) ON CONFLICT DO NOTHING",
            sorted(rows),
        )


def letters_with_realties(tx: Transaction, letter_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the letters that show a realty."""
    found: set[UUID] = set()
    for part in _parts(letter_ids):
        conditions = Conditions()
        conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
        conditions.add(conditions.among("letter_id", [letter_id.bytes for letter_id in part]))
        rows = tx.rows(f"SELECT letter_id FROM letter_realties WHERE {conditions}", **conditions.values)
        found |= {UUID(bytes=bytes(letter_id)) for (letter_id,) in rows}
    return found


def was_written(tx: Transaction, alert: Alert) -> bool:
    """Whether the recipient of the alert was written about its realty on behalf of its watch before."""
    return (
        tx.row(
            "SELECT 1 FROM letter_realties WHERE organization_no = :organization AND watch_id = :watch"
            " AND realty_id = :realty AND recipient_kind = :kind AND recipient_id = :recipient",
            organization=tx.organization_no,
            watch=alert.watch_id.bytes,
            realty=alert.card.realty_id.bytes,
            kind=alert.recipient.kind.value,
            recipient=alert.recipient.id.bytes,
        )
        is not None
    )


def realty_ids_of(tx: Transaction, letter_id: UUID) -> tuple[UUID, ...]:
    """The realties that a letter shows."""
    return tuple(
        UUID(bytes=bytes(realty_id))
        for (realty_id,) in tx.rows(
            "SELECT realty_id FROM letter_realties WHERE organization_no = :organization AND letter_id = :letter"
            " ORDER BY realty_id",
            organization=tx.organization_no,
            letter=letter_id.bytes,
        )
    )


def cards_of(tx: Transaction, letter_id: UUID, *, limit: int) -> list[Card]:
    """The cards of a letter, at most so many."""
    return [
        _card_decoder.decode(card)
        for (card,) in tx.rows(
            "SELECT card FROM letter_realties WHERE organization_no = :organization AND letter_id = :letter"
            " ORDER BY realty_id LIMIT :limit",
            organization=tx.organization_no,
            letter=letter_id.bytes,
            limit=limit,
        )
    ]


def _parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), ASKED_AT_ONCE):
        yield ids[start : start + ASKED_AT_ONCE]


# Subscriptions ---------------------------------------------------------------------------------------------------


class Subscription(Struct, frozen=True):
    """A recipient's letters of one watch: the token that ends them, and since when they are ended."""

    token: UUID
    organization_no: int
    watch_id: UUID
    recipient: Recipient
    ended: datetime | None


_SUBSCRIPTION = "token, organization_no, watch_id, recipient_kind, recipient_id, ended FROM letter_subscriptions"


def subscription(tx: Transaction, watch_id: UUID, recipient: Recipient) -> Subscription | None:
    row = tx.row(
        f"SELECT {_SUBSCRIPTION} WHERE organization_no = :organization AND watch_id = :watch"
        " AND recipient_kind = :kind AND recipient_id = :recipient",
        organization=tx.organization_no,
        watch=watch_id.bytes,
        kind=recipient.kind.value,
        recipient=recipient.id.bytes,
    )
    return None if row is None else _subscription(row)


def subscription_of(tx: Transaction, token: UUID) -> Subscription | None:
    """The subscription that a token belongs to, of whichever organization: the token is all that its holder has."""
    row = tx.row(f"SELECT {_SUBSCRIPTION} WHERE token = :token", token=token.bytes)
    return None if row is None else _subscription(row)


def organization_id_of(tx: Transaction, organization_no: int) -> UUID:
    """The id of the organization that the store knows by this number."""
    ((organization_id,),) = tx.rows(
        "SELECT organization_id FROM organizations WHERE organization_no = :organization",
        organization=organization_no,
    )
    return UUID(bytes=bytes(organization_id))


def ensure_subscription(tx: Transaction, watch_id: UUID, recipient: Recipient, *, token: UUID) -> Subscription:
    """The subscription of this recipient and watch; a new one gets the token."""
    present = subscription(tx, watch_id, recipient)
    if present is not None:
        return present
    tx.run(
        "INSERT INTO letter_subscriptions (token, organization_no, watch_id, recipient_kind, recipient_id)"
        " VALUES (:token, :organization, :watch, :kind, :recipient) ON CONFLICT DO NOTHING",
        token=token.bytes,
        organization=tx.organization_no,
        watch=watch_id.bytes,
        kind=recipient.kind.value,
        recipient=recipient.id.bytes,
    )
    found = subscription(tx, watch_id, recipient)
    assert found is not None  # noqa: S101  -- inserted above, or there before
    return found


def set_ended(tx: Transaction, token: UUID, *, ended: datetime | None) -> None:
    tx.run(
        "UPDATE letter_subscriptions SET ended = :ended WHERE token = :token",
        ended=_milliseconds_or_none(ended),
        token=token.bytes,
    )


def _subscription(row: Row) -> Subscription:
    token, organization_no, watch_id, kind, recipient_id, ended = row
    return Subscription(
        UUID(bytes=bytes(token)),
        organization_no,
        UUID(bytes=bytes(watch_id)),
        Recipient(RecipientKind(kind), UUID(bytes=bytes(recipient_id))),
        _instant_or_none(ended),
    )


# Searching -------------------------------------------------------------------------------------------------------


def search(tx: Transaction, wanted: LetterFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, newest first unless told otherwise, and how many there are in all."""
    conditions = _conditions(tx, wanted)
    total = tx.memory.counts(KIND).count(
        tx, wanted, lambda: _count(tx, conditions), lambda document: _is_counted(wanted, document)
    )
    page = conditions.copy()
    limit, offset = page.value(window.size), page.value(window.start)
    rows = tx.rows(
        f"SELECT {tx.flavour.as_bytes.format('document')} FROM letters WHERE {page}"
        f" ORDER BY {_order_by(orders)} LIMIT {limit} OFFSET {offset}",
        **page.values,
    )
    return Page([bytes(document) for (document,) in rows], total)


def _conditions(tx: Transaction, wanted: LetterFilter) -> Conditions:
    conditions = Conditions()
    organization = conditions.value(tx.organization_no)
    conditions.add(f"organization_no = {organization}")
    if wanted.states:
        conditions.add(conditions.among("state", sorted(state.value for state in wanted.states)))
    if wanted.kinds:
        conditions.add(conditions.among("kind", sorted(kind.value for kind in wanted.kinds)))
    if wanted.recipient_ids:
        conditions.add(conditions.among("recipient_id", _sorted_bytes(wanted.recipient_ids)))
    if wanted.watch_ids:
        conditions.add(conditions.among("watch_id", _sorted_bytes(wanted.watch_ids)))
    if wanted.realty_ids:
        among = conditions.among("realty_id", _sorted_bytes(wanted.realty_ids))
        conditions.add(
            f"letter_id IN (SELECT letter_id FROM letter_realties WHERE organization_no = {organization} AND {among})"
        )
    if wanted.created_after is not None:
        conditions.add(f"created > {conditions.value(milliseconds(wanted.created_after))}")
    if wanted.created_before is not None:
        conditions.add(f"created < {conditions.value(milliseconds(wanted.created_before))}")
    return conditions


def _sorted_bytes(ids: Iterable[UUID]) -> list[bytes]:
    return sorted(one.bytes for one in ids)


def _order_by(orders: Sequence[Order]) -> str:
    parts = [f"{_SORT_COLUMNS[order.field]}{' DESC' if order.descending else ''}" for order in orders]
    if not parts:
        return "created DESC, letter_id DESC"
    return ", ".join([*parts, f"letter_id{' DESC' if orders[-1].descending else ''}"])


def _count(tx: Transaction, conditions: Conditions) -> int:
    row = tx.row(f"SELECT count(*) FROM letters WHERE {conditions}", **conditions.values)
    assert row is not None  # noqa: S101  -- an aggregate without GROUP BY always has a row
    return int(row[0])


class _Counted(Struct, rename="camel"):
    """What a filter looks at, in a document."""

    kind_code: LetterKind
    state_code: LetterState
    recipient_id: UUID
    realty_ids: tuple[UUID, ...]
    creation_time: datetime
    watch_id: UUID | None = None


_counted_decoder = msgspec.json.Decoder(_Counted)


def _is_counted(wanted: LetterFilter, document: str | None) -> bool:
    if document is None:
        return False
    told = _counted_decoder.decode(document)
    return rules.finds(
        wanted,
        state=told.state_code,
        kind=told.kind_code,
        recipient_id=told.recipient_id,
        watch_id=told.watch_id,
        realty_ids=told.realty_ids,
        created=told.creation_time,
    )
