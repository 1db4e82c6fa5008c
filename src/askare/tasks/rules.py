"""What may be done with a task.  Source: OviPro contract 2.3, which restates the Task Management API."""

from __future__ import annotations

from askare.kernel.problems import Fault, Refused, Wrong
from askare.tasks.model import Task, TaskContent, TaskFilter, TaskStatus

# In these states statusCode, parties and taskDueTime are locked.
FINAL = frozenset({TaskStatus.DONE, TaskStatus.REJECTED})


def require_allowed_change(stored: TaskContent, wanted: TaskContent) -> None:
    """A DONE or REJECTED task keeps its status, its parties and its due time; all else may change.

    The lock looks at the stored status: the very update that sets DONE may still change parties and due time.
    Due times are compared as instants and parties as sets, so repeating them in another spelling is no change.
    Raises Refused, naming every locked field that would change.
    """
    if stored.status_code not in FINAL:
        return
    state = stored.status_code.value
    changed = []
    if wanted.status_code is not stored.status_code:
        changed.append("statusCode")
    if wanted.task_due_time != stored.task_due_time:
        changed.append("taskDueTime")
    if set(wanted.parties) != set(stored.parties):
        changed.append("parties")
    if changed:
        raise Refused(
            f"The task is {state}; statusCode, parties and taskDueTime can no longer change.",
            [Fault(field, Wrong.STATE, f"{field} cannot change when the task is {state}") for field in changed],
        )


def require_deletable(stored: TaskContent) -> None:
    """Only a WAITING task may be deleted.  Raises Refused otherwise."""
    if stored.status_code is not TaskStatus.WAITING:
        raise Refused(f"Only a WAITING task can be deleted; this one is {stored.status_code.value}.")


def differs(stored: TaskContent, wanted: TaskContent) -> bool:
    """Whether an update changes anything.  The order of parties and agents says nothing, so it is no change."""
    return _comparable(stored) != _comparable(wanted)


def _comparable(content: TaskContent) -> tuple[object, ...]:
    return (
        content.type_code,
        content.status_code,
        content.description,
        content.task_due_time,
        frozenset(content.parties),
        content.realty_id,
        content.assignment_id,
        content.agency_office_id,
        frozenset(content.agents),
    )


def matches(wanted: TaskFilter, task: Task) -> bool:
    """Whether a search without free text finds this task: the definition that the store's SQL is held to."""
    content = task.content
    return (
        (not wanted.types or content.type_code in wanted.types)
        and (not wanted.statuses or content.status_code in wanted.statuses)
        and (not wanted.office_ids or content.agency_office_id in wanted.office_ids)
        and (not wanted.realty_ids or content.realty_id in wanted.realty_ids)
        and (not wanted.assignment_ids or content.assignment_id in wanted.assignment_ids)
        and (not wanted.party_ids or any(party.party_id in wanted.party_ids for party in content.parties))
        and (not wanted.agent_ids or any(agent.agent_id in wanted.agent_ids for agent in content.agents))
        and (wanted.due_before is None or content.task_due_time < wanted.due_before)
        and (wanted.due_after is None or content.task_due_time > wanted.due_after)
        and (wanted.modified_after is None or task.modified > wanted.modified_after)
    )
