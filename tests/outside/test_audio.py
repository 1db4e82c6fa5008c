"""Recordings as exchanges make them, taken apart."""

from __future__ import annotations

import subprocess
import sys
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from askare.outside.audio import RATE, Channels, NotDecoded, TooLong, cuts, piece_of, take_apart
from tests.outside import sounds


def heard(path: Path) -> array[int]:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return array("h", file.readframes(file.getnframes()))


def hertz_of(path: Path) -> float:
    """The pitch of a tone, by how often it crosses zero."""
    samples = heard(path)[RATE // 10 : -RATE // 10]
    crossings = sum((one < 0) != (other < 0) for one, other in pairwise(samples))
    return crossings / 2 / (len(samples) / RATE)


@pytest.mark.parametrize("form", sounds.FORMATS)
def test_every_format_is_decoded(form: str, tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / f"a.{form}", form)

    sides = take_apart(recording, tmp_path / "out", operator=Channels.RIGHT)

    assert sides.operator is None
    assert sides.seconds == pytest.approx(1.0, abs=0.12)
    assert hertz_of(sides.files[0]) == pytest.approx(440, abs=8)


def test_the_gsm_of_exchanges_is_decoded(tmp_path: Path) -> None:
    sides = take_apart(sounds.gsm_wav(tmp_path / "a.wav"), tmp_path / "out", operator=Channels.RIGHT)

    assert sides.seconds == pytest.approx(50 * 320 / 8_000, abs=0.05)


@pytest.mark.parametrize("form", ["pcm.wav", "alaw.wav", "mp3", "ogg", "m4a"])
def test_stereo_keeps_the_sides_apart(form: str, tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / f"a.{form}", form, sides=(300.0, 600.0))

    right = take_apart(recording, tmp_path / "out", operator=Channels.RIGHT)
    assert hertz_of(right.files[0]) == pytest.approx(300, abs=8)
    assert hertz_of(right.files[1]) == pytest.approx(600, abs=8)
    assert right.operator == 1
    assert take_apart(recording, tmp_path / "out", operator=Channels.LEFT).operator == 0


def test_a_silent_side_is_a_side(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "pcm.wav", sides=(300.0, 0.0))

    sides = take_apart(recording, tmp_path / "out", operator=Channels.RIGHT)

    assert len(sides.files) == 2
    assert not any(heard(sides.files[1]))


def test_the_same_on_both_channels_is_one_side(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "pcm.wav", sides=(300.0, 300.0))

    sides = take_apart(recording, tmp_path / "out", operator=Channels.RIGHT)

    assert (len(sides.files), sides.operator) == (1, None)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.wav"]


def test_channels_that_say_nothing_are_mixed(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "pcm.wav", sides=(300.0, 600.0))

    assert len(take_apart(recording, tmp_path / "out", operator=Channels.NONE).files) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>not found</html>", "a web page"),
        (b'{"error": "expired"}', "JSON"),
        (b"#EXTM3U\nhttp://169.254.169.254/latest/meta-data/\n", "a playlist"),
        (b"\x00\x01\x02" * 100, "something unknown"),
        (b"RIFF\x00\x00\x00\x00WAVE", "WAV"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"nothing" * 50, "MP3"),
        (b"OggS" + b"\xff" * 400, "Ogg"),
        (b"fLaC" + b"\x00" * 400, "FLAC"),
    ],
)
def test_what_is_no_recording_is_told_apart(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(NotDecoded, match=said):
        take_apart(tmp_path / "a", tmp_path / "out", operator=Channels.RIGHT)


def test_a_recording_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = sounds.recording(tmp_path / "a.mp3", "mp3", seconds=3.0).read_bytes()
    (tmp_path / "b.mp3").write_bytes(whole[: len(whole) // 2])

    sides = take_apart(tmp_path / "b.mp3", tmp_path / "out", operator=Channels.RIGHT)

    assert 1.0 < sides.seconds < 2.0


def test_a_recording_that_goes_on_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askare.outside.audio.SECONDS_MAX", 2)
    recording = sounds.recording(tmp_path / "a.ogg", "ogg", seconds=3.0)

    with pytest.raises(TooLong):
        take_apart(recording, tmp_path / "out", operator=Channels.RIGHT)


def test_pieces_are_cut_where_it_is_quiet_and_miss_nothing(tmp_path: Path) -> None:
    loud, quiet = sounds.tone(1.7, rate=RATE), array("h", bytes(2 * RATE))
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((loud + quiet + loud + quiet + loud).tobytes())

    pieces = cuts(path, bytes_max=int(3 * RATE * 2))

    assert [piece.start for piece in pieces[1:]] == [a.start + a.samples for a in pieces[:-1]]
    assert sum(piece.samples for piece in pieces) == len(heard(path))
    for piece in pieces:
        assert len(b"".join(piece_of(path, piece))) <= 3 * RATE * 2
        assert piece.start == 0 or 1.7 < (piece.start / RATE) % 2.7 < 2.7  # within the silence after a tone


def test_a_piece_is_a_recording_of_its_own(tmp_path: Path) -> None:
    path = take_apart(sounds.recording(tmp_path / "a.wav", "pcm.wav"), tmp_path, operator=Channels.NONE).files[0]
    whole = cuts(path, bytes_max=10_000_000)

    (tmp_path / "piece.wav").write_bytes(b"".join(piece_of(path, whole[0])))

    assert len(whole) == 1
    assert heard(tmp_path / "piece.wav") == heard(path)


def test_a_long_call_is_decoded_in_flat_memory(tmp_path: Path) -> None:
    """In a process of its own, whose memory is bounded by the system."""
    header = sounds.recording(tmp_path / "a.wav", "alaw.wav", seconds=0.01).read_bytes()
    start = header.index(b"data") + 8
    with (tmp_path / "long.wav").open("wb") as file:
        size = 1_200 * 8_000
        file.write(
            b"RIFF" + (start - 8 + size).to_bytes(4, "little") + header[8 : start - 4] + size.to_bytes(4, "little")
        )
        for _ in range(1_200):
            file.write(b"\xd5" * 8_000)
    program = (
        "import sys; from pathlib import Path; from askare.outside.audio import take_apart, Channels\n"
        "sides = take_apart(Path(sys.argv[1]), Path(sys.argv[2]), operator=Channels.NONE)\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(sides.seconds, peak.split()[1])"
    )

    said = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "long.wav", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
    )

    seconds, kibibytes = said.stdout.split()
    assert float(seconds) == pytest.approx(1_200, abs=1)
    assert int(kibibytes) < 256 * 1024
