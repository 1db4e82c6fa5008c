"""Recordings taken apart: whatever exchanges make, as 16 kHz mono 16-bit WAV, one file a side.

The kind of a file is told by its first bytes, and the decoder is told that kind: left to guess, it would also open
playlists, which name other files and addresses.  Everything streams; memory does not grow with the length.
"""

from __future__ import annotations

import re
import wave
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec import Struct

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.filter import Graph

RATE = 16_000  # samples a second; what all recognisers take
SECONDS_MAX = 4 * 3600  # source: contract 4.5
HEAD_BYTES = 512
BAD_PACKETS_MAX = 1_000  # a line drops now and then; a file of nothing else is none
TWIN_SHARE = 0.02  # two channels that differ by less than this of their loudness are one
LOOKED_AT = 251  # every so many samples the channels are compared; prime, so that no tone is met at one point alone
# Of a WAV file that the decoder takes at once: left alone it takes 512 bytes, and three times as long.
WAV_PIECE_BYTES = 24_576


class Channels(Enum):
    """On which channel of a stereo recording the operator speaks."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"  # the channels say nothing of the sides: they are mixed


class NotDecoded(Exception):
    """The recording cannot be used; the text says what it is."""


class TooLong(NotDecoded):
    """It goes on for more than SECONDS_MAX."""


class Sides(Struct, frozen=True):
    """The files made, and how long the call was; `operator` is the place of the operator's file, if there is one."""

    files: tuple[Path, ...]
    seconds: float
    operator: int | None


_HEADS = (
    (rb"RIFF....WAVE|RF64....WAVE", "wav", "WAV"),
    (rb"fLaC", "flac", "FLAC"),
    (rb"OggS", "ogg", "Ogg"),
    (rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd]", "mp3", "MP3"),
    (rb"....ftyp", "mov", "M4A"),
    (rb"\x1a\x45\xdf\xa3", "matroska", "WebM"),
    (rb"#!AMR", "amr", "AMR"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "aac", "AAC"),
    (rb"\.snd", "au", "AU"),
    (rb"FORM....AIF[FC]", "aiff", "AIFF"),
)
_OTHERS = (
    (rb"\s*(?:<!doctype|<html|<\?xml|<head|<body)", "a web page"),
    (rb"\s*[{\[]", "JSON"),
    (rb"#EXTM3U|\[playlist\]", "a playlist"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"%PDF", "a PDF"),
    (rb"\x1f\x8b", "a gzip archive"),
)


def kind_of(head: bytes) -> str | None:
    """What the decoder calls a file that begins so, or None."""
    return next((kind for pattern, kind, _ in _HEADS if re.match(pattern, head, re.DOTALL)), None)


def described(head: bytes) -> str:
    """What a file that begins so is, for people."""
    if not head:
        return "an empty file"
    known = next((name for pattern, _, name in _HEADS if re.match(pattern, head, re.DOTALL)), None)
    other = next((name for pattern, name in _OTHERS if re.match(pattern, head, re.DOTALL | re.IGNORECASE)), None)
    return known or other or "something unknown"


def take_apart(recording: Path, into: Path, *, operator: Channels) -> Sides:
    """Decode into `0.wav` and, where a stereo recording keeps the sides apart, `1.wav` in the folder `into`.

    Runs for as long as a decoder needs (a thread is the place for it).  Doing it again replaces the files.
    Raises NotDecoded, TooLong.
    """
    import av  # 22 MB that a server without recordings need not have

    with recording.open("rb") as file:
        head = file.read(HEAD_BYTES)
        kind = kind_of(head)
        if kind is None:
            raise NotDecoded(described(head))
        into.mkdir(parents=True, exist_ok=True)
        file.seek(0)
        try:
            options = {"max_size": str(WAV_PIECE_BYTES)} if kind == "wav" else {}
            with av.open(file, mode="r", format=kind, options=options) as container:
                return _decoded(container, into, operator, described(head))
        except av.error.FFmpegError as error:
            raise NotDecoded(f"{described(head)}, damaged") from error


def _decoded(container: InputContainer, into: Path, operator: Channels, name: str) -> Sides:
    from av.error import InvalidDataError

    if not container.streams.audio:
        raise NotDecoded(f"{name} without sound")
    stream = container.streams.audio[0]
    announced = float((stream.duration or 0) * (stream.time_base or 0))
    if announced > SECONDS_MAX:
        raise TooLong(_length(announced))
    apart = operator is not Channels.NONE and stream.codec_context.channels == 2
    resampler = _Resampler("stereo" if apart else "mono")
    paths = [into / "0.wav", into / "1.wav"][: 2 if apart else 1]
    samples, bad, loud, differing = 0, 0, 0, 0
    with ExitStack() as stack:
        files = [_wav(stack, path) for path in paths]

        def keep(frame: AudioFrame | None) -> None:
            nonlocal samples, loud, differing
            for piece in resampler.made_of(frame):
                sides = [memoryview(plane)[: piece.samples * 2] for plane in piece.planes]
                for written, side in zip(files, sides, strict=True):
                    written.writeframesraw(side)
                samples += piece.samples
                if apart:
                    left, right = (side.cast("h")[::LOOKED_AT] for side in sides)
                    loud += sum(map(abs, left)) + sum(map(abs, right))
                    differing += sum(abs(one - other) for one, other in zip(left, right, strict=True))
            if samples > SECONDS_MAX * RATE:
                raise TooLong(f"more than {_length(SECONDS_MAX)}")

        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    keep(frame)
            except InvalidDataError:
                bad += 1
                if bad > BAD_PACKETS_MAX:
                    raise
        keep(None)
    if samples == 0:
        raise NotDecoded(f"{name} without sound")
    seconds = samples / RATE
    if apart and differing <= TWIN_SHARE * loud:  # the same on both: nobody is kept apart
        paths[1].unlink()
        return Sides((paths[0],), seconds, None)
    return Sides(tuple(paths), seconds, (0 if operator is Channels.LEFT else 1) if apart else None)


