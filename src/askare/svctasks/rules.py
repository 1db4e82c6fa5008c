"""What may be said of a service task, what it means, and where it starts.

Source: service tasks contract 3, 6 and 7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from askare.kernel.problems import Fault, Wrong
from askare.kernel.time import milliseconds
from askare.letters.addresses import BadAddress, checked_address
from askare.svctasks.model import (
    Catchup,
    EndReason,
    Outcome,
    OverlapPolicy,
    Plan,
    Retry,
    Sched,
    Schedule,
    Site,
    SiteMode,
    SvcScriptChange,
    SvcScriptContent,
    SvcTaskChange,
    SvcTaskContent,
)
from askare.svctasks.timetable import LATE_AFTER, LOCAL_INTERVAL_MIN, NEVER_AFTER, Outlook, outlook
from askare.svctasks.words import SCHEDULES, SITE_MODES, schedule_of, site_mode_of, site_names
from askare.workdays.rules import OPTS_DEFAULTS, Unreadable, changed, require_zone, week_segments
from askare.workdays.windows import Calendar

INTERVAL_SECONDS_MAX = 10 * 366 * 86_400  # contract A28
TEXT_LETTERS_MAX = 10_000  # only to protect the server
CODE_LETTERS_MAX = 200  # of a script: it is unique, and an index holds no longer ones
SITES_MAX = 1_000
CATCHUP_MAX = 1_000  # starts that are made up for at once
# A save is looked into while it is written, when nobody else writes: so it looks less far than a preview.
PIECES_WEIGHED_AT_SAVE = 2_000  # each some 10 microseconds
ALERTED_MAX = 20  # who are written to about one task
START_PARAMETERS = tuple(f"startparam{number}" for number in range(1, 10))
SCRIPT_OPTS_DEFAULTS = {**OPTS_DEFAULTS, "loglevel": 0, "variables": {}}

_SCHED_NUMBERS = {
    "catchup_max": CATCHUP_MAX,
    "jitter_sec": 86_400,
    "timeout_sec": 30 * 86_400,
    "alert_after_failures": 1_000_000,
    "pause_after_failures": 1_000_000,
}
_SCHED_SWITCHES = ("local", "onstart")
_RETRY_NUMBERS = {"max": 100, "backoff_sec": 86_400}
_DAY = 86_400_000
_TRUE, _FALSE = (True, 1, "1", "true"), (False, 0, "0", "false")


# What may be said -------------------------------------------------------------------------------------------------


def faults_of(content: SvcTaskContent) -> list[Fault]:
    """Everything that makes a task unreadable, with its place.  What is readable but will never start is a matter of
    `warnings_of` (contract A14)."""
    faults = []
    if not content.name.strip():
        faults.append(Fault("name", Wrong.MISSING, "name must not be empty"))
    for field, text in (("name", content.name), ("svcscriptcode", content.script_code)):
        if len(text) > TEXT_LETTERS_MAX:
            faults.append(Fault(field, Wrong.TYPE, f"{field} must be at most {TEXT_LETTERS_MAX} letters"))
    sites = site_names(content.sites)
    if len(sites) > SITES_MAX:
        faults.append(Fault("sites", Wrong.TYPE, f"sites must be at most {SITES_MAX}"))
    if site_mode_of(content.site_mode, sites=sites) is None:
        faults.append(_unknown_word("sitemode", content.site_mode, SITE_MODES))
    if not 0 <= content.interval_sec <= INTERVAL_SECONDS_MAX:
        faults.append(Fault("intervalsec", Wrong.TYPE, f"intervalsec must be 0 to {INTERVAL_SECONDS_MAX} (ten years)"))
    if schedule_of(content.schedule) is None:
        faults.append(_unknown_word("schedule", content.schedule, SCHEDULES))
    faults += week_segments(content.periods)[1]
    return faults + sched_of(content.ext)[1]


def _unknown_word(field: str, said: str, words: Mapping[str, object]) -> Fault:
    return Fault(field, Wrong.TYPE, f"{field} must be one of {', '.join(words)}, not {said!r}")


def sched_of(ext: Mapping[str, Any]) -> tuple[Sched, list[Fault]]:
    """What `ext.sched` says, and what is wrong with it.  Keys that nobody knows are left alone."""
    said = ext.get("sched")
    if said is None:
        return Sched(), []
    if not isinstance(said, dict):
        return Sched(), [Fault("ext.sched", Wrong.TYPE, "ext.sched must be an object")]
    faults: list[Fault] = []
    given: dict[str, Any] = {}
    for key, enum in (("overlap_policy", OverlapPolicy), ("catchup", Catchup)):
        if said.get(key) is not None:
            _take(given, faults, key, lambda value, enum=enum: _member(enum, value), said[key])
    for key, most in _SCHED_NUMBERS.items():
        if said.get(key) is not None:
            _take(given, faults, key, lambda value, most=most: _number(value, most), said[key])
    for key in _SCHED_SWITCHES:
        if said.get(key) is not None:
            _take(given, faults, key, _switch, said[key])
    if said.get("tz") is not None:
        _take(given, faults, "tz", _zone, said["tz"])
    if said.get("alert_to") is not None:
        _take(given, faults, "alert_to", _readers, said["alert_to"])
    if said.get("retry") is not None:
        given["retry"] = _retry(said["retry"], faults)
    given["parameters"] = {key: said[key] for key in START_PARAMETERS if key in said}
    return Sched(**given), faults


def _take(given: dict[str, Any], faults: list[Fault], key: str, read: Any, value: Any, *, path: str = "") -> None:
    try:
        given[key] = read(value)
    except Unreadable as unreadable:
        faults.append(Fault(f"ext.sched.{path}{key}", Wrong.TYPE, f"{key} {unreadable}"))


def _member(enum: Any, value: Any) -> Any:
    try:
        return enum(value)
    except ValueError:
        raise Unreadable(f"must be one of {', '.join(one.value for one in enum)}, not {value!r}") from None


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise Unreadable(f"must be a whole number from 0 to {most}, not {value!r}")
    return value


def _switch(value: Any) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise Unreadable(f"must be 0 or 1, not {value!r}")


def _zone(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable("must name a time zone such as Europe/Helsinki")
    require_zone(value)
    return value


def _readers(value: Any) -> tuple[str, ...]:
    """Who is written to: a list, or one text with commas, of e-mail addresses and ids."""
    said = value.split(",") if isinstance(value, str) else value
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise Unreadable(f"must be a list of e-mail addresses and ids of agents or users, not {value!r}")
    readers = tuple(dict.fromkeys(one.strip() for one in said if one.strip()))
    if len(readers) > ALERTED_MAX:
        raise Unreadable(f"must name at most {ALERTED_MAX}")
    for one in readers:
        if id_of(one) is None:
            try:
                checked_address(one)
            except BadAddress as bad:
                raise Unreadable(f"names {one!r}, which is no id and no e-mail address: {bad}") from None
    return readers


def id_of(text: str) -> UUID | None:
    """The id that a text is, None for one that is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _retry(said: Any, faults: list[Fault]) -> Retry:
    if not isinstance(said, dict):
        faults.append(Fault("ext.sched.retry", Wrong.TYPE, "retry must be an object"))
        return Retry()
    given: dict[str, Any] = {}
    for key, most in _RETRY_NUMBERS.items():
        if said.get(key) is not None:
            _take(given, faults, key, lambda value, most=most: _number(value, most), said[key], path="retry.")
    if said.get("on") is not None:
        _take(given, faults, "on", _end_reasons, said["on"], path="retry.")
    return Retry(**given)


