"""TextRank (summa) in its own environment: reads [{language, text}] on stdin, writes its ranked sentences."""

from __future__ import annotations

import json
import sys

from summa import summarizer

KNOWN = {"ru": "russian", "fi": "finnish", "sv": "swedish", "en": "english"}


def ranked(language: str, text: str) -> list[str]:
    """Sentences of the text, best first.  Kazakh it does not know: Russian rules are the nearest."""
    found = summarizer.summarize(text, ratio=1.0, language=KNOWN.get(language, "russian"), scores=True)
    return [sentence for sentence, _ in sorted(found, key=lambda pair: -pair[1])]


json.dump([ranked(one["language"], one["text"]) for one in json.load(sys.stdin)], sys.stdout, ensure_ascii=False)
