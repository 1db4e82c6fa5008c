"""From figures to words: the tables on stdout and the servers' section of docs/benchmarks.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sections import table

Figures = dict[str, Any]

TITLES = {
    "askare": "Askare",
    "fastapi": "FastAPI + SQLAlchemy async ORM + aiosqlite",
    "fastify": "Fastify + better-sqlite3",
    "fastify-documents": "Fastify + better-sqlite3, stored documents",
}
CREATE_TIMES_FASTAPI = 6.0
CREATE_TIMES_FASTIFY = 1.0
PAGE_TIMES_FASTAPI = 40.0
PAGE_TIMES_FASTIFY = 1.0  # more than
P99_MS_MAX = 50.0
READY_SECONDS_MAX = 1.0
IDLE_MB_MAX = 100.0


def is_valid(results: Figures) -> bool:
    """True when no phase had an error."""
    parts = results["parts"]
    compared = [
        each for part in ("page", "fresh", "create") for each in parts.get(part, {}).get("servers", {}).values()
    ]
    alone = [row for part in ("million", "estate") for row in parts.get(part, {}).get("rows", [])]
    return all(each["valid"] for each in [*compared, *alone])


def part_text(part: str, measured: Figures) -> str:
    """Return one part as Markdown tables."""
    if part in ("page", "fresh", "create"):
        return _comparison(measured)
    if part == "million":
        return _million(measured)
    if part == "estate":
        return _estate(measured)
    return _start(measured)


def _comparison(measured: Figures) -> str:
    servers = measured["servers"]
    base = servers.get("askare", {}).get("per_second")
    rows = []
    for name, figures in servers.items():
        ratio = (
            "1"
            if name == "askare"
            else f"{base / figures['per_second']:.2f}"
            if base and figures["per_second"]
            else "-"
        )
        rows.append(
            [
                TITLES[name] + ("" if figures["valid"] else f" (INVALID: {figures['errors']} errors)"),
                f"{figures['per_second']:,.0f}",
                " / ".join(f"{each:,.0f}" for each in figures["each_per_second"]),
                f"{figures['median_ms']:.1f}",
                f"{figures['p95_ms']:.1f}",
                f"{figures['p99_ms']:.1f}",
                f"{figures['max_ms']:.0f}",
                f"{figures['bytes_an_answer'] / 1000:.1f}",
                ratio,
            ]
        )
    heads = [
        "server",
        "requests/s",
        "each round",
        "median ms",
        "p95 ms",
        "p99 ms",
        "max ms",
        "kB an answer",
        "Askare is × as fast",
    ]
    text = table(heads, rows)
    if measured.get("same_answers") is False:
        text += "\n\n**The servers did not agree on totals or order: the comparison does not count.**"
    return text


def _million(measured: Figures) -> str:
    rows = [
        [
            row["name"] + ("" if row["valid"] else " (INVALID)"),
            row["sort"].replace("|", " "),
            "-" if row["hits"] is None else f"{row['hits']:,}",
            f"{row['median_ms']:.1f}",
            f"{row['p99_ms']:.1f}" + ("" if row["p99_ms"] <= P99_MS_MAX else " ✗"),
            f"{row['per_second']:,.0f}",
            f"{row['first_median_ms']:.1f}",
            f"{row['first_max_ms']:.1f}",
        ]
        for row in measured["rows"]
    ]
    heads = [
        "filter",
        "sort",
        "hits of the first query",
        "median ms",
        "p99 ms",
        "requests/s",
        "first answer, median ms",
    ]
    return table([*heads, "first answer, worst ms"], rows)


def _estate(measured: Figures) -> str:
    rows = [
        [
            row["name"] + ("" if row["valid"] else f" (INVALID: {row['errors']} errors)"),
            f"{row['per_second']:,.0f}",
            " / ".join(f"{each:,.0f}" for each in row["each_per_second"]),
            f"{row['median_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
            f"{row['bytes_an_answer'] / 1000:.1f}",
        ]
        for row in measured["rows"]
    ]
    return table(["what", "requests/s", "each round", "median ms", "p99 ms", "kB an answer"], rows)


def _start(measured: Figures) -> str:
    rows = [
        [
            TITLES[row["server"]],
            f"{row['tasks']:,}",
            f"{row['ready_seconds']:.2f}",
            f"{row['pss_mb']:.0f}",
            f"{row['rss_mb']:.0f}",
        ]
        for row in measured["rows"]
    ]
    return table(["server", "tasks", "ready after s", "idle Pss MB", "idle Rss MB"], rows)


def targets(results: Figures) -> list[tuple[str, str, str, bool | None]]:
    """Return each target: what, wanted, measured, met (None when it was not measured)."""
    parts = results["parts"]
    rows: list[tuple[str, str, str, bool | None]] = []
    for part, words, fastapi_times, fastify_times in (
        ("create", "durable create", CREATE_TIMES_FASTAPI, CREATE_TIMES_FASTIFY),
        ("page", "filtered page of 50 with totalCount, asked again", PAGE_TIMES_FASTAPI, PAGE_TIMES_FASTIFY),
        ("fresh", "filtered page of 50 with totalCount, never asked before", PAGE_TIMES_FASTAPI, PAGE_TIMES_FASTIFY),
    ):
        servers = parts.get(part, {}).get("servers", {})
        against_fastify = "at least level with" if part == "create" else "ahead of"
        rows.append(
            _against(
                servers, "fastapi", f"{words}, against FastAPI", f"at least {fastapi_times:.0f} ×", fastapi_times, part
            )
        )
        for name in ("fastify", "fastify-documents"):
            rows.append(
                _against(servers, name, f"{words}, against {TITLES[name]}", against_fastify, fastify_times, part)
            )
    million = parts.get("million")
    many = "1,000,000 tasks" if million is None else f"{million['tasks']:,} tasks"
    if million is not None and million["server"] == "askare":
        worst = max(million["rows"], key=lambda row: row["p99_ms"])
        over = [row for row in million["rows"] if row["p99_ms"] > P99_MS_MAX]
        said = f"worst {worst['p99_ms']:.1f} ms ({worst['name']}, {worst['sort'].replace('|', ' ')})"
        said += f"; {len(over)} of {len(million['rows'])} above" if over else ""
        met = not over and all(row["valid"] for row in million["rows"])
        rows.append(
            (f"the page, every filter and sort, text search, {many}: p99", f"at most {P99_MS_MAX:.0f} ms", said, met)
        )
    else:
        rows.append(
            (f"the page, every filter and sort, text search, {many}: p99", f"at most {P99_MS_MAX:.0f} ms", "-", None)
        )
    started = [row for row in parts.get("start", {}).get("rows", []) if row["server"] == "askare"]
    for row in started:
        at = f"{row['tasks']:,} tasks"
        met = row["ready_seconds"] <= READY_SECONDS_MAX
        rows.append(
            (f"ready after start, {at}", f"within {READY_SECONDS_MAX:.0f} s", f"{row['ready_seconds']:.2f} s", met)
        )
        met = row["rss_mb"] <= IDLE_MB_MAX
        said = f"{row['rss_mb']:.0f} MB Rss ({row['pss_mb']:.0f} MB Pss)"
        rows.append((f"idle memory, {at}", f"at most {IDLE_MB_MAX:.0f} MB", said, met))
    if not started:
        rows.append(("ready after start, idle memory", f"{READY_SECONDS_MAX:.0f} s, {IDLE_MB_MAX:.0f} MB", "-", None))
    return rows


def _against(
    servers: Figures, peer: str, what: str, wanted: str, times: float, part: str
) -> tuple[str, str, str, bool | None]:
    mine, theirs = servers.get("askare"), servers.get(peer)
    if mine is None or theirs is None or not theirs["per_second"]:
        return (what, wanted, "-", None)
    ratio = mine["per_second"] / theirs["per_second"]
    is_fast = ratio > times if part != "create" and times == 1 else ratio >= times
    return (what, wanted, f"{ratio:.2f} ×", is_fast and mine["valid"] and theirs["valid"])


def targets_text(results: Figures) -> str:
    """Return the table of targets: what was asked, what was measured, whether it is met."""
    words = {True: "met", False: "**not met**", None: "not measured"}
    rows = [[what, wanted, said, words[met]] for what, wanted, said, met in targets(results)]
    return table(["target", "wanted", "measured", ""], rows)


def section(results: Figures) -> str:
    """Return the servers' section of docs/benchmarks.md."""
    machine, parts = results["machine"], results["parts"]
    text = [
        "## Targets",
        "",
        targets_text(results),
        "",
    ]
    if any(part.get("quick") for part in parts.values()):
        text += ["**From a quick run: it shows that the bench works, not how fast anything is.**", ""]
    for name, reason in results.get("left_out", {}).items():
        text += [f"{TITLES[name]} was not measured: {reason}.", ""]
    text += [
        "## Machine and versions",
        "",
        f"{machine['processor']}, {machine['cores']} cores (the load driver runs on them too), "
        f"{machine['memory_gb']} GB, "
        f"{machine['kernel']}, {machine['filesystem']}; "
        f"a flush (4 KiB appended, fdatasync) takes {machine['flush_ms']} ms "
        f"(median); load average before the run {machine['load_average']}.",
        "",
    ]
    for name, versions in results["versions"].items():
        text.append(f"- {TITLES[name]}: " + ", ".join(f"{what} {version}" for what, version in versions.items()))
    text += [
        "",
        "## Method",
        "",
        "One server process at a time on the loopback, driven by a closed-loop client in a process of its own: "
        "every connection sends its next request when the answer to the last is complete. Each request carries a "
        "bearer token and a fresh Request-ID. Servers take turns (A, B, C, A, B, C, ...), each round on a fresh copy "
        "of the same rows, after a warm-up; a figure is the median of the rounds. A create is answered after the flush "
        "(WAL, `synchronous=FULL`), and afterwards as many new tasks must be found as were answered 201. Servers must "
        "agree on totals and order of the pages. A phase with any error is marked invalid.",
        "",
    ]
    for part, title in (
        ("create", "Durable create"),
        ("page", "Filtered page of 50 with totalCount, asked for again and again"),
        ("fresh", "Filtered page of 50 with totalCount, never asked for before"),
        ("estate", "Meetings and asset requirements"),
        ("million", "Every single filter and sort"),
        ("start", "Start and idle memory"),
    ):
        if part not in parts:
            continue
        measured = parts[part]
        day = datetime.fromisoformat(measured["measured_at"]).strftime("%Y-%m-%d %H:%M UTC")
        about = f"Measured {day}"
        if "tasks" in measured:
            about += (
                f"; {measured['tasks']:,} tasks, {measured['connections']} connections, {measured['seconds']:g} s each"
            )
        text += [f"## {title}", "", about + ".", ""]
        if part == "million":
            text += [
                f"{TITLES[measured['server']]} alone. The first answers come one at a time from a server just "
                "started, its files dropped from the page cache before; each distinct query counts once. Then each "
                f"row is measured warm. The data folder holds {measured['data_mb']:,} MB; memory after all this: "
                f"{measured['memory_afterwards_mb']['pss']:.0f} MB Pss, "
                f"{measured['memory_afterwards_mb']['rss']:.0f} MB Rss (mapped database pages included).",
                "",
            ]
        if part == "page":
            text += [
                "A hundred lists, as programs poll and people refresh; nobody writes meanwhile. Askare answers a list "
                "that nobody has changed from memory ([decision 20](decisions/0020-remembered-pages.md)); the peers "
                "look anew.",
                "",
            ]
        text += [part_text(part, measured), ""]
    return "\n".join(text)
