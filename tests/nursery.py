"""Processes of `askare` that find everything loaded: one parent imports it all once, and forks for every request.

Loading is most of what a command or the start of a server costs, and the tests start some two hundred of them.
What comes out of the nursery is a process as `python -m askare …` makes it: with a pid, arguments, environment,
folder and standard streams of its own; it runs the same `__main__` from its first line to the end of the
interpreter, and it is told to stop, killed with -9 and waited for like any other.

What it cannot show is the loading itself.  That is for `afresh=True`, which starts an interpreter as users do: what
is tested of starting, and one command of every module, start so.

Forking is safe because the parent does nothing but import.  It has no second thread (it looks before each fork), no
event loop, no database, and no dice that were thrown; a child closes what belongs to the nursery before it begins.

A request is one packet with four descriptors: the new process's standard streams, and a socket of its own for its
story: the tests say what it shall be, the nursery answers with its pid and, in the end, its exit status.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec

IS_POSSIBLE = hasattr(os, "pidfd_open")  # Linux; elsewhere every process is started afresh

DESCRIPTORS = 4  # of a request: standard input, output, error, and the story
ROOT = Path(__file__).parents[1]


class Process(Protocol):
    """What tests do with a process, a `subprocess.Popen` or a child of the nursery."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, or minus the number of the signal that ended it; None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired when it has not ended after so many seconds."""

    def send_signal(self, sig: int) -> None:
        """Nothing happens to one that has ended: its pid may be another's by now."""


class Request(msgspec.Struct):
    """What a new process shall be: `python -m module arguments…`."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str


def start(
    module: str,
    arguments: list[str],
    *,
    environment: dict[str, str],
    streams: tuple[int, int, int],
    afresh: bool = False,
) -> Process:
    """Start `python -m module arguments…`; `streams` are the descriptors of its standard input, output and error."""
    if afresh or not IS_POSSIBLE:
        stdin, stdout, stderr = streams
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment)
    return _nursery().start(Request(module, arguments, environment, str(Path.cwd())), streams)


@cache
def _nursery() -> Nursery:
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery


# Outside: asking for a process -----------------------------------------------------------------------------------


class Child:
    """A process of the nursery."""

    def __init__(self, story: socket.socket) -> None:
        self._story = story
        self._heard = b""
        self._status: int | None = None
        self.pid = self._next_number(None)

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(timeout=0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self._status is None:
            self._status = self._next_number(timeout)
            self._story.close()
        return self._status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def _next_number(self, timeout: float | None) -> int:
        """What the nursery says next."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._heard:
            self._story.settimeout(None if deadline is None else max(0.0, deadline - time.monotonic()))
            try:
                heard = self._story.recv(100)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0) from None
            assert heard, "the nursery is gone"
            self._heard += heard
        word, _, self._heard = self._heard.partition(b"\n")
        return int(word)


class Nursery:
    """The parent, seen from a test run, with which it ends."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # No terminal, whatever ours is: some of what is loaded decides by it whether to write in colour.
            self._parent = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if not name.startswith("ASKARE_")},
            )

    def start(self, request: Request, streams: tuple[int, int, int]) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._requests, [b"!"], [*streams, theirs.fileno()])
        ours.sendall(msgspec.json.encode(request) + b"\n")
        return Child(ours)

    def close(self) -> None:
        self._requests.close()
        self._parent.wait()


# Inside: the parent and its children -----------------------------------------------------------------------------


def load_everything() -> None:
    """Whatever a command or a server loads."""
    from askare.cli import COMMANDS

    for name in {place.partition(":")[0] for place in COMMANDS.values()}:
        importlib.import_module(f"askare.cli.{name}")
    # What they load only when it comes to it.
    for name in ("askare.demo.load", "askare.doctor", "askare.storage.postgres", "granian.server.embed", "uvloop"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # else every child would look through it all, and copy it


def nurse() -> Request:
    """Fork for every request; end when nobody can ask any more.  Returns in the children only."""
    on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the tests, and we end with them
    requests = socket.socket(fileno=os.dup(0))
    living: dict[int, tuple[int, socket.socket]] = {}  # pid and story, by the descriptor that tells of the end
    selector = selectors.DefaultSelector()
    selector.register(requests, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fd in living:
                pid, story = living.pop(key.fd)
                selector.unregister(key.fd)
                os.close(key.fd)
                with story:
                    _tell(story, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                continue
            packet, descriptors, _, _ = socket.recv_fds(requests, 1, DESCRIPTORS)
            if not packet:
                sys.exit()
            assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork would lose the other threads"
            *streams, story_no = descriptors
            story = socket.socket(fileno=story_no)
            pid = os.fork()
            if pid == 0:
                selector.close()
                requests.close()
                for end, (_, others) in living.items():
                    os.close(end)
                    others.close()
                signal.signal(signal.SIGINT, on_interrupt)
                return _born(streams, story)
            for stream in streams:
                os.close(stream)
            _tell(story, pid)
            end = os.pidfd_open(pid)
            living[end] = pid, story
            selector.register(end, selectors.EVENT_READ)


def _tell(story: socket.socket, number: int) -> None:
    with suppress(BrokenPipeError):  # it may be that nobody listens any more
        story.sendall(f"{number}\n".encode())


def _born(streams: list[int], story: socket.socket) -> Request:
    """Become what was asked for, all but its arguments."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    with story, story.makefile("rb") as lines:
        request = msgspec.json.decode(lines.readline(), type=Request)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.chdir(request.folder)
    return request


if __name__ == "__main__":
    load_everything()
    asked = nurse()
    sys.argv = [asked.module, *asked.arguments]
    runpy.run_module(asked.module, run_name="__main__", alter_sys=True)
