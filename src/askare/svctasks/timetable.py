"""The timetable: which starts are planned, which of them are due, and what is to be done with each.

Pure: values in, values out; instants are milliseconds since 1970.  Source: service tasks contract 6.1 to 6.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from askare.svctasks.model import Catchup, Decision, Entry, Outcome, Plan, Schedule
from askare.workdays.windows import Calendar, Windows, instant_at, offset_at

LATE_AFTER = 5_000  # a start is called late from here on
LOCAL_INTERVAL_MIN = 3_600_000  # below it, keeping the phase of the wall clock says nothing that UTC does not
LOOK_AHEAD = 2 * 86_400_000  # for the next opening; where there is none so soon, one looks again
ATTEND_CLOSED = 600_000  # how often starts that a closed window drops are written down
NEVER_AFTER = 800 * 86_400_000  # what does not start in two years and some weeks never starts
PIECES_MAX = 5_000  # of open and closed time, or slots, that a preview looks at: some 10 microseconds each
RARE = 6 * 3_600_000  # an interval from which on slots are rarer than windows, and are looked at instead

_CHANGE_MAX = 4 * 3_600_000  # no clock is put forward or back by more
_WEEK = 7 * 86_400_000
_LEAPS = (20 * 86_400_000, 86_400_000)  # no clock is put forward and back again within these
_LATEST = 7_258_118_400_000  # the year 2200

CLOSED_REASONS = {
    Schedule.ALL: "",
    Schedule.WORK: "outside working hours",
    Schedule.NONWORK: "within working hours",
    Schedule.INDIVIDUAL: "outside the task's periods",
}
NOBODY_THERE = "nobody was there to start it"
CLOSED_SINCE = "its window had closed before it could start"
EXPIRED = "no longer relevant: dtstop came before it could start"


class Grid(Struct, frozen=True):
    """The planned starts of a regular task: `interval` apart from `anchor` on.

    With `zone` they keep the phase of its wall clock: a start that the clocks skip happens as far after the skip, and
    an hour that is shown twice has its starts in the first of the two.
    """

    anchor: int
    interval: int
    zone: str | None = None

    def at_or_after(self, at: int) -> int | None:
        """The first planned start at or after an instant."""
        if self.interval <= 0:
            return None
        if at <= self.anchor and self.zone is None:
            return self.anchor
        if self.zone is None:
            return self.anchor - (self.anchor - at) // self.interval * self.interval
        simple = self._far_from_changes(at, 0)
        return simple if simple is not None else min((slot for slot in self._about(at) if slot >= at), default=None)

    def before(self, at: int) -> int | None:
        """The last planned start before an instant."""
        if self.interval <= 0 or at <= self.anchor:
            return None
        if self.zone is None:
            return self.anchor + (at - 1 - self.anchor) // self.interval * self.interval
        simple = self._far_from_changes(at, -1)
        return simple if simple is not None else max((slot for slot in self._about(at) if slot < at), default=None)

    def count(self, start: int, end: int) -> int:
        """How many planned starts lie in [start, end)."""
        if self.interval <= 0 or end <= start:
            return 0
        if self.zone is None:
            first = self.at_or_after(start)
            return 0 if first is None or first >= end else (end - 1 - first) // self.interval + 1
        count, slot = 0, self.at_or_after(start)
        while slot is not None and slot < end:
            run = self._run_of_slots(slot, end)
            count, slot = count + run, self.at_or_after(slot + (run - 1) * self.interval + 1)
        return count

    def _run_of_slots(self, slot: int, end: int) -> int:
        """How many planned starts before `end`, this one included, lie just `interval` apart: as many as can be told
        without looking at changes of the clocks."""
        zone = self.zone or "UTC"
        offset = offset_at(zone, slot - _CHANGE_MAX)
        for span in _LEAPS:
            leap = min(span, end - 1 - slot)
            if leap >= self.interval and offset == offset_at(zone, slot + leap + _CHANGE_MAX):
                return leap // self.interval + 1
        return 1

    def _far_from_changes(self, at: int, step: int) -> int | None:
        """The neighbour of an instant (0: at or after, -1: before) where no change of the clocks is near either."""
        zone = self.zone or "UTC"
        offset = offset_at(zone, at)
        wall_anchor = self.anchor + offset_at(zone, self.anchor)
        number = -((wall_anchor - at - offset) // self.interval) + step
        slot = wall_anchor + number * self.interval - offset
        first, last = min(slot, at) - _CHANGE_MAX, max(slot, at) + _CHANGE_MAX
        if number < 0 or slot < self.anchor or last - first > _LEAPS[0]:
            return None
        return slot if offset_at(zone, first) == offset == offset_at(zone, last) else None

    def _about(self, at: int) -> list[int]:
        """Planned starts around an instant by the wall clock, near enough to hold both neighbours."""
        zone = self.zone or "UTC"
        wall_anchor = self.anchor + offset_at(zone, self.anchor)
        wall = at + offset_at(zone, at)
        margin = self.interval + 4 * 3_600_000
        first = max(0, (wall - margin - wall_anchor) // self.interval)
        last = (wall + margin - wall_anchor) // self.interval
        if wall < wall_anchor:
            first, last = 0, 1
        slots = {instant_at(zone, wall_anchor + k * self.interval) for k in range(first, last + 1)}
        return [slot for slot in slots if slot >= self.anchor]


def windows_of(plan: Plan, calendar: Calendar) -> Windows:
    """When the plan's schedule allows starts."""
    match plan.schedule:
        case Schedule.ALL:
            return calendar.always()
        case Schedule.WORK:
            return calendar.working(plan.zone)
        case Schedule.NONWORK:
            return calendar.not_working(plan.zone)
        case Schedule.INDIVIDUAL:
            return calendar.of_week(plan.segments, plan.zone)


