"""Running a program of this machine that the administrator named: without a shell, with bounds."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Trouble

OUTPUT_BYTES_MAX = 4 * 1024 * 1024
LAST_WORDS_SECONDS = 2.0  # after it was ended
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: not now
# Of our own environment a program gets what it needs to run, and none of our secrets.
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")


def bare_environment(*further: str) -> dict[str, str]:
    """What a program that we start is to know of our own environment; `further` names more of it."""
    return {name: os.environ[name] for name in (*ENVIRONMENT, *further) if name in os.environ}


async def output_of(command: Sequence[str], *, given: bytes, seconds: float) -> bytes:
    """What the program writes to its standard output.  Raises Trouble; in any case no process is left behind."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it may hold what was said
            env=bare_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Trouble(ErrorCode.PROVIDER_REJECTED, f"{command[0]} cannot be run: {error.strerror}") from None
    assert process.stdin is not None  # noqa: S101  -- asked for above
    assert process.stdout is not None  # noqa: S101
    feeding = asyncio.create_task(_feed(process.stdin, given))
    try:
        async with asyncio.timeout(seconds):
            output = b""
            while piece := await process.stdout.read(65_536):
                output += piece
                if len(output) > OUTPUT_BYTES_MAX:
                    raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, f"{command[0]} writes without an end")
            await feeding
            code = await process.wait()
    except TimeoutError:
        raise Trouble(ErrorCode.PROVIDER_TIMEOUT, f"{command[0]} took longer than {seconds:.0f} s") from None
    finally:
        feeding.cancel()
        await _end(process, process.stdout)
    if code == TRY_AGAIN:
        raise Trouble(ErrorCode.PROVIDER_UNAVAILABLE, f"{command[0]} cannot do it now")
    if code != 0:
        raise Trouble(ErrorCode.PROVIDER_REJECTED, f"{command[0]} ended with {code}")
    return output


async def _feed(line: asyncio.StreamWriter, given: bytes) -> None:
    try:
        line.write(given)
        await line.drain()
        line.close()
        await line.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it did not want to read it all


async def _end(process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
    """The process and all that it started: nobody is left behind, and no pipe open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):  # somebody who left the group may hold the pipe; that is not waited for
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            while await output.read(65_536):
                pass
            await process.wait()
