"""What is asked: the creates, the filtered page, and every single filter with every sort."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import quote

from load import SNAPSHOT, STATUS_CODES, TYPE_CODES, create_bodies, iter_tasks, registry, wire_time

TASKS = "/task-management/v1/tasks"
SORTS = ("taskDueTime|asc", "taskDueTime|desc", "modificationTime|asc", "modificationTime|desc")
BODIES = 5_000
SAMPLE = 20_000  # tasks looked at to find rare, middling and common words
VALUES_A_CASE = 20
PAGE_STARTS = 300  # different windows of each filtered list, when no page is to be asked for twice

Request = tuple[str, str, str | None]  # method, target, body


@dataclass(frozen=True)
class Case:
    """One filter and one sort; its targets differ in the value filtered by."""

    name: str
    sort: str
    targets: list[str]


def target(*filters: tuple[str, str], sort: str, size: int = 50, start_index: int = 0) -> str:
    """Return a search's path and query."""
    parts = [*filters, ("sort", sort), ("size", str(size))]
    if start_index:
        parts.append(("startIndex", str(start_index)))
    return f"{TASKS}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parts)


def create_pool() -> list[Request]:
    """Return the creates: realistic bodies, each different."""
    return [("POST", TASKS, body.decode()) for body in create_bodies(BODIES)]


def page_pool() -> list[Request]:
    """Return the filtered pages: what an office still has to do, by due time or by latest change."""
    return [("GET", one, None) for one in page_targets()]


def page_targets() -> list[str]:
    """Return the targets of `page_pool`: 50 offices, WAITING, two sorts."""
    return [
        target(("agencyOfficeId", office["agencyOfficeId"]), ("statusCode", "WAITING"), sort=sort)
        for office in registry().offices
        for sort in ("taskDueTime|asc", "modificationTime|desc")
    ]


def fresh_page_pool() -> list[Request]:
    """Return so many different filtered pages that hardly any is asked for twice: every office, sort and start."""
    targets = [
        target(("agencyOfficeId", office["agencyOfficeId"]), ("statusCode", "WAITING"), sort=sort, start_index=start)
        for start in range(PAGE_STARTS)
        for office in registry().offices
        for sort in ("taskDueTime|asc", "modificationTime|desc")
    ]
    return [("GET", one, None) for one in targets]


@cache
def _words_by_frequency() -> dict[str, list[str]]:
    """Return rare (under 0.05 % of the tasks), middling (0.3-3 %) and common (5 % and more) words."""
    seen: Counter[str] = Counter()
    for task in iter_tasks(SAMPLE):
        seen.update(set(re.findall(r"[^\W\d_]{3,}", task["description"].lower())))
    ordered = sorted(seen, key=lambda word: (-seen[word], word))
    share = {word: seen[word] / SAMPLE for word in ordered}
    return {
        "rare": [word for word in ordered if share[word] < 0.0005],
        "middling": [word for word in ordered if 0.003 <= share[word] < 0.03],
        "common": [word for word in ordered if share[word] >= 0.05],
    }


def text_searches() -> dict[str, list[str]]:
    """Return the free texts, by kind."""
    words = _words_by_frequency()
    dice = random.Random(5)
    rare = dice.sample(words["rare"], VALUES_A_CASE)
    middling = dice.sample(words["middling"], min(VALUES_A_CASE, len(words["middling"])))
    common = words["common"][:VALUES_A_CASE]
    two_common = [" ".join(pair) for pair in itertools.islice(itertools.combinations(common, 2), VALUES_A_CASE)]
    return {
        "text: rare word": rare,
        "text: middling word": middling,
        "text: common word": common,
        "text: common + middling": [f"{a} {b}" for a, b in zip(itertools.cycle(common), middling, strict=False)],
        "text: two common words": two_common,
        # Mostly found inside or at the end of longer words: lämpöpumppuhuolto, Koulukadulla.
        "text: part of a compound": ["pumppu", "huolto", "remontti", "tarkastus", "asentaja", "suunnitelma", "urakka"],
        "text: part of a street": ["kadulla", "tiellä", "polulla", "kujalla", "rannalla", "gatan", "vägen", "mäki"],
        "text: two parts": ["pumppu kadulla", "remontti tiellä", "huolto rannalla", "asennus polulla"],
        "text: nothing found": [f"olematon{number}sana" for number in range(VALUES_A_CASE)],
        "text: two letters": ["hä", "vä", "tu", "ka"],
    }


def single_filters() -> dict[str, list[list[tuple[str, str]]]]:
    """Return every single filter of the task search: name -> the filters of each of its targets."""
    known = registry()
    dice = random.Random(6)

    def of(name: str, values: list[str]) -> list[list[tuple[str, str]]]:
        return [[(name, value)] for value in values]

    def some(ids: list[str]) -> list[str]:
        return dice.sample(ids, min(VALUES_A_CASE, len(ids)))

    def moments(*days: float) -> list[str]:
        return [wire_time(SNAPSHOT + timedelta(days=day)) for day in days]

    cases: dict[str, list[list[tuple[str, str]]]] = {"no filter": [[]]}
    cases |= {f"statusCode {code}": of("statusCode", [code]) for code in STATUS_CODES}
    cases |= {"typeCode": of("typeCode", list(TYPE_CODES))}
    cases |= {
        "agencyOfficeId": of("agencyOfficeId", some([one["agencyOfficeId"] for one in known.offices])),
        "agentId": of("agentId", some([one["agentId"] for one in known.agents])),
        "partyId": of("partyId", some([one["partyId"] for one in known.parties])),
        "realtyId": of("realtyId", some([one["realtyId"] for one in known.realties])),
        "assignmentId": of("assignmentId", some(known.assignment_ids)),
        "taskTimeBefore": of("taskTimeBefore", moments(-360, -180, -30, 0, 30, 180, 360)),
        "taskTimeAfter": of("taskTimeAfter", moments(-360, -180, -30, 0, 30, 180, 360)),
        "modifiedAfter": of("modifiedAfter", moments(-300, -90, -30, -7, -1, -0.04)),
    }
    cases |= {name: of("freeTextSearch", texts) for name, texts in text_searches().items()}
    return cases


def million_cases() -> list[Case]:
    """Return what is measured at 1,000,000 tasks: the page of the comparison, then every filter with every sort."""
    cases = [Case("office + WAITING (the page)", "both", page_targets())]
    for name, filters in single_filters().items():
        cases += [Case(name, sort, [target(*one, sort=sort) for one in filters]) for sort in SORTS]
    return cases
