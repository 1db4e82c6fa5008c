"""Handing letters to a mail server, whatever it does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from askare.letters.model import Accepted, Later, Mail, Never, Verdict
from askare.outside.mail_folder import FolderMailer
from askare.outside.smtp import Patience, Server, SmtpMailer, Unreachable
from tests.letter_values import LETTER, composed, read
from tests.mail_server import MailServer, mail_server
from tests.values import NOW

HASTE = Patience(connect=0.5, command=0.5, last_answer=0.5, in_all=5)


def a_mail(recipient: str = "maija@example.com", message: bytes | None = None) -> Mail:
    return Mail(LETTER, NOW, "mail@koti.example", recipient, message or composed().mail.message)


def sent(fault: str = "", *, patience: Patience = HASTE, greeting: str = "") -> tuple[Verdict, MailServer]:
    """What became of a letter to somebody to whom this happens."""

    async def send() -> tuple[Verdict, MailServer]:
        async with mail_server() as server:
            server.faults["maija@example.com"] = fault
            server.greeting_fault = greeting
            mailer = SmtpMailer(Server("127.0.0.1", server.port, "none"), patience=patience)
            return await mailer.send(a_mail()), server

    return asyncio.run(send())


def test_a_letter_arrives_byte_for_byte_in_an_envelope_for_one() -> None:
    verdict, server = sent()

    assert verdict == Accepted("250 2.0.0 Taken as 4711")
    assert server.messages() == [composed().mail.message]
    assert server.taken[0].mail_from == "mail@koti.example"
    assert server.recipients() == ["maija@example.com"]


def test_a_line_that_begins_with_a_dot_arrives_as_it_was() -> None:
    async def send() -> list[bytes]:
        async with mail_server() as server:
            message = b"Subject: x\r\n\r\n.\r\n..\r\n.quit\r\n"
            await SmtpMailer(Server("127.0.0.1", server.port, "none")).send(a_mail(message=message))
            return server.messages()

    assert asyncio.run(send()) == [b"Subject: x\r\n\r\n.\r\n..\r\n.quit\r\n"]


@pytest.mark.parametrize("fault", ["550 5.1.1 No such user here", "552 5.2.2 Mailbox full", "data 5xx"])
def test_a_5xx_answer_is_final_and_its_words_are_kept(fault: str) -> None:
    verdict, server = sent(fault)

    assert isinstance(verdict, Never)
    assert verdict.answer == (fault if fault[0] == "5" else "554 5.7.1 That looks like spam")
    assert server.taken == []


@pytest.mark.parametrize("fault", ["451 4.7.1 Greylisted", "452 4.2.2 Mailbox full", "data 4xx"])
def test_a_4xx_answer_is_tried_again(fault: str) -> None:
    verdict, _ = sent(fault)

    assert isinstance(verdict, Later)
    assert verdict.answer == (fault if fault[0] == "4" else "451 4.3.0 Come back later")


@pytest.mark.parametrize("fault", ["530 5.7.0 Authentication required", "535 5.7.8 Who are you?"])
def test_a_5xx_answer_about_our_login_is_not_the_letter_s_fault(fault: str) -> None:
    assert isinstance(sent(fault)[0], Later)


@pytest.mark.parametrize("fault", ["nonsense", "drop", "stall", "data drop", "data nonsense", "data stall"])
def test_nonsense_a_broken_connection_and_silence_are_tried_again(fault: str) -> None:
    verdict, _ = sent(fault)

    assert isinstance(verdict, Later)
    assert verdict.answer


def test_when_nobody_knows_whether_it_arrived_the_answer_says_so() -> None:
    verdict, server = sent("data drop after taking")

    assert isinstance(verdict, Later)
    assert "may have arrived" in verdict.answer
    assert len(server.taken) == 1


def test_what_happens_after_a_letter_was_taken_changes_nothing() -> None:
    assert isinstance(sent("quit drop")[0], Accepted)


@pytest.mark.parametrize("greeting", ["554 5.3.2 No service", "421 Busy", "Moi", "220" * 20_000])
def test_a_server_that_does_not_greet_us_is_tried_again(greeting: str) -> None:
    assert isinstance(sent(greeting=greeting)[0], Later)


def test_an_attempt_ends_however_slow_each_step_is() -> None:
    verdict, _ = sent("stall", patience=Patience(command=30, in_all=0.3))

    assert verdict == Later("not done within 0 seconds")


def test_a_server_that_is_down_is_tried_again() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    verdict = asyncio.run(SmtpMailer(Server("127.0.0.1", port, "none"), patience=HASTE).send(a_mail()))

    assert isinstance(verdict, Later)
    assert verdict.answer.startswith("while connecting: ")


def test_an_answer_is_kept_on_one_line_without_control_characters() -> None:
    verdict, _ = sent("550 No\x00 such\x1b[31m user")

    assert verdict == Never("550 No such [31m user")


# One connection for many letters --------------------------------------------------------------------------------


def sent_in_turn(
    *recipients: str, server_does: Callable[[MailServer], object] = lambda _: None, pause: float = 0, idle: float = 5
) -> tuple[list[Verdict], MailServer]:
    """What became of letters to all of these, one after the other, each after a pause."""

    async def send() -> tuple[list[Verdict], MailServer]:
        async with mail_server() as server:
            server.faults |= {"unknown@example.com": "550 5.1.1 No such user", "busy@example.com": "451 4.7.1 Later"}
            server_does(server)
            patience = Patience(connect=0.5, command=0.5, last_answer=0.5, in_all=5, idle=idle)
            mailer = SmtpMailer(Server("127.0.0.1", server.port, "none"), patience=patience)
            verdicts = []
            for recipient in recipients:
                verdicts.append(await mailer.send(a_mail(recipient)))
                await asyncio.sleep(pause)
            return verdicts, server

    return asyncio.run(send())


MAIJA, MATTI = "maija@example.com", "matti@example.com"


def test_letters_that_follow_each_other_go_over_one_connection() -> None:
    verdicts, server = sent_in_turn(MAIJA, MATTI, MAIJA)

    assert all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert server.recipients() == [MAIJA, MATTI, MAIJA]
    assert len(server.protocols) == 1


@pytest.mark.parametrize(("refused", "verdict"), [("unknown@example.com", Never), ("busy@example.com", Later)])
def test_a_letter_that_was_not_taken_leaves_nothing_behind_for_the_next(refused: str, verdict: type[Verdict]) -> None:
    verdicts, server = sent_in_turn(MAIJA, refused, MATTI)

    assert [type(one) for one in verdicts] == [Accepted, verdict, Accepted]
    assert [envelope.rcpt_tos for envelope in server.taken] == [[MAIJA], [MATTI]]
    assert len(server.protocols) == 1


@pytest.mark.parametrize("fault", ["nonsense", "drop", "data drop after taking", "data nonsense"])
def test_a_connection_on_which_something_went_wrong_carries_no_more(fault: str) -> None:
    def goes_wrong(server: MailServer) -> None:
        server.faults[MATTI] = fault

    verdicts, server = sent_in_turn(MAIJA, MATTI, MAIJA, server_does=goes_wrong)

    assert [type(one) for one in verdicts] == [Accepted, Later, Accepted]
    assert len(server.protocols) == 2


def test_a_server_that_hangs_up_between_two_letters_costs_neither() -> None:
    def hangs_up(server: MailServer) -> None:
        server.faults[MAIJA] = "quit drop"

    verdicts, server = sent_in_turn(MAIJA, MATTI, server_does=hangs_up, pause=0.05)

    assert all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert server.recipients() == [MAIJA, MATTI]


def test_a_server_that_takes_a_few_letters_at_a_time_gets_all_of_them() -> None:
    def takes_two(server: MailServer) -> None:
        server.letters_a_connection = 2

    verdicts, server = sent_in_turn(*[MAIJA] * 5, server_does=takes_two)

    assert all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert len(server.taken) == 5
    assert len(server.protocols) == 3


def test_a_connection_ends_politely_when_no_letter_follows() -> None:
    _, server = sent_in_turn(MAIJA, pause=0.3, idle=0.05)

    assert server.farewells == 1


# Encryption and login -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for 127.0.0.1, with its key."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", f"{file}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def our_side(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def with_server(run: Callable[[MailServer], Awaitable[Verdict]], **how: object) -> tuple[Verdict, MailServer]:
    async def both() -> tuple[Verdict, MailServer]:
        async with mail_server(**how) as server:  # type: ignore[arg-type]
            return await run(server), server

    return asyncio.run(both())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_over_an_encrypted_way_with_a_login(certificate: Path, security: str) -> None:
    async def run(server: MailServer) -> Verdict:
        there = Server("127.0.0.1", server.port, security, "askare", "kirves")
        return await SmtpMailer(there, trust=our_side(certificate), patience=HASTE).send(a_mail())

    way = {"starttls": server_side(certificate)} if security == "starttls" else {"tls": server_side(certificate)}
    verdict, server = with_server(run, password="kirves", **way)

    assert isinstance(verdict, Accepted), verdict
    assert len(server.taken) == 1


def test_a_wrong_password_is_tried_again_and_said(certificate: Path) -> None:
    async def run(server: MailServer) -> Verdict:
        there = Server("127.0.0.1", server.port, "none", "askare", "kivi")
        return await SmtpMailer(there, patience=HASTE).send(a_mail())

    verdict, _ = with_server(run, password="kirves")

    assert isinstance(verdict, Later)
    assert "535" in verdict.answer
    assert "kivi" not in verdict.answer


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for(certificate: Path, security: str) -> None:
    async def run(server: MailServer) -> Verdict:
        return await SmtpMailer(Server("127.0.0.1", server.port, security), patience=HASTE).send(a_mail())

    way = {"starttls": server_side(certificate)} if security == "starttls" else {"tls": server_side(certificate)}
    verdict, server = with_server(run, **way)

    assert isinstance(verdict, Later)
    assert "certificate" in verdict.answer.lower()
    assert server.taken == []


def test_a_server_without_starttls_gets_nothing_when_it_is_asked_for() -> None:
    async def run(server: MailServer) -> Verdict:
        return await SmtpMailer(Server("127.0.0.1", server.port, "starttls"), patience=HASTE).send(a_mail())

    verdict, server = with_server(run)

    assert isinstance(verdict, Later)
    assert server.taken == []


def test_a_look_at_the_server_says_how_it_greets_or_why_not() -> None:
    async def look() -> str:
        async with mail_server() as server:
            return await SmtpMailer(Server("127.0.0.1", server.port, "none"), patience=HASTE).look()

    assert asyncio.run(look()).startswith("220 mail.test")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        asyncio.run(SmtpMailer(Server("127.0.0.1", 1, "none"), patience=HASTE).look())


# The local twin -------------------------------------------------------------------------------------------------


def test_the_local_twin_keeps_a_letter_as_a_file_that_a_mail_program_opens(tmp_path: Path) -> None:
    verdict = asyncio.run(FolderMailer(tmp_path / "mail").send(composed(as_8bit=True).mail))

    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"20260302T090000Z-{LETTER}.eml"
    assert verdict == Accepted(f"kept as {file.name}")
    assert read(file.read_bytes())["To"] == "Maija Meikäläinen <maija@example.com>"
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


def test_a_letter_kept_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        asyncio.run(FolderMailer(tmp_path).send(a_mail()))

    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")

    verdict = asyncio.run(FolderMailer(tmp_path / "mail").send(a_mail()))

    assert isinstance(verdict, Later)
