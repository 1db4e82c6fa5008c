"""What is right and what is wrong with an installation, found out without changing anything.

Each examination looks at one thing and answers findings; none of them keeps the others from being made.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import platform
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import psycopg
from msgspec import Struct

from askare import __version__, post
from askare.access.door import static_tokens
from askare.access.keys import KEY_FILE, BadKeyFile, present_signing_key
from askare.kernel.problems import Unavailable
from askare.kernel.time import instant_of, written
from askare.letters.addresses import BadAddress, checked_address
from askare.outside.check import ProviderCheck
from askare.outside.providers import name_of, outside_of
from askare.outside.smtp import Patience, SmtpMailer, Unreachable
from askare.outside.speech import transcribers_of
from askare.settings import DATABASE_FILE, TABLE, BadSettings, Loaded, Settings
from askare.storage.archive import tables_of
from askare.storage.migrations import all_migrations, applied, differing
from askare.storage.postgres import POOL_MAX, PostgresDatabase
from askare.storage.sqlite import ReadTooLong, UnsafeSQLite, glance, processes_at, require_safe_version
from askare.storage.transactions import Transaction

INTEGRITY_SECONDS_MAX = 20.0  # a larger file than can be read in this time is a matter for the night
LOOK_SECONDS_MAX = 10.0
PORT_SECONDS_MAX = 1.0
MAIL_SECONDS_MAX = 10.0
FREE_BYTES_NEEDED = 268_435_456  # below this the next days' work may not fit
FREE_BYTES_WANTED = 2_147_483_648
CLOCK_SLACK = timedelta(minutes=1)
CLOCK_YEARS = range(2020, 2200)
POSTGRES_OLDEST = 14
SQLITE_CANNOT_LOCK_ON = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs", "9p"})


class Level(Enum):
    OK = "ok"
    NOTE = "note"  # nothing is wrong, but it is well to know
    WARNING = "warning"  # works, but not for long or not for everybody
    ERROR = "error"  # Askare does not start, or must not be trusted


class Finding(Struct, frozen=True):
    """One thing that was looked at: what there is, and what to do when it is not as it should be."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def examine(
    loaded: Loaded | None,
    faults: Iterable[str],
    *,
    now: datetime,
    data: Path | None = None,
    tried: Iterable[ProviderCheck] = (),
) -> list[Finding]:
    """Look at everything that can be looked at; the last finding is the verdict.

    `loaded` is None when the settings cannot be; `faults` then says why, and `data` is the data folder as far as it
    is known.  `now` is what the machine's clock says, right or wrong (aware).  `tried` is what came of trying out the
    providers.
    """
    settings = None if loaded is None else loaded.settings
    folder = data if settings is None else settings.data
    findings = [Finding(Level.OK, "version", f"Askare {__version__}, Python {platform.python_version()}")]
    findings += [Finding(Level.ERROR, "settings", fault, "Put this setting right.") for fault in faults]
    if loaded is not None:
        findings += _settings(loaded)
        findings += _addresses(loaded.settings)
    findings += _library()
    findings += _clock(now)
    if folder is not None:
        findings += _folder(folder)
        findings += _disk(folder)
        findings += _key(folder)
    if settings is not None and settings.database:
        findings += _postgres(settings, now)
    elif folder is not None:
        findings += _sqlite(folder / DATABASE_FILE, now)
    if settings is not None:
        findings += _mail(settings)
        findings.append(_port(settings.host, settings.port))
        findings += _outside(settings)
    findings += [_tried(one) for one in tried]
    return [*findings, _verdict(findings)]


def _verdict(findings: list[Finding]) -> Finding:
    errors = sum(finding.level is Level.ERROR for finding in findings)
    warnings = sum(finding.level is Level.WARNING for finding in findings)
    if errors:
        return Finding(Level.ERROR, "verdict", f"Something must be put right first: {_many(errors, 'error')}.")
    if warnings:
        return Finding(Level.WARNING, "verdict", f"Askare can run; {_many(warnings, 'warning')}.")
    return Finding(Level.OK, "verdict", "All is well.")


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


# Settings --------------------------------------------------------------------------------------------------------


def _settings(loaded: Loaded) -> Iterator[Finding]:
    """Every setting with its value and where it comes from; secrets print as ***."""
    for setting in TABLE:
        value = getattr(loaded.settings, setting.key)
        shown = str(value) if value != "" else "(none)"
        yield Finding(Level.OK, f"setting {setting.key}", f"{shown} ({loaded.origins[setting.key]})")