def _end_reasons(value: Any) -> tuple[EndReason, ...]:
    allowed = (EndReason.ERROR, EndReason.OWNERDOWN, EndReason.TIMEOUT)
    if isinstance(value, list) and all(one in [reason.value for reason in allowed] for one in value):
        return tuple(EndReason(one) for one in value)
    raise Unreadable(f"must be a list of {', '.join(reason.value for reason in allowed)}")


def overlap_policy_of(content: SvcTaskContent, sched: Sched) -> OverlapPolicy:
    """What a start does that finds the one before still running.  A single task knows no overlap (contract 6.3)."""
    if not content.is_regular:
        return OverlapPolicy.ALLOW
    if sched.overlap_policy is not None:
        return sched.overlap_policy
    return OverlapPolicy.ALLOW if content.overlap else OverlapPolicy.SKIP


def task_after(stored: SvcTaskContent, change: SvcTaskChange) -> SvcTaskContent:
    """The task as it is after a change (contract A16)."""
    return changed(stored, change, opts_defaults=OPTS_DEFAULTS)


def script_after(stored: SvcScriptContent, change: SvcScriptChange) -> SvcScriptContent:
    """The script as it is after a change."""
    return changed(stored, change, opts_defaults=SCRIPT_OPTS_DEFAULTS)


