"""kill -9 in the middle of writes: what was acknowledged is there, and nothing is half done.

Several clients write as fast as they can while the server is killed and started again and again.  Each notes what
was acknowledged; of the one request that was under way when the server died, either outcome is right, but it must be
one of the two.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from msgspec import Struct

from askare.kernel.time import milliseconds
from askare.kernel.words import fold_word, stems, written_words
from askare.storage.desk import Database
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.tasks.model import task_of
from askare.tasks.store import AGENT, ASSIGNMENT, PARTY, REALTY, STATUS_NUMBERS, TYPE_NUMBERS
from tests.journeys.waiting import until
from tests.server import Client, Server, make_token

SQLITE_KILLS = 20
POSTGRES_KILLS = 5
WRITERS = 4
OFFICES = tuple(str(uuid4()) for _ in range(3))
PEOPLE = tuple(str(uuid4()) for _ in range(6))
WORDS = ("soita", "asiakkaalle", "näyttö", "Hämeenkadulla", "sopimus", "allekirjoitus", "avaimet", "tarjous")

Said = dict[str, Any]


class Note(Struct):
    """What a client knows of one of its tasks: what it may be by now (None: nothing), and its id once it was told.

    One possibility is a certainty; there are two while an answer is owed.
    """

    possible: list[Said | None]
    task_id: str | None = None


class Progress:
    """Counts the acknowledgements of all writers, so that the server can be killed at a random one."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def one_more(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= count, timeout=30), "the writers came to a halt"


class Writer:
    """A client with tasks of its own: it creates, changes and deletes them, one request at a time.

    A task is known by its assignmentId, which the client makes, so that it can be recognised even when the answer
    to its creation was lost.  With `keyed` every creation carries an Idempotency-Key.
    """

    def __init__(self, number: int, *, keyed: bool) -> None:
        self._random = Random(number)
        self._keyed = keyed
        self.notes: dict[str, Note] = {}
        self._owed: tuple[str, Said] | None = None  # the keyed creation whose answer is owed
        self.repeated = 0

    def work(self, server: Server, token: str, progress: Progress) -> None:
        """Write until the server is dead."""
        with closing(server.client(token)) as client, suppress(httpx2.TransportError):
            while True:
                self._one_request(client)
                progress.one_more()

    def repeat_what_is_owed(self, client: Client) -> None:
        """Send the creation that was never answered once more, under its key."""
        if self._owed is not None:
            self.repeated += 1
            self._create(client, *self._owed)

    def complaints(self, found: dict[str, list[Said]]) -> Iterator[str]:
        """What is wrong with what the server still knows of this client's tasks; then note what is there."""
        for assignment_id, note in self.notes.items():
            tasks = found.pop(assignment_id, [])
            if len(tasks) > 1:
                yield f"{assignment_id} is there {len(tasks)} times"
            said = _said(tasks[0]) if tasks else None
            if said not in note.possible:
                yield f"{assignment_id} is {said}, and can only be {' or '.join(map(str, note.possible))}"
            if tasks and note.task_id not in (None, tasks[0]["taskId"]):
                yield f"{assignment_id} was acknowledged as {note.task_id}, and is {tasks[0]['taskId']}"
            note.possible = [said]
            note.task_id = tasks[0]["taskId"] if tasks else None
        self._owed = None

    def _one_request(self, client: Client) -> None:
        living = [key for key, note in self.notes.items() if note.possible[0] is not None]
        step = self._random.choices((self._create_one, self._update_one, self._delete_one), (5, 3, 2))[0]
        if living and step != self._create_one:
            step(client, self._random.choice(living))
        else:
            self._create_one(client, str(uuid4()))

    def _create_one(self, client: Client, assignment_id: str) -> None:
        self._create(client, assignment_id, self.something_to_say(assignment_id))

    def _create(self, client: Client, assignment_id: str, said: Said) -> None:
        note = self.notes.setdefault(assignment_id, Note([None]))
        note.possible = [None, said]
        if self._keyed:
            self._owed = assignment_id, said
        answer = client.post("/tasks", said, headers={"Idempotency-Key": assignment_id} if self._keyed else {})
        assert answer.status_code == 201, answer.text
        note.possible = [said]
        note.task_id = answer.json()["taskId"]
        self._owed = None

    def _update_one(self, client: Client, assignment_id: str) -> None:
        note = self.notes[assignment_id]
        said = self.something_to_say(assignment_id)
        note.possible.append(said)
        answer = client.put(f"/tasks/{note.task_id}", said)
        assert answer.status_code == 204, answer.text
        note.possible = [said]

    def _delete_one(self, client: Client, assignment_id: str) -> None:
        note = self.notes[assignment_id]
        note.possible.append(None)
        answer = client.delete(f"/tasks/{note.task_id}")
        assert answer.status_code == 204, answer.text
        note.possible = [None]
        note.task_id = None

    def something_to_say(self, assignment_id: str) -> Said:
        some = self._random
        return {
            "typeCode": some.choice(("CALL", "EMAIL", "MEETING")),
            "statusCode": "WAITING",
            "description": " ".join(some.choices(WORDS, k=some.randint(1, 8))),
            "taskDueTime": f"2026-{some.randint(1, 12):02}-{some.randint(1, 28):02}T12:00:00Z",
            "parties": [
                {"partyId": party, "partyTypeCode": "PERSON_PARTY"} for party in some.sample(PEOPLE, some.randint(0, 3))
            ],
            "realtyId": some.choice(PEOPLE),
            "assignmentId": assignment_id,
            "agencyOfficeId": some.choice(OFFICES),
            "agents": [{"agentId": agent} for agent in some.sample(PEOPLE, some.randint(1, 3))],
        }


