"""The app's tab Batch beside ``make score``: ``make bench-app``; needs Chromium.

Both predict the same 100,000 rows of the sample. The time of the app is that of a person: from the choice of
the file to the results that can be downloaded. Meanwhile another client asks for one prediction at a time.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright
from xlsxturbo import df_to_xlsx

from components.ingest.samples import open_sample
from pipelines.local.local_server import choose_run_to_serve
from tests.model_server import ModelServer, run_model_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_ROWS = 100_000
_TRIALS = 10
_PAUSE = 0.02
_PATIENCE = 300_000
_CHROMIUM = "/usr/bin/chromium"


class BatchTime(NamedTuple):
    """What a file took: seconds of its check and in total, and milliseconds of predictions meanwhile."""

    check: float
    total: float
    latencies: list[float]


def main() -> None:
    """Print the seconds of both for each format, their ratio, latencies and memory."""
    with tempfile.TemporaryDirectory() as folder:
        runs, files = Path(folder) / "runs", write_files(Path(folder))
        run_pipeline(["training", "--runs", str(runs), "--trials", str(_TRIALS)])
        model = choose_run_to_serve(runs, None).model
        seconds = {
            name: run_pipeline(["scoring", "--runs", str(runs), "--source", str(file)])
            for name, file in files.items()
        }
        with (
            run_model_server(model, "--app", module="pipelines.local.app_server") as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
            row = json.loads((model / "golden.json").read_text(encoding="utf-8"))["rows"][0]
            ask = Prober(server, row)
            idle = [ask.measure() for _ in range(100)]
            print(f"one prediction on the idle server: median {statistics.median(idle):.1f} ms")
            print(f"memory of the server: {read_memory(server, 'VmRSS')} MB")
            for name, file in files.items():
                found = measure_batch(browser, server, file, ask)
                ratio = found.total / seconds[name]
                print(
                    f"{name:8} make score {seconds[name]:5.1f} s, app {found.total:5.1f} s "
                    f"(check {found.check:.1f} s), ratio {ratio:.2f} (at most 1.5 is wanted); "
                    f"predictions meanwhile: median {statistics.median(found.latencies):.0f} ms, "
                    f"longest {max(found.latencies):.0f} ms; "
                    f"memory {read_memory(server, 'VmRSS')} MB, at most {read_memory(server, 'VmHWM')} MB"
                )
            browser.close()


def write_files(folder: Path) -> dict[str, Path]:
    """Write the sample's rows in each format."""
    sample = open_sample(f"sample:churn?rows={_ROWS}", seed=1)
    table = pa.Table.from_batches(list(sample.batches), sample.schema)
    files = {name: folder / f"rows.{name}" for name in ("csv", "parquet", "xlsx")}
    pyarrow.csv.write_csv(table, files["csv"])
    pq.write_table(table, files["parquet"])
    df_to_xlsx(table.to_pandas(), files["xlsx"])
    return files


def run_pipeline(words: list[str]) -> float:
    """Run a pipeline on this machine, and return its seconds."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "run", *words], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


class Prober:
    """Asks a server for the prediction of a row.

    Parameters
    ----------
    server : ModelServer
        The server.
    row : dict
        The row.
    """

    def __init__(self, server: ModelServer, row: dict[str, object]) -> None:
        body = json.dumps({"instances": [row]}).encode()
        headers = {"content-type": "application/json"}
        self._request = urllib.request.Request(f"{server.url}/v1/models/small:predict", body, headers)

    def measure(self) -> float:
        """Return the milliseconds of an answer."""
        started = time.perf_counter()
        urllib.request.urlopen(self._request).read()
        return 1000 * (time.perf_counter() - started)

    def collect(self, latencies: list[float], stopped: threading.Event) -> None:
        """Measure one answer after the other until an event."""
        while not stopped.wait(_PAUSE):
            latencies.append(self.measure())


def measure_batch(browser: "Browser", server: ModelServer, file: Path, prober: Prober) -> BatchTime:
    """Return what a person waits for the results of a file."""
    page = browser.new_page()
    page.goto(f"{server.url}/app")
    page.locator("#tab-batch").click()
    page.wait_for_selector(".drop")
    latencies: list[float] = []
    stopped = threading.Event()
    probing = threading.Thread(target=prober.collect, args=(latencies, stopped))
    probing.start()
    started = time.perf_counter()
    page.locator(".batch input[type=file]").set_input_files(file)
    page.wait_for_selector(".predict-file", timeout=_PATIENCE)
    checked = time.perf_counter()
    page.locator(".predict-file").click()
    page.wait_for_selector(".download", timeout=_PATIENCE)
    ended = time.perf_counter()
    stopped.set()
    probing.join()
    page.close()
    return BatchTime(checked - started, ended - started, latencies)


def read_memory(server: ModelServer, name: str) -> int:
    """Return a server's memory in MB: VmRSS now, VmHWM at most."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) // 1000


if __name__ == "__main__":
    main()
