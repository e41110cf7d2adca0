"""A real browser. Skipped with a reason where there is none, unless `REQUIRE_BROWSER` is set, as in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import publisher

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BUNDLE = Path(publisher.__file__).parent / "web" / "static" / "editor" / "manifest.json"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) =>
  window.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


@dataclass
class Watched:
    """A page, and everything that went wrong on it."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Load a path of the server."""
        self.page.goto(f"{self.base}{path.lstrip('/')}", wait_until="load")

    def violations(self) -> list[str]:
        """What the content security policy has refused so far."""
        return [str(v) for v in self.page.evaluate("window.violations")]

    def assert_clean(self) -> None:
        """No request to another host, no error in the console, no violation of the policy."""
        host = urlsplit(self.base).netloc
        others = [u for u in self.requests if urlsplit(u).scheme not in {"data", "blob"} and urlsplit(u).netloc != host]
        assert others == []
        assert self.complaints == []
        assert self.violations() == []


def unavailable(reason: str) -> None:
    """Skip, or fail where the test has to run."""
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that the system has, with a fresh profile."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        unavailable("no Chromium is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def bundle() -> None:
    """The editor has been built."""
    if not BUNDLE.is_file():
        unavailable("the editor is not built: run `make editor`")


@pytest.fixture
def watch(browser: Browser, server: str) -> Iterator[Callable[..., Watched]]:
    """Open a page that is watched from its first byte; `width` in CSS pixels, `scripts` on or off."""
    contexts = []

    def open_page(width: int = 1200, scripts: bool = True) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        contexts.append(context)
        context.add_init_script(_WATCH)
        watched = Watched(context.new_page(), server)
        page = watched.page
        page.set_default_timeout(20_000)
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda m: watched.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        return watched

    yield open_page
    for context in contexts:
        context.close()