def grid_of(plan: Plan, calendar: Calendar) -> Grid:
    """The planned starts of a regular plan, before any window."""
    keeps_phase = plan.local and plan.interval >= LOCAL_INTERVAL_MIN
    return Grid(plan.anchor, plan.interval, (plan.zone or calendar.zone) if keeps_phase else None)


def decide(plan: Plan, calendar: Calendar, *, cursor: int, now: int, jitter: int = 0) -> Decision:
    """What is to be done at `now` with the planned starts after `cursor`, in one scope.

    `jitter` is how much later than planned this scope starts.  A slot whose window is closed is dropped; of those
    that nobody was there for, the latest still starts unless its successor is due (or as `catchup` says); a start
    whose window has closed meanwhile does not happen.
    """
    if plan.regular:
        return _decide_regular(plan, calendar, cursor, now, jitter)
    return _decide_single(plan, calendar, cursor, now, jitter)


def _decide_regular(plan: Plan, calendar: Calendar, cursor: int, now: int, jitter: int) -> Decision:
    grid, windows = grid_of(plan, calendar), windows_of(plan, calendar)
    begin = max(cursor + 1, plan.begin if plan.begin is not None else cursor + 1)
    end = plan.end if plan.end is not None else _LATEST
    first = grid.at_or_after(begin)
    last = grid.before(min(now - jitter + 1, end))
    if first is None or last is None or first > last:
        return Decision((), (), cursor, _attend(grid, windows, begin, end, now, jitter))
    closed = CLOSED_REASONS[plan.schedule]
    open_now = windows.contains(now)
    missed: list[Entry] = []
    starts: list[int] = []
    for opens, closes, is_open in _pieces(windows, first, last + 1):
        piece_first, piece_last = grid.at_or_after(opens), grid.before(closes)
        if piece_first is None or piece_last is None or piece_first > piece_last:
            continue
        if not is_open:
            _add(missed, grid, piece_first, piece_last, Outcome.CLOSED_WINDOW, closed)
            continue
        kept = _caught_up(plan, grid, piece_first, piece_last, last, now=now, jitter=jitter) if open_now else []
        if not kept or piece_first < kept[0]:
            until = grid.before(kept[0]) if kept else piece_last
            assert until is not None  # noqa: S101  -- the piece begins before what is kept
            reason = NOBODY_THERE if open_now or until < last else CLOSED_SINCE
            _add(missed, grid, piece_first, until, Outcome.MISSED, reason)
        starts += kept
    if len(starts) > plan.catchup_max:
        # Only the most recent are made up for; the others were missed.
        missed += [Entry(slot, slot, 1, Outcome.MISSED, NOBODY_THERE) for slot in starts[: -plan.catchup_max]]
        starts = starts[-plan.catchup_max :]
        missed = _joined(sorted(missed, key=lambda entry: entry.slot), grid)
    return Decision(tuple(missed), tuple(starts), last, _attend(grid, windows, last + 1, end, now, jitter))


