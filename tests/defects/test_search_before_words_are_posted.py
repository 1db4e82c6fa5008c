"""False was: a search by text and status on PostgreSQL answers while the words of its tasks are not posted yet."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from askare.directory.model import InvolvedAgent
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Window
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.tasks import operations
from askare.tasks.model import (
    TaskContent,
    TaskFilter,
    TaskStatus,
    TaskType,
)
from tests.values import NOW

OFFICE, AGENT = UUID(int=1), InvolvedAgent(UUID(int=2))
ADMIN = Caller(1, UUID(int=3), UUID(int=4), Role.ADMIN)


def test_a_page_of_tasks_whose_words_are_not_posted_is_found_by_text_and_status(database: Database) -> None:
    def create(tx: Transaction) -> None:
        for number in range(60):
            content = TaskContent(
                type_code=TaskType.CALL,
                status_code=TaskStatus.WAITING if number % 2 else TaskStatus.DONE,
                description="Soita kerrostalosta",
                task_due_time=NOW + timedelta(hours=number),
                parties=(),
                agency_office_id=OFFICE,
                agents=(AGENT,),
            )
            operations.create_task(tx, content, task_id=UUID(int=100 + number), now=NOW)

    database.write(create, ADMIN)
    wanted = TaskFilter(text="talo", statuses=frozenset({TaskStatus.WAITING}))

    page = database.read(
        lambda tx: operations.search_tasks(tx, wanted, orders=[Order("taskDueTime")], window=Window(0, 10)), ADMIN
    )

    assert page.total == 30
    assert [f'"taskId":"{UUID(int=101 + 2 * place)}"'.encode() in page.items[place] for place in range(10)] == [
        True
    ] * 10
