"""The summary itself: of each side the few sentences that say most.

A sentence is worth what it carries: wishes, troubles and names on the caller's side, promises and deadlines on the
answering side, moments and numbers on both.  Greetings, thanks and an operator's own questions are worth nothing.  Of
the best ones those are taken that together say most within the limit, in the order in which they were said.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

from msgspec import Struct

from askare.calltasks.summary.cues import CUES, MARKS, Cues, Language, folded
from askare.calltasks.summary.turns import Side, Unit, is_question, language_of, units_of

SENTENCES_MAX = 3  # a side; source: contract 4.3
CHARACTERS_MAX = 320  # a side; source: contract 7.5
TRANSCRIPT_CHARACTERS_MAX = 240_000  # some four hours; of a longer one the beginning and the end are read
CANDIDATES_MAX = 18
CONTENT_WORDS_MIN = 3
WORTH_MIN = 0.8
RUN_CHARACTERS_MAX = 130  # of thoughts without full stops, taken as one sentence
STEM_LETTERS = 5
WORD_CHARACTERS_MAX = 64
_ENDLESS = re.compile(rf"\S{{{WORD_CHARACTERS_MAX},}}")  # no word of any language


class Digest(Struct, frozen=True):
    """What each side said that matters; None where it did not speak, or said nothing of the kind."""

    caller: str | None
    operator: str | None
    language: str


def summarise(transcript: str, languages: tuple[str, ...] = ()) -> Digest:
    """Sum up a call in its own words.  `languages` are those that it may be in (ISO 639-1); empty: any of ours."""
    if len(transcript) > TRANSCRIPT_CHARACTERS_MAX:
        half = TRANSCRIPT_CHARACTERS_MAX // 2
        transcript = f"{transcript[:half]}\n{transcript[-half:]}"
    transcript = _ENDLESS.sub(lambda word: word[0][:WORD_CHARACTERS_MAX], transcript)
    language = language_of(transcript, languages)
    cues = CUES[language]
    units = _joined(units_of(transcript, language))
    common = _common_stems(units, language)
    said = {side: _digest(units, side, cues, common) for side in Side}
    return Digest(said[Side.CALLER], said[Side.OPERATOR], language.value)


def _joined(units: list[Unit]) -> list[Unit]:
    """Very short sentences join the one before them in the same turn: an address is often said in pieces."""
    joined: list[Unit] = []
    for unit in units:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.side, last.turn) == (unit.side, unit.turn)
            and len(unit.text.split()) <= 3
            and re.search(r"\d", unit.text)
            and len(last.text) + len(unit.text) < 140
        ):
            joined[-1] = Unit(last.side, f"{last.text} {unit.text}", last.turn, last.open)
        else:
            joined.append(unit)
    return joined


def _tidied(text: str, cues: Cues) -> str:
    """Without the fillers at its beginning, as long as something is left."""
    for _ in range(5):
        filler = cues.filler.match(folded(text))
        if filler is None:
            break
        rest = text[filler.end() :].lstrip(" ,.!—–-…")
        if len(rest.split()) < CONTENT_WORDS_MIN:
            break
        text = rest
    return text


def _stems(text: str, language: Language) -> set[str]:
    words = re.findall(r"[^\W_]+", folded(text))
    return {word[:STEM_LETTERS] for word in words if len(word) > 3 and word not in MARKS[language]}


def _common_stems(units: list[Unit], language: Language) -> list[tuple[set[str], Counter[str]]]:
    """For each unit its stems, with how many units of the call have each."""
    stems = [_stems(unit.text, language) for unit in units]
    frequency = Counter(stem for one in stems for stem in one)
    return [(one, frequency) for one in stems]


class _Piece(Struct, frozen=True):
    """What may become one sentence of a summary: the units from `first` to `last` of the call."""

    first: int
    last: int
    text: str
    worth: float
    stems: frozenset[str]


def _digest(units: list[Unit], side: Side, cues: Cues, stems: list[tuple[set[str], Counter[str]]]) -> str | None:
    worths: dict[int, float] = {}
    fallback = (0, -1)
    content_before = 0
    places = [at for at, unit in enumerate(units) if unit.side is side]
    for order, at in enumerate(places):
        text = units[at].text
        content = _content_words(text, cues)
        says_why = side is Side.CALLER and _says_why(folded(text), cues)  # however short: "I want a refund."
        if (
            content < CONTENT_WORDS_MIN
            and not re.search(r"\d", text)
            and not (units[at].open and content)
            and not says_why
        ):
            continue
        fallback = max(fallback, (content, at))
        worth = _worth(units[at], side, cues, share=order / max(1, len(places) - 1), content_before=content_before)
        content_before += content >= CONTENT_WORDS_MIN and not cues.opening.search(folded(text))
        own, frequency = stems[at]
        worth += 0.5 * sum(min(frequency[stem], 4) - 1 for stem in own) / (3 * max(4, len(own)))
        worths[at] = worth
    pieces = _pieces(units, side, cues, worths, stems)
    if pieces:
        return _within(" ".join(_finished(piece.text) for piece in _best_together(pieces)))
    content, at = fallback
    if content < CONTENT_WORDS_MIN:
        return None
    if side is Side.OPERATOR and is_question(units[at].text, folded(units[at].text), cues):
        return None
    return _within(_finished(_tidied(units[at].text, cues)))


def _pieces(
    units: list[Unit],
    side: Side,
    cues: Cues,
    worths: dict[int, float],
    stems: list[tuple[set[str], Counter[str]]],
) -> list[_Piece]:
    """The best candidates: single sentences, and runs of thoughts where there are no sentences."""
    found: list[_Piece] = []
    for first in worths:
        worth, text, own = 0.0, "", set[str]()
        for at in range(first, len(units)):
            unit = units[at]
            if at > first and not (unit.open and unit.side is side and unit.turn == units[first].turn):
                break
            text = f"{text} {unit.text}".strip()
            if at > first and len(text) > RUN_CHARACTERS_MAX:
                break
            worth += worths.get(at, -0.3)
            own = own | stems[at][0]
            if at in worths and worths[at] > 0 and worth >= WORTH_MIN:
                tidy = _tidied(text, cues)
                if len(tidy.split()) >= CONTENT_WORDS_MIN or re.search(r"\d", tidy) or not unit.open:
                    found.append(_Piece(first, at, tidy, worth, frozenset(own)))
            if not unit.open:
                break
    return sorted(found, key=lambda piece: -piece.worth)[:CANDIDATES_MAX]


def _best_together(candidates: list[_Piece]) -> list[_Piece]:
    """The few that say most together: what is said twice counts once."""
    best: tuple[float, tuple[_Piece, ...]] = (0.0, (candidates[0],))
    for many in range(1, SENTENCES_MAX + 1):
        for group in combinations(candidates, many):
            if any(one.first <= other.last and other.first <= one.last for one, other in combinations(group, 2)):
                continue
            if sum(len(_finished(piece.text)) + 1 for piece in group) > CHARACTERS_MAX + 1:
                continue
            total = sum(piece.worth for piece in group)
            for one, other in combinations(group, 2):
                least = min(len(one.stems), len(other.stems)) or 1
                overlap = len(one.stems & other.stems) / least
                total -= 0.8 * min(one.worth, other.worth) * overlap
            if total > best[0]:
                best = (total, group)
    return sorted(best[1], key=lambda piece: piece.first)


def _worth(unit: Unit, side: Side, cues: Cues, *, share: float, content_before: int) -> float:
    """What one sentence is worth; `share` is how far into its side's words it comes, 0 to 1, and `content_before`
    how many sentences with content came before it."""
    plain = folded(unit.text)
    asks = is_question(unit.text, plain, cues)
    wishes = _many(cues.wish, plain)
    troubles = _many(cues.trouble, plain)
    promises = _many(cues.promise, plain)
    moments = _many(cues.moment, plain)
    numbers = min(len(re.findall(r"\d[\d.,:/-]*", plain)), 3)
    courtesies = len(cues.courtesy.findall(plain))
    named = cues.name.search(plain) is not None
    if side is Side.CALLER:
        worth = 1.5 * wishes + 1.3 * troubles + 0.9 * named + 0.5 * moments + 0.5 * numbers
        worth += 0.5 * (cues.calling.search(plain) is not None)
        if content_before < 3 and (wishes or troubles or not named):
            worth += 0.5 * (3 - content_before) / 1.5  # who calls says why, soon
        if asks and not (troubles or moments or numbers):
            worth -= 0.4
    else:
        worth = 1.5 * promises + 1.0 * moments + 0.6 * numbers + 0.3 * troubles
        worth += 0.5 * max(0.0, share - 0.4)  # what is settled is said at the end
        if asks:
            worth -= 1.0 if promises and (moments or numbers) else 2.0
        if cues.opening.search(plain) and not promises and not (moments or numbers):
            worth -= 0.8
    worth -= 0.5 * courtesies
    if len(plain.split()) < 4 and not (named or numbers) and not unit.open:
        worth -= 0.6
    return worth


def _says_why(plain: str, cues: Cues) -> bool:
    return cues.wish.search(plain) is not None or cues.trouble.search(plain) is not None


def _many(pattern: re.Pattern[str], plain: str) -> float:
    """How often, each further time counting half."""
    found = len(pattern.findall(plain))
    return 0.0 if not found else 2.0 - 0.5 ** (min(found, 4) - 1)


def _content_words(text: str, cues: Cues) -> int:
    return len(re.findall(r"[^\W\d_]{3,}", cues.courtesy.sub(" ", folded(text))))


# Words that join to what comes next, left over where it was cut.
_LOOSE_END = re.compile(r"(?:\s+(?:и|а|но|так|және|ал|ja|ok|okei|että|och|men|att|and|but|so|okay))+$", re.IGNORECASE)


def _finished(text: str) -> str:
    """As a sentence: with a capital and a full stop."""
    text = _LOOSE_END.sub("", text.strip(" ,;—–-"))
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _within(text: str) -> str:
    if len(text) <= CHARACTERS_MAX:
        return text
    return text[: CHARACTERS_MAX - 1].rsplit(" ", 1)[0].rstrip(" ,.;") + "…"