def script_faults_of(content: SvcScriptContent) -> list[Fault]:
    """Everything that is wrong with what is said of a script."""
    return [
        Fault(field, Wrong.MISSING, f"{field} must not be empty")
        for field, text in (("code", content.code), ("name", content.name))
        if not text.strip()
    ] + [
        Fault(field, Wrong.TYPE, f"{field} must be at most {most} letters")
        for field, text, most in (("code", content.code, CODE_LETTERS_MAX), ("name", content.name, TEXT_LETTERS_MAX))
        if len(text) > most
    ]


def script_run_by(script_data: Mapping[str, Any]) -> str:
    """The code of the server's own script that a domain's script stands for; empty where it names none."""
    run = script_data.get("run")
    return run if isinstance(run, str) else ""


def script_warnings_of(content: SvcScriptContent, script_codes: frozenset[str]) -> tuple[str, ...]:
    """What is kept of a script but will not be carried out, in words."""
    if content.code in script_codes:
        return (
            f"{content.code!r} is a script of the server's own: what starts by this code, and scriptdata is kept only",
        )
    run = script_run_by(content.script_data)
    if not run:
        return ('scriptdata is kept only: it names no script of this server, as {"run": "cleardata"} does',)
    return () if run in script_codes else (f"there is no script {run!r} on this server as yet",)


# What it means ----------------------------------------------------------------------------------------------------


def plan_of(content: SvcTaskContent, *, armed_at: int) -> Plan:
    """The timetable of a task without faults.  `armed_at`: the moment it was enabled (or its single start set anew),
    which is where a task without dtstart begins."""
    sched, _ = sched_of(content.ext)
    schedule = schedule_of(content.schedule) or Schedule.ALL
    begin = milliseconds(content.start) if content.start is not None else None
    return Plan(
        regular=content.is_regular,
        anchor=armed_at if begin is None else begin,
        interval=content.interval_sec * 1000,
        begin=begin,
        end=milliseconds(content.stop) if content.stop is not None else None,
        schedule=schedule,
        segments=week_segments(content.periods)[0] if schedule is Schedule.INDIVIDUAL else (),
        zone=sched.tz,
        local=sched.local,
        catchup=sched.catchup,
        catchup_max=sched.catchup_max,
    )


def is_rearmed(before: SvcTaskContent, after: SvcTaskContent) -> bool:
    """Whether a change sets the single start anew, or begins the grid of a regular task without dtstart anew.

    Source: contract 6.3 and A10: by enabling, or by another dtstart.
    """
    if not after.is_enabled:
        return False
    return not before.is_enabled or before.start != after.start or before.is_regular != after.is_regular


