"""What `askare doctor` finds on a machine without a database, and that looking changes nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from askare.access.keys import signing_key
from askare.doctor import Finding, Level, examine
from askare.settings import TABLE, BadSettings, load
from tests.mail_server import mail_server
from tests.values import NOW


def about(subject: str, findings: list[Finding]) -> Finding:
    """The only finding about a subject."""
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


def findings_of(data: Path, *, now: datetime = NOW, **given: Any) -> list[Finding]:
    return examine(load({"data": data, "port": 0, **given}, {}), [], now=now)


# Settings --------------------------------------------------------------------------------------------------------


def test_every_setting_is_told_with_its_origin(tmp_path: Path) -> None:
    findings = findings_of(tmp_path, workers=1)

    told = {finding.subject for finding in findings}
    assert {f"setting {setting.key}" for setting in TABLE} <= told
    assert about("setting workers", findings).text == "1 (command line)"
    assert about("setting issuer", findings).text == "askare (default)"
    assert about("setting require_request_id", findings).text == "True (default)"


def test_secrets_are_not_told(tmp_path: Path) -> None:
    findings = findings_of(tmp_path, api_keys="correct,horse", database="postgresql://u:hunter2@127.0.0.1:1/x")

    assert about("setting api_keys", findings).text == "*** (command line)"
    assert about("setting database", findings).text == "*** (command line)"
    assert "horse" not in str(findings)
    assert "hunter2" not in str(findings)


def test_when_the_settings_are_wrong_the_rest_is_still_looked_at(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as refusal:
        load({"data": tmp_path, "port": "eighty"}, {"ASKARE_WROKERS": "2"})

    findings = examine(None, refusal.value.faults, now=NOW, data=tmp_path)

    faults = [finding for finding in findings if finding.subject == "settings"]
    assert [finding.level for finding in faults] == [Level.ERROR, Level.ERROR]
    assert "did you mean workers?" in faults[1].text
    assert about("data folder", findings).level is Level.OK
    assert about("database", findings).level is Level.NOTE
    assert findings[-1] == Finding(Level.ERROR, "verdict", "Something must be put right first: 2 errors.")


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    finding = about("public_url", findings_of(tmp_path, public_url="office.example"))

    assert (finding.level, finding.text) == (Level.ERROR, "office.example is not a web address.")


def test_outside_keys_must_come_over_a_safe_way(tmp_path: Path) -> None:
    oidc: dict[str, Any] = {"oidc_issuer": "https://id.example", "oidc_audience": "askare"}

    unsafe = findings_of(tmp_path, **oidc, oidc_jwks_url="http://id.example/keys")
    safe = findings_of(tmp_path, **oidc, oidc_jwks_url="https://id.example/keys")

    assert about("oidc_jwks_url", unsafe).level is Level.WARNING
    assert "oidc_jwks_url" not in {finding.subject for finding in safe}
    assert about("sign-in", safe).level is Level.OK


def test_listening_everywhere_without_a_public_url_is_noted(tmp_path: Path) -> None:
    assert "http://0.0.0.0:0" in about("public_url", findings_of(tmp_path, host="0.0.0.0")).text  # noqa: S104


def test_fixed_tokens_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    assert about("static_tokens", findings_of(tmp_path, static_tokens="[{")).level is Level.ERROR


# The machine -----------------------------------------------------------------------------------------------------


def test_on_a_new_machine_all_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    findings = findings_of(tmp_path / "srv" / "askare")

    assert about("data folder", findings).level is Level.NOTE
    assert about("signing key", findings).level is Level.NOTE
    assert about("database", findings).level is Level.NOTE
    assert findings[-1] == Finding(Level.OK, "verdict", "All is well.")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_data_folder_should_be_is_an_error(tmp_path: Path) -> None:
    place = tmp_path / "askare"
    place.write_text("not a folder")
    with pytest.raises(BadSettings) as refusal:
        load({"data": place}, {})

    findings = examine(None, refusal.value.faults, now=NOW, data=place)

    assert about("data folder", findings).level is Level.ERROR


def test_a_database_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "askare.toml").touch(mode=0o644)
    tmp_path.chmod(0o755)
    open_to_all = about("data folder", findings_of(tmp_path))
    tmp_path.chmod(0o700)
    closed = about("data folder", findings_of(tmp_path))

    assert (open_to_all.level, open_to_all.advice) == (Level.WARNING, f"Run: chmod 700 {tmp_path}")
    assert closed.level is Level.OK


def test_a_key_that_others_can_read_is_an_error_with_the_command_against_it(tmp_path: Path) -> None:
    signing_key(tmp_path)
    assert about("signing key", findings_of(tmp_path)).level is Level.OK

    (tmp_path / "keys" / "signing.pem").chmod(0o644)
    finding = about("signing key", findings_of(tmp_path))

    assert finding.level is Level.ERROR
    assert "chmod 600" in finding.text


@pytest.mark.parametrize("year", [1970, 2019, 2200])
def test_a_clock_that_cannot_be_right_is_an_error(tmp_path: Path, year: int) -> None:
    assert about("clock", findings_of(tmp_path, now=NOW.replace(year=year))).level is Level.ERROR
    assert about("clock", findings_of(tmp_path, now=NOW)).level is Level.OK


# The database ----------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "askare.db"
    file.write_bytes(b"This is a letter, not a database.  " * 100)
    before = file.read_bytes()

    finding = about("database", findings_of(tmp_path))

    assert (finding.level, finding.advice) == (Level.ERROR, "Move it away, and restore the last backup.")
    assert file.read_bytes() == before


def test_a_postgres_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    finding = about("database", findings_of(tmp_path, database="postgresql://askare@127.0.0.1:1/askare"))

    assert finding.level is Level.ERROR
    assert "cannot be reached" in finding.text


# The port --------------------------------------------------------------------------------------------------------


@contextmanager
def a_server_that_says(body: bytes) -> Iterator[int]:
    """A local web server that answers the same to everything; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_free_port_is_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert about("port", findings_of(tmp_path, port=port)).text == f"127.0.0.1:{port} is free"


