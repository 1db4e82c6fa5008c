"""Letters about service tasks that fail again and again: once a streak, to whom the task names, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from askare import post
from askare.access import operations as access
from askare.directory import operations as directory
from askare.directory.model import AgentContent, Kind, OperatorContent
from askare.edge import Edge
from askare.jobs.runner import keep_due_promises
from askare.kernel.caller import Role
from askare.kernel.problems import Invalid
from askare.kernel.time import instant_of
from askare.settings import load
from askare.storage.desk import Database, Desk
from askare.svctasks.model import EndReason
from askare.svctasks.ticking import Claimed, Node
from tests.svc import TASK, Timetable, a_svctask
from tests.values import ADMIN_USER, AGENT, NOW, OFFICE, OTHER_USER, an_admin, an_id

MINUTE = 60_000


@pytest.fixture
def timetable(database: Database) -> Timetable:
    return Timetable(database)


def failing(**sched: Any) -> Any:
    return a_svctask(start=None, stop=None, schedule="all", interval_sec=60, ext={"sched": sched})


def fail(timetable: Timetable, node: Node, times: int, *, reason: EndReason = EndReason.ERROR) -> None:
    for _ in range(times):
        timetable.end(node, timetable.tick(node), reason, "the gateway does not answer")
        timetable.now += MINUTE


def mails(timetable: Timetable, data: Path) -> list[EmailMessage]:
    """What leaves the house, in order."""
    settings = load({"data": data}).settings
    ids = iter(range(1, 1_000))
    edge = Edge(
        now=lambda: instant_of(timetable.now) + timedelta(minutes=1), new_id=lambda: an_id(next(ids), kind=0x78)
    )
    desk = Desk(timetable.database)
    asyncio.run(keep_due_promises((post.delivery_of(settings, wishes=None),), desk, edge))
    desk._threads.shutdown(wait=True)
    folder = data / post.MAIL_FOLDER
    found = [message_from_bytes(file.read_bytes(), policy=default) for file in folder.rglob("*.eml")]
    return sorted(found, key=lambda mail: (str(mail["Date"]), str(mail["To"])))


def told(found: Sequence[EmailMessage]) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in found]


def an_operator(database: Database, user_id: UUID, role: Role, email: str | None, language: str) -> None:
    organization = database.read(lambda tx: access.organizations(tx))[0]
    database.write(
        lambda tx: access.ensure_user(
            tx, organization, user_id=user_id, role=role, office_ids=(), agent_id=None, now=NOW
        )
    )
    content = OperatorContent(name="Satu Kinnunen", email=email, language=language)
    database.write(
        lambda tx: directory.put_entry(tx, Kind.OPERATOR, user_id, content, now=NOW),
        an_admin(),
    )


def test_an_address_hears_of_the_third_failure_once_a_streak(timetable: Timetable, tmp_path: Path) -> None:
    node = timetable.announce()
    timetable.create(failing(alert_after_failures=3, alert_to=["it@example.com"]))

    fail(timetable, node, 2)
    assert mails(timetable, tmp_path) == []
    fail(timetable, node, 7)

    (mail,) = mails(timetable, tmp_path)
    assert told([mail]) == [("it@example.com", "Palvelutehtävä epäonnistuu: Debtor calls")]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "3 kertaa peräkkäin" in text
    assert "the gateway does not answer" in text
    assert str(TASK) in text
    assert "dialByCallList" in text


def test_after_a_success_the_next_streak_is_written_about_anew(timetable: Timetable, tmp_path: Path) -> None:
    node = timetable.announce()
    timetable.create(failing(alert_after_failures=2, alert_to="it@example.com"))

    fail(timetable, node, 2)
    fail(timetable, node, 1, reason=EndReason.NORMAL)
    fail(timetable, node, 3)

    assert len(mails(timetable, tmp_path)) == 2


def test_a_pause_after_failures_is_told_too(timetable: Timetable, tmp_path: Path) -> None:
    node = timetable.announce()
    timetable.create(failing(alert_after_failures=2, pause_after_failures=3, alert_to=["it@example.com"]))

    fail(timetable, node, 5)

    assert [subject for _, subject in told(mails(timetable, tmp_path))] == [
        "Palvelutehtävä epäonnistuu: Debtor calls",
        "Palvelutehtävä pysäytetty: Debtor calls",
    ]
    assert timetable.outcomes() == ["SITE1 started error"] * 3


def test_without_names_the_administrators_with_an_address_are_written_to_in_their_language(
    timetable: Timetable, tmp_path: Path
) -> None:
    an_operator(timetable.database, ADMIN_USER, Role.ADMIN, "satu@example.com", "sv")
    an_operator(timetable.database, an_id(9, kind=0x10), Role.ADMIN, None, "fi")
    an_operator(timetable.database, OTHER_USER, Role.OPERATOR, "operator@example.com", "fi")
    node = timetable.announce()
    timetable.create(failing(alert_after_failures=1))

    fail(timetable, node, 1)

    (mail,) = mails(timetable, tmp_path)
    assert told([mail]) == [("Satu Kinnunen <satu@example.com>", "Servicejobbet misslyckas: Debtor calls")]


def test_agents_users_and_addresses_can_be_named_together(timetable: Timetable, tmp_path: Path) -> None:
    an_operator(timetable.database, OTHER_USER, Role.OPERATOR, "operator@example.com", "en")
    agent = AgentContent(
        first_name="Veikko", last_name="Viljanen", email="veikko@example.com", agency_office_ids=(OFFICE,)
    )
    timetable.database.write(lambda tx: directory.put_entry(tx, Kind.AGENT, AGENT, agent, now=NOW), an_admin())
    node = timetable.announce()
    timetable.create(failing(alert_after_failures=1, alert_to=f"{AGENT}, {OTHER_USER}, it@example.com"))

    fail(timetable, node, 1)

    assert [to for to, _ in told(mails(timetable, tmp_path))] == [
        "Satu Kinnunen <operator@example.com>",
        "Veikko Viljanen <veikko@example.com>",
        "it@example.com",
    ]


def test_a_node_that_dies_counts_as_a_failure_that_is_written_about(timetable: Timetable, tmp_path: Path) -> None:
    from askare.svctasks import ticking  # only here

    node = timetable.announce()
    timetable.create(failing(alert_after_failures=1, alert_to=["it@example.com"]))
    lost: list[Claimed] = timetable.tick(node)

    timetable.database.write(lambda tx: ticking.declare_dead(tx, node.node_no, beat=None, now=timetable.now))

    assert len(lost) == len(mails(timetable, tmp_path)) == 1


@pytest.mark.parametrize("said", ["nobody", ["it@example.com", "@"], [7], {"to": "it@example.com"}])
def test_who_cannot_be_written_to_is_refused(timetable: Timetable, said: Any) -> None:
    with pytest.raises(Invalid) as refused:
        timetable.create(failing(alert_after_failures=1, alert_to=said))

    assert [fault.target for fault in refused.value.body] == ["ext.sched.alert_to"]


def test_a_save_says_that_nobody_would_hear_of_failures(timetable: Timetable) -> None:
    timetable.announce()
    nobody = timetable.create(failing(alert_after_failures=1))
    stranger = timetable.patch(ext={"sched": {"alert_after_failures": 1, "alert_to": [str(AGENT)]}})
    somebody = timetable.patch(ext={"sched": {"alert_after_failures": 1, "alert_to": ["it@example.com"]}})

    assert nobody.warnings == ("no administrator has an e-mail address: name somebody in ext.sched.alert_to",)
    assert stranger.warnings == (f"ext.sched.alert_to names {AGENT}, of whom no e-mail address is known",)
    assert somebody.warnings == ()
