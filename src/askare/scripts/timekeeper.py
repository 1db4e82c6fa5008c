"""The timekeeper: one thread that ticks, and one event loop in another thread on which scripts run.

The ticker does nothing but its few short transactions, on connections of its own: it ticks on time however busy the
scripts, the promises and the requests are.  Between ticks it sleeps until the next planned start, at most
a `tick`.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry

from askare.edge import Edge
from askare.kernel.problems import Problem
from askare.kernel.time import instant_of, milliseconds
from askare.scripts.measures import Measures
from askare.scripts.model import OUTPUT_LETTERS_MAX, Context, ScriptFailed
from askare.scripts.needs import Services
from askare.scripts.registry import Registry
from askare.storage.desk import Database, Desk
from askare.storage.transactions import Transaction
from askare.svctasks import ticking
from askare.svctasks.model import EndReason
from askare.svctasks.ticking import Claimed, Ended, Glance, Knowledge, Node, Round, Upset
from askare.workdays.model import Defaults

TROUBLE_PAUSE_SECONDS = 0.5
SCRIPTS_AT_ONCE = 2_000  # of this process; past that, starts wait for a free place
THREADS_AT_ONCE = 32  # scripts that are plain functions
ENDED_AT_ONCE = 500
DUE_COUNTED_MAX = 10_000  # counting more would cost more than it tells
FAREWELL_SECONDS = 3.0

_log = structlog.get_logger("askare")


class Rhythm(Struct, frozen=True):
    """How often the timekeeper does what, in seconds."""

    tick: float = 0.05  # the longest pause between two looks at the clocks
    breath: float = 0.01  # the pause after a claim: what falls due meanwhile shares the next one
    beat: float = 5.0
    dead_after: float = 15.0  # without a beat
    watch: float = 1.0
    progress: float = 1.0


RHYTHM = Rhythm()


class Observer:
    """Who is alive, by watching beats with a clock that never jumps: a node whose beat stands still is dead.

    The watcher's own pauses (a stopped process, a suspended machine) are not held against anybody.
    """

    def __init__(self, *, dead_after: float) -> None:
        self._dead_after = dead_after
        self._seen: dict[int, tuple[int, float]] = {}
        self._last_look: float | None = None

    def look(self, beats: dict[int, int], at: float) -> list[tuple[int, int]]:
        """The nodes that are dead, each with the beat at which it stands.  `at`: seconds of a monotonic clock."""
        if self._last_look is not None and at - self._last_look > self._dead_after / 2:
            self._seen.clear()
        self._last_look = at
        dead = []
        for node_no, beat in beats.items():
            known = self._seen.get(node_no)
            if known is None or known[0] != beat:
                self._seen[node_no] = (beat, at)
            elif at - known[1] >= self._dead_after:
                dead.append((node_no, beat))
        for node_no in self._seen.keys() - beats.keys():
            del self._seen[node_no]
        return dead


class Work(Struct):
    """A script that runs here."""

    claimed: Claimed
    task: asyncio.Task[None] | None = None
    is_begun: bool = False  # its script has been called
    stop_asked: bool = False
    is_lost: bool = False  # it belongs to somebody else by now; how it ends is nobody's business


class Timekeeper:
    """Starts what is due at one site, for as long as it is asked to."""

    def __init__(
        self,
        database: Database,
        scripts_database: Database,
        registry: Registry,
        services: Services,
        *,
        edge: Edge,
        defaults: Defaults,
        site: str,
        alone: bool,
        siblings: Collection[str] = (),
        rhythm: Rhythm = RHYTHM,
        measures: Measures | None = None,
    ) -> None:
        """`scripts_database`: the same data by other connections, so that scripts never stand in the ticker's way.

        `alone`: no other process starts scripts on this database (SQLite), so whoever was there before is dead; all but
        those at the sites of `siblings`, who are in this process too and see to their own."""
        self._database = database
        self._scripts_database = scripts_database
        self._registry = registry
        self._services = services
        self._edge = edge
        self._site = site
        self._alone = alone
        self._siblings = siblings
        self._knowledge = Knowledge(defaults, registry.codes)
        self._node: Node | None = None
        self._rhythm = rhythm
        self._measures = measures or Measures(CollectorRegistry())
        self._observer = Observer(dead_after=rhythm.dead_after)
        self._lock = threading.Lock()
        self._work: dict[UUID, Work] = {}
        self._ended: list[Ended] = []
        self._progress: dict[UUID, str] = {}
        self._woken = threading.Event()
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._desk: Desk | None = None
        self._threads = ThreadPoolExecutor(THREADS_AT_ONCE, thread_name_prefix="askare-script")
        self._ticker = threading.Thread(target=self._tick_on, name="askare-ticker", daemon=True)
        self._runner = threading.Thread(target=self._run_loop, name="askare-scripts", daemon=True)
        self._next_beat = self._next_watch = self._next_progress = 0.0

    def start(self) -> None:
        """Begin to tick."""
        self._runner.start()
        self._ticker.start()

    def wake(self) -> None:
        """Look at once: something was planned just now."""
        self._woken.set()

    def stop(self) -> None:
        """Start nothing more, end what runs, and say goodbye.  A second time it does nothing."""
        if self._stopping:
            return
        self._stopping = True
        self._woken.set()
        self._ticker.join(FAREWELL_SECONDS * 2)
        self._loop.call_soon_threadsafe(self._cancel_all)
        deadline = time.monotonic() + FAREWELL_SECONDS
        while time.monotonic() < deadline and any(
            one.task and not one.task.done() for one in list(self._work.values())
        ):
            time.sleep(0.01)
        with contextlib.suppress(Exception):  # the database may be gone already; then others find out by the silence
            self._say_goodbye()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._runner.join(FAREWELL_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # The ticker's thread ---------------------------------------------------------------------------------------

    def _tick_on(self) -> None:
        while not self._stopping:
            try:
                pause = self.tick()
                self._measures.ticked()
            except Exception as error:  # the database is away or full: what is due stays due
                _log.error("the timekeeper cannot tick", exc_info=error)
                self._measures.failed()
                pause = TROUBLE_PAUSE_SECONDS
            if pause > 0:
                self._woken.wait(pause)
                self._woken.clear()

    def tick(self) -> float:
        """One round; returns for how many seconds there is nothing to do."""
        at = time.monotonic()
        if self._node is None:
            self._announce()
        if at >= self._next_beat:
            self._beat()
            self._next_beat = at + self._rhythm.beat
        if at >= self._next_watch:
            self._watch(at)
            self._next_watch = at + self._rhythm.watch
        self._write_ended()
        if at >= self._next_progress:
            self._write_progress()
            self._next_progress = at + self._rhythm.progress
        node = self._node
        if node is None:
            return 0
        glance: Glance = self._read(lambda tx: ticking.glance(tx, node, self._own_clock))
        if glance.stops:
            self._loop.call_soon_threadsafe(self._stop_runs, glance.stops)
        if glance.untimed:
            self._write(lambda tx: ticking.retime_domains(tx, now=self._present(tx)))
        room = SCRIPTS_AT_ONCE - len(self._work)
        if (glance.due or glance.untimed) and room > 0 and (claimed := self._claim(node, room)):
            return 0 if claimed >= ticking.CLAIMED_AT_ONCE else self._rhythm.breath
        return self._pause(glance.next_at, glance.now)

    def _pause(self, next_at: int | None, now: int) -> float:
        if next_at is not None and next_at > now:
            return min(self._rhythm.tick, (next_at - now) / 1000)
        return self._rhythm.tick  # nothing is planned, or what is due is left for another site

    def _present(self, tx: Transaction) -> int:
        return ticking.present(tx, self._own_clock)

    def _own_clock(self) -> int:
        return milliseconds(self._edge.now())

    def _read(self, operation: Callable[[Transaction], Any]) -> Any:
        return self._database.read(operation)

    def _write(self, operation: Callable[[Transaction], Any]) -> Any:
        return self._database.write(operation)

    def _announce(self) -> None:
        name = f"{self._site}@{socket.gethostname()}:{os.getpid()}"

        def announce(tx: Transaction) -> tuple[Node, int]:
            now, lost = self._present(tx), 0
            if self._alone:
                gone = ticking.nodes_not_at(tx, self._siblings)
                lost = sum(len(ticking.declare_dead(tx, node_no, beat=None, now=now)) for node_no in gone)
            return ticking.announce(tx, site=self._site, name=name, now=now), lost

        self._node, lost = self._write(announce)
        self._measures.ended(EndReason.OWNERDOWN, lost)

    def _beat(self) -> None:
        node = self._node
        if self._alone:
            return  # nobody is there to take notice, and each beat would cost a flush
        if node is not None and not self._write(lambda tx: ticking.beat(tx, node)):
            # Others have taken us for dead and our runs for lost: they are none of ours any more.
            _log.warning("this node was taken for dead; its scripts are stopped", node=node.name)
            self._loop.call_soon_threadsafe(self._lose_all)
            self._announce()

    def _watch(self, at: float) -> None:
        node = self._node
        if node is None:
            return
        if not self._alone:
            self._watch_others(node, at)
        if self._read(lambda tx: ticking.is_due_at_dead_sites(tx, node, now=self._present(tx))):
            outcomes = self._write(lambda tx: ticking.note_dead_sites(tx, node, self._knowledge, now=self._present(tx)))
            self._measures.came_of(outcomes, ())
        due = self._read(lambda tx: ticking.count_due(tx, node, now=self._present(tx), limit=DUE_COUNTED_MAX))
        self._measures.stand(self._site, due=due, running=len(self._work))
        held = self._read(lambda tx: ticking.held(tx, node))
        gone = [run_id for run_id in list(self._work) if run_id not in held]
        if gone:
            self._loop.call_soon_threadsafe(self._lose, gone)
        unknown = held - self._work.keys()
        if unknown:  # the connection broke after a claim was committed and before we heard of it
            self._write(lambda tx: ticking.give_back(tx, node, unknown, now=self._present(tx)))

    def _watch_others(self, node: Node, at: float) -> None:
        beats = self._read(ticking.beats)
        beats.pop(node.node_no, None)
        for node_no, beat in self._observer.look(beats, at):
            lost = self._write(partial(self._declare_dead, node_no=node_no, beat=beat))
            _log.warning("a node is dead", node=node_no, runs_lost=len(lost))
            self._measures.ended(EndReason.OWNERDOWN, len(lost))

    def _declare_dead(self, tx: Transaction, *, node_no: int, beat: int) -> list[UUID]:
        return ticking.declare_dead(tx, node_no, beat=beat, now=self._present(tx))

    def _claim(self, node: Node, room: int) -> int:
        """Claim what is due, and start it once the claim is on the disk; returns how many."""

        def claim(tx: Transaction) -> tuple[Round, int]:
            now = self._present(tx)
            return ticking.claim(tx, node, self._knowledge, now=now, room=room), now

        found, now = self._write(claim)
        claimed: list[Claimed] = found.claimed
        self._measures.came_of(found.outcomes, [now - one.due_at for one in claimed])
        if claimed:
            with self._lock:
                for one in claimed:
                    self._work[one.run_id] = Work(one)
            self._loop.call_soon_threadsafe(self._take, claimed)
        return len(claimed)

    def _write_ended(self) -> None:
        node = self._node
        with self._lock:
            ended = self._ended[:ENDED_AT_ONCE]
        if not ended or node is None:
            return
        upsets: list[Upset] = self._write(lambda tx: ticking.end(tx, node, ended, now=self._present(tx)))
        for one in ended:
            self._measures.ended(one.reason)
        with self._lock:
            del self._ended[: len(ended)]
            for one in ended:
                self._work.pop(one.run_id, None)
        for upset in upsets:
            _log.warning(
                "a service task fails again and again",
                task=str(upset.task_id),
                name=upset.name,
                failures=upset.failures,
                paused=upset.paused,
                letters=upset.letters,
            )

    def _write_progress(self) -> None:
        node = self._node
        with self._lock:
            said, self._progress = list(self._progress.items()), {}
        if said and node is not None:
            self._write(lambda tx: ticking.note_progress(tx, node, said))

    def _say_goodbye(self) -> None:
        node = self._node
        if node is None:
            return
        while self._ended:
            self._write_ended()
        unbegun = [run_id for run_id, work in list(self._work.items()) if not work.is_begun]

        def goodbye(tx: Transaction) -> None:
            now = self._present(tx)
            ticking.give_back(tx, node, unbegun, now=now)
            ticking.declare_dead(tx, node.node_no, beat=None, now=now)

        self._write(goodbye)

    # The scripts' thread ---------------------------------------------------------------------------------------

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _take(self, claimed: Sequence[Claimed]) -> None:
        if self._stopping:
            return  # the goodbye gives them back
        if self._desk is None:
            self._desk = Desk(self._scripts_database)
        for one in claimed:
            work = self._work.get(one.run_id)
            if work is not None:
                work.task = self._loop.create_task(self._run(work))

    async def _run(self, work: Work) -> None:
        claimed = work.claimed
        work.is_begun = True
        try:
            seconds = claimed.timeout_seconds or None
            async with asyncio.timeout(seconds):
                output = await self._call(claimed)
            ended = Ended(claimed.run_id, EndReason.NORMAL, _cut(output or ""))
        except TimeoutError:
            ended = Ended(claimed.run_id, EndReason.TIMEOUT, "it took longer than it may")
        except asyncio.CancelledError:
            reason = EndReason.STOP if work.stop_asked else EndReason.OWNERDOWN
            said = "stopped" if work.stop_asked else "the server was stopped"
            ended = Ended(claimed.run_id, reason, said)
        except (ScriptFailed, Problem) as failure:
            ended = Ended(claimed.run_id, EndReason.ERROR, _cut(str(failure)))
        except Exception as error:  # a script of anybody's: whatever it raises is how it ended
            _log.warning("a script failed", code=claimed.code, run=str(claimed.run_id), exc_info=error)
            ended = Ended(claimed.run_id, EndReason.ERROR, _cut(f"{type(error).__name__}: {error}"))
        with self._lock:
            self._progress.pop(claimed.run_id, None)
            if work.is_lost:
                self._work.pop(claimed.run_id, None)
            else:
                self._ended.append(ended)
        self._woken.set()

    async def _call(self, claimed: Claimed) -> str | None:
        script = self._registry.scripts[claimed.code]
        parameters = script.read_parameters(claimed.parameters)
        assert self._desk is not None  # noqa: S101  -- made before the first script runs
        context = Context(
            self._desk,
            self._edge,
            self._services,
            run_id=claimed.run_id,
            organization_no=claimed.organization_no,
            organization_id=claimed.organization_id,
            task_id=claimed.task_id,
            planned=instant_of(claimed.slot),
            attempt=claimed.attempt,
            site=self._site,
            say=lambda text: self._say(claimed.run_id, text),
        )
        if inspect.iscoroutinefunction(script.run):
            return await script.run(context, parameters)  # type: ignore[no-any-return]
        return await self._loop.run_in_executor(self._threads, script.run, context, parameters)  # type: ignore[arg-type]

    def _say(self, run_id: UUID, text: str) -> None:
        with self._lock:
            self._progress[run_id] = _cut(text)

    def _stop_runs(self, run_ids: Sequence[UUID]) -> None:
        for run_id in run_ids:
            work = self._work.get(run_id)
            if work is not None and work.task is not None and not work.stop_asked:
                work.stop_asked = True
                work.task.cancel()

    def _lose(self, run_ids: Sequence[UUID]) -> None:
        for run_id in run_ids:
            work = self._work.get(run_id)
            if work is not None and work.task is not None and not work.task.done():
                work.is_lost = True
                work.task.cancel()

    def _lose_all(self) -> None:
        self._lose(list(self._work))

    def _cancel_all(self) -> None:
        for work in list(self._work.values()):
            if work.task is not None:
                work.task.cancel()


def _cut(text: str) -> str:
    return text if len(text) <= OUTPUT_LETTERS_MAX else text[: OUTPUT_LETTERS_MAX - 1] + "…"
