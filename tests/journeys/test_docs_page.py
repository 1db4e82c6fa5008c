"""The documentation page in a real browser: it works, and it needs nothing but this server."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from msgspec import Struct
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.server import Server, make_token, running

# What keeps the browser from talking to its maker while it is looked at.
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPERATIONS = {
    "Create a new task": "POST",
    "Search tasks": "GET",
    "Get details of a task": "GET",
    "Update a task": "PUT",
    "Delete a task": "DELETE",
}


class Visit(Struct):
    """A browser on the documentation page: what it wanted from elsewhere, and what it complained about."""

    page: Page
    server: Server
    token: str
    elsewhere: list[str]
    complaints: list[str]


# All visits to one worker: a browser takes half of the machine.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A running server and a token for it."""
    data = tmp_path_factory.mktemp("documented") / "data"
    token = make_token(data)
    with running(data) as server:
        yield server, token


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path is not None, "no chromium on this machine: run sh tests/need_chromium.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, documented: tuple[Server, str]) -> Iterator[Visit]:
    server, token = documented
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as visitor:  # who remembers no other visit
        page = visitor.new_page()
        visit = Visit(page, server, token, [], [])

        def let_pass_what_stays_here(route: Route) -> None:
            if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost", None):
                route.continue_()
            else:
                visit.elsewhere.append(route.request.url)
                route.abort()

        page.route("**/*", let_pass_what_stays_here)
        page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.goto(f"{server.url}/docs")
        yield visit


def test_the_page_shows_every_operation_and_asks_nobody_else(visit: Visit) -> None:
    summaries = visit.page.locator(".opblock-summary")
    expect(summaries).to_have_count(len(OPERATIONS))

    shown = {
        summary.locator(".opblock-summary-description").inner_text(): summary.locator(
            ".opblock-summary-method"
        ).inner_text()
        for summary in summaries.all()
    }

    assert shown == OPERATIONS
    assert (visit.elsewhere, visit.complaints) == ([], [])


def test_a_search_tried_out_on_the_page_is_answered_under_whichever_name(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.server.url.replace("127.0.0.1", "localhost") + "/docs")
    page.locator("button.authorize").first.click()
    page.locator(".modal-ux input").first.fill(visit.token)
    page.locator(".modal-ux button.authorize").click()
    page.locator(".modal-ux button.btn-done").click()
    search = page.locator(".opblock", has_text="Search tasks")
    search.locator(".opblock-summary-control").click()
    search.locator("button.try-out__btn").click()
    search.locator("button.execute").click()

    live = search.locator("table.live-responses-table")
    expect(live.locator(".response-col_status").last).to_have_text(re.compile("^200"))
    expect(live.locator(".response-col_description").last).to_contain_text('"totalCount": 0')
    assert (visit.elsewhere, visit.complaints) == ([], [])


def test_the_other_documents_are_a_click_away(visit: Visit) -> None:
    visit.page.get_by_role("link", name="Authentication API").click()

    expect(visit.page.locator(".opblock-summary-description")).to_have_text("Get an access token")
    assert (visit.elsewhere, visit.complaints) == ([], [])
