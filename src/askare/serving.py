"""Running the web house: one process by default, several on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from wsgiref.simple_server import WSGIServer

import structlog
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from prometheus_client import CollectorRegistry, start_http_server

from askare.edge import Edge
from askare.kernel.endings import Ending
from askare.loops import run, settle_what_is_loaded
from askare.main import Askare
from askare.opening import open_database, open_up_to_date
from askare.scripts import registry
from askare.settings import Settings, as_environment, load
from askare.storage.desk import Desk
from askare.worker import night_shift, timekeepers

HEADER_MILLISECONDS_MAX = 30_000  # a header that trickles is cut after this
# How long requests in flight may still take when the server is told to stop.  Without it one that trickles would
# hold it for half a minute, and Docker kills what has not ended after ten seconds.
FAREWELL_SECONDS_MAX = 5
CONNECTIONS_WAITING_MAX = 2_048
# The turnstile answers 503 long before this; granian would let connections wait in silence instead.
REQUESTS_IN_GRANIAN_MAX = 20_000


class PortTaken(Ending):
    """Somebody else listens there."""


def require_free_port(settings: Settings) -> None:
    """Raises PortTaken, in words, when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(
                f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.  "
                "Choose another address with --host and --port."
            ) from None


def configure_log(settings: Settings) -> None:
    """One JSON object a line on standard error, or words for people; no secrets in either."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)  # locals may hold secrets
        if settings.log_format == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    if settings.log_format == "json":
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def serve(settings: Settings, *, announce: Callable[[], None]) -> None:
    """Serve until told to stop; `announce` is called once the server listens."""
    configure_log(settings)
    require_free_port(settings)
    if settings.workers == 1:
        run(_serve_here(house(settings), settings, announce))
    else:
        open_up_to_date(settings).close()  # once, before they all want to
        _serve_in_processes(settings, announce)


async def _serve_here(askare: Askare, settings: Settings, announce: Callable[[], None]) -> None:
    from granian.server.embed import Server  # only here: it is not needed to run several processes

    await askare.open()
    server = Server(
        askare,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS_MAX),
        backlog=CONNECTIONS_WAITING_MAX,
        backpressure=REQUESTS_IN_GRANIAN_MAX,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(server.serve())

    def stop() -> None:
        server.stop()  # type: ignore[no-untyped-call]
        loop.call_later(FAREWELL_SECONDS_MAX, cut_off)

    def cut_off() -> None:
        # Whoever still trickles has had enough time, and that they are cut off is no news for the log.
        logging.getLogger("_granian").setLevel(logging.CRITICAL)
        loop.set_exception_handler(lambda *_: None)
        serving.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    logging.getLogger("_granian").setLevel(logging.ERROR)
    loop.call_later(0.05, announce)
    try:
        with suppress(asyncio.CancelledError):
            await serving
    finally:
        askare.close()


def _serve_in_processes(settings: Settings, announce: Callable[[], None]) -> None:
    from granian import Granian  # only here: one process needs none of it

    # Each process starts afresh: prometheus_client decides when it is imported whether to share its numbers, and a
    # fork would have imported it already (and would copy threads' locks in whatever state they are).
    multiprocessing.set_start_method("spawn")
    with tempfile.TemporaryDirectory(prefix="askare-metrics-") as metrics_folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_folder
        os.environ.update(as_environment(settings))
        server = Granian(
            "askare.serving:worker_app",
            factory=True,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            loop=Loops.auto,
            workers=settings.workers,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS_MAX),
            backlog=CONNECTIONS_WAITING_MAX,
            backpressure=REQUESTS_IN_GRANIAN_MAX,
            websockets=False,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=FAREWELL_SECONDS_MAX,
        )
        announce()
        server.serve()


def house(settings: Settings) -> Askare:
    """The web house with everything that works beside it: the night shift and the timekeeper."""
    database, edge, metrics = open_up_to_date(settings), Edge(), CollectorRegistry()
    scripts = registry.load(settings.data)
    keepers = timekeepers(settings, database, edge, metrics, scripts=scripts)
    askare = Askare(
        settings,
        database,
        edge=edge,
        script_codes=scripts.codes,
        companions=[night_shift(settings, metrics)],
        beside=keepers,
        metrics=metrics,
    )
    settle_what_is_loaded()
    return askare


def work(settings: Settings, *, announce: Callable[[], None]) -> None:
    """The night shift and the timekeeper alone, until told to stop: another machine's hands for the same database."""
    configure_log(settings)
    run(_work_here(settings, announce))


async def _work_here(settings: Settings, announce: Callable[[], None]) -> None:
    database, edge = open_database(settings), Edge()
    metrics = CollectorRegistry()
    desk = Desk(database)
    keepers = timekeepers(settings, database, edge, metrics, scripts=registry.load(settings.data))
    settle_what_is_loaded()
    asking = _answer_metrics(settings, metrics) if settings.worker_metrics_port else None
    for keeper in keepers:
        keeper.start()
    shift = asyncio.ensure_future(night_shift(settings, metrics)(desk, edge))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, shift.cancel)
    announce()
    try:
        with suppress(asyncio.CancelledError):
            await shift
    finally:
        for keeper in keepers:
            keeper.stop()
        if asking is not None:
            asking.shutdown()
            asking.server_close()
        desk.close()


def _answer_metrics(settings: Settings, metrics: CollectorRegistry) -> WSGIServer:
    """Answer /metrics in a thread of its own.  Raises PortTaken."""
    try:
        return start_http_server(settings.worker_metrics_port, settings.host, registry=metrics)[0]
    except OSError as error:
        where = f"{settings.host}:{settings.worker_metrics_port}"
        raise PortTaken(
            f"{where} cannot be listened on ({error.strerror}).  Another one: worker_metrics_port."
        ) from None


def worker_app() -> Askare:
    """The application of one of several processes, made inside it."""
    settings = load().settings
    configure_log(settings)
    return house(settings)
