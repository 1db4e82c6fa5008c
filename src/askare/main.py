"""The web house: settings → database → the dialects' apps, each behind its paths."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from askare import post
from askare.access.door import Door
from askare.access.keys import jwks
from askare.access.tokens import SESSION_PREFIX
from askare.callcentre import anonymous_caller, office_of
from askare.directory.references import Checks
from askare.edge import Edge
from askare.kernel.problems import Fault
from askare.letters.model import Language
from askare.settings import BadSettings, Settings
from askare.storage.desk import Database, Desk
from askare.svctasks.model import Surroundings
from askare.watches.operations import requirement_changed, requirement_deleted
from askare.watches.wishes import WatchWishes
from askare.wire.askare import (
    call_settings,
    changes,
    directory,
    extension_pages,
    letter_pages,
    letters,
    marketing,
    matches,
    realties,
)
from askare.wire.askare.common import PREFIX
from askare.wire.askare.documents import ASKARE
from askare.wire.askare.problems import AskareManners
from askare.wire.callcentre import app as callcentre
from askare.wire.callcentre import documents
from askare.wire.callcentre.appeals import AppealApi
from askare.wire.callcentre.events import EventApi
from askare.wire.callcentre.problems import CallCentreManners
from askare.wire.callcentre.tasks import CallTaskApi
from askare.wire.house.pages import ApiDocument, Pages
from askare.wire.kit.cookies import SessionCookie
from askare.wire.kit.dialect import House, Manners, build_app
from askare.wire.kit.endpoints import Endpoint, Reply
from askare.wire.kit.limits import BODY_SECONDS_MAX
from askare.wire.kit.log import RequestLog
from askare.wire.kit.openapi import Document, openapi
from askare.wire.kit.problems import CutShort, TooSlow
from askare.wire.ovipro import authentication, meetings, notes, requirements, tasks, watches
from askare.wire.ovipro.documents import ASSET_REQUIREMENT, AUTHENTICATION, MEETING, TASK_MANAGEMENT
from askare.wire.ovipro.problems import OviProManners
from askare.wire.ovipro.records import RecordApi
from askare.wire.svc import runtimes, session, svcscripts, svctasks, workdays
from askare.wire.svc.documents import SESSION_COOKIE, SVCTASKS
from askare.wire.svc.problems import SvcManners
from askare.workdays.rules import Unreadable, defaults_of

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _HouseManners(OviProManners):
    """The house's own pages answer faults in the OviPro shape, and nobody need say a Request-ID there."""

    name = "house"

    def __init__(self) -> None:
        super().__init__(require_request_id=False)

    def read_trace(self, request: Any, faults: list[Fault]) -> str:  # noqa: ARG002  -- no fault here
        return super().read_trace(request, [])


class Dialect(Struct, frozen=True):
    """One way of speaking: its manners, its endpoints under their prefixes, and the documents that describe them.

    Where the kit's own way of answering is not the dialect's, `build` makes its application, which answers `paths`.
    No two dialects share the first word of a path: by that word a request finds its dialect.
    """

    manners: Manners
    mounts: tuple[tuple[str, Sequence[Endpoint]], ...]
    documents: tuple[ApiDocument, ...]
    session_cookie: SessionCookie | None = None
    build: Callable[[House], App] | None = None
    paths: tuple[str, ...] = ()

    def first_words(self) -> set[str]:
        """The first words of all its paths: `task-management`, `tasks`."""
        mounted = [prefix + endpoint.path for prefix, endpoints in self.mounts for endpoint in endpoints]
        return {path.strip("/").partition("/")[0] for path in (*mounted, *self.paths)}


def _dialects(settings: Settings, door: Door, script_codes: frozenset[str]) -> list[Dialect]:
    """All that is spoken here besides the house's own pages."""
    return [_ovipro(settings, door), _askare(settings), _call_centre(settings), _svc(settings, door, script_codes)]


def _api_keys(settings: Settings) -> frozenset[str]:
    return frozenset(filter(None, settings.api_keys.reveal().split(",")))


