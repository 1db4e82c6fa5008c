"""The contestants: how each is prepared, loaded, started, looked at and stopped."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import askare_side
import load

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"
SECRET = "only-for-the-benchmark-on-this-machine"
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
PEER_DATABASE = "tasks.db"


@dataclass(frozen=True)
class Contestant:
    """One server to measure.  `prepare` makes its environment, `load` its data, `command` starts it."""

    name: str
    title: str
    prepare: Callable[[], None]
    load: Callable[[Path, int], None]
    fingerprint: Callable[[], str]
    command: Callable[[int, Path], tuple[list[str], dict[str, str], Path]]  # port, data -> argv, environment, folder
    token: Callable[[Path], str]
    versions: Callable[[], dict[str, str]]


@dataclass(frozen=True)
class Running:
    """A started server."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    ready_seconds: float  # from the start of the process to the first 200 from /health/ready


def note(text: str) -> None:
    """Say on stderr what is going on."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


# --- environments -----------------------------------------------------------------------------------------


def _prepare_fastapi() -> None:
    requirements = HERE / "peers" / "fastapi_peer" / "requirements.txt"
    home = CACHE / "fastapi-venv"
    with _made_once(home, requirements.read_bytes() + sys.version.encode()) as needed:
        if needed:
            note("FastAPI peer: making its environment")
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True, stdout=sys.stderr)


def _prepare_fastify() -> None:
    source, home = HERE / "peers" / "fastify_peer", CACHE / "fastify"
    lock = (source / "package-lock.json").read_bytes()
    with _made_once(home, lock + _node_version().encode()) as needed:
        if needed:
            note("Fastify peer: npm ci (better-sqlite3 may be compiled, about a minute)")
            home.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(source / name, home)
            environment = dict(os.environ)
            prefix = Path(shutil.which("node") or "node").resolve().parent.parent
            if (prefix / "include" / "node" / "node.h").exists():
                environment["npm_config_nodedir"] = str(prefix)  # its headers, instead of a download
            subprocess.run(["npm", "ci", "--omit=dev"], cwd=home, env=environment, check=True, stdout=sys.stderr)
    for script in source.glob("*.js"):
        shutil.copy(script, home)


def _prepare_askare() -> None:
    fault = askare_side.why_not()
    if fault:
        raise RuntimeError(fault)


@contextmanager
def _made_once(home: Path, made_from: bytes) -> Iterator[bool]:
    """Yield True when `home` has to be made (again); remember what it was made from."""
    stamp = home.parent / f"{home.name}.made-from"
    digest = hashlib.sha256(made_from).hexdigest()
    needed = not stamp.exists() or stamp.read_text() != digest
    if needed:
        shutil.rmtree(home, ignore_errors=True)
    yield needed
    if needed:
        stamp.write_text(digest)


# --- data -------------------------------------------------------------------------------------------------


def pristine_data(contestant: Contestant, count: int) -> Path:
    """Return the contestant's folder with `count` tasks, loading it on first use."""
    home = CACHE / "data" / f"{contestant.name}-{count}"
    made_from = (HERE / "load.py").read_bytes() + contestant.fingerprint().encode()
    with _made_once(home, made_from) as needed:
        if needed:
            note(f"{contestant.title}: loading {count:,} tasks")
            began = time.monotonic()
            home.mkdir(parents=True)
            try:
                contestant.load(home, count)
            except BaseException:
                shutil.rmtree(home, ignore_errors=True)
                raise
            os.sync()
            note(f"{contestant.title}: loaded in {time.monotonic() - began:.0f} s, {folder_megabytes(home):.0f} MB")
    return home


@contextmanager
def fresh_copy(pristine: Path) -> Iterator[Path]:
    """Yield a copy of a data folder, already on the disk, so that no round pays for another's rows."""
    copy = CACHE / "run" / pristine.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(pristine, copy)
    os.sync()
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def folder_megabytes(folder: Path) -> float:
    """Return the size of all files below a folder, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def forget_cached_pages(folder: Path) -> None:
    """Ask the kernel to drop its copies of the folder's files, so that first answers come from the disk."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


# --- running ----------------------------------------------------------------------------------------------


