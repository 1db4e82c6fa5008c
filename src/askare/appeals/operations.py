"""What can be done with appeals: load, decide, save.  Every function runs inside one transaction of the caller's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from askare.appeals import rules, store
from askare.appeals.model import Appeal, AppealContent, AppealFilter, AppealStatus, trail_of
from askare.appeals.store import Listed
from askare.kernel.paging import Page, Window
from askare.kernel.problems import NotFound
from askare.kernel.versions import require_version
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction

KIND = "appeal"
ERASED = "(erased)"


def create_appeal(
    tx: Transaction, content: AppealContent, *, created_by: int | None, phone: str | None, now: datetime
) -> int:
    """Register an appeal; returns its id.  `phone` is the caller's number in E.164, where it is one."""
    appeal_no = store.reserve(tx)
    appeal = Appeal(
        id=appeal_no,
        organization_id=tx.organization_no,
        number=rules.number_of(store.next_appeal_number(tx), created=now),
        created_by_user_id=created_by,
        status=AppealStatus.NEW,
        subject=content.subject,
        text=content.text,
        caller_phone=content.caller_phone,
        caller_name=content.caller_name,
        created_at=now,
        updated_at=now,
        closed_at=None,
        version=1,
    )
    store.save(tx, appeal, phone=phone)
    _record(tx, Change.CREATED, appeal, before=None, now=now)
    return appeal_no


def get_appeal(tx: Transaction, appeal_no: int) -> tuple[Appeal, tuple[int, ...]]:
    """The appeal and the tasks linked to it.  Raises NotFound for one that the organization does not have."""
    found = store.find(tx, appeal_no)
    if found is None:
        raise NotFound(KIND, "appeal_id")
    return found[0], store.tasks_of(tx, [appeal_no]).get(appeal_no, ())


def list_appeals(tx: Transaction, wanted: AppealFilter, *, window: Window) -> Page[Listed]:
    """The organization's appeals that the filter wants, the newest first, and how many there are."""
    return store.search(tx, wanted, window)


def update_status(
    tx: Transaction,
    appeal_no: int,
    wanted: AppealStatus,
    *,
    now: datetime,
    expected_versions: frozenset[int] | None = None,
) -> None:
    """Set the status; setting the present one changes nothing.  Raises NotFound, Conflict."""
    found = store.find(tx, appeal_no, lock=True)
    if found is None:
        raise NotFound(KIND, "appeal_id")
    appeal, phone = found
    require_version(appeal.version, expected_versions, kind=KIND)
    if appeal.status is not wanted:
        changed = rules.with_status(appeal, wanted, now=now)
        store.save(tx, changed, phone=phone)
        _record(tx, Change.UPDATED, changed, before=trail_of(appeal), now=now)


def exists(tx: Transaction, appeal_no: int) -> bool:
    """Whether the caller's organization has this appeal."""
    return store.find(tx, appeal_no) is not None


def link(tx: Transaction, appeal_no: int, task_no: int) -> None:
    """A task belongs to this appeal from now on."""
    store.link(tx, appeal_no, task_no)


def unlink(tx: Transaction, appeal_no: int, task_no: int) -> None:
    """A task no longer belongs to this appeal."""
    store.unlink(tx, appeal_no, task_no)


def erase_caller(tx: Transaction, phone: str, *, now: datetime) -> list[int]:
    """Take away what the appeals of a caller (E.164) say of them; the appeals stay.  Returns their ids."""
    numbers = store.of_phone(tx, phone)
    for appeal_no in numbers:
        found = store.find(tx, appeal_no, lock=True)
        assert found is not None  # noqa: S101  -- appeals are never deleted
        appeal = found[0]
        blank = replace(
            appeal,
            subject=ERASED,
            text=None,
            caller_phone=None,
            caller_name=None,
            updated_at=now,
            version=appeal.version + 1,
        )
        store.save(tx, blank, phone=None)
        _record(tx, Change.UPDATED, blank, before=trail_of(appeal), now=now)
    return numbers


def _record(tx: Transaction, change: Change, appeal: Appeal, *, before: str | None, now: datetime) -> None:
    history.record(
        tx,
        KIND,
        UUID(int=appeal.id),
        change,
        version=appeal.version,
        at=now,
        before=before,
        after=trail_of(appeal),
    )
