"""Reading the dialogues by which summaries are judged, and judging."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class Dialogue:
    """One call, how it is written, and the facts that a good summary of each side holds.

    A fact is a list of alternatives; an alternative is a list of pieces, all of which must be there.
    """

    name: str
    language: str
    labels: str
    stops: str
    text: str = ""
    facts: dict[str, list[str]] = field(default_factory=lambda: {"caller": [], "operator": []})
    silent: list[str] = field(default_factory=list)  # sides that do not speak


def read(name: str) -> list[Dialogue]:
    """The dialogues of one of the files beside this one."""
    found: list[Dialogue] = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            found.append(Dialogue(*(part.strip() for part in line[3:].split("|"))))
        elif line.startswith("-- null "):
            found[-1].silent.append(line[8:].strip())
        elif line.startswith("-- "):
            side, _, fact = line[3:].partition(":")
            found[-1].facts[side].append(fact.strip())
        elif line.strip():
            found[-1].text += line + "\n"
    return found


def plain(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").replace("’", "'").split())


def holds(summary: str | None, fact: str) -> bool:
    """Whether a summary holds a fact: one of its alternatives (`|`) with all its pieces (`+`)."""
    text = plain(summary or "")
    return any(all(plain(piece) in text for piece in one.split("+")) for one in fact.split("|"))
