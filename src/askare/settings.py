"""Every setting: one frozen value, filled from one table of keys, types, defaults and purposes.

A setting comes from the command line, else from `ASKARE_…` in the environment, else from `askare.toml` in the data
folder (or where `ASKARE_CONFIG` points), else from its default.  `docs/running.md` lists them all; a test keeps it
complete, and `askare doctor` says where each one came from.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from askare.kernel.endings import Ending

DATABASE_FILE = "askare.db"  # in the data folder, where no PostgreSQL is named


class Secret:
    """A text that prints as `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "***" if self._text else "(none)"


class Setting(Struct, frozen=True):
    """One row of the table."""

    key: str
    type: type
    default: Any
    purpose: str
    choices: tuple[str, ...] = ()
    at_least: int | None = None
    tables: str = ""  # what its tables are called in askare.toml: [[transcription]]

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"ASKARE_{self.key.upper()}"


TABLE = (
    Setting("data", Path, Path("askare-data"), "Folder of the database file, the keys and askare.toml."),
    Setting(
        "database",
        Secret,
        Secret(""),
        "Empty: SQLite in the data folder.  postgresql://user:password@host/name: that PostgreSQL database.",
    ),
    Setting("host", str, "127.0.0.1", "Address to listen on; 0.0.0.0 for all of the machine's."),
    Setting("port", int, 8080, "Port to listen on.", at_least=0),
    Setting("workers", int, 1, "Server processes.  More than one needs PostgreSQL.", at_least=1),
    Setting("public_url", str, "", "Address under which clients reach the server; empty: http://<host>:<port>."),
    Setting("log_format", str, "json", "One line a request, for machines or for people.", ("json", "console")),
    Setting("log_level", str, "info", "What is logged.", ("debug", "info", "warning", "error")),
    Setting(
        "task_management_prefix", str, "/task-management/v1", "Where the Task Management API lives, besides /tasks."
    ),
    Setting("meeting_prefix", str, "/meeting/v1", "Where the Meeting API lives, besides /meetings."),
    Setting(
        "asset_requirement_prefix",
        str,
        "/asset-requirement/v1",
        "Where the Asset Requirement API lives, besides /assetRequirements and /notes.",
    ),
    Setting(
        "window_max", int, 1000, "Asset requirements that one page may hold (endIndex less startIndex).", at_least=1
    ),
    Setting("require_request_id", bool, True, "Refuse OviPro requests without Request-ID; off: make one up."),
    Setting("empty_success_status", int, 204, "Answer of a successful update or delete: 204, or 200 with no body."),
    Setting("times_in_answers", bool, True, "Show creationTime and modificationTime of tasks and meetings."),
    Setting(
        "reference_checks",
        str,
        "off",
        "Whether ids in bodies must be in the directory; known: a kind is checked once the directory holds any of it.",
        ("off", "known", "strict"),
    ),
    Setting("changes_days", int, 90, "How long a token of /askare/v1/changes holds, in days.", at_least=1),
    Setting("phone_region", str, "FI", "Country (two capital letters) of telephone numbers that do not begin with +."),
    Setting(
        "api_keys",
        Secret,
        Secret(""),
        "Comma-separated keys; when set, OviPro requests need one in x-api-key.",
    ),
    Setting(
        "static_tokens",
        Secret,
        Secret(""),
        'JSON list of fixed bearer tokens: [{"token", "organization", "role", "user", "offices", "agent", "scopes"}].',
    ),
    Setting(
        "call_language",
        str,
        "en",
        "Language of messages to operators whose own is not known.",
        ("ru", "kk", "fi", "sv", "en"),
    ),
    Setting(
        "call_statuses",
        str,
        "free",
        "free: call tasks go to and fro; strict: completed and cancelled are final.",
        ("free", "strict"),
    ),
    Setting("operators_see_all", bool, False, "Operators see all call tasks of the organization, not their own alone."),
    Setting("anonymous_calls", str, "", "Organization for which calls may be handed in without any key; empty: none."),
    Setting(
        "unknown_operator",
        str,
        "",
        "Who gets calls of an exchange that name an operator whom nobody knows: a code, extension or user id; empty:"
        " nobody, they are refused with 422.",
    ),
    Setting(
        "appeals",
        str,
        "builtin",
        "builtin: appeals are kept here; external: elsewhere, and their ids are taken as they come.",
        ("builtin", "external"),
    ),
    Setting(
        "appeal_url",
        str,
        "",
        "Where an external appeal can be seen, with {appeal_id} in it: `appeal_link` of call tasks; empty: nowhere.",
    ),
    Setting("complete_on_link", bool, False, "Linking a call task to an appeal completes it."),
    Setting(
        "transcription_providers",
        Secret,
        Secret(""),
        'JSON list of who transcribes, in the order of asking: [{"kind", "url", "model", "key"}].  Empty: nobody.',
        tables="transcription",
    ),
    Setting(
        "summary_providers",
        Secret,
        Secret(""),
        'JSON list of who sums up, in the order of asking; {"kind": "builtin"} needs nothing.  Empty: that one alone.',
        tables="summary",
    ),
    Setting(
        "outbound_allow",
        str,
        "",
        "Comma-separated hosts, addresses and ranges of the house's own network that may be fetched from.",
    ),
    Setting(
        "recording_credentials",
        Secret,
        Secret(""),
        'JSON of what recording servers want to see: {"host": {"user", "password"}} or {"host": {"header"}}.',
    ),
    Setting(
        "operator_channel",
        str,
        "right",
        "Channel of stereo recordings on which the operator speaks; none: mix them.",
        ("left", "right", "none"),
    ),
    Setting(
        "redact",
        str,
        "",
        "What is blacked out before a transcript leaves the machine: cards, ids, emails, phones (comma-separated).",
    ),
    Setting(
        "call_processes",
        int,
        1,
        "Processes that fetch recordings and ask providers while many calls come; 0: the server does it all itself.",
        at_least=0,
    ),
    Setting("recording_days", int, 90, "Days for which copies of recordings are kept.", at_least=1),
    Setting("rate_limit", int, 0, "Requests a minute each caller may make; 0: as many as wanted.", at_least=0),
    Setting("requests_at_once", int, 1000, "Requests in work at once; further ones are answered 503.", at_least=1),
    Setting(
        "smtp_host", str, "", "Mail server; empty: letters are not sent but kept as files in mail/ of the data folder."
    ),
    Setting("smtp_port", int, 0, "Its port; 0: 587 with starttls, 465 with tls, 25 with none.", at_least=0),
    Setting("smtp_security", str, "starttls", "How the way to it is encrypted.", ("starttls", "tls", "none")),
    Setting("smtp_user", str, "", "User name at the mail server; empty: no login."),
    Setting("smtp_password", Secret, Secret(""), "Password at the mail server."),
    Setting("mail_from", str, "", "Sender of letters, such as Koti <mail@koti.example>; needed with smtp_host."),
    Setting("digest_hour", int, 7, "Hour of the day (0 to 23) at which daily digests leave.", at_least=0),
    Setting(
        "time_zone",
        str,
        "Europe/Helsinki",
        "Time zone of working hours (where a domain names none), of the digest hour and of the times in letters.",
    ),
    Setting(
        "letter_language",
        str,
        "fi",
        "Language of letters where neither the reader nor the office has one.",
        ("fi", "sv", "en"),
    ),
    Setting("issuer", str, "askare", "`iss` of the tokens that Askare issues."),
    Setting("audience", str, "askare", "`aud` of the tokens that Askare issues."),
    Setting("token_seconds", int, 900, "Life of a token from /authentication/v1/token.", at_least=1),
    Setting("session_seconds", int, 3600, "Life of a session (cookie) after its last request.", at_least=1),
    Setting(
        "site",
        str,
        "main",
        "Name of the site that this process belongs to, or of several, with commas; service tasks start at sites.",
    ),
    Setting(
        "worker_metrics_port",
        int,
        0,
        "Port at which askare worker answers /metrics, on the address of host; 0: at none.",
        at_least=0,
    ),
    Setting(
        "workweek",
        str,
        "mon-fri 09:00-18:00",
        "Ordinary working hours: mon-fri 09:00-18:00, sat 10:00-14:00.  Workdays are the exceptions.",
    ),
    Setting("oidc_issuer", str, "", "Issuer of an outside OpenID Connect server whose tokens are accepted."),
    Setting("oidc_audience", str, "", "`aud` that its tokens must carry."),
    Setting("oidc_jwks_url", str, "", "Address of its public keys."),
    Setting("oidc_organization_claim", str, "organization", "Claim with the name or id of the organization."),
    Setting("oidc_role_claim", str, "role", "Claim with the role."),
    Setting("oidc_offices_claim", str, "offices", "Claim with the list of office ids."),
    Setting("oidc_agent_claim", str, "agent", "Claim with the agent id."),
    Setting("ledger_days", int, 90, "How long the script `cleardata` keeps what became of starts.", at_least=0),
    Setting("letter_days", int, 730, "How long `cleardata` keeps letters that are sent or refused.", at_least=0),
    Setting("history_days", int, 730, "How long `cleardata` keeps who changed what; 0: for ever.", at_least=0),
    Setting(
        "tombstone_days", int, 730, "How long `cleardata` keeps traces of deleted things; 0: for ever.", at_least=0
    ),
)

_BY_KEY = {setting.key: setting for setting in TABLE}


class Settings(Struct, frozen=True):
    """All settings of one run."""

    data: Path
    database: Secret
    host: str
    port: int
    workers: int
    public_url: str
    log_format: str
    log_level: str
    task_management_prefix: str
    meeting_prefix: str
    asset_requirement_prefix: str
    window_max: int
    require_request_id: bool
    empty_success_status: int
    times_in_answers: bool
    reference_checks: str
    changes_days: int
    phone_region: str
    api_keys: Secret
    static_tokens: Secret
    call_language: str
    call_statuses: str
    operators_see_all: bool
    anonymous_calls: str
    unknown_operator: str
    appeals: str
    appeal_url: str
    complete_on_link: bool
    transcription_providers: Secret
    summary_providers: Secret
    outbound_allow: str
    recording_credentials: Secret
    operator_channel: str
    redact: str
    call_processes: int
    recording_days: int
    rate_limit: int
    requests_at_once: int
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: Secret
    mail_from: str
    digest_hour: int
    time_zone: str
    letter_language: str
    issuer: str
    audience: str
    token_seconds: int
    session_seconds: int
    site: str
    worker_metrics_port: int
    workweek: str
    oidc_issuer: str
    oidc_audience: str
    oidc_jwks_url: str
    oidc_organization_claim: str
    oidc_role_claim: str
    oidc_offices_claim: str
    oidc_agent_claim: str
    ledger_days: int
    letter_days: int
    history_days: int
    tombstone_days: int

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that this process belongs to; the first is where starts that somebody asks for happen."""
        return names_of_sites(self.site)

    @property
    def base_url(self) -> str:
        """The address under which clients reach the server, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class Loaded(Struct, frozen=True):
    """The settings and, for each key, where its value came from: `command line`, `ASKARE_PORT`,
    `askare.toml` or `default`."""

    settings: Settings
    origins: dict[str, str]


class BadSettings(Ending):
    """One or more settings that cannot be; `faults` names each with what to do about it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load(given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Gather the settings.  `given` holds what the command line says, by key; None there says nothing.

    Raises BadSettings with every fault found.
    """
    given = {key: value for key, value in (given or {}).items() if value is not None}
    environment = os.environ if environment is None else environment
    faults: list[str] = []
    data = Path(given.get("data") or environment.get("ASKARE_DATA") or _BY_KEY["data"].default)
    named = environment.get("ASKARE_CONFIG")
    file = Path(named or data / "askare.toml")
    if named and not file.exists():
        faults.append(f"ASKARE_CONFIG: there is no file {file.absolute()}; name one that is there, or unset it")
    from_file = _read_file(file, faults)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in TABLE:
        raw: Any
        if setting.key in given:
            raw, origin = given[setting.key], "command line"
        elif setting.variable in environment:
            raw, origin = environment[setting.variable], setting.variable
        elif setting.key in from_file:
            raw, origin = from_file[setting.key], str(file)
        elif setting.tables and setting.tables in from_file:
            raw, origin = from_file[setting.tables], str(file)
        else:
            raw, origin = setting.default, "default"
        origins[setting.key] = origin
        try:
            values[setting.key] = _value(setting, raw)
        except ValueError as error:
            faults.append(f"{setting.key} ({origin}): {error}")
    known_keys = _BY_KEY.keys() | {setting.tables for setting in TABLE if setting.tables}
    faults += [f"{key} ({file}): there is no such setting{_nearest(key)}" for key in from_file if key not in known_keys]
    known_variables = {setting.variable for setting in TABLE} | {"ASKARE_CONFIG"}
    faults += [
        f"{name}: there is no such setting{_nearest(name.removeprefix('ASKARE_').lower())}"
        for name in environment
        if name.startswith("ASKARE_") and name not in known_variables and not name.startswith("ASKARE_TEST_")
    ]
    if not faults:
        faults += _contradictions(values)
    if faults:
        raise BadSettings(faults)
    return Loaded(Settings(**values), origins)


def _read_file(file: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{file}: cannot be read: {error}")
        return {}


_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


def _value(setting: Setting, raw: Any) -> Any:
    if isinstance(raw, setting.type) and not (setting.type is int and isinstance(raw, bool)):
        value = raw
    elif setting.type is bool:
        text = str(raw).strip().lower()
        if text not in _YES | _NO:
            raise ValueError(f"must be yes or no, not {raw!r}")
        value = text in _YES
    elif setting.type is int:
        try:
            value = int(str(raw).strip())
        except ValueError:
            raise ValueError(f"must be a whole number, not {raw!r}") from None
    elif setting.type is Secret:
        value = Secret(raw if isinstance(raw, str) else msgspec.json.encode(raw).decode())
    else:
        value = setting.type(str(raw))
    if setting.choices and value not in setting.choices:
        raise ValueError(f"must be one of {', '.join(setting.choices)}, not {raw!r}")
    if setting.at_least is not None and isinstance(value, int) and value < setting.at_least:
        raise ValueError(f"must be at least {setting.at_least}")
    return value


def names_of_sites(text: str) -> tuple[str, ...]:
    """The names in a text with commas, each once."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _contradictions(values: dict[str, Any]) -> list[str]:
    faults = []
    on_postgres = values["database"].reveal().startswith(("postgresql://", "postgres://"))
    if values["database"] and not on_postgres:
        faults.append("database: must be empty (SQLite) or an address that begins with postgresql://")
    if values["workers"] > 1 and not on_postgres:
        faults.append(
            "workers: only one process writes to an SQLite file; for more, set database to a PostgreSQL address"
        )
    if values["empty_success_status"] not in (200, 204):
        faults.append("empty_success_status: must be 204 or 200")
    sites = names_of_sites(values["site"])
    if not sites or not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,62}", name) for name in sites):
        faults.append(
            "site: must be Latin letters and digits, and begin with a letter; several have commas between them"
        )
    if values["port"] > 65_535:
        faults.append("port: must be at most 65535")
    if values["appeal_url"] and not re.match(r"https?://.*\{appeal_id\}", values["appeal_url"]):
        faults.append("appeal_url: must be an address with {appeal_id} in it, such as https://crm.example/{appeal_id}")
    faults += _contradictions_of_mail(values)
    if not _is_phone_region(values["phone_region"]):
        faults.append("phone_region: must be the code of a country in two capital letters, such as FI")
    oidc = [key for key in ("oidc_issuer", "oidc_audience", "oidc_jwks_url") if values[key]]
    if oidc and len(oidc) < 3:
        faults.append("oidc_issuer, oidc_audience and oidc_jwks_url: set all three, or none")
    return faults


def _is_phone_region(code: str) -> bool:
    if code == _BY_KEY["phone_region"].default:
        return True
    from phonenumbers import SUPPORTED_REGIONS  # who is content with the default need not wait for it

    return code in SUPPORTED_REGIONS


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)  # one file; `available_timezones` reads all six hundred
    except (KeyError, ValueError, OSError):  # an unknown name, one that is no name, a folder of zones
        return False
    return True


_MAILBOX = re.compile(r"(?:[^<>@\x00-\x1f\x7f]*<)?([^<>@\s\x00-\x1f]+@[^<>@\s\x00-\x1f]+)(>?)")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def _contradictions_of_mail(values: dict[str, Any]) -> list[str]:
    faults = []
    sender = _MAILBOX.fullmatch(values["mail_from"])
    if values["mail_from"] and (
        sender is None or not sender[1].isascii() or ("<" in values["mail_from"]) != bool(sender[2])
    ):
        faults.append("mail_from: must be one address in ASCII letters, such as Koti <mail@koti.example>")
    if values["smtp_host"] and not values["mail_from"]:
        faults.append("mail_from: must be set when smtp_host is: no mail server takes letters without a sender")
    if values["smtp_user"] and values["smtp_security"] == "none" and values["smtp_host"] not in _THIS_MACHINE:
        faults.append("smtp_security: with none the password would cross the network in the clear; set starttls or tls")
    if values["smtp_port"] > 65_535:
        faults.append("smtp_port: must be at most 65535")
    if values["digest_hour"] > 23:
        faults.append("digest_hour: must be an hour from 0 to 23")
    if not _is_time_zone(values["time_zone"]):
        faults.append(f"time_zone: there is no {values['time_zone']!r}; write it as Europe/Helsinki")
    return faults


def _nearest(key: str) -> str:
    near = get_close_matches(key, _BY_KEY, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as `ASKARE_…` variables, for processes that we start."""
    values = {}
    for setting in TABLE:
        value = getattr(settings, setting.key)
        values[setting.variable] = value.reveal() if isinstance(value, Secret) else str(value)
    return values
