"""Who said what: a transcript taken apart into the caller's and the answering side's words.

Transcripts come with labels (`Operator: …`, `Speaker 1: …`), with one turn a line and no labels, or as one run of
words without a full stop.  Where nobody says who speaks, the way of speaking does: an answering side opens, asks for
numbers and promises; a caller wishes and complains.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum
from itertools import pairwise

from msgspec import Struct

from askare.calltasks.summary.cues import (
    CALLER_LABELS,
    CUES,
    KAZAKH_LETTERS,
    MARKS,
    OPERATOR_LABELS,
    Cues,
    Language,
    folded,
)

CLAUSE_WORDS_MIN = 3
CLAUSE_WORDS_MAX = 22
SENTENCE_CHARACTERS_MAX = 150  # a longer one is taken apart at its joints
WORDS_A_STOP_MAX = 45  # a text with fewer full stops than this counts as written without
LANGUAGE_WORDS_MAX = 2_000  # enough to know a language by


class Side(Enum):
    CALLER = "caller"
    OPERATOR = "operator"


class Unit(Struct, frozen=True):
    """One sentence, or one thought where there are no sentences; `turn` counts from the start of the call.

    `open` ones have no full stop: with their neighbours in the same turn they may make one sentence.
    """

    side: Side
    text: str
    turn: int
    open: bool = False


class _Turn(Struct, frozen=True):
    label: str  # empty where there is none
    text: str


def language_of(text: str, among: tuple[str, ...] = ()) -> Language:
    """The language of a text, among those given if any of them is written in its letters."""
    words = folded(text[: LANGUAGE_WORDS_MAX * 12]).split()[:LANGUAGE_WORDS_MAX]
    letters = Counter(letter for word in words for letter in word)
    cyrillic = sum(count for letter, count in letters.items() if "\u0400" <= letter <= "\u04ff")
    latin = sum(count for letter, count in letters.items() if letter.isalpha()) - cyrillic
    fitting = [Language.RU, Language.KK] if cyrillic > latin else [Language.FI, Language.SV, Language.EN]
    wanted = [one for one in fitting if one.value in among]
    candidates = wanted or fitting
    bare = [word.strip('.,!?;:—-«»"()') for word in words]
    scores = {one: float(sum(word in MARKS[one] for word in bare)) for one in candidates}
    if Language.KK in scores:
        scores[Language.KK] += sum(letters[letter] for letter in KAZAKH_LETTERS) / 4
    if Language.FI in scores:
        scores[Language.FI] += sum(len(word) > 12 for word in bare) / 4
    return max(candidates, key=lambda one: scores[one])


def units_of(transcript: str, language: Language) -> list[Unit]:
    """The transcript's sentences in order, each with its side."""
    cues = CUES[language]
    turns = _labelled(transcript)
    if turns is not None:
        sides = _sides_of_labels(turns, cues)
        return [
            Unit(sides[turn.label], text, at, open=not stops)
            for at, turn in enumerate(turns)
            for stops in (_punctuated(turn.text),)
            for text in sentences(turn.text, cues, punctuated=stops)
        ]
    lines = [line for line in (_bare(line) for line in transcript.splitlines()) if line]
    if len(lines) > 2:
        return _by_manner(lines, cues, of_lines=True)
    whole = " ".join(lines)
    return _by_manner(sentences(whole, cues, punctuated=_punctuated(whole)), cues, of_lines=False)


def labelled_sides(transcript: str) -> frozenset[Side] | None:
    """The sides that speak in a transcript with labels; None where nobody says who speaks."""
    turns = _labelled(transcript)
    if turns is None:
        return None
    sides = _sides_of_labels(turns, CUES[language_of(transcript)])
    return frozenset(sides[turn.label] for turn in turns)


# Labels ------------------------------------------------------------------------------------------------------------

_TIME = r"(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?[\])]?\s*(?:-->|[-–—])?\s*)"
_LEAD = re.compile(rf"^\s*{_TIME}{{0,2}}[-–—•*>\s]*")
_LABEL = re.compile(r"^[\[(<*]{0,2}([^\W\d_][\w.'’-]*(?: [\w.'’-]+){0,2})[\])>*]{0,2}\s*[:：]\s*(.*)$")
_NUMBERED = re.compile(
    r"^(?:speaker|spk|s|channel|спикер|говорящий|собеседник|канал|голос|сөйлеуші|puhuja|kanava|talare|kanal)"
    r"[ _-]?\d{1,2}$|^[a-zа-я]$"
)
_KNOWN = sorted((*OPERATOR_LABELS, *CALLER_LABELS), key=len, reverse=True)
_INLINE = re.compile(rf"(?<![\w-])(?=(?:{'|'.join(map(re.escape, _KNOWN))})(?:[ _]?\d{{1,2}})?\s*:)", re.IGNORECASE)
LABELLED_SHARE_MIN = 0.6


def _bare(line: str) -> str:
    return _LEAD.sub("", line).strip()


