"""Recordings, fetched over real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Trouble
from askare.outside.addresses import AllowList
from askare.outside.audio import Channels
from askare.outside.fetch import Bounds
from askare.outside.providers import Credentials
from askare.outside.recordings import FetchedRecordings
from askare.outside.twin import Manner, Reply, always, broken_off, dripping, endless, gibberish, silent, twin
from askare.settings import Secret
from tests.outside import sounds
from tests.outside.running import run

OPEN = AllowList.read("127.0.0.1")
SHORT = Bounds(bytes_max=1_000_000, total_seconds=1.0, silence_seconds=0.3, redirects_max=3)


def recordings(allow: AllowList = OPEN, credentials: dict[str, Credentials] | None = None) -> FetchedRecordings:
    return FetchedRecordings(allow, operator=Channels.RIGHT, credentials=credentials, bounds=SHORT)


async def trouble_of(url: str, folder: Path, *, allow: AllowList = OPEN) -> Trouble:
    one = recordings(allow)
    with pytest.raises(Trouble) as problem:
        await one.fetch(url, folder / "original")
    await one.aclose()
    assert not list(folder.glob("original*"))
    return problem.value


@run
async def test_a_recording_is_fetched_and_taken_apart(tmp_path: Path) -> None:
    content = sounds.recording(tmp_path / "a.wav", "alaw.wav", sides=(300.0, 600.0)).read_bytes()
    async with twin(always(Reply(200, content, {"content-type": "application/octet-stream"}))) as server:
        one = recordings()
        size = await one.fetch(f"{server.address}/a.wav?key=1", tmp_path / "1" / "2" / "original")
        decoded = await one.decode(tmp_path / "1" / "2" / "original", tmp_path / "1" / "2")
        await one.aclose()

    assert size == len(content)
    assert [path.name for path in decoded.sides] == ["0.wav", "1.wav"]
    assert decoded.operator_side == 1
    assert decoded.seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        (always(Reply(404)), ErrorCode.RECORDING_NOT_FOUND),
        (always(Reply(410)), ErrorCode.RECORDING_NOT_FOUND),
        (always(Reply(401)), ErrorCode.RECORDING_FORBIDDEN),
        (always(Reply(403)), ErrorCode.RECORDING_FORBIDDEN),
        (always(Reply(500)), ErrorCode.RECORDING_UNREACHABLE),
        (always(Reply(302, b"", {"location": "http://10.0.0.1/"})), ErrorCode.RECORDING_BLOCKED),
        (always(Reply(302, b"", {"location": "/"})), ErrorCode.RECORDING_UNREACHABLE),
        (endless, ErrorCode.RECORDING_TOO_LARGE),
        (silent, ErrorCode.RECORDING_UNREACHABLE),
        (dripping(0.05), ErrorCode.RECORDING_UNREACHABLE),
        (broken_off, ErrorCode.RECORDING_UNREACHABLE),
        (gibberish, ErrorCode.RECORDING_UNREACHABLE),
    ],
)
def test_each_way_of_going_wrong_has_its_code(manner: Manner, code: ErrorCode, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        async with twin(manner) as server:
            trouble = await trouble_of(f"{server.address}/a.wav?signature=secret", tmp_path)

        assert trouble.code is code
        assert "secret" not in trouble.detail

    ask()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.wav",
        "http://localhost/a.wav",
        "http://[::ffff:169.254.169.254]/",
        "ftp://example.com/a.wav",
        "http://user:password@example.com/a.wav",
        "no address",
    ],
)
def test_what_is_not_open_is_blocked(url: str, tmp_path: Path) -> None:
    @run
    async def ask() -> None:
        trouble = await trouble_of(url, tmp_path, allow=AllowList())

        assert trouble.code is ErrorCode.RECORDING_BLOCKED
        assert "password" not in trouble.detail.replace("user name or password", "")

    ask()


@run
async def test_a_host_sees_what_it_wants_to_see(tmp_path: Path) -> None:
    async with twin(always(Reply(200, b"x"))) as server:
        for own in (Credentials(user="pbx", password=Secret("p")), Credentials(header=Secret("X-Key: k"))):
            one = recordings(credentials={f"127.0.0.1:{server.port}": own})
            await one.fetch(server.address, tmp_path / "original")
            await one.aclose()

    assert server.asked[0].headers["authorization"] == "Basic cGJ4OnA="
    assert server.asked[1].headers["x-key"] == "k"


@run
async def test_another_host_does_not_see_it(tmp_path: Path) -> None:
    async with twin(always(Reply(200, b"x"))) as server:
        one = recordings(credentials={"pbx.example": Credentials(user="pbx", password=Secret("p"))})
        await one.fetch(server.address, tmp_path / "original")
        await one.aclose()

    assert "authorization" not in server.asked[0].headers


@run
async def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "original").write_bytes(b"<html>expired</html>")

    one = recordings()
    with pytest.raises(Trouble, match="a web page") as problem:
        await one.decode(tmp_path / "original", tmp_path)
    await one.aclose()

    assert problem.value.code is ErrorCode.UNSUPPORTED_AUDIO
