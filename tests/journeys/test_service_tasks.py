"""A morning of an administrator of service tasks, on several processes and over a restart."""

from __future__ import annotations

import os
import signal
from contextlib import closing, suppress
from pathlib import Path

import httpx2

from tests.journeys.waiting import until
from tests.nursery import start
from tests.server import Server, askare, free_port, make_token, running

PASSWORD = "seitsemän veljestä"
SESSION, TASKS = "/rest/v1/session", "/rest/v1/service/svctasks"


def asked(server: Server, cookie: str, method: str, path: str, body: object = None) -> httpx2.Response:
    """On a connection of its own, so that any of the processes may get it."""
    with closing(server.client()) as client:
        return client.request(method, path, body=body, headers={"Cookie": cookie})


def test_a_session_and_lookup_reach_every_process_and_outlive_the_server(
    tmp_path: Path, bare_postgres_address: str
) -> None:
    data = tmp_path / "data"
    who = ("--organization", "Koti", "--role", "admin", "--password-stdin", "--database", bare_postgres_address)
    askare("user", "add", "aino", *who, data=data, stdin=f"{PASSWORD}\n")

    with running(data, database=bare_postgres_address, arguments=("--workers", "2"), afresh=True) as server:
        with closing(server.client()) as client:
            signed_in = client.post(SESSION, {"username": "aino", "password": PASSWORD})
        cookie = signed_in.headers["set-cookie"].partition(";")[0]
        task = asked(server, cookie, "POST", TASKS, {"name": "Morning", "svcscriptcode": "checkProviders"}).json()
        looked_up = [asked(server, cookie, "LOOKUP", TASKS, task["id"]).json() for _ in range(10)]
        run = asked(server, cookie, "POST", f"{TASKS}/{task['id']}/runs", {}).json()
        until(
            lambda: asked(server, cookie, "GET", f"{TASKS}/{task['id']}/runs").json()[0]["endreason"],
            "the end of the run",
        )
        server.stop()

    with running(data, database=bare_postgres_address) as server:
        after = asked(server, cookie, "GET", f"{TASKS}/{task['id']}/runs").json()
        goodbye = asked(server, cookie, "DELETE", SESSION)
        stranger = asked(server, cookie, "GET", TASKS)

    assert looked_up == [[task["id"]]] * 10
    assert [(one["id"], one["origin"], one["endreason"]) for one in after] == [(run["id"], "manual", "normal")]
    assert (goodbye.status_code, stranger.status_code) == (204, 401)


def test_a_worker_answers_metrics_where_it_is_told_to_and_stops_in_order(
    tmp_path: Path, bare_postgres_address: str
) -> None:
    data, port = tmp_path / "data", free_port()
    make_token(data, database=bare_postgres_address)  # the database is there
    environment = {**os.environ, "ASKARE_WORKER_METRICS_PORT": str(port), "ASKARE_DATABASE": bare_postgres_address}
    with (tmp_path / "log").open("w+") as log:
        streams = (log.fileno(),) * 3
        process = start("askare", ["worker", "--data", str(data)], environment=environment, streams=streams)

    def metrics() -> str:
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{port}/metrics").text
        return ""

    try:
        until(lambda: 'askare_timekeeper_ticks_total{result="done"}' in metrics(), "the metrics of a worker")
        told = metrics()
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)

    assert 'askare_service_task_starts_total{outcome="missed"} 0.0' in told
    assert status == 0