def _ovipro(settings: Settings, door: Door) -> Dialect:
    manners = OviProManners(require_request_id=settings.require_request_id, api_keys=_api_keys(settings))
    checks = Checks(settings.reference_checks)
    task_api = RecordApi(
        tasks.TASK,
        empty_success_status=settings.empty_success_status,
        times_in_answers=settings.times_in_answers,
        checks=checks,
    ).endpoints()
    meeting_api = RecordApi(
        meetings.MEETING,
        empty_success_status=settings.empty_success_status,
        times_in_answers=settings.times_in_answers,
        checks=checks,
    ).endpoints()
    note_api = notes.NoteApi(empty_success_status=settings.empty_success_status)
    watch_api = watches.WatchApi(empty_success_status=settings.empty_success_status, checks=checks)
    requirement_api = [
        *requirements.RequirementApi(
            empty_success_status=settings.empty_success_status,
            window_max=settings.window_max,
            checks=checks,
            followers=(requirement_deleted,),
            change_followers=(requirement_changed,),
        ).endpoints(),
        *watch_api.endpoints(),
        *note_api.endpoints(),
    ]
    sign_in = authentication.AuthenticationApi(door).endpoints()
    apis = (
        (settings.task_management_prefix, task_api),
        (settings.meeting_prefix, meeting_api),
        (settings.asset_requirement_prefix, [*requirement_api, *watch_api.aliases(), *note_api.aliases()]),
    )
    return Dialect(
        manners,
        (*apis, *(("", endpoints) for _, endpoints in apis), (authentication.PREFIX, sign_in)),
        (
            _documented("task-management", TASK_MANAGEMENT, settings.task_management_prefix, task_api, settings),
            _documented("meeting", MEETING, settings.meeting_prefix, meeting_api, settings),
            _documented(
                "asset-requirement", ASSET_REQUIREMENT, settings.asset_requirement_prefix, requirement_api, settings
            ),
            _documented("authentication", AUTHENTICATION, authentication.PREFIX, sign_in, settings),
        ),
    )


def _call_centre(settings: Settings) -> Dialect:
    manners = CallCentreManners()
    office = office_of(settings)
    operations = [*CallTaskApi(office, data=settings.data).operations(), *EventApi(office).operations()]
    if office.checks_appeals:
        operations += AppealApi(office).operations()
    organization = settings.anonymous_calls

    def build(house: House) -> App:
        anonymous = (lambda tx: anonymous_caller(tx, organization)) if organization else None
        return callcentre.build_app(house, manners, operations, anonymous=anonymous)

    document = ApiDocument(
        "call-tasks",
        documents.TITLE,
        lambda version: documents.openapi(operations, server_url=settings.base_url, version=version),
    )
    return Dialect(manners, (), (document,), build=build, paths=tuple(one.path for one in operations))


def _askare(settings: Settings) -> Dialect:
    manners = AskareManners(require_request_id=settings.require_request_id, api_keys=_api_keys(settings))
    checks = Checks(settings.reference_checks)
    endpoints = [
        *directory.DirectoryApi(
            empty_success_status=settings.empty_success_status, checks=checks, phone_region=settings.phone_region
        ).endpoints(),
        *realties.RealtyApi(empty_success_status=settings.empty_success_status, checks=checks).endpoints(),
        *matches.MatchApi(empty_success_status=settings.empty_success_status).endpoints(),
        *marketing.MarketingApi(empty_success_status=settings.empty_success_status).endpoints(),
        *letters.LetterApi().endpoints(),
        *call_settings.CallSettingsApi(empty_success_status=settings.empty_success_status).endpoints(),
        *changes.ChangesApi(kept_for=timedelta(days=settings.changes_days)).endpoints(),
    ]
    addresses, language = post.DirectoryAddresses(), Language(settings.letter_language)
    unsubscribe = letter_pages.UnsubscribePages(addresses=addresses, wishes=WatchWishes(), language=language)
    extend = extension_pages.ExtensionPages(addresses=addresses, language=language, time_zone=settings.time_zone)
    mounts = (
        (PREFIX, endpoints),
        (letter_pages.PREFIX, unsubscribe.endpoints()),
        (extension_pages.PREFIX, extend.endpoints()),
    )
    return Dialect(manners, mounts, (_documented("askare", ASKARE, PREFIX, endpoints, settings),))


def _svc(settings: Settings, door: Door, script_codes: frozenset[str]) -> Dialect:
    surroundings = _surroundings(settings, script_codes)
    cookie = SessionCookie(
        SESSION_COOKIE,
        path="/rest",
        seconds=settings.session_seconds,
        secure=settings.public_url.startswith("https:"),
        token_prefix=SESSION_PREFIX,
    )
    api = [
        *svctasks.collection(surroundings).endpoints(),
        *svctasks.Timetable(surroundings).endpoints(),
        *svcscripts.collection(surroundings).endpoints(),
        *runtimes.RuntimeApi(surroundings).endpoints(),
        *workdays.collection().endpoints(),
        *session.SessionApi(door, cookie).endpoints(),
    ]
    return Dialect(SvcManners(), (("", api),), (_documented("svctasks", SVCTASKS, "", api, settings),), cookie)


def _surroundings(settings: Settings, script_codes: frozenset[str]) -> Surroundings:
    """What service tasks depend on besides what clients say.  Raises BadSettings."""
    try:
        defaults = defaults_of(settings.time_zone, settings.workweek)
    except Unreadable as error:
        raise BadSettings([f"time_zone, workweek: {error}"]) from None
    return Surroundings(defaults, script_codes=script_codes, site=settings.sites[0])


def _documented(
    name: str, document: Document, prefix: str, endpoints: Sequence[Endpoint], settings: Settings
) -> ApiDocument:
    return ApiDocument(
        name,
        document.title,
        lambda version: openapi(document, prefix, endpoints, server_url=settings.base_url, version=version),
    )


