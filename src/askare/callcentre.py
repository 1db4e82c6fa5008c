"""The contact centre, put together: the settings as `calltasks` words them, and the pipeline with its outside."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import CollectorRegistry

from askare.access import store as access
from askare.calltasks import operations
from askare.calltasks.jobs import Pipeline
from askare.calltasks.measures import Measures
from askare.calltasks.model import Office
from askare.calltasks.telling import Telling
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.outside import speech
from askare.outside.closing import close_all
from askare.outside.courier import WebCourier
from askare.outside.hands import handed
from askare.outside.providers import outside_of
from askare.settings import Settings
from askare.storage.transactions import Transaction

FORGOTTEN_AT_ONCE = 500


def office_of(settings: Settings) -> Office:
    """How the server's owner wants calls to be handled."""
    return Office(
        transcribes=speech.is_configured(settings),
        language=settings.call_language,
        region=settings.phone_region,
        time_zone=settings.time_zone,
        operators_see_all=settings.operators_see_all,
        strict=settings.call_statuses == "strict",
        checks_appeals=settings.appeals == "builtin",
        appeal_url=settings.appeal_url if settings.appeals == "external" else "",
        completes_on_link=settings.complete_on_link,
        unknown_operator=settings.unknown_operator,
    )


def pipeline_of(settings: Settings, metrics: CollectorRegistry) -> Pipeline:
    """The pipeline.  Raises BadSettings for providers that cannot be."""
    if settings.call_processes and sys.platform != "win32":  # where no line can be handed to another process
        recordings, transcribers, summarisers = handed(settings)
    else:
        recordings = speech.recordings_of(settings)
        transcribers, summarisers = speech.transcribers_of(settings), speech.summarisers_of(settings)
    return Pipeline(
        recordings=recordings,
        transcribers=transcribers,
        summarisers=summarisers,
        root=settings.data,
        office=office_of(settings),
        let_go=partial(close_all, (recordings, *transcribers, *summarisers)),
        note=Measures(metrics).failing,
    )


def telling_of(settings: Settings) -> Telling:
    """Who tells webhooks of events.  Raises BadSettings."""
    return Telling(WebCourier(outside_of(settings).allow))


def anonymous_caller(tx: Transaction, organization_name: str) -> Caller | None:
    """For whom a call is handed in by nobody in particular; None for an organization that there is not."""
    found = access.organization_named(tx, organization_name)
    if found is None:
        return None
    return Caller(found.organization_no, found.organization_id, HOUSE_USER, Role.INGEST)


def forget_recordings(tx: Transaction, now: datetime, *, days: int) -> int:
    """Have recordings taken away that were kept for so many days; returns of how many."""
    before = now - timedelta(days=days)
    return operations.forget_old_recordings(tx, before, limit=FORGOTTEN_AT_ONCE, now=now)
