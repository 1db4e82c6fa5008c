"""Promises in the database: made, taken up under a lease, kept, put off, given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from askare.jobs.kinds import Kind
from askare.kernel.caller import Caller, Role
from askare.kernel.time import milliseconds
from askare.storage.sql import insert_rows
from askare.storage.transactions import Transaction

HOUSE_USER = UUID(int=0)  # whom history names for what nobody did by hand
TROUBLE_LETTERS_MAX = 500


class LeaseLost(Exception):
    """Somebody else has taken this work up meanwhile; what was about to be saved is theirs to do."""


class Job(Struct, frozen=True):
    """Work that is ours until the lease ends.  `fence` grows with every lease; `attempts` counts this one too."""

    job_no: int
    kind: Kind
    organization_no: int
    organization_id: UUID
    about: str
    promised: int
    fence: int
    attempts: int

    @property
    def caller(self) -> Caller:
        """For whom the work is done: the house, on behalf of the organization."""
        return Caller(self.organization_no, self.organization_id, HOUSE_USER, Role.ADMIN)


class Onward(Struct, frozen=True):
    """What is promised next about the same thing, as the last write of a work says.

    `carried` is for whoever does it, where that is this process and at once; whoever comes to it later looks for it.
    """

    kind: Kind
    carried: object = None


def promise(tx: Transaction, kind: Kind, about: str, *, due: datetime) -> None:
    """Promise work about a thing of the caller's organization.

    One thing has one promise of a kind: promising again what waits changes nothing but to bring it forward, and
    what is being worked on right now is done once more afterwards.
    """
    promise_all(tx, kind, [about], due=due)


def promise_all(tx: Transaction, kind: Kind, abouts: Sequence[str], *, due: datetime) -> None:
    """Promise the same work about many things."""
    if not abouts:
        return
    insert_rows(
        tx,
        "jobs",
        ("organization_no", "kind", "about", "due"),
        # In one order for everybody, so that two transactions never wait for each other's promises.
        [(tx.organization_no, kind.value, about, milliseconds(due)) for about in sorted(set(abouts))],
        on_conflict="(organization_no, kind, about) DO UPDATE SET promised = jobs.promised + 1, attempts = 0,"
        " due = CASE WHEN jobs.is_leased = 1 OR jobs.due < excluded.due THEN jobs.due ELSE excluded.due END",
    )
    bell = tx.memory.bell
    tx.after_commit(lambda: bell.ring(kind.value))


def withdraw(tx: Transaction, kind: Kind, about: str) -> None:
    """Take a promise back; whoever works on it just now finds the lease lost."""
    tx.run(
        "DELETE FROM jobs WHERE organization_no = :organization AND kind = :kind AND about = :about",
        organization=tx.organization_no,
        kind=kind.value,
        about=about,
    )


def take_up(tx: Transaction, kind: Kind, *, now: datetime, lease: timedelta, limit: int) -> list[Job]:
    """Lease work that is due, the longest due first.  For the house itself.

    The attempt is counted before it is made: a worker that dies halfway must still use one up.
    """
    rows = tx.rows(
        "UPDATE jobs SET due = :until, is_leased = 1, fence = fence + 1, attempts = attempts + 1"
        " WHERE job_no IN (SELECT u.job_no FROM jobs u WHERE u.kind = :kind AND u.due <= :now"
        f" ORDER BY u.due, u.job_no LIMIT :limit{tx.flavour.claim})"
        " RETURNING job_no, organization_no,"
        " (SELECT o.organization_id FROM organizations o WHERE o.organization_no = jobs.organization_no),"
        " about, promised, fence, attempts",
        kind=kind.value,
        now=milliseconds(now),
        until=milliseconds(now + lease),
        limit=limit,
    )
    return [
        Job(job_no, kind, organization_no, UUID(bytes=bytes(organization)), about, promised, fence, attempts)
        for job_no, organization_no, organization, about, promised, fence, attempts in rows
    ]


def require_lease(tx: Transaction, job: Job) -> None:
    """Raises LeaseLost when the work is no longer ours; until the transaction ends it then stays ours."""
    held = tx.row(
        f"SELECT 1 FROM jobs WHERE job_no = :job AND fence = :fence AND is_leased = 1{tx.flavour.row_lock}",
        job=job.job_no,
        fence=job.fence,
    )
    if held is None:
        raise LeaseLost(f"{job.kind.value} {job.about}")


def renew(tx: Transaction, job: Job, *, until: datetime) -> None:
    """Have the lease end later: the work goes on.  Raises LeaseLost when it is no longer ours."""
    held = tx.run(
        "UPDATE jobs SET due = :until WHERE job_no = :job AND fence = :fence AND is_leased = 1",
        job=job.job_no,
        fence=job.fence,
        until=milliseconds(until),
    )
    if not held:
        raise LeaseLost(f"{job.kind.value} {job.about}")


def keep(tx: Transaction, job: Job, *, now: datetime) -> None:
    """The work is done: take it away, or have it done once more when it was promised again meanwhile."""
    gone = tx.run(
        "DELETE FROM jobs WHERE job_no = :job AND fence = :fence AND is_leased = 1 AND promised = :promised",
        job=job.job_no,
        fence=job.fence,
        promised=job.promised,
    )
    if not gone:
        put_off(tx, job, until=now)


def pass_on(tx: Transaction, job: Job, kind: Kind, *, until: datetime) -> Job | None:
    """Keep a promise, make the next one about the same thing and lease it, all in one: the next work goes on at once,
    and when its holder dies it becomes due like any other.

    None, and nothing is changed, where that cannot be: this one was promised again meanwhile, or the next is promised
    already.
    """
    passed = tx.run(
        "UPDATE jobs SET kind = :kind, due = :until, promised = 1, fence = fence + 1, attempts = 1, trouble = ''"
        " WHERE job_no = :job AND fence = :fence AND is_leased = 1 AND promised = :promised"
        " AND NOT EXISTS (SELECT 1 FROM jobs o"
        " WHERE o.organization_no = :organization AND o.kind = :kind AND o.about = :about)",
        job=job.job_no,
        fence=job.fence,
        promised=job.promised,
        organization=job.organization_no,
        kind=kind.value,
        about=job.about,
        until=milliseconds(until),
    )
    return replace(job, kind=kind, promised=1, fence=job.fence + 1, attempts=1) if passed else None


def put_off(tx: Transaction, job: Job, *, until: datetime, trouble: str = "") -> None:
    """Give the work back, to be taken up at `until`.  Work promised again meanwhile is not put off but done at once."""
    given_back = tx.run(
        "UPDATE jobs SET is_leased = 0, trouble = :trouble,"
        " due = CASE WHEN promised = :promised THEN :until ELSE 0 END,"
        " attempts = CASE WHEN promised = :promised THEN attempts ELSE 0 END"
        " WHERE job_no = :job AND fence = :fence AND is_leased = 1",
        job=job.job_no,
        fence=job.fence,
        promised=job.promised,
        until=milliseconds(until),
        trouble=trouble[:TROUBLE_LETTERS_MAX],
    )
    if not given_back:
        raise LeaseLost(f"{job.kind.value} {job.about}")
    bell = tx.memory.bell
    tx.after_commit(lambda: bell.ring(job.kind.value))


def give_up(tx: Transaction, job: Job, *, trouble: str) -> None:
    """Keep the promise no longer; it stays with its trouble for people to see, until somebody promises it anew."""
    tx.run(
        "UPDATE jobs SET is_leased = 0, due = NULL, trouble = :trouble WHERE job_no = :job AND fence = :fence",
        job=job.job_no,
        fence=job.fence,
        trouble=trouble[:TROUBLE_LETTERS_MAX],
    )


def take_back_leases(tx: Transaction) -> int:
    """Have all that is leased done at once: whoever held it is gone.  Only for a database that one process has for
    itself, and before it takes anything up; elsewhere leases end by themselves.  Returns how many there were."""
    return tx.run("UPDATE jobs SET is_leased = 0, due = 0 WHERE is_leased = 1")


def next_due(tx: Transaction, kind: Kind) -> int | None:
    """When, in milliseconds, the next work of a kind is due.  For the house itself."""
    row = tx.row("SELECT min(due) FROM jobs WHERE kind = :kind", kind=kind.value)
    return None if row is None else row[0]


class Waiting(Struct, frozen=True):
    """How much is promised of a kind: still to be done, and given up."""

    kind: str
    waiting: int
    given_up: int


def waiting(tx: Transaction) -> list[Waiting]:
    """What is promised in all organizations, by kind.  For the house itself."""
    return [
        Waiting(kind, waiting, given_up)
        for kind, waiting, given_up in tx.rows(
            "SELECT kind, count(due), count(*) - count(due) FROM jobs GROUP BY kind ORDER BY kind"
        )
    ]