def _caught_up(plan: Plan, grid: Grid, first: int, last: int, latest: int, *, now: int, jitter: int) -> list[int]:
    """Which open slots of [first, last] still start; `latest` is the last slot that is due at all."""
    if plan.catchup is Catchup.ALL:
        kept: list[int] = []
        slot: int | None = last
        while slot is not None and slot >= first and len(kept) < plan.catchup_max:
            kept.append(slot)
            slot = grid.before(slot)
        return kept[::-1]
    if last != latest:
        return []
    if plan.catchup is Catchup.NONE and now - jitter - last > LATE_AFTER:
        return []
    return [last]


def _attend(grid: Grid, windows: Windows, begin: int, end: int, now: int, jitter: int) -> int | None:
    """The next moment to look: the next start, or sooner where starts are dropped meanwhile."""
    following = grid.at_or_after(begin)
    if following is None or following >= end:
        return None
    if windows.contains(following):
        return following + jitter
    noted = grid.at_or_after(max(following, now - jitter + ATTEND_CLOSED))
    opening = next_start(grid, windows, following, min(following + LOOK_AHEAD, end))
    moments = [slot for slot in (noted, opening) if slot is not None and slot < end]
    if not moments:  # the last ones before the end are all dropped; they are written down when it comes
        return end + jitter
    return min(moments) + jitter


def next_start(grid: Grid, windows: Windows, start: int, end: int) -> int | None:
    """The first planned start in [start, end) whose window is open."""
    for opens, closes in windows.openings(start, end):
        slot = grid.at_or_after(opens)
        if slot is not None and slot < closes:
            return slot
    return None


