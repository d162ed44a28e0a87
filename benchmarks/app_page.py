"""The app's page, served and as one file: ``make bench-page``; needs Chromium.

How soon the first answer is on the page, how soon the answer to a change, how many answers there are in a
second while a value changes at every frame, and how long the smallest change is looked for.
"""

import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from components._app.export import export_page
from components._app.modules import STATIC
from pipelines.local.local_server import ServedRun, choose_run_to_serve
from tests.model_server import run_model_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_TRIALS = 6
_LOADS = 10
_CHANGES = 100
_SECONDS = 3
_SEARCHES = 10
_PATIENCE = 60_000
_CHROMIUM = "/usr/bin/chromium"
_ANSWERED = ".answer-body:not(.old):not([aria-busy]) .decision"
_FIRST = "() => performance.getEntriesByName('kfp-tabular:answer')[0].startTime"
# From a change to the frame after its answer.
_CHANGE = """async (values) => {
    const input = document.querySelector("[name=monthly_charge]");
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const count = () => performance.getEntriesByName("kfp-tabular:answer").length;
    const times = [];
    for (const value of values) {
        const before = count();
        const start = performance.now();
        input.value = value;
        input.dispatchEvent(new Event("input"));
        while (count() === before) await frame();
        times.push(performance.now() - start);
    }
    return times;
}"""
_FRAMES = """async (seconds) => {
    const input = document.querySelector("[name=monthly_charge]");
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const count = () => performance.getEntriesByName("kfp-tabular:answer").length;
    const before = count();
    const end = performance.now() + 1000 * seconds;
    let value = 20;
    while (performance.now() < end) {
        input.value = value += 0.1;
        input.dispatchEvent(new Event("input"));
        await frame();
    }
    return (count() - before) / seconds;
}"""


def main() -> None:
    """Print the figures of the page that a server serves, and of the page that holds its model."""
    print_size()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = train_sample(Path(folder) / "runs")
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        with run_model_server(run.model, "--app") as server:
            measure_page("served", browser, f"{server.url}/app/")
        file = Path(folder) / "model.html"
        page = export_page(run.model, file, run.card.read_text(encoding="utf-8") if run.card else None, None)
        print(f"one file: {page.n_bytes / 1e6:.2f} MB")
        measure_page("one file", browser, file.as_uri())
        browser.close()


def print_size() -> None:
    """Print the size of the page's files."""
    contents = [file.read_bytes() for file in STATIC.rglob("*") if file.is_file()]
    packed = sum(len(gzip.compress(content)) for content in contents)
    print(f"files: {sum(map(len, contents)) / 1e3:.0f} kB, {packed / 1e3:.0f} kB compressed")


def train_sample(runs: Path) -> ServedRun:
    """Run the sample, and return the run."""
    words = ["run", "training", "--runs", str(runs), "--trials", str(_TRIALS)]
    subprocess.run([sys.executable, "-m", "pipelines", *words], check=True, stdout=subprocess.DEVNULL)
    return choose_run_to_serve(runs, None)


def measure_page(name: str, browser: "Browser", address: str) -> None:
    """Print the figures of one page."""
    loads = [measure_load(browser, address) for _ in range(_LOADS)]
    print(f"{name}: first answer after {describe(loads)}")
    page = open_page(browser, address)
    changes = page.evaluate(_CHANGE, [20 + i / 2 for i in range(_CHANGES)])
    print(f"{name}: answer to a change after {describe(changes)}")
    print(f"{name}: {page.evaluate(_FRAMES, _SECONDS):.0f} answers a second")
    print(f"{name}: smallest change after {describe([measure_search(page, i) for i in range(_SEARCHES)])}")
    page.context.close()


def open_page(browser: "Browser", address: str) -> "Page":
    page = browser.new_context().new_page()
    page.goto(address)
    page.wait_for_selector(_ANSWERED, timeout=_PATIENCE)
    return page


def measure_load(browser: "Browser", address: str) -> float:
    """Return the milliseconds to the first answer, without a cache."""
    page = open_page(browser, address)
    first: float = page.evaluate(_FIRST)
    page.context.close()
    return first


def measure_search(page: "Page", i: int) -> float:
    """Return the milliseconds of a search, for one of several rows."""
    page.locator("[name=support_calls]").fill(str(i % 5))
    page.locator("[name=age]").fill(str(30 + i))
    page.wait_for_selector(_ANSWERED)
    start = time.perf_counter()
    page.locator(".flip > button").click()
    page.wait_for_function("() => !document.querySelector('.flip > button').disabled", timeout=_PATIENCE)
    return 1000 * (time.perf_counter() - start)


def describe(milliseconds: list[float]) -> str:
    """Return the median and the longest of some times."""
    return f"{statistics.median(milliseconds):.0f} ms, at most {max(milliseconds):.0f} ms"


if __name__ == "__main__":
    main()
