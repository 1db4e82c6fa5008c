"""Commands of the administrator's own: what their file may say, and what they can do when they run."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from askare.scripts import ScriptFailed
from askare.scripts.command import (
    Command,
    CommandParameters,
    arguments_of,
    read_commands,
    run_command,
    sandboxed,
)
from askare.scripts.model import OUTPUT_LETTERS_MAX


def written(folder: Path, text: str) -> Path:
    file = folder / "commands.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def run(*arguments: str, said: list[str] | None = None, parameters: dict[str, Any] | None = None, **more: Any) -> str:
    """What a Python program says that is run as a command, outside any sandbox."""
    command = Command(run=(sys.executable, *arguments), **{"memory_mb": 4_096, **more})
    return asyncio.run(_outside(command, CommandParameters(**(parameters or {})), said if said is not None else []))


async def _outside(command: Command, parameters: CommandParameters, heard: list[str]) -> str:
    return await run_command(command, parameters, say=heard.append, sandbox=False)


# The file --------------------------------------------------------------------------------------------------------


def test_no_file_no_commands(tmp_path: Path) -> None:
    assert read_commands(tmp_path / "commands.toml") == ({}, [])


def test_a_command_is_read_with_its_limits(tmp_path: Path) -> None:
    commands, faults = read_commands(
        written(tmp_path, '[nightly]\nsummary = "Night"\nrun = ["/bin/true", "{startparam1}"]\nseconds = 5\n')
    )

    assert (faults, commands["nightly"].summary) == ([], "Night")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[x]\nrun = ["true"]', "full path"),
        ("[x]\nrun = []", "must name a program"),
        ('[x]\nrun = ["/bin/true"]\nshell = true', "shell"),
        ('[x]\nrun = "/bin/true"', "array"),
        ('[x]\nrun = ["/bin/{startparam1}"]', "cannot be a start parameter"),
        ('[x]\nrun = ["/bin/true"]\nseconds = 0', "at least 1"),
        ("[x", "cannot be read"),
    ],
)
def test_a_command_that_cannot_be_is_left_out_and_named(tmp_path: Path, text: str, fault: str) -> None:
    commands, faults = read_commands(written(tmp_path, text))

    assert commands == {}
    assert fault in faults[0]


def test_one_bad_command_does_not_take_the_others_away(tmp_path: Path) -> None:
    commands, faults = read_commands(written(tmp_path, '[x]\nrun = []\n[y]\nrun = ["/bin/true"]\n'))

    assert (list(commands), len(faults)) == (["y"], 1)


def test_a_file_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    file = written(tmp_path, '[x]\nrun = ["/bin/true"]')
    file.chmod(0o622)

    commands, faults = read_commands(file)

    assert commands == {}
    assert "chmod" in faults[0]


# Running ---------------------------------------------------------------------------------------------------------


def test_a_start_parameter_is_an_argument_and_nothing_else() -> None:
    command = Command(run=("/bin/echo", "--day={startparam1}", "{startparam2}"))

    found = arguments_of(command, CommandParameters("$(reboot); '", {"a": 1}))

    assert found == ["/bin/echo", "--day=$(reboot); '", '{"a":1}']


def test_a_start_parameter_with_a_nul_is_refused() -> None:
    with pytest.raises(ScriptFailed, match="NUL"):
        arguments_of(Command(run=("/bin/echo", "{startparam1}")), CommandParameters("a\0b"))


def test_what_a_command_says_is_kept_and_seen_meanwhile() -> None:
    said: list[str] = []

    assert run("-c", "print('one'); print('two')", said=said) == "one\ntwo"
    assert said[-1] == "two"


def test_a_command_finds_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKARE_DATABASE", "postgresql://secret")

    seen = run("-c", "import os; print(sorted(os.environ))", environment={"LANG": "C.UTF-8"})

    assert "ASKARE" not in seen
    assert "LANG" in seen


def test_a_failing_command_is_an_error_with_its_words() -> None:
    with pytest.raises(ScriptFailed, match=r"no luck\nexit status 3"):
        run("-c", "print('no luck'); raise SystemExit(3)")


def test_a_command_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ScriptFailed, match="cannot be started"):
        asyncio.run(_outside(Command(run=("/no/such/program",)), CommandParameters(), []))


def test_a_command_past_its_deadline_is_killed_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    program = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)\n"
    )

    with pytest.raises(TimeoutError):
        run("-c", program, seconds=1)

    pid = int(child.read_text())
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_more_than_a_mebibyte_is_cut() -> None:
    said = run("-c", "import sys; sys.stdout.write('x' * 2_000_000)")

    assert len(said) < OUTPUT_LETTERS_MAX + 100
    assert said.endswith("cut at 1 MiB")


def test_a_command_may_not_write_more_than_it_is_given() -> None:
    with pytest.raises(ScriptFailed):
        run("-c", "open('big', 'wb').write(b'x' * 3_000_000)", files_mb=1)


def test_in_bubblewrap_the_machine_is_read_only_and_the_network_away() -> None:
    command = Command(run=("/bin/true",), writes=("/srv/reports",))

    found = sandboxed(command, ["/bin/true"], "/srv/work", bubblewrap="/usr/bin/bwrap")

    assert found[0] == "/usr/bin/bwrap"
    assert "--unshare-net" in found
    assert found[found.index("--ro-bind") :][:3] == ["--ro-bind", "/", "/"]
    assert found[found.index("/srv/reports") - 1 :][:3] == ["--bind", "/srv/reports", "/srv/reports"]
    assert found[-2:] == ["--", "/bin/true"]