def _labelled(transcript: str) -> list[_Turn] | None:
    """The turns of a transcript that labels them, or None."""
    lines = [line for line in map(_bare, transcript.splitlines()) if line]
    lines = [piece.strip() for line in lines for piece in _INLINE.split(line) if piece.strip()]
    found = [_LABEL.match(line) for line in lines]
    labels = Counter(folded(match[1]) for match in found if match)
    # A label that occurs once may be a heading; known ones are labels even so.
    labels = Counter({label: n for label, n in labels.items() if n > 1 or _known_side(label) or _NUMBERED.match(label)})
    if not labels or sum(labels.values()) < LABELLED_SHARE_MIN * len(lines) or len(labels) > 8:
        return None
    turns: list[_Turn] = []
    for line, match in zip(lines, found, strict=True):
        if match and folded(match[1]) in labels:
            turns.append(_Turn(folded(match[1]), match[2].strip()))
        elif turns:  # a turn of several lines
            turns[-1] = _Turn(turns[-1].label, f"{turns[-1].text} {line}".strip())
        else:
            turns.append(_Turn(next(iter(labels)), line))
    return [turn for turn in turns if turn.text]


def _known_side(label: str) -> Side | None:
    words = re.split(r"[ _.-]", re.sub(r"[\d_]+$", "", label))
    if any(word in OPERATOR_LABELS for word in words):
        return Side.OPERATOR
    if any(word in CALLER_LABELS for word in words):
        return Side.CALLER
    return None


def _sides_of_labels(turns: list[_Turn], cues: Cues) -> dict[str, Side]:
    """Which side each label is: by its name, else by how it speaks."""
    labels = list(dict.fromkeys(turn.label for turn in turns))
    sides = {label: side for label in labels if (side := _known_side(label)) is not None}
    unknown = [label for label in labels if label not in sides]
    if not unknown:
        return sides
    manner = {label: sum(_manner(turn.text, cues) for turn in turns if turn.label == label) for label in unknown}
    if Side.OPERATOR in sides.values():
        return sides | dict.fromkeys(unknown, Side.CALLER)
    if Side.CALLER in sides.values():
        return sides | dict.fromkeys(unknown, Side.OPERATOR)
    if len(unknown) == 1:
        return {unknown[0]: Side.CALLER}  # a message left by one person
    manner[labels[0]] += 1.0  # who answers a call speaks first
    operator = max(unknown, key=lambda label: manner[label])
    return {label: Side.OPERATOR if label == operator else Side.CALLER for label in unknown}


# Without labels ----------------------------------------------------------------------------------------------------

# How likely the next piece is somebody else's, in the same measure as `_manner`; 0 is as likely as not.
CHANGE_ON_A_NEW_LINE = 2.0
CHANGE_IN_A_RUN = -1.3
CHANGE_AFTER_A_QUESTION = 1.0
CHANGE_BEFORE_AN_ANSWER = -0.1
FIRST_IS_OPERATOR = 0.8  # who answers a call speaks first
EXCHANGES_MIN = 2  # questions answered, and greetings returned, that make a dialogue


def _manner(text: str, cues: Cues) -> float:
    """How much a text sounds like the answering side (above 0) or like a caller (below)."""
    plain = folded(text)
    asks = is_question(text, plain, cues)
    operator = 1.5 * len(cues.opening.findall(plain))
    caller = 1.2 * len(cues.calling.findall(plain))
    promises = len(cues.promise.findall(plain))
    wishes = len(cues.wish.findall(plain))
    if not asks:
        operator += 0.6 * min(promises, 2)
        caller += 0.4 * min(wishes, 2)
    caller += 0.6 * min(len(cues.trouble.findall(plain)), 2) + 0.6 * bool(cues.name.search(plain))
    return max(-4.0, min(4.0, operator - caller))


def _is_dialogue(texts: list[str], cues: Cues) -> bool:
    """Whether more than one person speaks: an answering side opens or asks, or things are said and answered."""
    if any(cues.opening.search(folded(text)) for text in texts):
        return True
    exchanges = 0
    for before, text in pairwise(texts):
        asked = is_question(before, folded(before), cues)
        exchanges += asked or cues.answer.match(folded(text)) is not None
    return exchanges >= EXCHANGES_MIN


def _change_in_a_run(before: str, text: str, cues: Cues) -> float:
    if is_question(before, folded(before), cues):
        return CHANGE_AFTER_A_QUESTION
    return CHANGE_BEFORE_AN_ANSWER if cues.answer.match(folded(text)) else CHANGE_IN_A_RUN


def _likeliest(manners: list[float], changes: list[float]) -> list[int]:
    """The likeliest course of the whole call (Viterbi): 0 the answering side, 1 the caller."""
    last = (manners[0] + FIRST_IS_OPERATOR, -manners[0])
    came_from: list[tuple[int, int]] = []
    for manner, change in zip(manners[1:], changes, strict=True):
        origin = tuple(state if last[state] >= last[1 - state] + change else 1 - state for state in (0, 1))
        last = (
            max(last[0], last[1] + change) + manner,
            max(last[1], last[0] + change) - manner,
        )
        came_from.append((origin[0], origin[1]))
    state = 0 if last[0] >= last[1] else 1
    states = [state]
    for origins in reversed(came_from):
        state = origins[state]
        states.append(state)
    return states[::-1]


