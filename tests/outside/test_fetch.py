"""The one way out, over real sockets."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from askare.outside.addresses import AllowList
from askare.outside.fetch import Answer, Bounds, Fetcher, NotFetched, Resolve, Why
from askare.outside.twin import (
    Asked,
    Reply,
    Stream,
    always,
    broken_off,
    dripping,
    endless,
    gibberish,
    silent,
    twin,
)
from tests.outside.running import run

OPEN = AllowList.read("127.0.0.1")
SHORT = Bounds(total_seconds=5.0, silence_seconds=0.2, bytes_max=1_000_000)


async def refusal(address: str, *, bounds: Bounds = SHORT, allow: AllowList = OPEN) -> Why:
    async with Fetcher(allow) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch("GET", address, bounds=bounds)
    return problem.value.why


def names(**known: list[str]) -> Resolve:
    """A resolver that answers each time the next of a name's addresses, as a rebinding name server does."""
    rest = {name.replace("_", "."): iter(answers) for name, answers in known.items()}

    async def resolve(host: str, port: int) -> list[str]:
        return next(rest[host]).split()

    return resolve


@run
async def test_an_answer_has_status_headers_and_body() -> None:
    async with twin(always(Reply(404, b"no such thing", {"X-Kind": "plain"}))) as server, Fetcher(OPEN) as fetcher:
        answer = await fetcher.fetch("GET", f"{server.address}/a?b=c", headers={"X-Key": "k"})

    assert answer == Answer(404, answer.headers, b"no such thing", 13, "127.0.0.1")
    assert answer.headers["x-kind"] == "plain"
    assert server.asked[0].target == "/a?b=c"
    assert server.asked[0].headers["x-key"] == "k"


@run
async def test_a_body_is_sent() -> None:
    async with twin(always(Reply())) as server, Fetcher(OPEN) as fetcher:
        await fetcher.fetch("POST", server.address, content=b'{"a":1}', headers={"content-type": "application/json"})

    assert (server.asked[0].method, server.asked[0].body) == ("POST", b'{"a":1}')


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[64:ff9b::127.0.0.1]:{port}/",
        "http://①②⑦.⓪.⓪.①:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.168.0.1/",
        "https://10.0.0.1/",
    ],
)
def test_the_house_is_closed_in_every_spelling(address: str) -> None:
    @run
    async def ask() -> None:
        async with twin(always(Reply(200, b"secret"))) as server:
            why = await refusal(address.format(port=server.port), allow=AllowList())

            assert why in (Why.BLOCKED, Why.BAD_ADDRESS)
            assert server.asked == []

    ask()


@run
async def test_a_name_that_leads_into_the_house_is_closed() -> None:
    async with twin(always(Reply())) as server:
        fetcher = Fetcher(resolve=names(a_example=["127.0.0.1"]))
        async with fetcher:
            with pytest.raises(NotFetched) as problem:
                await fetcher.fetch("GET", f"http://a.example:{server.port}/")

    assert problem.value.why is Why.BLOCKED


@run
async def test_one_bad_address_spoils_a_name() -> None:
    async with Fetcher(resolve=names(a_example=["8.8.8.8 10.0.0.1"])) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch("GET", "http://a.example/")

    assert problem.value.why is Why.BLOCKED


@run
async def test_a_name_that_changes_after_the_check_gains_nothing() -> None:
    """It is looked up once; the connection goes to the address that was checked, and the second answer is not asked
    for.  (127.0.0.1 is opened here to see where the connection goes.)"""
    changing = names(a_example=["127.0.0.1", "10.0.0.1"])
    async with twin(always(Reply(200, b"checked"))) as server, Fetcher(OPEN, resolve=changing) as fetcher:
        answer = await fetcher.fetch("GET", f"http://a.example:{server.port}/")

    assert answer.body == b"checked"
    assert server.asked[0].headers["host"] == f"a.example:{server.port}"


@run
async def test_a_redirect_into_the_house_is_closed() -> None:
    async with twin(always(Reply(302, b"", {"location": "http://169.254.169.254/latest/"}))) as server:
        why = await refusal(server.address, bounds=Bounds(redirects_max=3))

    assert why is Why.BLOCKED


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://a/", "http://", "http://user:pw@127.0.0.1/"])
def test_a_redirect_to_what_is_no_web_address_is_refused(location: str) -> None:
    @run
    async def ask() -> None:
        async with twin(always(Reply(302, b"", {"location": location}))) as server:
            assert await refusal(server.address, bounds=Bounds(redirects_max=3)) in (Why.BAD_ADDRESS, Why.REDIRECTED)

    ask()


@run
async def test_redirects_are_not_followed_unless_asked_for() -> None:
    async with twin(always(Reply(302, b"", {"location": "/b"}))) as server, Fetcher(OPEN) as fetcher:
        answer = await fetcher.fetch("GET", server.address)

    assert answer.status == 302
    assert len(server.asked) == 1


@run
async def test_redirects_have_an_end() -> None:
    async with twin(always(Reply(302, b"", {"location": "/again"}))) as server:
        why = await refusal(server.address, bounds=Bounds(redirects_max=3))

    assert why is Why.REDIRECTED
    assert len(server.asked) == 4


@run
async def test_a_key_is_not_carried_to_another_host() -> None:
    async with twin(always(Reply(200, b"there"))) as second:
        onward = Reply(307, b"", {"location": f"{second.address}/there"})
        async with twin(always(onward)) as first, Fetcher(OPEN) as fetcher:
            answer = await fetcher.fetch(
                "GET", first.address, headers={"Authorization": "Bearer k"}, bounds=Bounds(redirects_max=1)
            )

    assert answer.body == b"there"
    assert first.asked[0].headers["authorization"] == "Bearer k"
    assert "authorization" not in second.asked[0].headers


