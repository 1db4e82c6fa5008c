"""When letters leave, when they are tried again, and when that ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from askare.kernel.problems import Fault, Refused, Wrong
from askare.letters.model import Alert, Letter, LetterFilter, LetterKind, LetterState, Rhythm

FIRST_PAUSE = timedelta(minutes=5)
PAUSE_MAX = timedelta(seconds=4_000)
LIFE = timedelta(days=5)  # with the two above, what mail servers do among each other (RFC 5321, 4.5.4.1)
SENDING_SECONDS_MAX = 150.0  # for one attempt, from the first packet to the last answer
BROKEN_OFF = "the attempt before this one was broken off when we stopped; the mail server may have the letter already"
RESTORED = "held: a backup was restored, and the letter may have left after it was made; send it to release it"
DIGEST_CARDS_MAX = 50  # shown in one digest; the rest is counted


def next_attempt(attempts: int, *, failed_at: datetime, expires: datetime) -> datetime | None:
    """When to try again after `attempts` tries (1 or more) that failed for now, or None when no time is left.

    The pauses double from five minutes up to 4,000 seconds.
    """
    doublings = min(attempts - 1, 10)  # long past the longest pause
    at = failed_at + min(FIRST_PAUSE * 2**doublings, PAUSE_MAX)
    return at if at < expires else None


def next_digest(now: datetime, rhythm: Rhythm) -> datetime:
    """The next time, later than `now`, that clocks of the zone show the digest's hour.

    Where clocks skip that hour, the digest leaves at the moment that would have been it without the change.
    """
    zone = ZoneInfo(rhythm.time_zone)
    day = now.astimezone(zone).date()
    while True:
        leaves = datetime.combine(day, time(rhythm.digest_hour), tzinfo=zone).astimezone(UTC)
        if leaves > now:
            return leaves
        day += timedelta(days=1)


def is_over(letter: Letter) -> bool:
    """Whether nothing more happens to the letter by itself."""
    return letter.state is not LetterState.WAITING


def was_broken_off(letter: Letter) -> bool:
    """Whether an attempt at a letter that is still to be delivered was begun, and nobody knows what came of it.

    Such a letter is sent again, under the same Message-ID: the other choice would lose letters.
    """
    return letter.state is LetterState.WAITING and letter.attempts > 0 and letter.next_attempt is None


def may_have_left(letter: Letter, *, restored: datetime) -> bool:
    """Whether a letter that waits in a restored backup may have left between the backup and `restored`."""
    return letter.state is LetterState.WAITING and letter.due <= restored


def may_have_been_told(alert: Alert, *, restored: datetime | None) -> bool:
    """Whether what is to be written now may have been written already, in the time that a restored backup forgot."""
    return restored is not None and alert.matched is not None and alert.matched <= restored


def require_sendable_again(letter: Letter, *, now: datetime) -> None:
    """A digest that still gathers leaves at its hour and not before.  Raises Refused."""
    if letter.state is LetterState.WAITING and letter.due > now:
        raise Refused(
            "The letter still gathers what fits until dueTime.",
            [Fault("letterId", Wrong.STATE, "the letter cannot be sent before dueTime")],
        )


def finds(
    wanted: LetterFilter,
    *,
    state: LetterState,
    kind: LetterKind,
    recipient_id: UUID,
    watch_id: UUID | None,
    realty_ids: Collection[UUID],
    created: datetime,
) -> bool:
    """Whether a search finds a letter of which this is so: the definition that the store's SQL is held to."""
    return (
        (not wanted.states or state in wanted.states)
        and (not wanted.kinds or kind in wanted.kinds)
        and (not wanted.recipient_ids or recipient_id in wanted.recipient_ids)
        and (not wanted.watch_ids or watch_id in wanted.watch_ids)
        and (not wanted.realty_ids or not wanted.realty_ids.isdisjoint(realty_ids))
        and (wanted.created_after is None or created > wanted.created_after)
        and (wanted.created_before is None or created < wanted.created_before)
    )
