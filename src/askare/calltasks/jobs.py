"""The pipeline at work: one promise a stage, each kept with no transaction open.

fetch → decode → transcribe → summarise.  What a stage makes is saved in the transaction that keeps its promise and
makes the next one, so a worker that is killed leaves a promise whose lease ends, and whoever takes it up does that one
stage once more.  Recordings and what is decoded from them lie in files, in a folder of each task.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog

from askare.calltasks import operations
from askare.calltasks.failover import FailOver
from askare.calltasks.model import TEXT_LETTERS_MAX, CallTask, ErrorCode, Office, Processing, Stage, Stored
from askare.calltasks.outside import Decoded, Hints, Recordings, Summariser, Summary, Transcriber, Trouble
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import LeaseLost
from askare.jobs.rules import RETRIES
from askare.jobs.runner import Trade, Work
from askare.storage.transactions import Transaction

LEASE = timedelta(seconds=60)  # of a worker that was killed, its work is taken up again after this
# Above what the fetcher and the providers allow themselves, so that theirs is the reason that an operator reads.
LONGEST = {
    Stage.FETCH: timedelta(minutes=15),
    Stage.DECODE: timedelta(minutes=30),
    Stage.TRANSCRIBE: timedelta(hours=48),
    Stage.SUMMARISE: timedelta(hours=2),
}
# Places: further on there are more, so that a call goes from stage to stage without being given back in between.  How
# many recordings are taken apart, and how many providers asked, at once is for those who do it to say.
AT_ONCE = {Stage.FETCH: 32, Stage.DECODE: 48, Stage.TRANSCRIBE: 48, Stage.SUMMARISE: 48}
# A database that is away does not end a task's processing: what goes wrong outside is counted by the task itself.
PATIENT_RETRIES = (*RETRIES, *[timedelta(hours=1)] * 1_000)

RECORDING_FILE = "original"
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # what providers answer at times, and no database keeps

_log = structlog.get_logger("askare")


def folder_of(root: Path, organization_no: int, task_no: int) -> Path:
    """Where a task's recording lies; `root` is the data folder."""
    return root / "recordings" / str(organization_no) / str(task_no)