class Beside(Protocol):
    """What works beside the answering in threads of its own."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Come to an end, soon; the database is still there."""


class Askare:
    """The ASGI application: hands each request to the dialect that lives at its path."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        edge: Edge,
        script_codes: frozenset[str],
        companions: Sequence[Callable[[Desk, Edge], Coroutine[Any, Any, None]]] = (),
        beside: Sequence[Beside] = (),
        metrics: CollectorRegistry | None = None,
    ) -> None:
        self.settings = settings
        self._companions = companions
        self._beside = beside
        self._running: list[asyncio.Task[None]] = []
        self.desk = Desk(database)
        self.door = Door(
            self.desk, settings, fetch_jwks=_jwks_fetcher(settings.oidc_jwks_url) if settings.oidc_issuer else None
        )
        self._edge = edge
        metrics = metrics or CollectorRegistry()
        log = RequestLog(metrics, log_format=settings.log_format, enabled=settings.log_level in ("debug", "info"))
        dialects = _dialects(settings, self.door, script_codes)
        self.pages = Pages(
            documents=[document for dialect in dialects for document in dialect.documents],
            metrics=lambda: _exposition(metrics),
            jwks=jwks,
        )

        def at_work(dialect: Dialect, requests_at_once: int) -> tuple[App, Manners]:
            house = House(
                desk=self.desk,
                door=self.door,
                edge=edge,
                requests_at_once=requests_at_once,
                rate_limit=settings.rate_limit,
                log=log,
            )
            if dialect.build is not None:
                return dialect.build(house), dialect.manners
            app = build_app(house, dialect.manners, dialect.mounts, session_cookie=dialect.session_cookie)
            return app, dialect.manners

        self._by_first_word: dict[str, tuple[App, Manners]] = {}
        for dialect in dialects:
            self._by_first_word |= dict.fromkeys(dialect.first_words(), at_work(dialect, settings.requests_at_once))
        # Health must answer when the dialects are full, so the house's own pages pass no turnstile of theirs.
        self._otherwise = at_work(Dialect(_HouseManners(), (("", self.pages.endpoints()),), ()), 10_000)

    async def open(self) -> None:
        """Get ready to answer, and start what runs beside the answering."""
        await self.door.open(self._edge.now(), self._edge.new_id)
        self._running = [asyncio.create_task(work(self.desk, self._edge)) for work in self._companions]
        for one in self._beside:
            one.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["http_version"] == "1":
            scope["http_version"] = "1.0"  # as ASGI writes it; granian's word for it is unknown to Falcon
        first_word = scope["path"][1:].partition("/")[0]
        app, manners = self._by_first_word.get(first_word, self._otherwise)
        if scope["method"] in _WITHOUT_BODY and not _promises_body(scope["headers"]):
            await app(scope, receive, send)
            return
        try:
            await app(scope, _whole_in_time(receive), send)
        except (TooSlow, CutShort) as problem:  # before the dialect was asked: its own net is further in
            await _send_alone(manners.reply_to(problem), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The ASGI lifespan, for servers that speak it."""
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                try:
                    await self.open()
                except Exception as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise
                await send({"type": "lifespan.startup.complete"})
            else:
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def close(self) -> None:
        """Finish what is under way."""
        self.pages.stopping = True
        for one in self._beside:
            one.stop()
        for work in self._running:
            work.cancel()
        self.desk.close()


def _jwks_fetcher(address: str) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def fetch() -> dict[str, Any]:
        from askare.outside.jwks import fetch_jwks  # an HTTP client is needed by those alone who have such an issuer

        return await fetch_jwks(address)

    return fetch


def _exposition(registry: CollectorRegistry) -> bytes:
    """The metrics of this process, or of all of them when there are several (prometheus_client's own protocol)."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_PROMISES = frozenset({b"content-length", b"transfer-encoding"})


def _promises_body(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether a body is to come, though the method has no use for one: it is waited for all the same."""
    return any(name in _PROMISES for name, _ in headers)


def _whole_in_time(receive: Receive) -> Receive:
    """The same body, all of it within `BODY_SECONDS_MAX`.

    Raises TooSlow when it trickles, and CutShort when it breaks off: what came until then must not pass for all of it.
    """
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS_MAX

    async def receive_in_time() -> dict[str, Any]:
        try:
            async with asyncio.timeout_at(deadline):
                event = await receive()
        except TimeoutError:
            raise TooSlow(f"The body did not arrive within {BODY_SECONDS_MAX:.0f} seconds.") from None
        if event["type"] == "http.disconnect":
            raise CutShort("The body broke off before its end.")
        return event

    return receive_in_time


async def _send_alone(reply: Reply, send: Send) -> None:
    headers = {"content-type": reply.content_type, **reply.headers}
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": reply.body or b""})