class _Resampler:
    """Frames of one recording as 16-bit samples at RATE, each channel by itself.

    (The library's own starts a pool of threads for each recording, which takes half as long as all the work.)
    """

    def __init__(self, layout: str) -> None:
        self._layout = layout
        self._graph: Graph | None = None

    def made_of(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        """What can be made of a frame and those before it; None: of the rest."""
        if self._graph is None:
            if frame is None:
                return
            self._graph = self._graph_for(frame)
        self._graph.push(frame)
        while True:
            try:
                yield cast("AudioFrame", self._graph.pull())
            except (BlockingIOError, EOFError):
                return

    def _graph_for(self, first: AudioFrame) -> Graph:
        from av.filter import Graph

        graph = Graph()
        graph.threads = 1
        source = graph.add_abuffer(
            sample_rate=first.sample_rate, format=first.format.name, layout=first.layout.name, time_base=first.time_base
        )
        form = graph.add("aformat", sample_rates=str(RATE), sample_fmts="s16p", channel_layouts=self._layout)
        graph.link_nodes(source, form, graph.add("abuffersink")).configure()
        return graph


def _wav(stack: ExitStack, path: Path) -> wave.Wave_write:
    file = stack.enter_context(path.open("wb", buffering=BYTES_AT_ONCE))
    written = wave.open(file, "wb")  # noqa: SIM115  -- closed by the stack, like its file
    written.setnchannels(1)
    written.setsampwidth(2)
    written.setframerate(RATE)
    return stack.enter_context(written)


def _length(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02} h"


# Cutting -----------------------------------------------------------------------------------------------------------

WINDOW_SECONDS = 0.3  # a pause between words
LOOK_BACK_SECONDS = 30.0
BYTES_AT_ONCE = 262_144
HEAD_OF_WAV = 44


class Cut(Struct, frozen=True):
    """A piece of a WAV of ours: from which sample, how many."""

    start: int
    samples: int

    @property
    def start_seconds(self) -> float:
        return self.start / RATE

    @property
    def seconds(self) -> float:
        return self.samples / RATE


def cuts(path: Path, *, bytes_max: int, start: int = 0) -> list[Cut]:
    """All from a sample on as pieces of at most so many bytes each (with their head), cut where it is quietest.

    What needs no cutting is not read.
    """
    size = path.stat().st_size - 2 * start
    if size <= bytes_max:
        return [Cut(start, (size - HEAD_OF_WAV) // 2)]
    samples_max = (bytes_max - HEAD_OF_WAV) // 2
    pieces: list[Cut] = []
    with wave.open(str(path), "rb") as file:
        total, at = file.getnframes(), start
        while total - at > samples_max:
            # Never hardly anything, and rather late than early.
            earliest = at + max(samples_max // 2, samples_max - int(LOOK_BACK_SECONDS * RATE))
            end = _quietest(file, earliest, at + samples_max)
            pieces.append(Cut(at, end - at))
            at = end
        pieces.append(Cut(at, total - at))
    return pieces


def _quietest(file: wave.Wave_read, start: int, before: int) -> int:
    """The middle of the quietest moment between two samples; of several the last."""
    window = int(WINDOW_SECONDS * RATE)
    file.setpos(start)
    heard = array("h", file.readframes(before - start))
    sums = [sum(map(abs, heard[at : at + window : 8])) for at in range(0, max(1, len(heard) - window + 1), window)]
    quietest = min(range(len(sums)), key=lambda at: (sums[at], -at))
    return min(start + quietest * window + window // 2, before)


def piece_of(path: Path, cut: Cut) -> Iterator[bytes]:
    """A piece as a WAV file of its own, bit by bit: `HEAD_OF_WAV + 2 * cut.samples` bytes."""
    size = 2 * cut.samples
    yield (
        b"RIFF" + (HEAD_OF_WAV - 8 + size).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
        + RATE.to_bytes(4, "little") + (RATE * 2).to_bytes(4, "little")
        + b"\x02\0\x10\0data" + size.to_bytes(4, "little")
    )  # fmt: skip
    with path.open("rb", buffering=0) as file:
        file.seek(HEAD_OF_WAV + 2 * cut.start)
        while size and (read := file.read(min(size, BYTES_AT_ONCE))):
            size -= len(read)
            yield read