def _said(task: Said) -> Said:
    """What the client said of a task, from an answer."""
    return {name: value for name, value in task.items() if name not in ("taskId", "creationTime", "modificationTime")}


class Story(Struct):
    """What happened, and what was wrong after any of the restarts."""

    server: Server
    kills: int = 0
    repeated: int = 0
    acknowledged: int = 0
    complaints: list[str] = []


@pytest.fixture(scope="module")
def sqlite_story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("kill") / "data", address="", kills=SQLITE_KILLS)


@pytest.fixture(scope="module")
def postgres_story(tmp_path_factory: pytest.TempPathFactory, lasting_postgres_address: str) -> Story:
    return tell(tmp_path_factory.mktemp("kill") / "data", address=lasting_postgres_address, kills=POSTGRES_KILLS)


@pytest.fixture(
    params=[
        pytest.param("sqlite_story", marks=pytest.mark.xdist_group("kills on SQLite")),
        pytest.param("postgres_story", marks=pytest.mark.xdist_group("kills on PostgreSQL")),
    ],
)
def story(request: pytest.FixtureRequest) -> Story:
    told: Story = request.getfixturevalue(request.param)
    return told


def tell(data: Path, *, address: str, kills: int) -> Story:
    """Kill, restart and compare, again and again; the server is dead in the end."""
    token = make_token(data, **({"database": address} if address else {}))
    writers = [Writer(number, keyed=number < WRITERS // 2) for number in range(WRITERS)]
    chance = Random(1)
    with mortal(data, database=address) as server:
        told = Story(server)
        # A kill now and then finds nobody waiting for a keyed answer; some must.
        while told.kills < kills or (told.repeated == 0 and told.kills < 100):
            told.acknowledged += _write_until_killed(server, token, writers, after=chance.randint(1, 150))
            told.kills += 1
            server.start()
            with closing(server.client(token)) as client:
                for writer in writers:
                    writer.repeat_what_is_owed(client)
                found = _everything(client)
            for writer in writers:
                told.complaints += writer.complaints(found)
            told.complaints += [f"{assignment_id} is there, and nobody knows it" for assignment_id in found]
            told.repeated = sum(writer.repeated for writer in writers)
    _let_go(address)
    return told


def _write_until_killed(server: Server, token: str, writers: list[Writer], *, after: int) -> int:
    """Let all write, and kill the server once so many writes are acknowledged; return how many were in the end."""
    progress = Progress()
    with ThreadPoolExecutor(len(writers)) as threads:
        work = [threads.submit(writer.work, server, token, progress) for writer in writers]
        progress.wait_for(after)
        server.kill()
        for each in work:
            each.result()
    _let_go(server.database)
    return progress.count


@contextmanager
def mortal(data: Path, *, database: str) -> Iterator[Server]:
    """A started server that is dead when the block ends, whatever happened in it."""
    server = Server(data, database=database)
    try:
        yield server.start()
    finally:
        server.kill()


def _everything(client: Client) -> dict[str, list[Said]]:
    """All tasks that the server knows, by assignmentId."""
    found = defaultdict(list)
    start, total = 0, 1
    while start < total:
        page = client.get("/tasks", params={"startIndex": start, "size": 100}).json()
        for task in page["tasks"]:
            found[task["assignmentId"]].append(task)
        start, total = start + 100, page["totalCount"]
    return found


def _let_go(address: str) -> None:
    """Wait until PostgreSQL has noticed that its client is dead: it may still finish a commit that it had begun."""
    if address:
        with psycopg.connect(address, autocommit=True) as connection:
            others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            until(lambda: connection.execute(others).fetchone() is None, "PostgreSQL lets go of a dead client")


def test_what_was_acknowledged_is_there_after_every_kill(story: Story) -> None:
    assert story.complaints == []
    assert story.kills >= (POSTGRES_KILLS if story.server.database else SQLITE_KILLS)


def test_a_creation_repeated_under_its_key_after_a_kill_makes_one_task(story: Story) -> None:
    assert story.repeated > 0
    assert [complaint for complaint in story.complaints if "times" in complaint] == []


def test_no_kill_leaves_anything_half_done(story: Story) -> None:
    database: Database
    if story.server.database:
        database = PostgresDatabase(story.server.database)
    else:
        database = SqliteDatabase(story.server.data / "askare.db")

    faults = database.read(half_done)
    database.close()

    assert faults == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_client_that_missed_the_answer_repeats_its_request_and_has_one_task(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue("postgres_address") if kind == "postgres" else ""
    token = make_token(tmp_path / "data", **({"database": address} if address else {}))
    said = Writer(1, keyed=True).something_to_say(str(uuid4()))
    with mortal(tmp_path / "data", database=address) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as deaf, closing(server.client(token)) as client:
            deaf.sendall(_post("/tasks", said, token=token, key="viikko 10/1"))
            until(lambda: client.get("/tasks").json()["totalCount"] == 1, "the task is stored")
            server.kill()
        server.start()

        with closing(server.client(token)) as client:
            repetition = client.post("/tasks", said, headers={"Idempotency-Key": "viikko 10/1"})
            tasks = client.get("/tasks").json()["tasks"]

    assert repetition.status_code == 201
    assert [task["taskId"] for task in tasks] == [repetition.json()["taskId"]]


def _post(path: str, said: Said, *, token: str, key: str) -> bytes:
    """A request as it goes over the wire, for a client that never reads."""
    body = json.dumps(said).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: askare\r\nAuthorization: Bearer {token}\r\nRequest-ID: {uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n"
    )
    return head.encode() + body


def half_done(tx: Transaction) -> list[str]:
    """Everything in the tables that does not fit the rest, one sentence each."""
    faults: list[str] = []
    if tx.flavour.name == "sqlite":
        sound = tx.rows("PRAGMA integrity_check") == [("ok",)] and not tx.rows("PRAGMA foreign_key_check")
        faults += [] if sound else ["the file is damaged"]
    links = _by_task(tx, "SELECT task_no, kind, target, due, modified, task_id FROM task_links")
    texts = _by_task(tx, "SELECT task_no, due, words_line, stems_line FROM task_texts")
    words = _by_task(
        tx, "SELECT w.task_no, v.word, w.due, w.modified FROM task_words w JOIN words v ON v.word_no = w.word_no"
    )
    unposted: dict[int, str] = dict(tx.rows("SELECT task_no, posted_words FROM tasks_unposted"))
    histories = defaultdict(list)
    for thing_id, *entry in tx.rows(
        "SELECT thing_id, version, change, before, after FROM history WHERE kind = 'task' ORDER BY version, seq"
    ):
        histories[UUID(bytes=thing_id)].append(tuple(entry))
    tombstones = {UUID(bytes=thing_id) for (thing_id,) in tx.rows("SELECT thing_id FROM tombstones")}

    for task_no, task_id, version, document, *columns in tx.rows(
        "SELECT task_no, task_id, version, document, type, status, office_id, due, modified FROM tasks"
    ):
        task = task_of(UUID(bytes=task_id), version, document)
        said = task.content
        due, modified = milliseconds(said.task_due_time), milliseconds(task.modified)
        expected_columns = [TYPE_NUMBERS[said.type_code], STATUS_NUMBERS[said.status_code]]
        if columns != [*expected_columns, said.agency_office_id.bytes, due, modified]:
            faults.append(f"{task.task_id}: the columns are not those of the document")
        targets = {(PARTY, party.party_id) for party in said.parties}
        targets |= {(AGENT, agent.agent_id) for agent in said.agents}
        targets |= {(REALTY, said.realty_id)} if said.realty_id else set()
        targets |= {(ASSIGNMENT, said.assignment_id)} if said.assignment_id else set()
        expected_links = {(kind, target.bytes, due, modified, task_id) for kind, target in targets}
        if set(links.pop(task_no, [])) != expected_links:
            faults.append(f"{task.task_id}: the links are not those of the document")
        written = dict.fromkeys(written_words(said.description or ""))
        folded = {fold_word(word) for word in written}
        stemmed = set().union(*map(stems, written))
        text = [(each[0], set(each[1].split()), set(each[2].strip("|").split("|"))) for each in texts.pop(task_no, [])]
        if text != [(due, folded, stemmed)]:
            faults.append(f"{task.task_id}: the text is not that of the document")
        if task_no not in unposted and set(words.pop(task_no, [])) != {(word, due, modified) for word in folded}:
            faults.append(f"{task.task_id}: the words are not those of the document")
        if histories[task.task_id] and histories[task.task_id][-1][0::3] != (version, document):
            faults.append(f"{task.task_id}: the history ends with something else")
    for task_no, posted in unposted.items():
        if {word for word, _, _ in words.pop(task_no, [])} != set(posted.split()):
            faults.append(f"task {task_no}: other words are posted than are known to be")
    faults += [f"task {no} is gone, and its links, text or words are not" for no in {*links, *texts, *words}]

    living = {UUID(bytes=task_id) for (task_id,) in tx.rows("SELECT task_id FROM tasks")}
    for task_id, entries in histories.items():
        versions, changes, befores, afters = zip(*entries, strict=True)
        deleted = changes[-1] == "deleted"
        if versions != tuple(range(1, len(entries) + 1)):
            faults.append(f"{task_id}: the history has the versions {versions}")
        if befores != (None, *afters[:-1]) or (afters[-1] is None) != deleted:
            faults.append(f"{task_id}: the history is not a chain")
        if changes[0] != "created" or set(changes[1:-1]) > {"updated"}:
            faults.append(f"{task_id}: the history tells of {changes}")
        if deleted != (task_id in tombstones) or deleted == (task_id in living):
            faults.append(f"{task_id}: deleted or not, history, tombstone and task disagree")
    faults += [f"{task_id}: nothing tells of it but a row" for task_id in (living | tombstones) - set(histories)]
    without_result = tx.rows("SELECT key FROM idempotency_keys WHERE result = ''")
    faults += [f"the key {key} has no result" for (key,) in without_result]
    return faults


def _by_task(tx: Transaction, sql: str) -> dict[int, list[Any]]:
    """Rows by their first column, a task's number."""
    found = defaultdict(list)
    for task_no, *rest in tx.rows(sql):
        found[task_no].append(tuple(rest))
    return found