def _addresses(settings: Settings) -> Iterator[Finding]:
    """Settings that can be as they are, but hardly are as they were meant."""
    for key in ("public_url", "oidc_issuer", "oidc_jwks_url"):
        value = getattr(settings, key)
        if not value:
            continue
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname:
            yield Finding(
                Level.ERROR, key, f"{value} is not a web address.", "Write it in full: https://office.example."
            )
        elif address.scheme == "http" and key.startswith("oidc") and address.hostname not in _OWN_NAMES:
            yield Finding(
                Level.WARNING,
                key,
                "Keys that come over http:// can be replaced on the way.",
                "Use an https:// address.",
            )
    if settings.host in _EVERYWHERE and not settings.public_url:
        yield Finding(
            Level.NOTE,
            "public_url",
            f"The documentation pages will name http://{settings.host}:{settings.port}, which no client can reach.",
            "Set public_url to the address under which clients reach the server.",
        )
    if settings.oidc_issuer:
        yield Finding(
            Level.OK, "sign-in", f"Tokens of {settings.oidc_issuer} are accepted (it was not asked for them)."
        )
    try:
        fixed = static_tokens(settings.static_tokens)
    except BadSettings as refusal:
        for fault in refusal.faults:
            yield Finding(Level.ERROR, "static_tokens", fault, "Put this setting right.")
    else:
        if fixed:
            yield Finding(
                Level.NOTE,
                "static_tokens",
                f"{_many(len(fixed), 'token')} in the settings never expire.",
                "For people, make tokens that expire: askare token.",
            )


def _outside(settings: Settings) -> Iterator[Finding]:
    """Who transcribes and who sums up, as far as the settings tell."""
    try:
        said = outside_of(settings)
        transcribers_of(settings)
    except BadSettings as refusal:
        for fault in refusal.faults:
            yield Finding(Level.ERROR, "providers", fault, "Put this setting right.")
        return
    names = ", ".join(map(name_of, said.transcription))
    if names:
        yield Finding(Level.OK, "transcription", names)
    else:
        yield Finding(
            Level.NOTE,
            "transcription",
            "Nobody transcribes: recordings of calls are kept, not read.",
            "Set transcription_providers; docs/running.md shows how.",
        )
    yield Finding(Level.OK, "summaries", ", ".join(map(name_of, said.summary)))


def _tried(check: ProviderCheck) -> Finding:
    subject = f"{check.kind} by {check.name}"
    if check.ok:
        return Finding(Level.OK, subject, check.said)
    return Finding(Level.ERROR, subject, check.said, "See its address, key and model in the settings, and its own log.")


_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  -- not listened on here
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


# The machine -----------------------------------------------------------------------------------------------------


def _library() -> Iterator[Finding]:
    version = apsw.sqlite_lib_version()
    try:
        require_safe_version(version)
    except UnsafeSQLite as danger:
        yield Finding(Level.ERROR, "SQLite", str(danger))
    else:
        yield Finding(Level.OK, "SQLite", f"Library version {version}")


def _clock(now: datetime) -> Iterator[Finding]:
    text = now.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
    if now.year in CLOCK_YEARS:
        yield Finding(Level.OK, "clock", text)
    else:
        yield Finding(Level.ERROR, "clock", f"It says {text}.", "Set the machine's clock: timedatectl set-ntp true.")


def _folder(data: Path) -> Iterator[Finding]:
    place = data.absolute()
    if not _is_there(place):
        parent = _nearest_present(place)
        if os.access(parent, os.W_OK | os.X_OK):
            yield Finding(Level.NOTE, "data folder", f"{place} is not there yet; the first start makes it.")
        else:
            yield Finding(
                Level.ERROR,
                "data folder",
                f"{place} is not there, and cannot be made in {parent}.",
                f"Make it: mkdir -p {place} && chown {os.geteuid()} {place}",
            )
        return
    if not place.is_dir():
        yield Finding(Level.ERROR, "data folder", f"{place} is not a folder.", "Name another one with --data.")
        return
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            Level.ERROR,
            "data folder",
            f"{place} cannot be written by user {os.geteuid()}.",
            f"Run: chown -R {os.geteuid()} {place}",
        )
    elif _open_to_others(place) and any(_open_to_others(place / name) for name in (DATABASE_FILE, "askare.toml")):
        yield Finding(
            Level.WARNING,
            "data folder",
            f"{place} can be read by other users of this machine.",
            f"Run: chmod 700 {place}",
        )
    else:
        yield Finding(Level.OK, "data folder", f"{place}, writable")