@run
async def test_a_redirected_post_becomes_a_get_without_its_body() -> None:
    async def manner(asked: Asked, line: Stream) -> Reply:
        return Reply(303, b"", {"location": "/result"}) if asked.method == "POST" else Reply(200, b"result")

    async with twin(manner) as server, Fetcher(OPEN) as fetcher:
        answer = await fetcher.fetch("POST", server.address, content=b"x", bounds=Bounds(redirects_max=1))

    assert answer.body == b"result"
    assert [(one.method, one.body) for one in server.asked] == [("POST", b"x"), ("GET", b"")]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ftp://example.com/a", Why.BAD_ADDRESS),
        ("file:///etc/passwd", Why.BAD_ADDRESS),
        ("/relative", Why.BAD_ADDRESS),
        ("", Why.BAD_ADDRESS),
        ("http://", Why.BAD_ADDRESS),
        ("http://user:secret@example.com/", Why.BAD_ADDRESS),
        ("http://exa mple.com/", Why.BAD_ADDRESS),
        ("http://example.com\\@127.0.0.1/", Why.BAD_ADDRESS),
        ("http://example.com/\r\nX: y", Why.BAD_ADDRESS),
        ("http://example.com:0/", Why.BAD_ADDRESS),
        ("http://example.com:99999/", Why.BAD_ADDRESS),
        ("http://" + "a" * 9_000, Why.BAD_ADDRESS),
    ],
)
def test_what_is_no_web_address_is_not_asked(address: str, why: Why) -> None:
    @run
    async def ask() -> None:
        assert await refusal(address) is why

    ask()


@run
async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    async with Fetcher(resolve=resolve) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch("GET", "http://nowhere.example/path?key=secret")

    assert problem.value.why is Why.UNREACHABLE
    assert "nowhere.example" in problem.value.text
    assert "secret" not in problem.value.text


@run
async def test_nobody_listening_is_unreachable() -> None:
    async with twin(always(Reply())) as server:
        pass

    assert await refusal(server.address) is Why.UNREACHABLE


@run
async def test_silence_has_an_end() -> None:
    async with twin(silent) as server:
        assert await refusal(server.address) is Why.TIMED_OUT


@run
async def test_a_byte_now_and_then_does_not_keep_us_waiting_for_ever() -> None:
    async with twin(dripping(0.02)) as server:
        why = await refusal(server.address, bounds=Bounds(total_seconds=0.3, silence_seconds=0.2))

    assert why is Why.TIMED_OUT


@run
async def test_an_endless_answer_has_an_end() -> None:
    async with twin(endless) as server:
        assert await refusal(server.address) is Why.TOO_LARGE


@run
async def test_an_answer_that_says_it_is_too_large_is_not_read() -> None:
    async with twin(always(Reply(200, b"x", {"content-length": "10000000000"}))) as server:
        assert await refusal(server.address) is Why.TOO_LARGE


@run
async def test_an_answer_that_breaks_off_is_no_answer() -> None:
    async with twin(broken_off) as server:
        assert await refusal(server.address) in (Why.UNREACHABLE, Why.NOT_HTTP)


@run
async def test_what_does_not_speak_http_is_no_answer() -> None:
    async with twin(gibberish) as server:
        assert await refusal(server.address) is Why.NOT_HTTP


@run
async def test_a_packed_answer_is_unpacked_within_bounds() -> None:
    packed = Reply(200, gzip.compress(b"a" * 100_000), {"content-encoding": "gzip"})
    async with twin(always(packed)) as server, Fetcher(OPEN) as fetcher:
        answer = await fetcher.fetch("GET", server.address)

    assert answer.body == b"a" * 100_000


@run
async def test_a_little_that_unpacks_to_very_much_is_too_large() -> None:
    bomb = Reply(200, gzip.compress(b"\0" * 50_000_000), {"content-encoding": "gzip"})
    async with twin(always(bomb)) as server:
        tracemalloc.start()
        why = await refusal(server.address)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert why is Why.TOO_LARGE
    assert peak < 10_000_000


@run
async def test_a_download_goes_to_a_file_with_flat_memory(tmp_path: Path) -> None:
    into = tmp_path / "a.wav"

    async def manner(asked: Asked, line: Stream) -> None:
        line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 30000000\r\ncontent-type: audio/wav\r\n\r\n")
        for _ in range(300):
            line.write(b"\0" * 100_000)
            await line.drain()

    async with twin(manner) as server, Fetcher(OPEN) as fetcher:
        tracemalloc.start()
        answer = await fetcher.download(server.address, into, bounds=Bounds(bytes_max=40_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (answer.status, answer.size, answer.headers["content-type"]) == (200, 30_000_000, "audio/wav")
    assert into.stat().st_size == 30_000_000
    assert peak < 10_000_000


@run
async def test_a_disk_that_takes_nothing_is_not_blamed_on_whoever_was_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    async with twin(always(Reply(200, b"RIFF"))) as server, Fetcher(OPEN) as fetcher:
        with pytest.raises(FileExistsError):
            await fetcher.download(server.address, tmp_path / "file" / "a.wav", bounds=SHORT)


@run
async def test_a_download_that_is_not_whole_leaves_nothing(tmp_path: Path) -> None:
    into = tmp_path / "a.wav"
    for manner in (endless, broken_off, always(Reply(404, b"gone"))):
        async with twin(manner) as server, Fetcher(OPEN) as fetcher:
            try:
                answer = await fetcher.download(server.address, into, bounds=SHORT)
            except NotFetched:
                pass
            else:
                assert answer.status == 404

    assert list(tmp_path.iterdir()) == []
