"""What the server says of itself: health, metrics, public keys, documents and their page.  None of it needs a token."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest

from tests.server import Client, Server
from tests.wire.asking import TASKS, Agency, assert_error, on_both, raw_request

OPEN_PATHS = [
    "/health/live",
    "/health/ready",
    "/metrics",
    "/.well-known/jwks.json",
    "/docs",
    "/docs/assets/docs.js",
    "/openapi",
    "/openapi/task-management.json",
    "/openapi/authentication.json",
]
ASSETS = ["docs.css", "docs.js", "swagger-ui.css", "swagger-ui-bundle.js"]


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_nobody_needs_a_token_or_a_request_id(path: str, nobody: Client) -> None:
    assert nobody.get(path, headers={"Request-ID": None}).status_code == 200


def test_it_lives(nobody: Client) -> None:
    assert nobody.get("/health/live").json() == {"status": "live"}


@on_both
def test_it_is_ready_once_the_database_answers(nobody: Client) -> None:
    assert nobody.get("/health/ready").json() == {"status": "ready"}


def test_metrics_count_what_was_answered_and_for_how_long(agency: Agency) -> None:
    def refused() -> float:
        lines = agency.nobody.get("/metrics").text.splitlines()
        name = 'askare_requests_total{operation="task.search",status="401"}'
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)

    before = refused()
    agency.nobody.get(TASKS)

    answer = agency.nobody.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert refused() == before + 1
    assert 'askare_request_seconds_bucket{le="0.001",operation="task.search"}' in answer.text


@on_both
def test_the_public_keys_hold_no_private_part(nobody: Client) -> None:
    answer = nobody.get("/.well-known/jwks.json")

    keys = answer.json()["keys"]
    assert keys
    for key in keys:
        assert {"kty", "kid", "crv", "x"} <= set(key)
        assert "d" not in key
    assert answer.headers["cache-control"] == "max-age=300"


def test_the_front_door_leads_to_the_documentation(nobody: Client) -> None:
    answer = nobody.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_the_types_of_a_document_have_plain_names(nobody: Client) -> None:
    for listed in nobody.get("/openapi").json():
        schemas = nobody.get(listed["url"]).json()["components"]["schemas"]

        assert [name for name in schemas if not name.isalnum()] == []


def test_every_document_that_is_listed_is_there(nobody: Client) -> None:
    listed = nobody.get("/openapi").json()

    assert [one["url"] for one in listed] == [
        f"/openapi/{name}.json"
        for name in (
            *("task-management", "meeting", "asset-requirement", "authentication"),
            *("askare", "call-tasks", "svctasks"),
        )
    ]
    for one in listed:
        assert nobody.get(one["url"]).json()["info"]["title"] == one["title"]


def test_an_unknown_document_is_answered_with_those_that_there_are(nobody: Client) -> None:
    body = assert_error(nobody.get("/openapi/meetings.json"), 404, "NOT_FOUND")

    assert "task-management.json" in body["description"]


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_has_its_kind_and_may_be_kept(name: str, nobody: Client) -> None:
    answer = nobody.get(f"/docs/assets/{name}")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript" if name.endswith(".js") else "text/css")
    assert answer.headers["cache-control"] == "max-age=3600"
    assert answer.text


def test_large_assets_travel_compressed(server: Server) -> None:
    answer = raw_request(server, "GET /docs/assets/swagger-ui-bundle.js", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert len(gzip.decompress(answer.body)) > 2 * len(answer.body)


@pytest.mark.parametrize(
    "name",
    [
        "docs.html",
        "swagger-ui-bundle.js.gz",
        "swagger-ui.LICENSE",
        "nothing.js",
        "..%2Fpages.py",
        "%2e%2e%2fpages.py",
        "..%5C..%5Cx.js",
        "x" * 200 + ".js",
    ],
)
def test_only_what_is_meant_for_browsers_is_handed_out(name: str, nobody: Client) -> None:
    answer = nobody.get(f"/docs/assets/{name}")

    assert answer.status_code in (400, 404)
    assert "import " not in answer.text


def addresses(text: str) -> Iterator[str]:
    """What a browser would load: sources, links, imports, url(...), and whatever a script could fetch."""
    yield from re.findall(r"""(?:src|href|action)\s*=\s*["']([^"']+)""", text)
    yield from re.findall(r"""url\(\s*["']?([^"')]+)""", text)
    yield from re.findall(r"""@import\s+["']?([^"';]+)""", text)


def test_the_page_and_its_styles_load_from_nowhere_else(nobody: Client) -> None:
    page = nobody.get("/docs").text
    styles = [nobody.get(f"/docs/assets/{name}").text for name in ASSETS if name.endswith(".css")]

    loaded = [address for text in (page, *styles) for address in addresses(text)]

    assert loaded
    assert [one for one in loaded if not one.startswith(("/docs", "/openapi", "data:", "#", "/"))] == []
    assert [one for one in loaded if one.startswith("//")] == []
    for one in loaded:
        if one.startswith("/"):
            assert nobody.get(one).status_code == 200, one


def test_the_pages_own_script_calls_nobody_else(nobody: Client) -> None:
    script = nobody.get("/docs/assets/docs.js").text

    assert re.findall(r"https?://|[\"'`]//", script) == []


def test_the_browser_itself_is_told_to_load_from_nowhere_else(nobody: Client) -> None:
    policy = nobody.get("/docs").headers["content-security-policy"]

    allowed = {word for directive in policy.split(";") for word in directive.split()[1:]}
    assert allowed <= {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "connect-src 'self'" in policy


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "FOO"])
@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/docs", "/openapi/task-management.json"])
def test_the_pages_are_for_reading_only(method: str, path: str, nobody: Client) -> None:
    answer = nobody.request(method, path)

    assert_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/health/ready", "/docs", "/openapi/meeting.json", TASKS, "/api/tasks", "/rest/v1/service/svctasks"]
)
def test_proxies_that_speak_http_1_0_are_answered(path: str, agency: Agency) -> None:
    """As nginx does to what lies behind it, unless told otherwise."""
    answer = raw_request(agency.server, f"GET {path}", token=agency.admin.token, version="1.0")

    assert answer.status == 200
    assert answer.body
