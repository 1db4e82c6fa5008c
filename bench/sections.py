"""The page docs/benchmarks.md: one section a bench, each between marks, so that every bench writes its own and leaves
the others as they stand.  Figures that a section is put together from over several runs are kept in bench/results/.

    python bench/sections.py exchange "Files of many things" bench/exchange.py --rows 10000

runs a bench that only prints, and makes what it printed its section.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs" / "benchmarks.md"
RESULTS = HERE / "results"

# In the order of the page; `servers` is bench/run.py's.
SECTIONS = ("servers", "timetable", "watches", "letters", "exchange", "calls", "summaries")

_HEAD = """# Benchmarks

Written by `make bench`; do not edit. Each bench writes its own section. What is measured, and how fair it is:
`bench/README.md`.
"""
_SECTION = re.compile(r"<!-- section (?P<name>\w+) -->\n(?P<text>.*?)\n<!-- end (?P=name) -->", re.DOTALL)


def keep_section(name: str, text: str, *, docs: Path = DOCS) -> None:
    """Put a section into the page, in the place of the one that was there.  Raises KeyError for a name that nobody
    knows."""
    if name not in SECTIONS:
        raise KeyError(name)
    page = docs.read_text(encoding="utf-8") if docs.exists() else ""
    kept = {match["name"]: match["text"] for match in _SECTION.finditer(page)}
    kept[name] = text.strip()
    parts = [f"<!-- section {one} -->\n{kept[one]}\n<!-- end {one} -->\n" for one in SECTIONS if one in kept]
    docs.write_text("\n".join([_HEAD, *parts]), encoding="utf-8")


def results(name: str) -> dict[str, Any]:
    """What a bench kept of earlier runs."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def keep_results(name: str, figures: dict[str, Any]) -> None:
    """Keep a bench's figures beside it."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; all columns but the first are set to the right."""
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def printed_section(title: str, command: list[str], printed: str, *, now: datetime) -> str:
    """A section made of what a bench has printed: Markdown where it printed tables, else as it stands."""
    is_markdown = any(line.startswith("|") for line in printed.splitlines())
    text = printed.strip() if is_markdown else f"```text\n{printed.strip()}\n```"
    return f"## {title}\n\n`python {' '.join(command)}`, measured {now:%Y-%m-%d %H:%M} UTC.\n\n{text}"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("name", choices=SECTIONS)
    reader.add_argument("title")
    reader.add_argument("command", nargs=argparse.REMAINDER, help="the bench and its options")
    said = reader.parse_args()
    lines = []
    with subprocess.Popen([sys.executable, *said.command], stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as bench:
        assert bench.stdout is not None
        for line in bench.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if bench.returncode:
        raise SystemExit(bench.returncode)  # the section of before stays
    keep_section(said.name, printed_section(said.title, said.command, "".join(lines), now=datetime.now(UTC)))


if __name__ == "__main__":
    main()