def _open_to_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def _nearest_present(path: Path) -> Path:
    """The path itself, or the first folder above it that exists."""
    return next((folder for folder in (path, *path.parents) if _is_there(folder)), Path("/"))


def _is_there(path: Path) -> bool:
    """Whether it exists, as far as our user can see."""
    try:
        return path.exists()
    except OSError:
        return False


def _disk(data: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_nearest_present(data.absolute())).free
    text = f"{free / 1_073_741_824:.1f} GiB free"
    advice = "Make room, or move the data folder to a larger disk."
    if free < FREE_BYTES_NEEDED:
        yield Finding(Level.ERROR, "disk", text, advice)
    elif free < FREE_BYTES_WANTED:
        yield Finding(Level.WARNING, "disk", text, advice)
    else:
        yield Finding(Level.OK, "disk", text)


def _key(data: Path) -> Iterator[Finding]:
    if not os.path.lexists(data / KEY_FILE):
        yield Finding(Level.NOTE, "signing key", f"{data / KEY_FILE} is not there yet; the first start makes it.")
        return
    try:
        key = present_signing_key(data)
    except BadKeyFile as problem:
        yield Finding(Level.ERROR, "signing key", str(problem))
    else:
        yield Finding(Level.OK, "signing key", f"{key.key_id}, readable by its owner only")


# The database ----------------------------------------------------------------------------------------------------


def _sqlite(file: Path, now: datetime) -> Iterator[Finding]:
    if not _is_there(file):
        yield Finding(Level.NOTE, "database", f"{file} is not there yet; the first start makes it.")
        return
    holders = processes_at(file)
    size = f"{file.stat().st_size / 1_048_576:.1f} MiB"
    try:
        with glance(file, seconds_max=LOOK_SECONDS_MAX) as tx:
            tx.row("SELECT 1 FROM sqlite_master")  # the first question is what reads the file
            yield Finding(
                Level.OK, "database", f"SQLite, {file}, {size}{', open in ' + ', '.join(holders) if holders else ''}"
            )
            yield from _journal(tx, file)
            yield from _contents(tx, now)
        yield from _integrity(file)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        yield Finding(
            Level.ERROR, "database", f"{file} is damaged: {error}.", "Move it away, and restore the last backup."
        )
    except (apsw.Error, OSError) as error:
        yield Finding(
            Level.ERROR, "database", f"{file} cannot be read: {error}.", "See who else uses it, and its disk."
        )
    except ReadTooLong:
        yield Finding(Level.WARNING, "database", f"{file} does not answer within {LOOK_SECONDS_MAX:.0f} seconds.")


def _journal(tx: Transaction, file: Path) -> Iterator[Finding]:
    system = _file_system_of(file)
    if system in SQLITE_CANNOT_LOCK_ON:
        yield Finding(
            Level.ERROR,
            "database",
            f"{file} lies on a network file system ({system}), where SQLite can lose data.",
            "Move the data folder to a disk of this machine, or use PostgreSQL.",
        )
    if file.with_name(f"{file.name}-wal").exists():  # else nobody has it open, and the next to open it sets the mode
        ((mode,),) = tx.rows("PRAGMA journal_mode")
        level = Level.OK if mode == "wal" else Level.WARNING
        yield Finding(level, "journal mode", mode, "" if mode == "wal" else "Restart the server: it sets wal.")


