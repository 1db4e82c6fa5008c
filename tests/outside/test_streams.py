"""Connections of the HTTP client: plain and secure, kept for the next question, closed by the other side."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from askare.outside.addresses import AllowList
from askare.outside.fetch import Bounds, Fetcher, NotFetched, Why
from askare.outside.twin import Reply, Twin, always, twin
from tests.outside.running import run

OPEN = AllowList.read("127.0.0.1, localhost")
MUCH = 3_000_000
BOUNDS = Bounds(bytes_max=MUCH, total_seconds=20.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of localhost that nobody but we ourselves would trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@asynccontextmanager
async def secure_twin(certificate: Path, reply: Reply) -> AsyncIterator[Twin]:
    """A twin that speaks TLS."""
    one = Twin(always(reply))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(one._serve, "127.0.0.1", 0, ssl=context)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()


@run
async def _much_goes_both_ways(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    body = bytes(range(256)) * (MUCH // 256)
    async with secure_twin(certificate, Reply(200, body)) as server, Fetcher(OPEN, tls=trusting) as fetcher:
        for _ in range(2):  # the second time on the same connection
            answer = await fetcher.fetch("POST", f"https://localhost:{server.port}/", content=body, bounds=BOUNDS)
            assert answer.body == body

    assert [asked.body for asked in server.asked] == [body, body]


def test_much_goes_both_ways_over_a_secure_connection(certificate: Path) -> None:
    _much_goes_both_ways(certificate)


@run
async def _nobody_trusts(certificate: Path) -> None:
    async with secure_twin(certificate, Reply(200, b"hush")) as server, Fetcher(OPEN) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch("GET", f"https://localhost:{server.port}/", bounds=BOUNDS)
    assert problem.value.why is Why.UNREACHABLE
    assert server.asked == []


def test_a_certificate_that_nobody_trusts_is_not_spoken_to(certificate: Path) -> None:
    _nobody_trusts(certificate)


@run
async def test_what_listens_there_without_tls_is_told_from_a_server() -> None:
    async with twin(always(Reply())) as server, Fetcher(OPEN) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch("GET", f"https://localhost:{server.port}/", bounds=Bounds(total_seconds=5.0))
    assert problem.value.why in (Why.UNREACHABLE, Why.TIMED_OUT)


@run
async def test_a_connection_is_kept_for_the_next_question_and_made_anew_when_the_other_side_has_closed_it() -> None:
    lines = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lines
        lines += 1
        for _ in range(2):  # then it has enough
            if not (await reader.readuntil(b"\r\n\r\n")).strip():
                break
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with Fetcher(OPEN) as fetcher:
        for expected in (1, 1, 2, 2):
            assert (await fetcher.fetch("GET", address, bounds=BOUNDS)).body == b"ok"
            assert lines == expected
            await asyncio.sleep(0.05)  # the other side's goodbye is on its way
    server.close()