@contextmanager
def running(contestant: Contestant, data: Path) -> Iterator[Running]:
    """Start the server on `data` and a free loopback port; stop it afterwards, whatever happens."""
    token = contestant.token(data)
    port = _free_port()
    argv, environment, folder = contestant.command(port, data)
    # Some of those who measure tell Python not to keep what it compiles; users do not, and start from what is kept.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # The log goes to memory where there is such a place: a log on the database's disk would be flushed with it.
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryFile(dir=memory if memory.is_dir() else None) as log:
        began = time.monotonic()
        process = subprocess.Popen(
            argv,
            env={**kept, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Running(process, port, token, _ready_seconds(process, port, began))
        except BaseException:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 3000))
            note(f"{contestant.title} said last:\n" + log.read().decode("utf-8", "replace"))
            raise
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready_seconds(process: subprocess.Popen[bytes], port: int, began: float) -> float:
    """Poll /health/ready until it answers 200; return the seconds since `began` (monotonic)."""
    while time.monotonic() - began < READY_SECONDS_MAX:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it was ready")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if get(port, "/health/ready", timeout_seconds=5)[0] == 200:
                return time.monotonic() - began
        time.sleep(0.003)
    raise RuntimeError(f"the server was not ready within {READY_SECONDS_MAX:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS_MAX)
    # Its own session, so this reaches its children and nobody else's processes.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS_MAX)


def get(port: int, target: str, token: str = "", *, timeout_seconds: float = 60) -> tuple[int, Any]:
    """Ask the server once, outside any measurement; return the status and the JSON answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        headers = {"Request-ID": "9031d1c5-7d40-41dd-b2b8-7919a2fc4fe9"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(body)
    except ValueError:
        return answer.status, None


def memory_megabytes(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Return the memory of the server and its children: Pss (shared pages divided among their users) and Rss, in MB.

    Pages of memory-mapped database files count in both.
    """
    total = {"pss": 0, "rss": 0}
    for number in _family(process.pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name.lower() in total:
                    total[name.lower()] += int(rest.split()[0])
    return {name: round(kibibytes * 1024 / 1e6, 1) for name, kibibytes in total.items()}


def _family(first: int) -> set[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # "pid (name) state ppid ...", where the name may hold blanks and brackets
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    family = {first}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


# --- the contestants --------------------------------------------------------------------------------------


def _peer_token(_data: Path) -> str:
    """Return an HS256 token as the peers check it, good for a day."""
    now = int(time.time())
    claims = {
        "iss": "bench",
        "aud": "askare-bench",
        "sub": "00000000-0000-4000-8000-000000000001",
        "organization": 1,
        "iat": now,
        "exp": now + 86_400,
    }
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    signature = hmac.new(SECRET.encode(), head + b"." + body, hashlib.sha256).digest()
    return b".".join((head, body, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


def _peer_fingerprint() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted((HERE / "peers").glob("*.sql")))).hexdigest()


def _fastapi_command(port: int, data: Path) -> tuple[list[str], dict[str, str], Path]:
    argv = [str(CACHE / "fastapi-venv" / "bin" / "python"), "-m", "uvicorn", "app:app", "--host", "127.0.0.1"]
    argv += [
        "--port",
        str(port),
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    environment = {"PEER_SECRET": SECRET, "PEER_DATABASE": str(data / PEER_DATABASE)}
    return argv, environment, HERE / "peers" / "fastapi_peer"


def _fastify_command(port: int, data: Path, *, documents: bool) -> tuple[list[str], dict[str, str], Path]:
    environment = {
        "NODE_ENV": "production",
        "PEER_SECRET": SECRET,
        "PEER_DATABASE": str(data / PEER_DATABASE),
        "PEER_PORT": str(port),
        "PEER_DOCUMENTS": "1" if documents else "0",
    }
    return ["node", "server.js"], environment, CACHE / "fastify"


def _node_version() -> str:
    return subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()


def _python_versions(python: Path, packages: tuple[str, ...], sqlite: str) -> dict[str, str]:
    script = (
        "import importlib.metadata as m, json, platform, sys\n"
        "found = {'python': platform.python_version()}\n"
        "for name in sys.argv[2:]:\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "scope = {}; exec(sys.argv[1], scope); found['SQLite'] = scope['version']\n"
        "print(json.dumps(found))"
    )
    made = subprocess.run([python, "-c", script, sqlite, *packages], check=True, capture_output=True, text=True)
    return dict(json.loads(made.stdout))


def _fastapi_versions() -> dict[str, str]:
    packages = (
        "fastapi",
        "starlette",
        "pydantic",
        "uvicorn",
        "uvloop",
        "httptools",
        "sqlalchemy",
        "aiosqlite",
        "pyjwt",
    )
    return _python_versions(
        CACHE / "fastapi-venv" / "bin" / "python", packages, "from sqlite3 import sqlite_version as version"
    )


def _fastify_versions() -> dict[str, str]:
    home = CACHE / "fastify"
    found = {"node": _node_version()}
    for name in ("fastify", "better-sqlite3", "@fastify/jwt", "fast-jwt", "pino"):
        found[name] = json.loads((home / "node_modules" / name / "package.json").read_text())["version"]
    script = "console.log(new (require('better-sqlite3'))(':memory:').prepare('SELECT sqlite_version()').pluck().get())"
    made = subprocess.run(["node", "-e", script], cwd=home, check=True, capture_output=True, text=True)
    return {**found, "SQLite": made.stdout.strip()}


def _askare_versions() -> dict[str, str]:
    sqlite = "import apsw; version = apsw.sqlite_lib_version()"
    return _python_versions(askare_side.PYTHON, askare_side.PACKAGES, sqlite)


CONTESTANTS = {
    one.name: one
    for one in (
        Contestant(
            name="askare",
            title="Askare",
            prepare=_prepare_askare,
            load=askare_side.load_askare,
            fingerprint=askare_side.data_fingerprint,
            command=lambda port, data: (askare_side.serve_command(port=port, data_dir=data), {}, askare_side.ROOT),
            token=askare_side.new_token,
            versions=_askare_versions,
        ),
        Contestant(
            name="fastapi",
            title="FastAPI + SQLAlchemy async + aiosqlite",
            prepare=_prepare_fastapi,
            load=lambda data, count: load.load_fastapi(data / PEER_DATABASE, count),
            fingerprint=_peer_fingerprint,
            command=_fastapi_command,
            token=_peer_token,
            versions=_fastapi_versions,
        ),
        Contestant(
            name="fastify",
            title="Fastify + better-sqlite3",
            prepare=_prepare_fastify,
            load=lambda data, count: load.load_fastify(data / PEER_DATABASE, count),
            fingerprint=_peer_fingerprint,
            command=lambda port, data: _fastify_command(port, data, documents=False),
            token=_peer_token,
            versions=_fastify_versions,
        ),
        Contestant(
            name="fastify-documents",
            title="Fastify + better-sqlite3, stored documents",
            prepare=_prepare_fastify,
            load=lambda data, count: load.load_fastify_documents(data / PEER_DATABASE, count),
            fingerprint=_peer_fingerprint,
            command=lambda port, data: _fastify_command(port, data, documents=True),
            token=_peer_token,
            versions=_fastify_versions,
        ),
    )
}
