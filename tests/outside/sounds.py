"""Recordings made on the spot: tones in the formats that exchanges use."""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

# container, codec, rate: as Asterisk, FreeSWITCH and telephones write them
FORMATS = {
    "pcm.wav": ("wav", "pcm_s16le", 8_000),
    "alaw.wav": ("wav", "pcm_alaw", 8_000),
    "mulaw.wav": ("wav", "pcm_mulaw", 8_000),
    "mp3": ("mp3", "libmp3lame", 16_000),
    "ogg": ("ogg", "libopus", 48_000),
    "flac": ("flac", "flac", 16_000),
    "m4a": ("mp4", "aac", 16_000),
}


def tone(seconds: float, *, rate: int, hertz: float = 440.0, loud: float = 0.5) -> array[int]:
    return array(
        "h", (int(32_000 * loud * math.sin(2 * math.pi * hertz * at / rate)) for at in range(int(seconds * rate)))
    )


def recording(path: Path, form: str, seconds: float = 1.0, *, sides: tuple[float, ...] = (440.0,)) -> Path:
    """A recording with one tone (Hz) a channel; 0 is silence."""
    container, codec, rate = FORMATS[form]
    channels = [tone(seconds, rate=rate, hertz=hertz, loud=0.5 if hertz else 0.0) for hertz in sides]
    layout = "mono" if len(sides) == 1 else "stereo"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        wanted = stream.codec_context.format.name
        resampler = AudioResampler(format=wanted, layout=layout, rate=rate, frame_size=stream.codec_context.frame_size)
        frame = AudioFrame(format="s16p", layout=layout, samples=len(channels[0]))
        frame.rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for plane, channel in zip(frame.planes, channels, strict=True):
            plane.update(channel.tobytes().ljust(plane.buffer_size, b"\0"))
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return path


def gsm_wav(path: Path, blocks: int = 50) -> Path:
    """A GSM WAV as exchanges write it: blocks of 65 bytes for 320 samples (no encoder needed: silence)."""
    # Two GSM frames packed as in the WAV49 form; all zero but the marks is a valid, quiet frame.
    block = bytes(65)
    data = block * blocks
    head = b"WAVEfmt " + (20).to_bytes(4, "little") + (0x31).to_bytes(2, "little") + (1).to_bytes(2, "little")
    head += (8_000).to_bytes(4, "little") + (1_625).to_bytes(4, "little") + (65).to_bytes(2, "little") + bytes(2)
    head += (2).to_bytes(2, "little") + (320).to_bytes(2, "little")
    body = head + b"data" + len(data).to_bytes(4, "little") + data
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    return path
