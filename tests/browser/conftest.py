"""A running local cloud and Debian's Chromium, which asks it and nothing else.

A page that writes an error to its console, breaks its own Content-Security-Policy, loses a request, or asks
anybody but the stack fails its test, whatever else the test looks at.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    sync_playwright,
)

from tests.end_to_end.support import LocalStudio, running_studio

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PATIENCE_MS = 30_000

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStudio]:
    # Slow to close a set by itself: here people say that they are done.
    slow = {"QuietSeconds": 600, "Portraits": "on_request"}
    with running_studio(tmp_path_factory.mktemp("cloud"), parameters=slow, training_seconds=2) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright: Playwright
    with sync_playwright() as playwright:
        # As root, and in containers, Chromium has no sandbox to go into.
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser, studio: LocalStudio) -> Iterator[OpenPage]:
    """Open a page in a context of its own; what goes wrong on it is told at the end of the test."""
    wrong: list[str] = []
    own = studio.endpoints["STATUS_URL"]
    with ExitStack() as opened:

        def open_one(path: str = "", *, signed_in: bool = False, **options: Any) -> Page:
            context: BrowserContext = browser.new_context(**{**DESK, "locale": "en-US", **options})
            opened.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            _watch(page, own, wrong)
            if signed_in:
                page.goto(studio.cloud.sign_in_url)
            if path or not signed_in:
                page.goto(path if path.startswith("http") else own + path)
            return page

        yield open_one
    assert wrong == []


def _watch(page: Page, own: str, wrong: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # The status of an answer that is an error is told by Chromium, and looked at by the tests.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            wrong.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((f"{own}/", "data:", "about:")):
            wrong.append(f"asks {request.url}")

    def on_failed(request: Request) -> None:
        # A page that is left does not wait for what it has asked for; an upload is waited for.
        if request.failure != "net::ERR_ABORTED" or request.method != "GET":
            wrong.append(f"{request.method} {request.url}: {request.failure}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("request", on_request)
    page.on("requestfailed", on_failed)
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