def jitter_of(sched: Sched, content: SvcTaskContent, *, task_id: UUID, scope: str) -> int:
    """How many milliseconds later than planned a scope starts: the same every time, less than the interval."""
    most = sched.jitter_sec
    if content.is_regular:
        most = min(most, content.interval_sec - 1)
    if most <= 0:
        return 0
    digest = hashlib.blake2b(task_id.bytes + scope.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % (most + 1) * 1000


def outcome_of_start(*, lateness: int) -> Outcome:
    """What a start is called that happened `lateness` milliseconds after it was planned."""
    return Outcome.LATE if lateness > LATE_AFTER else Outcome.STARTED


# Where it starts --------------------------------------------------------------------------------------------------


def mode_of(content: SvcTaskContent) -> SiteMode:
    """Where a task without faults starts."""
    return site_mode_of(content.site_mode, sites=site_names(content.sites)) or SiteMode.ALL


def serving(domain: str, sites: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """The sites that serve a domain, of all sites with the domains that each names, in the order of configuration.

    The nearest one named of the domain and those above it (`b.c` is above `a.b.c`) decides; a site that names none
    serves what nobody names.  Source: contract 5.4.
    """
    name = domain.casefold()
    while name:
        found = [site for site, domains in sites if name in {one.casefold() for one in domains}]
        if found:
            return found
        name = name.partition(".")[2]
    return [site for site, domains in sites if not domains]


def eligible(content: SvcTaskContent, serving: Sequence[str]) -> list[str]:
    """The sites where a task may run, in the order in which they count.  `serving`: all that serve the domain, in
    the order of their configuration.  Source: contract 6.4."""
    listed = [name for name in site_names(content.sites) if name in serving]
    match mode_of(content):
        case SiteMode.ALL | SiteMode.ANY:
            return list(serving)
        case SiteMode.LIST | SiteMode.ANYLIST:
            return listed
        case SiteMode.FIRSTSITE:
            return listed + [name for name in serving if name not in listed]


def scopes_of(content: SvcTaskContent, serving: Sequence[str]) -> list[str]:
    """What may hold one run of each planned start: each site by its name, or the whole domain ("").

    A list that names no serving site is one scope all the same: its starts are planned and have an outcome (no_site).
    """
    if mode_of(content) in (SiteMode.ALL, SiteMode.LIST):
        return eligible(content, serving) or [""]
    return [""]


def chosen_site(content: SvcTaskContent, sites: Sequence[Site], *, slot_number: int) -> str | None:
    """Where a start of the whole domain happens, None when no site is alive.

    firstsite: the first live one; any: the least busy, and among equals each in turn.  Source: contract 6.4.
    """
    by_name = {site.name: site for site in sites}
    live = [by_name[name] for name in eligible(content, [site.name for site in sites]) if by_name[name].live]
    if not live:
        return None
    if mode_of(content) is SiteMode.FIRSTSITE:
        return live[0].name
    least = min(site.busy for site in live)
    equals = [site for site in live if site.busy == least]
    return equals[slot_number % len(equals)].name


# What will never be -----------------------------------------------------------------------------------------------


def warnings_of(
    content: SvcTaskContent,
    calendar: Calendar,
    *,
    serving: Sequence[str],
    script_codes: frozenset[str],
    armed_at: int,
    now: int,
) -> tuple[str, ...]:
    """What is readable but surely not meant, in words (contract A14)."""
    found = []
    listed = site_names(content.sites)
    unknown = [name for name in listed if name not in serving]
    if not serving:
        found.append("no site serves this domain: it never starts")
    elif mode_of(content) in (SiteMode.LIST, SiteMode.ANYLIST) and not eligible(content, serving):
        found.append("no site of `sites` serves this domain: it never starts")
    elif unknown:
        found.append(f"these sites do not serve this domain: {', '.join(unknown)}")
    if not content.script_code:
        found.append("svcscriptcode is empty: it never starts")
    elif content.script_code not in script_codes:
        found.append(f"there is no script {content.script_code!r} as yet")
    sched, _ = sched_of(content.ext)
    if sched.local and content.is_regular and content.interval_sec * 1000 < LOCAL_INTERVAL_MIN:
        found.append("ext.sched.local counts from intervals of an hour on only")
    if content.start is not None and content.stop is not None and content.stop <= content.start:
        found.append("dtstop is not after dtstart: it never starts")
    elif content.is_regular and content.interval_sec == 0:
        found.append("intervalsec is 0: it never starts")
    else:
        plan = plan_of(content, armed_at=armed_at)
        if schedule_of(content.schedule) is Schedule.INDIVIDUAL and not plan.segments:
            found.append("schedule is individual and periods is empty: it never starts")
        else:
            coming = outlook(plan, calendar, start=now, count=1, pieces_max=PIECES_WEIGHED_AT_SAVE)
            if not coming.starts:
                found.append(_never(plan, coming, now=now))
    return tuple(found)


def _never(plan: Plan, coming: Outlook, *, now: int) -> str:
    """That no start was found, as far as one looked."""
    if plan.end is not None and plan.end <= now:
        return "dtstop is past: it never starts"
    if coming.is_whole or coming.until - now >= NEVER_AFTER:
        return "no planned start meets an open window: it never starts"
    return f"no planned start of the next {(coming.until - now) // _DAY} days meets an open window"


def retry_pause(retry: Retry, *, attempt: int) -> int | None:
    """Milliseconds until a run is tried again that failed as the `attempt`-th, counted from 1; None: not again."""
    if attempt > retry.max:
        return None
    return min((retry.backoff_sec * 1000) << min(attempt - 1, 16), 86_400_000)


def differs(before: SvcTaskContent, after: SvcTaskContent) -> bool:
    """Whether a change says anything new.  1 and 1.0, or keys in another order, are nothing new."""
    return bool(msgspec.to_builtins(before) != msgspec.to_builtins(after))