def test_an_askare_that_answers_at_the_port_is_well(tmp_path: Path) -> None:
    with a_server_that_says(b'{"status":"live"}') as port:
        finding = about("port", findings_of(tmp_path, port=port))

    assert (finding.level, finding.text) == (Level.OK, f"An Askare answers at 127.0.0.1:{port}.")


def test_somebody_else_at_the_port_is_an_error(tmp_path: Path) -> None:
    with a_server_that_says(b"<h1>It works!</h1>") as port:
        finding = about("port", findings_of(tmp_path, port=port))

    assert finding.level is Level.ERROR
    assert "Address already in use" in finding.text


def test_somebody_silent_at_the_port_does_not_hold_the_doctor_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askare.doctor.PORT_SECONDS_MAX", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finding = about("port", findings_of(tmp_path, port=silent.getsockname()[1]))

    assert finding.level is Level.ERROR


# Mail ------------------------------------------------------------------------------------------------------------


def test_without_a_mail_server_it_says_where_letters_are_kept(tmp_path: Path) -> None:
    found = about("mail", findings_of(tmp_path))

    assert (found.level, found.text) == (
        Level.NOTE,
        f"Letters are not sent; they are kept as files in {tmp_path / 'mail'}.",
    )


@contextmanager
def a_mail_server() -> Iterator[int]:
    """One that greets and says yes; its port."""
    serving, port, loop = threading.Event(), [0], asyncio.new_event_loop()

    async def serve() -> None:
        async with mail_server() as server:
            port[0] = server.port
            serving.set()
            await server.hang_up.wait()

    async def hang_up(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    task = loop.create_task(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert serving.wait(10)
    yield port[0]
    asyncio.run_coroutine_threadsafe(hang_up(task), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_mail_server_that_takes_letters_is_told_with_its_greeting(tmp_path: Path) -> None:
    with a_mail_server() as port:
        findings = findings_of(
            tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            mail_from="Koti <mail@koti.example>",
            public_url="https://koti.example",
        )

    assert about("mail", findings).level is Level.OK
    assert about("mail", findings).text.startswith("127.0.0.1 takes letters: 220 mail.test")
    assert not [finding for finding in findings if finding.subject in ("mail_from", "public_url")]


def test_a_mail_server_that_is_down_and_what_readers_cannot_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    findings = findings_of(
        tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", mail_from="mail@localhost"
    )

    assert about("mail", findings).level is Level.WARNING
    assert "No letter can be sent through 127.0.0.1" in about("mail", findings).text
    assert about("mail_from", findings).level is Level.WARNING
    assert about("public_url", findings).level is Level.WARNING