def _pieces(windows: Windows, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """[start, end) cut into open and closed pieces, in order."""
    if end == start + 1:  # the ordinary tick: one planned start is due, and the wall clock answers at once
        yield start, end, windows.contains(start)
        return
    at = start
    for opens, closes in windows.openings(start, end):
        if opens > at:
            yield at, opens, False
        yield opens, closes, True
        at = closes
    if at < end:
        yield at, end, False


def _add(entries: list[Entry], grid: Grid, first: int, last: int, outcome: Outcome, reason: str) -> None:
    entry = Entry(first, last, grid.count(first, last + 1), outcome, reason)
    if entries and _follows(entries[-1], entry, grid):
        entry = joined(entries.pop(), entry)
    entries.append(entry)


def _follows(before: Entry, entry: Entry, grid: Grid) -> bool:
    """Whether nothing lies between two pieces of the ledger, and the second only goes on with the first."""
    return continues(before, entry) and grid.at_or_after(before.last_slot + 1) == entry.slot


def continues(before: Entry, entry: Entry) -> bool:
    """Whether a piece of the ledger only goes on with the one before."""
    return (before.outcome, before.reason) == (entry.outcome, entry.reason)


def joined(before: Entry, entry: Entry) -> Entry:
    """Both as one."""
    return Entry(before.slot, entry.last_slot, before.slots + entry.slots, before.outcome, before.reason)


def _joined(entries: list[Entry], grid: Grid) -> list[Entry]:
    result: list[Entry] = []
    for entry in entries:
        if result and _follows(result[-1], entry, grid):
            entry = joined(result.pop(), entry)
        result.append(entry)
    return result


def _decide_single(plan: Plan, calendar: Calendar, cursor: int, now: int, jitter: int) -> Decision:
    slot = plan.anchor
    if cursor >= slot:
        return Decision((), (), cursor, None)
    end = plan.end if plan.end is not None else _LATEST
    if now >= end:
        return Decision((Entry(slot, slot, 1, Outcome.EXPIRED, EXPIRED),), (), slot, None)
    if now < slot + jitter:
        return Decision((), (), cursor, min(slot + jitter, end))
    windows = windows_of(plan, calendar)
    if windows.contains(now):
        return Decision((), (slot,), slot, None)
    opening = next((opens for opens, _ in windows.openings(now, min(now + LOOK_AHEAD, end))), now + LOOK_AHEAD)
    return Decision((), (), cursor, min(opening, end))


class Planned(Struct, frozen=True):
    """A start that is to come: its slot, and the moment at which it happens."""

    slot: int
    at: int


class Outlook(Struct, frozen=True):
    """What is to come of one scope: starts, and the slots that will be dropped, with reasons; all up to `until`.

    `is_whole`: nothing comes after it.  Otherwise there may be more; nobody looked any further.
    """

    starts: tuple[Planned, ...]
    dropped: tuple[Entry, ...]
    until: int
    is_whole: bool


def outlook(
    plan: Plan,
    calendar: Calendar,
    *,
    start: int,
    count: int,
    jitter: int = 0,
    within: int = NEVER_AFTER,
    pieces_max: int = PIECES_MAX,
) -> Outlook:
    """The next `count` starts from `start` on, and what is dropped before the last of them.

    One looks `within` so many milliseconds and at so many pieces of open and closed time; where planned starts are
    rarer than these, at so many planned starts, however far they go.
    """
    if not plan.regular:
        return _outlook_single(plan, calendar, start, jitter, within)
    grid, windows = grid_of(plan, calendar), windows_of(plan, calendar)
    begin = max(start, plan.anchor)
    last_end = plan.end if plan.end is not None else _LATEST
    is_rare = grid.interval >= min(RARE, _WEEK // max(2 * len(plan.segments), 1))
    end = max(begin, last_end if is_rare else min(last_end, begin + within))
    starts: list[Planned] = []
    dropped: list[Entry] = []
    until = end
    pieces = _slots(grid, windows, begin, end) if is_rare else _runs_of_slots(grid, windows, begin, end)
    for place, (first, last, slots, is_open) in enumerate(pieces):
        if place >= pieces_max:
            until = first - 1
            break
        if not is_open:
            _note(dropped, starts, Entry(first, last, slots, Outcome.CLOSED_WINDOW, CLOSED_REASONS[plan.schedule]))
            continue
        slot: int | None = first
        while slot is not None and slot <= last and len(starts) < count:
            if windows.contains(slot + jitter):
                starts.append(Planned(slot, slot + jitter))
            else:
                _note(dropped, starts, Entry(slot, slot, 1, Outcome.MISSED, CLOSED_SINCE))
            slot = grid.at_or_after(slot + 1) if slot < last else None
        if len(starts) >= count:
            until = starts[-1].slot if starts else first - 1
            break
    return Outlook(tuple(starts), tuple(dropped), until, grid.interval <= 0 or until == end == last_end)


def _runs_of_slots(grid: Grid, windows: Windows, begin: int, end: int) -> Iterator[tuple[int, int, int, bool]]:
    """Each piece of open or closed time: its first and last slot, how many there are, whether it is open.  A piece
    without any has 0 slots, and is closed."""
    for opens, closes, is_open in _pieces(windows, begin, end):
        first, last = grid.at_or_after(opens), grid.before(closes)
        if first is None or last is None or first > last:
            yield opens, opens, 0, False
        else:
            yield first, last, 0 if is_open else grid.count(first, last + 1), is_open


def _slots(grid: Grid, windows: Windows, begin: int, end: int) -> Iterator[tuple[int, int, int, bool]]:
    """The same, of each slot alone."""
    slot = grid.at_or_after(begin)
    while slot is not None and slot < end:
        yield slot, slot, 1, windows.contains(slot)
        slot = grid.at_or_after(slot + 1)


def _note(dropped: list[Entry], starts: list[Planned], entry: Entry) -> None:
    """Add what is dropped next; with nothing started in between it goes on with the last one, for the same reason."""
    if not entry.slots:
        return
    goes_on = bool(dropped) and (not starts or starts[-1].slot < dropped[-1].slot)
    dropped.append(joined(dropped.pop(), entry) if goes_on and continues(dropped[-1], entry) else entry)


def _outlook_single(plan: Plan, calendar: Calendar, start: int, jitter: int, within: int) -> Outlook:
    slot = plan.anchor
    end = plan.end if plan.end is not None else _LATEST
    due = max(slot + jitter, start)
    horizon = min(end, due + within)
    windows = windows_of(plan, calendar)
    opening = next((opens for opens, _ in windows.openings(due, horizon)), None)
    if opening is not None:
        return Outlook((Planned(slot, opening),), (), opening, True)
    if horizon < end:
        closed = Entry(slot, slot, 1, Outcome.CLOSED_WINDOW, CLOSED_REASONS[plan.schedule])
        return Outlook((), (closed,), horizon, False)
    return Outlook((), (Entry(slot, slot, 1, Outcome.EXPIRED, EXPIRED),), end, True)
