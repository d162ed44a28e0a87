"""A headless Chromium that opens report pages as people do and notes what goes wrong in them.

Pages are opened from a file, or inside the sandboxed frame in which the Kubeflow dashboard shows an HTML
artifact. Either way the page must draw itself without a console error and without asking the network for
anything.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Frame, Page

DESKTOP = 1280
PHONE = 420
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visit:
    """An open page.

    Attributes
    ----------
    frame : playwright Frame
        The document of the report.
    faults : list of str
        Console errors and exceptions so far.
    requests : list of str
        Addresses asked for so far, other than the page's own and data.
    """

    frame: "Frame"
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def find_barriers(self) -> list[str]:
        """Return what axe-core finds serious or critical on the page."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.frame.page).response["violations"]
        return [
            f"{rule['id']}: {rule['nodes'][0]['html']}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]

    def is_too_wide(self) -> bool:
        """Return whether the page scrolls to the side."""
        return bool(self.frame.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def count_charts(self) -> int:
        """Return how many charts are visible."""
        return self.frame.locator(".chart .plane:visible").count()


class Browser:
    """Opens report pages."""

    def __init__(self, chromium: "Chromium") -> None:
        self._chromium = chromium

    @contextmanager
    def from_file(self, path: Path, *, width: int = DESKTOP, **settings: Any) -> Iterator[Visit]:
        """Open a page by its file:// address.

        ``settings`` are those of playwright's ``new_page``, such as a colour scheme.
        """
        with self._visit(path, width, **settings) as (_, visit):
            yield visit

    @contextmanager
    def open_framed(self, html: str, folder: Path, *, width: int = DESKTOP) -> Iterator[Visit]:
        """Open a page in a sandboxed frame, as the Kubeflow dashboard does; ``folder`` takes the frame."""
        holder = folder / "framed.html"
        holder.write_text(
            '<!doctype html><meta charset="utf-8"><iframe sandbox="allow-scripts" '
            f'style="width:100%;height:900px;border:0" srcdoc="{escape(html)}"></iframe>',
            encoding="utf-8",
        )
        with self._visit(holder, width) as (page, visit):
            frame = page.locator("iframe").element_handle().content_frame()
            assert frame is not None
            visit.frame = frame
            yield visit

    @contextmanager
    def open_served(
        self, url: str, *, width: int = DESKTOP, **settings: Any
    ) -> Iterator[tuple["Page", Visit]]:
        """Open a page of a server; its requests to that server are not noted.

        ``settings`` are those of playwright's ``new_context``, such as a locale.
        """
        context = self._chromium.new_context(viewport={"width": width, "height": 900}, **settings)
        page = context.new_page()
        visit = Visit(page.main_frame)
        origin = "/".join(url.split("/", 3)[:3]) + "/"
        page.on("console", lambda m: visit.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: visit.faults.append(str(error)))
        page.on(
            "request",
            lambda r: None if r.url.startswith(origin) else visit.requests.append(r.url),
        )
        try:
            _open_page(page, url)
            yield page, visit
        finally:
            context.close()

    @contextmanager
    def _visit(self, path: Path, width: int, **settings: Any) -> Iterator[tuple["Page", Visit]]:
        page = self._chromium.new_page(viewport={"width": width, "height": 900}, **settings)
        visit = Visit(page.main_frame)
        own = path.resolve().as_uri()
        page.on("console", lambda m: visit.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: visit.faults.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None if r.url == own or r.url.startswith(("data:", "blob:")) else visit.requests.append(r.url)
            ),
        )
        try:
            page.goto(own)
            yield page, visit
        finally:
            page.close()


def _open_page(page: "Page", url: str) -> None:
    """Open an address, once more if the network changed meanwhile: a container beside came or went."""
    from playwright.sync_api import Error

    try:
        page.goto(url)
    except Error as error:
        if "ERR_NETWORK_CHANGED" not in str(error):
            raise
        page.goto(url)


def _stop_without_browser(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; continuous integration must look at the pages")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped where there is none, and fails where CI is true."""
    executable = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if executable is None:
        _stop_without_browser("there is no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _stop_without_browser("playwright is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield Browser(chromium)
        chromium.close()