class Pipeline:
    """The stages' handlers, with what they need of the world outside."""

    def __init__(
        self,
        *,
        recordings: Recordings,
        transcribers: Sequence[Transcriber],
        summarisers: Sequence[Summariser],
        root: Path,
        office: Office,
        let_go: Callable[[], Awaitable[None]] | None = None,
        note: Callable[[str, str, bool], None] = lambda _, __, ___: None,
    ) -> None:
        """`let_go` closes the connections of all those, when the shift is over; `note` is told of providers, by kind
        and name, whether they keep failing."""
        self._recordings = recordings
        self._transcribers = FailOver(transcribers, note=partial(note, "transcription"))
        self._summarisers = FailOver(summarisers, note=partial(note, "summary"))
        self._root = root
        self._office = office
        self._let_go = let_go

    def trades(self) -> tuple[Trade, ...]:
        """Who keeps which of the pipeline's promises."""
        stages: dict[Stage, Callable[[Work], Awaitable[None]]] = {
            Stage.FETCH: self.fetch,
            Stage.DECODE: self.decode,
            Stage.TRANSCRIBE: self.transcribe,
            Stage.SUMMARISE: self.summarise,
        }
        return (
            *(
                Trade(
                    operations.STAGE_KINDS[stage],
                    handle,
                    at_once=AT_ONCE[stage],
                    lease=LEASE,
                    longest=LONGEST[stage],
                    retries=PATIENT_RETRIES,
                    begin=_begin,
                )
                for stage, handle in stages.items()
            ),
            Trade(Kind.FORGET_RECORDING, self.forget, at_once=2, retries=PATIENT_RETRIES, let_go=self._let_go),
        )

    # The stages --------------------------------------------------------------------------------------------------

    async def fetch(self, work: Work) -> None:
        """Have our own copy of the recording.

        Running twice is harmless: a copy that is there is not fetched again.
        """
        stored = await self._begun(work)
        if stored is None or (url := stored.task.recording_url) is None:
            return
        if stored.task.processing_status is Processing.SKIPPED:
            await self._fetch_quietly(work, url)
            return
        if not _waits_for(stored.task, Stage.FETCH):
            return

        async def do() -> None:
            await self._fetch(work, url)
            await work.finish(operations.save_fetched, _number(work), now=work.now())

        await self._guarded(work, do)

    async def _fetch(self, work: Work, url: str) -> None:
        file = self._folder(work) / RECORDING_FILE
        if not file.is_file():
            await self._recordings.fetch(url, file)

    async def _fetch_quietly(self, work: Work, url: str) -> None:
        """For a person to listen to: nobody waits for it, so nobody is told when it cannot be had."""
        try:
            await self._fetch(work, url)
        except Trouble as trouble:
            _log.info("a recording was not kept", task=work.about, code=trouble.code.value)
            return
        await work.finish(operations.save_fetched, _number(work), now=work.now())

    async def decode(self, work: Work) -> None:
        """Take the recording apart.

        Running twice is harmless: the files are written anew.
        """
        stored = await self._begun(work)
        if stored is None or not _waits_for(stored.task, Stage.DECODE):
            return

        async def do() -> None:
            folder = self._folder(work)
            recording = folder / RECORDING_FILE
            if not recording.is_file():
                await self._fetch_anew(work)
                return
            decoded = await self._recordings.decode(recording, folder)
            await work.finish(
                operations.save_decoded,
                _number(work),
                seconds=decoded.seconds,
                now=work.now(),
                sides=tuple(side.name for side in decoded.sides),
                operator_side=decoded.operator_side,
            )

        await self._guarded(work, do)

    async def transcribe(self, work: Work) -> None:
        """Have somebody listen to the recording.

        Running twice is harmless but for the provider's bill: what was heard is saved once, with the promise.
        """
        stored = await self._begun(work)
        if stored is None or not _waits_for(stored.task, Stage.TRANSCRIBE):
            return
        hints = _hints(stored.task)

        async def do() -> None:
            if not self._transcribers:
                await work.finish(operations.skip, _number(work), office=self._office, now=work.now())
                return
            audio = self._decoded(work, stored)
            if audio is None:
                await self._fetch_anew(work)
                return
            name, transcript = await self._transcribers.ask(
                lambda provider: provider.transcribe(audio, hints), now=work.now
            )
            text = _settled(transcript.text)
            if text is None:
                raise Trouble(ErrorCode.NO_SPEECH)
            await work.finish(
                operations.save_transcription,
                _number(work),
                text,
                language=_language(transcript.language),
                source=f"provider:{name}",
                now=work.now(),
            )
            await asyncio.to_thread(_remove, audio.sides)  # the original is enough to start again from

        await self._guarded(work, do)

    async def summarise(self, work: Work) -> None:
        """Have somebody sum the call up, side by side.

        Running twice is harmless but for the provider's bill: the summaries are saved once, with the promise.
        """
        stored = await self._begun(work)
        if stored is None or not _waits_for(stored.task, Stage.SUMMARISE):
            return
        hints, text = _hints(stored.task), stored.task.call_transcription

        async def do() -> None:
            try:
                name, summary = await self._summarisers.ask(
                    lambda provider: provider.summarise(text or "", hints), now=work.now
                )
            except Trouble as trouble:
                if trouble.code is not ErrorCode.INSUFFICIENT_CONTENT:
                    raise
                name, summary = "", Summary(None, None)  # too short to sum up is no error
            await work.finish(
                operations.save_summaries,
                _number(work),
                _settled(summary.call_summary),
                _settled(summary.call_response_summary),
                language=_language(summary.language),
                source=name if name == "builtin" else f"provider:{name}",
                now=work.now(),
            )

        await self._guarded(work, do)

    async def forget(self, work: Work) -> None:
        """Take a task's recording away.

        Running twice is harmless: what is gone is gone.
        """
        await asyncio.to_thread(shutil.rmtree, self._folder(work), ignore_errors=True)

    # What the stages share ---------------------------------------------------------------------------------------

    async def _begun(self, work: Work) -> Stored | None:
        """The task, seen to be worked on: it was seen to when the work was taken up, or by the stage before."""
        if isinstance(work.carried, Stored):
            return work.carried
        return await work.write(operations.begin, _number(work), now=work.now())

    async def _guarded(self, work: Work, do: Callable[[], Awaitable[None]]) -> None:
        """Do a stage; what goes wrong is told to the operator, and tried again when that makes sense."""
        try:
            await do()
        except Trouble as trouble:
            await self._fail(work, trouble)
        except LeaseLost:
            await self._tidy(work)
            raise
        except Exception as error:
            # The last net: the task must not stay `processing` for a fault of ours.
            reference = str(work.edge.new_id())[:8]
            _log.error("a stage failed", kind=work.job.kind.value, about=work.about, ref=reference, exc_info=error)
            await self._fail(work, Trouble(ErrorCode.INTERNAL, reference))

    async def _fail(self, work: Work, trouble: Trouble) -> None:
        now = work.now()
        dice = _dice(work.edge.new_id())

        def fail(tx: Transaction) -> None:
            again = operations.fail(
                tx,
                _number(work),
                trouble.code,
                detail=trouble.detail,
                retry_after_seconds=trouble.retry_after_seconds,
                dice=dice,
                office=self._office,
                now=now,
            )
            if again is None:
                outbox.keep(tx, work.job, now=now)
            else:
                outbox.put_off(tx, work.job, until=again, trouble=trouble.code.value)

        await work.write(fail)
        work.is_settled = True

    async def _fetch_anew(self, work: Work) -> None:
        now = work.now()

        def fetch_anew(tx: Transaction) -> bool:
            is_promised = operations.fetch_anew(tx, _number(work), now=now)
            if is_promised:
                outbox.keep(tx, work.job, now=now)
            return is_promised

        if not await work.write(fetch_anew):
            raise Trouble(ErrorCode.INTERNAL, "the machines that work for this server do not share a data folder")
        work.is_settled = True

    async def _tidy(self, work: Work) -> None:
        """The caller may have been erased while we worked: then nothing of the recording stays."""
        stored = await work.read(operations.find_stored, _number(work))
        if stored is not None and stored.task.recording_url is None:
            await self.forget(work)

    def _decoded(self, work: Work, stored: Stored) -> Decoded | None:
        """What `decode` left; None when it is not on this machine."""
        folder, kept = self._folder(work), stored.kept
        sides = tuple(folder / name for name in kept.sides)
        if not sides or not all(side.is_file() for side in sides):
            return None
        return Decoded(sides, stored.task.call_duration_seconds or 0.0, kept.operator_side)

    def _folder(self, work: Work) -> Path:
        return folder_of(self._root, work.job.organization_no, _number(work))


def _begin(tx: Transaction, about: str, now: datetime) -> Stored | None:
    return operations.begin(tx, int(about), now=now)


def _hints(task: CallTask) -> Hints:
    return Hints((task.language,) if task.language else ())


def _waits_for(task: CallTask, stage: Stage) -> bool:
    return task.processing_status is Processing.PROCESSING and task.processing_stage is stage


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _number(work: Work) -> int:
    return int(work.about)


def _dice(chance: UUID) -> float:
    return (chance.int & 0xFFFF) / 0xFFFF


def _settled(text: str | None) -> str | None:
    """A provider's text as it is kept; None for one that says nothing."""
    return (_NO_TEXT.sub("", text).strip()[:TEXT_LETTERS_MAX] or None) if text else None


def _language(code: str | None) -> str | None:
    """A language's two or three letters, whatever else a provider says of it."""
    found = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", code or "")
    return found[0].lower() if found else None
