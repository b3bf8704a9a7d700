"""The system's Chromium, driven by Playwright, and one page for all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bench.report.page.town import build

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here; install the extra `browser`")
playwright.expect.set_options(timeout=30_000)  # as long as it waits for what is clicked; a slow machine fails nothing
SETTINGS = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visit:
    """A page that was opened, and all that a page must not do."""

    page: Any
    run: Path
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not here; on Debian: apt-get install chromium")
    # Its sandbox refuses to start for root, as whom containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory) -> Path:
    """A page in its run's folder."""
    from boundary_bench.bench.report.page.build import Run, page

    run = build(tmp_path_factory.mktemp("town"))
    (run / "report.html").write_text(page(Run.open(run, permutations=20), images=16), encoding="utf-8")
    return run / "report.html"


@pytest.fixture
def visit(browser, report):
    """Opens the page; afterwards nothing may have been fetched, logged or popped up."""
    visits = []

    def opened(**settings: Any) -> Visit:
        context = browser.new_context(**{**SETTINGS, **settings})
        one = Visit(context.new_page(), report.parent)
        one.page.on("console", lambda message: one.messages.append(message.text))
        one.page.on("pageerror", lambda error: one.messages.append(str(error)))
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.on("dialog", lambda dialog: (one.dialogs.append(dialog.message), dialog.dismiss()))
        one.page.goto(report.as_uri())
        visits.append(one)
        return one

    yield opened
    for one in visits:
        fetched = [url for url in one.requests if not url.startswith("data:")]
        assert set(fetched) == {report.as_uri()}
        assert one.messages == []
        assert one.dialogs == []
        one.page.context.close()