def _by_manner(texts: list[str], cues: Cues, *, of_lines: bool) -> list[Unit]:
    """Give each text its side, by how it speaks and by what comes before."""
    if not texts:
        return []
    manners = [_manner(text, cues) for text in texts]
    if not _is_dialogue(texts, cues):
        states = [1] * len(texts)  # one person alone: a message left on a machine
    else:
        changes = [
            CHANGE_ON_A_NEW_LINE if of_lines else _change_in_a_run(before, text, cues)
            for before, text in pairwise(texts)
        ]
        states = _likeliest(manners, changes)
    turn, units = 0, []
    for at, (text, state) in enumerate(zip(texts, states, strict=True)):
        turn += at > 0 and state != states[at - 1]
        side = Side.CALLER if state else Side.OPERATOR
        stops = _punctuated(text)
        split = sentences(text, cues, punctuated=stops) if of_lines else [text]
        units += [Unit(side, one, turn, open=not stops) for one in split]
    return units


# Sentences ---------------------------------------------------------------------------------------------------------

_STOP = re.compile(r"(?<=[.!?…])[\"»”]?\s+")
_ABBREVIATION = re.compile(
    r"(?:^|\W)(?:ул|д|кв|г|пр|пр-т|т|им|стр|корп|мкр|обл|р-н|руб|тг|көш|kl|klo|nro|puh|os|as|esim|mm|st|mr|mrs|ms|dr|no|tel|"
    r"nr|ca|t\.ex|bl\.a|o|j)\.$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"(?<=[,;:—–])\s+")


def _punctuated(text: str) -> bool:
    stops = len(re.findall(r"[.!?…](?=\s|$)", text))
    words = len(text.split())
    return stops > 0 and words <= stops * WORDS_A_STOP_MAX


def sentences(text: str, cues: Cues, *, punctuated: bool) -> list[str]:
    """A turn's sentences; where it has no full stops, its thoughts."""
    if not punctuated:
        return _clauses(text, cues)
    found: list[str] = []
    for piece in _STOP.split(text):
        piece = piece.strip()
        if not piece:
            continue
        goes_on = found and len(found[-1]) < SENTENCE_CHARACTERS_MAX
        if goes_on and (piece[0].islower() or _ABBREVIATION.search(found[-1])):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return [part for one in found for part in _shortened(one, cues)]


def _shortened(sentence: str, cues: Cues) -> list[str]:
    """A very long sentence at its commas, or at its joints where it has none."""
    if len(sentence) <= SENTENCE_CHARACTERS_MAX:
        return [sentence]
    parts = [part for part in _BREAK.split(sentence) if part]
    if len(parts) == 1:
        return _clauses(sentence, cues)
    joined = [parts[0]]
    for part in parts[1:]:
        fits = len(joined[-1]) + len(part) < SENTENCE_CHARACTERS_MAX
        opens = cues.joint.match(folded(part)) and len(joined[-1].split()) >= CLAUSE_WORDS_MIN
        if fits and not (opens and len(joined[-1]) > SENTENCE_CHARACTERS_MAX / 3):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return [
        piece for one in joined for piece in (_clauses(one, cues) if len(one) > 2 * SENTENCE_CHARACTERS_MAX else [one])
    ]


def _clauses(text: str, cues: Cues) -> list[str]:
    """A run of words without full stops, cut where new thoughts begin."""
    words = text.split()
    plain = [folded(word) for word in words]
    clauses: list[str] = []
    first = 0
    for at in range(1, len(words)):
        rest = " ".join(plain[at : at + 4])
        opens = (cues.joint.match(rest) or cues.question.match(rest)) and _is_thought(plain[first:at], cues)
        answers = at - first >= 2 and cues.answer.match(rest) and not cues.answer.match(plain[at - 1])
        if opens or answers or at - first >= CLAUSE_WORDS_MAX:
            clauses.append(" ".join(words[first:at]))
            first = at
    if words:
        clauses.append(" ".join(words[first:]))
    return clauses


def _is_thought(plain: list[str], cues: Cues) -> bool:
    """Whether so many words can stand alone.  A greeting is soon over."""
    if sum(not cues.filler.match(word) for word in plain) >= CLAUSE_WORDS_MIN:
        return True
    return cues.opening.search(" ".join(plain)) is not None


def is_question(text: str, plain: str, cues: Cues) -> bool:
    """Whether it asks: by its mark, or by its first word where there are no marks."""
    if text.rstrip().endswith("?"):
        return True
    if re.search(r"[.!…]\s*$", text):
        return False
    bare = re.sub(r"^\W+", "", plain)
    while (filler := cues.filler.match(bare)) and filler.end():
        bare = bare[filler.end() :].lstrip(" ,.!")
    return bool(cues.question.match(bare))
