"""Commands of the administrator's own: programs of this machine that service tasks start.

They are named in `commands.toml` of the data folder, which nobody but its owner may be able to write:

    [nightlyReport]
    summary = "Writes the night's report"
    run = ["/usr/local/bin/report", "--day", "{startparam1}"]   # a list of arguments, never a line for a shell
    environment = { LANG = "fi_FI.UTF-8" }                       # all the environment there is; PATH is set
    seconds = 600          # deadline; then the whole process group is killed
    memory_mb = 512        # of each process
    cpu_seconds = 300      # of each process
    files_mb = 100         # largest file it may write
    processes = 64         # where bubblewrap is present: how many it may have
    network = false        # likewise: whether it may speak to anybody
    writes = ["/srv/reports"]  # likewise: folders that it may write to

A start parameter replaces an argument, or a part of one, as it stands: nothing in it is read by any shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import stat
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from askare.scripts.model import OUTPUT_LETTERS_MAX, Context, Script, ScriptFailed

COMMANDS_FILE = "commands.toml"
PATH = "/usr/local/bin:/usr/bin:/bin"
KILL_AFTER_SECONDS = 2.0  # between asking a process group to end and killing it

_PLACE = re.compile(r"\{(startparam[1-9])\}")
_MEGABYTE = 1_048_576


class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One command, as the file says it."""

    run: tuple[str, ...]
    summary: str = ""
    environment: dict[str, str] = {}
    seconds: int = 3_600
    memory_mb: int = 1_024
    cpu_seconds: int = 3_600
    files_mb: int = 1_024
    processes: int = 64
    network: bool = False
    writes: tuple[str, ...] = ()


class CommandParameters(Struct):
    """The start parameters, as they stand."""

    startparam1: Any = ""
    startparam2: Any = ""
    startparam3: Any = ""
    startparam4: Any = ""
    startparam5: Any = ""
    startparam6: Any = ""
    startparam7: Any = ""
    startparam8: Any = ""
    startparam9: Any = ""


def read_commands(file: Path) -> tuple[dict[str, Script], list[str]]:
    """The commands of a file, and what is wrong with it.  No file, no commands."""
    try:
        mode = file.stat().st_mode
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            return {}, [f"{file} may be written by others than its owner; none of its commands is used (chmod go-w)"]
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{file} cannot be read: {error}"]
    commands, faults = {}, []
    for code, value in said.items():
        try:
            command = msgspec.convert(value, Command)
            _require_sound(command)
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(f"{file}: {code}: {error}")
            continue
        commands[code] = Script(command.summary, CommandParameters, _runner(command))
    return commands, faults


def _require_sound(command: Command) -> None:
    if not command.run:
        raise ValueError("run must name a program")
    if not Path(command.run[0]).is_absolute():
        raise ValueError(f"run must begin with the full path of a program, not {command.run[0]!r}")
    if _PLACE.search(command.run[0]):
        raise ValueError("the program itself cannot be a start parameter")
    for name in ("seconds", "memory_mb", "cpu_seconds", "files_mb", "processes"):
        if getattr(command, name) < 1:
            raise ValueError(f"{name} must be at least 1")


def arguments_of(command: Command, parameters: CommandParameters) -> list[str]:
    """The arguments with start parameters in their places."""

    def place(match: re.Match[str]) -> str:
        value = getattr(parameters, match[1])
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        if "\0" in text:
            raise ScriptFailed(f"{match[1]} holds a NUL")
        return text

    return [_PLACE.sub(place, argument) for argument in command.run]


def _runner(command: Command) -> Callable[[Context, CommandParameters], Any]:
    async def run(context: Context, parameters: CommandParameters) -> str:
        return await run_command(command, parameters, say=context.say)

    return run


def sandboxed(command: Command, arguments: list[str], folder: str, *, bubblewrap: str | None) -> list[str]:
    """The arguments as they are started: inside bubblewrap where there is one."""
    if bubblewrap is None:
        return arguments
    inside = [bubblewrap, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    inside += [] if command.network else ["--unshare-net"]
    inside += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", folder, folder]  # noqa: S108
    for place in command.writes:
        inside += ["--bind", place, place]
    return [*inside, "--chdir", folder, "--", *arguments]


async def run_command(
    command: Command,
    parameters: CommandParameters,
    *,
    say: Callable[[str], None],
    sandbox: bool = True,
) -> str:
    """Run it to its end, in bubblewrap where it is present and wanted; returns what it said.

    Raises ScriptFailed when it fails, TimeoutError past its deadline.
    """
    arguments = arguments_of(command, parameters)
    wrap = shutil.which("bwrap") if sandbox else None
    with tempfile.TemporaryDirectory(prefix="askare-command-") as folder:
        try:
            process = await asyncio.create_subprocess_exec(
                *sandboxed(command, arguments, folder, bubblewrap=wrap),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=folder,
                env={"PATH": PATH, **command.environment},
                start_new_session=True,  # a process group of its own, so that all of it can be ended
                preexec_fn=_limits(command),
            )
        except OSError as error:
            raise ScriptFailed(f"{command.run[0]} cannot be started: {error.strerror}") from None
        said = bytearray()
        try:
            async with asyncio.timeout(command.seconds):
                await _listen(process, said, say)
                status = await process.wait()
        finally:
            await _end_group(process)
    text = _readable(said)
    if status != 0:
        raise ScriptFailed(f"{text}\nexit status {status}".strip())
    return text


async def _listen(process: asyncio.subprocess.Process, said: bytearray, say: Callable[[str], None]) -> None:
    assert process.stdout is not None  # noqa: S101  -- it was asked for
    while chunk := await process.stdout.read(65_536):
        room = OUTPUT_LETTERS_MAX - len(said)
        said += chunk[:room]  # what is beyond is read, so that the command need not wait, and let go
        last_line = bytes(said).rstrip().rpartition(b"\n")[2]
        say(last_line[-200:].decode(errors="replace"))


async def _end_group(process: asyncio.subprocess.Process) -> None:
    """End whatever of the process group is left."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILL_AFTER_SECONDS):
                await process.wait()
        if process.returncode is not None and name is signal.SIGTERM:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # its children, should they still be there
            return


def _limits(command: Command) -> Callable[[], None]:
    def limit() -> None:
        for kind, most in (
            (resource.RLIMIT_AS, command.memory_mb * _MEGABYTE),
            (resource.RLIMIT_CPU, command.cpu_seconds),
            (resource.RLIMIT_FSIZE, command.files_mb * _MEGABYTE),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, 256),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))

    return limit


def _readable(said: bytearray) -> str:
    text = bytes(said).decode(errors="replace").replace("\0", "\ufffd").strip()
    return text + ("\n… cut at 1 MiB" if len(said) >= OUTPUT_LETTERS_MAX else "")
