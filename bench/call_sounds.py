"""A call as an exchange records it: A-law at 8 kHz in a WAV file, and in it something that sounds like talking.

Two sides take turns, in bursts of syllables with pauses between them over a hiss; in mono both are on one channel.
"""

from __future__ import annotations

import math
import random
import struct

RATE = 8_000
TURN_SECONDS = 3.5


def _alaw(sample: int) -> int:
    """One 16-bit sample as one byte.  ITU-T G.711."""
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    magnitude = min(magnitude, 32_767) >> 4
    exponent = max(0, magnitude.bit_length() - 5)
    mantissa = (magnitude >> max(1, exponent)) & 0x0F if exponent else (magnitude >> 1) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


_TABLE = bytes(_alaw(sample) for sample in range(-32_768, 32_768))


def _side(seconds: float, *, side: int, dice: random.Random) -> list[int]:
    """What one side says, as 16-bit samples: it speaks in every other turn."""
    samples = []
    pitch = 120 if side else 190
    for at in range(int(seconds * RATE)):
        moment = at / RATE
        speaks = int(moment / TURN_SECONDS) % 2 == side and moment % TURN_SECONDS < TURN_SECONDS - 0.4
        hiss = dice.gauss(0, 40)
        loud = max(0.0, math.sin(2 * math.pi * 3.1 * moment)) if speaks else 0.0  # about three syllables a second
        voice = sum(math.sin(2 * math.pi * pitch * n * moment) / n for n in (1, 2, 3, 5)) if loud else 0.0
        samples.append(int(max(-32_768, min(32_767, 7_000 * loud * voice + hiss))))
    return samples


def recording(seconds: float, *, sides: int) -> bytes:
    """The WAV file, with one channel or with one a side."""
    dice = random.Random(1917)
    caller, operator = (_side(seconds, side=side, dice=dice) for side in (0, 1))
    if sides == 1:
        sound = bytes(
            _TABLE[max(-32_768, min(32_767, one + two)) + 32_768] for one, two in zip(caller, operator, strict=True)
        )
    else:
        sound = bytes(_TABLE[sample + 32_768] for both in zip(operator, caller, strict=True) for sample in both)
    head = b"WAVEfmt " + struct.pack("<IHHIIHHH", 18, 6, sides, RATE, RATE * sides, sides, 8, 0)
    body = head + b"fact" + struct.pack("<II", 4, len(sound) // sides) + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body