def _file_system_of(file: Path) -> str:
    """The kind of file system on which a file lies, by the kernel's list (Linux only), or ''."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return ""
    path = file.resolve()
    above = [(len(where), kind) for _, where, kind, *_ in mounts if path.is_relative_to(where)]
    return max(above, default=(0, ""))[1]


def _integrity(file: Path) -> Iterator[Finding]:
    try:
        with glance(file, seconds_max=INTEGRITY_SECONDS_MAX) as tx:
            ((verdict,),) = tx.rows("PRAGMA quick_check(1)")
            orphans = tx.rows("PRAGMA foreign_key_check")
    except ReadTooLong:
        yield Finding(
            Level.NOTE,
            "integrity",
            f"Not looked through to the end within {INTEGRITY_SECONDS_MAX:.0f} seconds.",
            f"At a quiet time, run: sqlite3 {file} 'PRAGMA quick_check'",
        )
        return
    if verdict != "ok":
        yield Finding(Level.ERROR, "integrity", str(verdict), "Make a copy of the file, and restore the last backup.")
    elif orphans:
        yield Finding(
            Level.ERROR,
            "integrity",
            f"{_many(len(orphans), 'row')} of {orphans[0][0]} and others point at rows of {orphans[0][2]} that are not "
            "there.",
            "Make a copy of the file, and restore the last backup.",
        )
    else:
        yield Finding(Level.OK, "integrity", "Looked through, and found whole")


def _postgres(settings: Settings, now: datetime) -> Iterator[Finding]:
    database = PostgresDatabase(settings.database.reveal(), connections_max=1)

    def look(tx: Transaction) -> list[Finding]:
        tx.run(f"SET LOCAL statement_timeout = {int(LOOK_SECONDS_MAX * 1000)}")
        return [*_postgres_server(tx, settings.workers), *_contents(tx, now)]

    try:
        yield from database.read(look)
        others = database.others()
        if others:
            yield Finding(Level.OK, "database", f"In use by {', '.join(others)}")
    except Unavailable as problem:
        yield Finding(
            Level.ERROR, "database", problem.reason, "See that the server runs, and that `database` names it rightly."
        )
    except psycopg.Error as error:
        yield Finding(
            Level.ERROR,
            "database",
            f"PostgreSQL refuses: {str(error).strip()}",
            "Give our user the right to its tables.",
        )
    finally:
        database.close()


def _postgres_server(tx: Transaction, workers: int) -> Iterator[Finding]:
    row = tx.row(
        "SELECT current_database(), current_user, current_setting('server_version'),"
        " CAST(current_setting('server_version_num') AS INTEGER), current_setting('server_encoding'),"
        " CAST(current_setting('max_connections') AS INTEGER), current_setting('fsync'),"
        " current_setting('synchronous_commit'), current_schema(),"
        " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    )
    assert row is not None  # noqa: S101  -- a SELECT without FROM answers one row
    name, user, version, number, encoding, connections, fsync, commit, schema, may_create = row
    yield Finding(Level.OK, "database", f"PostgreSQL {version}, {name} (schema {schema}) as {user}, {encoding}")
    if number < POSTGRES_OLDEST * 10_000:
        yield Finding(
            Level.ERROR,
            "database",
            f"PostgreSQL {version} is too old.",
            f"Use version {POSTGRES_OLDEST} or later.",
        )
    if encoding != "UTF8":
        yield Finding(
            Level.ERROR,
            "database",
            f"The database is in {encoding}, which cannot hold all letters.",
            f"Make a new one: CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0",
        )
    if not may_create:
        yield Finding(
            Level.ERROR,
            "database",
            f"{user} may not make tables in the schema {schema or '(none)'}.",
            f"As its owner, run: GRANT USAGE, CREATE ON SCHEMA {schema or 'public'} TO {user}",
        )
    if fsync == "off" or commit == "off":
        yield Finding(
            Level.WARNING,
            "database",
            "PostgreSQL answers before the data is on the disk: a power cut loses what was acknowledged.",
            "Set fsync = on and synchronous_commit = on.",
        )
    if workers * POOL_MAX > connections:
        yield Finding(
            Level.WARNING,
            "database",
            f"{_many(workers, 'worker')} may want {workers * POOL_MAX} connections, and max_connections is "
            f"{connections}.",
            "Raise max_connections, or use fewer workers.",
        )


def _contents(tx: Transaction, now: datetime) -> Iterator[Finding]:
    """What both databases are asked: the schema, the newest change, how many of what."""
    names = applied(tx)
    known = all_migrations()
    newer = sorted(names - {migration.name for migration in known})
    if newer:
        yield Finding(
            Level.ERROR,
            "schema",
            f"The database has been used by a newer Askare (it has {', '.join(newer)}).",
            "Install that version, or restore a backup into a new database.",
        )
        return
    if others := differing(tx, known):
        yield Finding(
            Level.ERROR,
            "schema",
            f"The database was made by another Askare: what it has had as {', '.join(others)} is not what this one "
            "means by that.",
            "Use the Askare that made it, or a new, empty data folder or database.",
        )
        return
    waiting = [migration.name for migration in known if migration.name not in names]
    if waiting:
        yield Finding(
            Level.NOTE,
            "schema",
            f"{_many(len(waiting), 'migration')} to come: {', '.join(waiting)}",
            "The next start applies them; askare backup first.",
        )
    else:
        yield Finding(Level.OK, "schema", f"Up to date ({known[-1].name})")
    tables = {table.name for table in tables_of([migration for migration in known if migration.name in names])}
    if "history" in tables:
        yield from _newest_change(tx, now)
    counts = {name: _count(tx, name) for name in ("organizations", "users", "tasks") if name in tables}
    if counts:
        yield Finding(Level.OK, "contents", ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    if counts.get("organizations") == 0:
        yield Finding(
            Level.NOTE,
            "contents",
            "Nobody can call yet: there is no organization.",
            "Make the first one with a token: askare token --organization NAME --role admin",
        )


def _newest_change(tx: Transaction, now: datetime) -> Iterator[Finding]:
    newest: tuple[Any, ...] | None = tx.row("SELECT at FROM history ORDER BY seq DESC LIMIT 1")
    if newest is None:
        return
    at = instant_of(newest[0])
    if at > now + CLOCK_SLACK:
        yield Finding(
            Level.WARNING,
            "clock",
            f"The newest change was stamped {written(at)}, later than now: the clock went back, or was ahead then.",
            "See that the machine's clock is kept right: timedatectl set-ntp true.",
        )
    else:
        yield Finding(Level.OK, "newest change", written(at))


def _count(tx: Transaction, table: str) -> int:
    ((count,),) = tx.rows(f"SELECT count(*) FROM {table}")
    return int(count)


# Mail ------------------------------------------------------------------------------------------------------------


def _mail(settings: Settings) -> Iterator[Finding]:
    """Whether letters can leave; the mail server is greeted and logged in to, and given nothing."""
    server = post.server_of(settings)
    if server is None:
        yield Finding(
            Level.NOTE,
            "mail",
            f"Letters are not sent; they are kept as files in {settings.data / post.MAIL_FOLDER}.",
            "To send them, set smtp_host and mail_from.",
        )
        return
    try:
        greeting = asyncio.run(SmtpMailer(server, patience=Patience(in_all=MAIL_SECONDS_MAX)).look())
    except Unreachable as trouble:
        yield Finding(
            Level.WARNING,
            "mail",
            f"No letter can be sent through {settings.smtp_host}: {trouble}.",
            "See that the settings smtp_… are right.  Letters wait for five days.",
        )
    else:
        who = f", as {settings.smtp_user}" if settings.smtp_user else ""
        yield Finding(Level.OK, "mail", f"{settings.smtp_host} takes letters{who}: {greeting}")
    sender = post.style_of(settings).sender_address
    try:
        checked_address(sender)
    except BadAddress as error:
        yield Finding(
            Level.WARNING, "mail_from", f"{sender} is no address to send from: {error}", "Set mail_from to a mailbox."
        )
    if urlsplit(settings.base_url).scheme != "https":
        yield Finding(
            Level.WARNING,
            "public_url",
            f"Links in letters lead to {settings.base_url}; mail programs offer to unsubscribe at https:// alone.",
            "Set public_url to the https:// address under which readers reach the server.",
        )


# The port --------------------------------------------------------------------------------------------------------


def _port(host: str, port: int) -> Finding:
    if port == 0:
        return Finding(Level.NOTE, "port", "0: each start takes another one that is free.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            problem = error.strerror or str(error)
        else:
            return Finding(Level.OK, "port", f"{host}:{port} is free")
    if _askare_answers(host, port):
        return Finding(Level.OK, "port", f"An Askare answers at {host}:{port}.")
    return Finding(
        Level.ERROR,
        "port",
        f"{host}:{port} cannot be listened on: {problem}.",
        "Choose another with --port and --host, or stop whoever uses it.",
    )


def _askare_answers(host: str, port: int) -> bool:
    """Whether an Askare that is alive answers there, within a second."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  -- asked, not listened on
    connection = http.client.HTTPConnection(name, port, timeout=PORT_SECONDS_MAX)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        return answer.status == 200 and answer.read(100) == b'{"status":"live"}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
