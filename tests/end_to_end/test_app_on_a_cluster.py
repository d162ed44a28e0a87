"""The app of two models behind a gateway, as a dashboard shows it, in a browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.app_server import run_app_server
from tests.browser import Browser
from tests.components.serve.models import write_model
from tests.loopback import Handler, serve_http
from tests.model_server import run_model_server
from tests.server_process import ServerProcess
from tests.sweeps_proxy import find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

pytestmark = pytest.mark.slow

PREFIX = "/kfp-tabular"
USER = "ann@example.org"
CARD = "# Model card\n\n## Intended use\n\nKept by register.\n"
DASHBOARD = f"<!doctype html><title>Dashboard</title><iframe src='{PREFIX}/' width=1200 height=800></iframe>"
_DROPPED = ("connection", "transfer-encoding", "content-encoding", "keep-alive")


class Gateway(Handler):
    """Signs everyone in, and takes the prefix off, as Kubeflow's gateway does."""

    app: str

    def do_GET(self) -> None:
        if self.path == "/":
            self.reply(200, DASHBOARD.encode(), {"Content-Type": "text/html"})
        elif self.path == PREFIX:
            self.reply(302, b"", {"Location": f"{PREFIX}/"})
        elif not self.path.startswith(f"{PREFIX}/"):
            # Such as the dashboard's icon.
            self.reply(204)
        else:
            self.pass_on()

    def do_POST(self) -> None:
        self.pass_on()

    def pass_on(self) -> None:
        url = self.app + self.path.removeprefix(PREFIX)
        headers = {**self.headers, "kubeflow-userid": USER}
        answer = httpx.request(self.command, url, headers=headers, content=self.read_body(), timeout=60)
        kept = {name: value for name, value in answer.headers.items() if name not in _DROPPED}
        self.reply(answer.status_code, answer.content, kept)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models; the second has no card."""
    found = {name: tmp_path_factory.mktemp(name) for name in ("small", "tall")}
    write_model(found["small"], threshold=0.4)
    write_model(found["tall"], "regression")
    (found["small"] / "card.md").write_text(CARD, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: find_free_port() for name in ("small", "tall")}


@pytest.fixture(scope="module")
def app(folders: dict[str, Path], ports: dict[str, int]) -> Iterator[ServerProcess]:
    """The app, in front of one predictor that runs and one that is started later."""
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with (
        run_model_server(folders["tall"], name="tall", port=ports["tall"]),
        run_app_server(addresses) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def gateway(app: ServerProcess) -> Iterator[str]:
    with serve_http(type("OfApp", (Gateway,), {"app": app.url})) as url:
        yield url


def wait_for_answer(page: "Page | FrameLocator") -> None:
    page.locator(".answer-body:not(.old):not([aria-busy]) .decision").wait_for()


def test_a_model_comes_goes_returns_with_another_version_and_what_was_typed_is_kept(
    gateway: str, folders: dict[str, Path], ports: dict[str, int], browser: Browser
) -> None:
    small, port = folders["small"], ports["small"]
    with browser.open_served(f"{gateway}{PREFIX}", locale="en-GB") as (page, visit):
        page.get_by_text("The server does not answer yet.").wait_for()
        with run_model_server(small, "--model_version", "7", port=port):
            wait_for_answer(page)
            assert page.url == f"{gateway}{PREFIX}/app/models/small/app/"
            page.locator("[name=visits]").fill("9")
            wait_for_answer(page)
            page.get_by_role("tab", name="Model").click()
            assert page.get_by_text("Kept by register.").is_visible()
            page.get_by_role("tab", name="Predict").click()
        page.locator("[name=amount]").fill("1")
        page.get_by_text("does not answer").wait_for()
        with run_model_server(small, "--model_version", "8", port=port):
            page.get_by_text("from version 7 to 8").wait_for()
            wait_for_answer(page)
            assert page.locator("[name=visits]").input_value() == "9"
            assert page.locator("[name=amount]").input_value() == "1"
    assert visit.requests == []


@pytest.fixture
def small(folders: dict[str, Path], ports: dict[str, int]) -> Iterator[None]:
    # Both have the same version, as the first models of a registry have.
    with run_model_server(folders["small"], "--model_version", "7", port=ports["small"]):
        yield


@pytest.mark.usefixtures("small")
def test_a_dashboard_of_the_same_origin_shows_it_and_who_is_signed_in(gateway: str, browser: Browser) -> None:
    with browser.open_served(f"{gateway}/", locale="en-GB") as (page, visit):
        frame = page.frame_locator("iframe")
        wait_for_answer(frame)
        frame.get_by_text(f"Signed in as {USER}").wait_for()
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.usefixtures("small")
def test_another_sites_page_cannot_frame_it(gateway: str, browser: Browser) -> None:
    class Stranger(Handler):
        def do_GET(self) -> None:
            text = f"<iframe src='{gateway}{PREFIX}/'></iframe>".replace("127.0.0.1", "localhost")
            self.reply(200, text.encode(), {"Content-Type": "text/html"})

    with serve_http(Stranger) as stranger, browser.open_served(stranger) as (page, visit):
        page.wait_for_timeout(1000)
        assert any("frame-ancestors" in fault for fault in visit.faults)


@pytest.mark.usefixtures("small")
def test_the_other_model_is_chosen_and_has_an_app_of_its_own(gateway: str, browser: Browser) -> None:
    with browser.open_served(f"{gateway}{PREFIX}/", locale="en-GB") as (page, visit):
        wait_for_answer(page)
        picker = page.get_by_label("Model in use")
        picker.wait_for()
        assert picker.locator("option").count() == 2
        assert picker.input_value() == "small"
        picker.select_option("tall")
        page.wait_for_url(f"{gateway}{PREFIX}/app/models/tall/app/")
        wait_for_answer(page)
        page.get_by_label("Model in use").wait_for()
        assert page.get_by_label("Model in use").input_value() == "tall"
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.usefixtures("small")
def test_a_phone_shows_everything_without_scrolling_sideways(gateway: str, browser: Browser) -> None:
    with browser.open_served(f"{gateway}{PREFIX}/", width=390, locale="de") as (page, _):
        wait_for_answer(page)
        page.get_by_text(f"Angemeldet als {USER}").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page).response
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert serious == [], json.dumps(serious)[:2000]
