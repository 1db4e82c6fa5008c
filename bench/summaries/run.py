"""The built-in summariser beside two others, on dialogues it had not seen: `python bench/summaries/run.py`.

Prints Markdown and makes it its section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dialogues import Dialogue, holds, read

import sections
from askare.calltasks.summary.cues import CUES, Language
from askare.calltasks.summary.extract import CHARACTERS_MAX, SENTENCES_MAX, summarise
from askare.calltasks.summary.turns import Side, sentences, units_of

HERE = Path(__file__).parent
PEER_HOME = HERE.parent / ".cache" / "textrank"
LONG_TURNS = 1_000
Summaries = list[dict[str, str | None]]


def ours(dialogues: list[Dialogue]) -> Summaries:
    digests = [summarise(one.text) for one in dialogues]
    return [{"caller": one.caller, "operator": one.operator} for one in digests]


def first_of_each_side(dialogues: list[Dialogue]) -> Summaries:
    """The first three sentences of each side.  Who speaks it is told by our own reading, labels or not."""
    return [{side.value: _short(_of(one, side)) for side in Side} for one in dialogues]


def first_of_call(dialogues: list[Dialogue]) -> Summaries:
    """The first three sentences of the call, for both sides."""
    texts = []
    for one in dialogues:
        plain = " ".join(line.partition(": ")[2] or line for line in one.text.splitlines())
        texts.append(_short(sentences(plain, CUES[Language(one.language)], punctuated="none" not in one.stops)))
    return [{"caller": text, "operator": text} for text in texts]


def textrank(dialogues: list[Dialogue]) -> Summaries:
    """summa's best sentences of each side, in their order.  Who speaks, and where sentences end, it is told too."""
    sides = [(one, side, _of(one, side)) for one in dialogues for side in Side]
    asked = [
        {"language": one.language, "text": "\n".join(text if text[-1] in ".!?…" else f"{text}." for text in said)}
        for one, _, said in sides
    ]
    answered = subprocess.run(
        [PEER_HOME / "bin" / "python", HERE / "textrank_peer.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: Summaries = [{} for _ in dialogues]
    for (one, side, said), ranked in zip(sides, json.loads(answered.stdout), strict=True):
        # Where it ranks nothing (too little in common between sentences) it gets the first ones.
        best = (ranked or said)[:SENTENCES_MAX]
        best.sort(key=lambda text: next((at for at, each in enumerate(said) if text.rstrip(".") in each), 0))
        found[dialogues.index(one)][side.value] = _short(best)
    return found


def _of(dialogue: Dialogue, side: Side) -> list[str]:
    units = units_of(dialogue.text, Language(dialogue.language))
    return [unit.text for unit in units if unit.side is side]


def _short(said: list[str]) -> str | None:
    return " ".join(said[:SENTENCES_MAX])[:CHARACTERS_MAX] or None


def recall(dialogues: list[Dialogue], summaries: Summaries) -> tuple[int, int]:
    """How many facts are there, of how many."""
    held = [
        holds(summary.get(side), fact)
        for dialogue, summary in zip(dialogues, summaries, strict=True)
        for side in ("caller", "operator")
        for fact in dialogue.facts[side]
    ]
    return sum(held), len(held)


def speed() -> float:
    """Seconds of processor time for a call of a thousand turns, the median over the development dialogues."""
    seconds = []
    for one in read("development.txt"):
        lines = one.text.splitlines()
        text = "\n".join((lines * LONG_TURNS)[:LONG_TURNS]) if len(lines) > 1 else " ".join([one.text] * 100)
        started = time.process_time()
        summarise(text)
        seconds.append(time.process_time() - started)
    return median(seconds)


def main() -> None:
    _prepare()
    dialogues = read("heldout.txt")
    ways = {
        "Askare, built in": ours,
        "first three sentences of each side": first_of_each_side,
        "first three sentences of the call": first_of_call,
        "TextRank (summa 1.2.0) of each side": textrank,
    }
    forms = {
        "all": lambda _: True,
        "labels, full stops": lambda one: one.labels in ("labels", "speakers") and one.stops == "stops",
        "labels, no full stops": lambda one: one.labels in ("labels", "speakers") and one.stops == "none",
        "no labels, full stops": lambda one: one.labels in ("none", "voicemail") and one.stops == "stops",
        "neither": lambda one: one.labels in ("none", "voicemail") and one.stops == "none",
        **{language.value: (lambda one, code=language.value: one.language == code) for language in Language},
    }
    groups = {name: [at for at, one in enumerate(dialogues) if fits(one)] for name, fits in forms.items()}
    rows = ["| facts found | " + " | ".join(f"{name} ({len(group)})" for name, group in groups.items()) + " |"]
    rows.append("|---|" + "---:|" * len(groups))
    invented = []
    for title, way in ways.items():
        summaries = way(dialogues)
        cells = []
        for group in groups.values():
            found, all_of_them = recall([dialogues[at] for at in group], [summaries[at] for at in group])
            cells.append(
                f"{100 * found / all_of_them:.0f} %" + (f" ({found}/{all_of_them})" if len(cells) == 0 else "")
            )
        rows.append(f"| {title} | " + " | ".join(cells) + " |")
        silent = [(at, side) for at, one in enumerate(dialogues) for side in one.silent]
        invented.append(f"{title}: {sum(summaries[at].get(side) is not None for at, side in silent)} of {len(silent)}")
    text = "\n".join(
        [
            "## Summaries of calls",
            "",
            f"{len(dialogues)} held-out dialogues in five languages (`bench/summaries/heldout.txt`), written after the "
            "summariser was finished and not used to change it; each names the facts that must appear. All have three "
            f"sentences and {CHARACTERS_MAX} characters a side. The others are told by our own reading who speaks and, "
            "where there are no full stops, where sentences end; in Kazakh, which summa does not know, it works by "
            "Russian rules. In brackets: dialogues, and facts.",
            "",
            *rows,
            "",
            "Sides that did not speak but got a summary: " + "; ".join(invented) + ".",
            "",
            f"A call of {LONG_TURNS:,} turns takes {speed():.2f} s of one core (median of the development dialogues).",
            "",
        ]
    )
    print(text)
    sections.keep_section("summaries", text)


def _prepare() -> None:
    if not (PEER_HOME / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", PEER_HOME], check=True)
        pip = [PEER_HOME / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", HERE / "requirements.txt"], check=True)


if __name__ == "__main__":
    main()
