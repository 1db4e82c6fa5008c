"""Random tasks, filters and callers, from few enough values that they meet one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from askare.directory.model import Kind
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.kernel.time import milliseconds
from askare.kernel.words import finds_all
from askare.tasks.model import PartyType, Task, TaskContent, TaskFilter, TaskStatus, TaskType
from askare.tasks.rules import matches
from tests.values import (
    AGENT,
    ASSIGNMENT,
    HOUR,
    NOON,
    NOW,
    OFFICE,
    OTHER_AGENT,
    OTHER_ASSIGNMENT,
    OTHER_OFFICE,
    OTHER_PARTY,
    OTHER_REALTY,
    PARTY,
    REALTY,
    THIRD_AGENT,
    THIRD_OFFICE,
    THIRD_PARTY,
    a_party,
    an_admin,
    an_agent,
    an_id,
    what_is_said,
)

OFFICES = (OFFICE, OTHER_OFFICE, THIRD_OFFICE)
AGENTS = (AGENT, OTHER_AGENT, THIRD_AGENT)
PARTIES = (PARTY, OTHER_PARTY, THIRD_PARTY)
REALTIES = (REALTY, OTHER_REALTY)
ASSIGNMENTS = (ASSIGNMENT, OTHER_ASSIGNMENT)
TYPES = (TaskType.CALL, TaskType.MEETING, TaskType.OTHER)
MOMENTS = (NOON, NOON + timedelta(milliseconds=1), NOON + HOUR)  # few, so that many tasks are due together
STAMPS = (NOW, NOW + timedelta(milliseconds=1), NOW + HOUR)

WORDS = (
    *(
        "talo",
        "talossa",
        "talonmies",
        "kerrostalossa",
        "Hämeenkatu",
        "hameenkatu",
        "HÄMEENKADULLA",
        "kädet",
        "kadet",
        "asunto",
    ),
    *("möte", "mote", "mötet", "lägenhet", "lägenheterna", "gata", "gatorna", "Straße", "strasse"),
    *("meeting", "meetings", "running", "run", "a", "as", "1", "100%", "50_000"),
    *("квартира", "квартирами", "Ёлка", "елки"),
    *('"talo"', "'; DROP TABLE tasks; --", "talo*", "(a OR b)", "NOT", "^a", "-talo", ":v0", "%s", "\\", "|", "%", "_"),
    *("😀", "½", "ℕ", "ﾞ", "x" * 70, "İstanbul", "ﬁn"),
)

# What the directory knows; the other ids are of things that it has never heard of.
LABELS = {
    (Kind.OFFICE, OFFICE): "Kotka Homes Tampere",
    (Kind.AGENT, AGENT): "Aino Mäkinen",
    (Kind.AGENT, OTHER_AGENT): "Олег Иванов",
    (Kind.PARTY, PARTY): "Talo-yhtiö Oy",
    (Kind.REALTY, REALTY): "Hämeenkatu 1 as 2, Tampere",
}


def subsets(values: Sequence[Any], *, at_least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=at_least, max_size=2, unique=True)


texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
contents: st.SearchStrategy[TaskContent] = st.builds(
    what_is_said,
    type=st.sampled_from(TYPES),
    status=st.sampled_from(TaskStatus),
    description=st.none() | texts,
    due=st.sampled_from(MOMENTS),
    parties=subsets(PARTIES).map(lambda ids: [a_party(one, PartyType.PERSON_PARTY) for one in ids]),
    realty=st.none() | st.sampled_from(REALTIES),
    assignment=st.none() | st.sampled_from(ASSIGNMENTS),
    office=st.sampled_from(OFFICES),
    agents=subsets(AGENTS, at_least=1),
)
# Ids that do not grow in the order in which the tasks are made.
task_ids = st.integers(0, 2**32).map(an_id)
tasks: st.SearchStrategy[list[Task]] = st.lists(
    st.builds(
        lambda task_id, content, at: Task(task_id, 1, content, at, at), task_ids, contents, st.sampled_from(STAMPS)
    ),
    min_size=4,
    max_size=20,
    unique_by=lambda task: task.task_id,
)


pieces = st.sampled_from(WORDS).flatmap(
    lambda word: st.tuples(st.integers(0, 3), st.integers(1, 12)).map(lambda cut: word[cut[0] : cut[0] + cut[1]])
)
queries = st.lists(st.sampled_from(WORDS) | pieces, min_size=1, max_size=2).map(" ".join)

WISHES: dict[str, st.SearchStrategy[Any]] = {
    "types": subsets(TYPES, at_least=1).map(frozenset),
    "statuses": subsets(tuple(TaskStatus), at_least=1).map(frozenset),
    "office_ids": subsets(OFFICES, at_least=1).map(frozenset),
    "realty_ids": subsets(REALTIES, at_least=1).map(frozenset),
    "assignment_ids": subsets(ASSIGNMENTS, at_least=1).map(frozenset),
    "party_ids": subsets(PARTIES, at_least=1).map(frozenset),
    "agent_ids": subsets(AGENTS, at_least=1).map(frozenset),
    "text": queries,
    "due_before": st.sampled_from(MOMENTS),
    "due_after": st.sampled_from(MOMENTS),
    "modified_after": st.sampled_from(STAMPS),
}
# A few wishes at once: a filter that asks for everything finds nothing.
filters: st.SearchStrategy[TaskFilter] = (
    st.sets(st.sampled_from(sorted(WISHES)), max_size=3)
    .flatmap(lambda fields: st.fixed_dictionaries({field: WISHES[field] for field in sorted(fields)}))
    .map(lambda wishes: TaskFilter(**wishes))
)
orders: st.SearchStrategy[list[Order]] = st.lists(
    st.builds(Order, st.sampled_from(["taskDueTime", "modificationTime"]), st.booleans()), max_size=2
)
windows = st.builds(Window, st.integers(0, 4), st.integers(0, 5)) | st.just(Window(0, 50))
callers: st.SearchStrategy[Caller] = st.just(an_admin()) | subsets(OFFICES).map(lambda ids: an_agent(offices=ids))


def text_of(content: TaskContent, labels: Mapping[tuple[Kind, UUID], str]) -> str:
    """What free text looks through: the description and the names of all that the task is about."""
    things: list[tuple[Kind, UUID | None]] = [(Kind.OFFICE, content.agency_office_id), (Kind.REALTY, content.realty_id)]
    things += [(Kind.AGENT, agent.agent_id) for agent in content.agents]
    things += [(Kind.PARTY, party.party_id) for party in content.parties]
    known = [labels[kind, thing_id] for kind, thing_id in things if thing_id and (kind, thing_id) in labels]
    return "\n".join([content.description or "", *known])


def sought(
    kept: Sequence[Task],
    wanted: TaskFilter,
    by: Caller,
    labels: Mapping[tuple[Kind, UUID], str],
    wished: Sequence[Order] = (),
) -> list[UUID]:
    """The ids of what a search must find, in its order: the definition."""
    found = [
        task
        for task in kept
        if by.sees_office(task.content.agency_office_id)
        and matches(wanted, task)
        and finds_all(wanted.text, text_of(task.content, labels))
    ]
    wished = wished or [Order("taskDueTime")]
    found.sort(key=lambda task: task.task_id.bytes, reverse=wished[-1].descending)
    for order in reversed(wished):
        found.sort(key=lambda task, order=order: _sorted_by(task, order))  # type: ignore[misc]
    return [task.task_id for task in found]


def _sorted_by(task: Task, order: Order) -> int:
    instant = milliseconds(task.content.task_due_time if order.field == "taskDueTime" else task.modified)
    return -instant if order.descending else instant
