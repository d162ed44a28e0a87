"""The page of the sample's model, compared with the server of the same model."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from pipelines.catalogue import ROOT
from tests.browser import Browser, Visit
from tests.components._app.models import MOST_DIFFERENCE, make_requests
from tests.end_to_end.test_run import find_artifact, run
from tests.model_server import run_model_server

pytestmark = pytest.mark.slow

N_ROWS = 1_000
MOST_BYTES = 5_000_000
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("page") / "runs"
    done = run("--trials", "6", "--runs", str(runs), "--name", "first")
    assert done.returncode == 0, done.stdout + done.stderr
    return runs / "first"


@pytest.fixture(scope="module")
def page(finished: Path) -> Path:
    file = finished / "model.html"
    words = ["models", "export", "--html", str(file), "--run", "first", "--runs", str(finished.parent)]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"{file} holds the model of run first" in done.stdout
    return file


def draw_requests(finished: Path) -> list[dict[str, Any]]:
    """Return test rows, of which every second one has a cell that no training row had."""
    signature = json.loads((find_artifact(finished, "train", "model") / "signature.json").read_text())
    kinds = signature["columns"]
    rows = pd.read_parquet(find_artifact(finished, "split", "test"))[list(kinds)]
    requests = make_requests(rows.head(N_ROWS))
    rng = np.random.default_rng(0)
    strange: dict[str, list[Any]] = {
        "integer": [None, -1, 2**53, 10**18],
        "float": [None, -1e300, 1e300, 1e-300, 0.1],
        "boolean": [None, True],
        "string": [None, "", "(null)", "Zürich", " n/a "],
        "datetime": [None, "0001-01-01", "1804-03-01T23:59:59", "2400-02-29T12:00:00.000001"],
    }
    for request in requests[::2]:
        name = str(rng.choice(list(kinds)))
        of_kind = strange[kinds[name]]
        request[name] = of_kind[rng.integers(len(of_kind))]
    return requests


def open_answer(visit: Visit) -> None:
    visit.frame.locator(".answer-body .decision").wait_for(timeout=PATIENCE_MS)


def test_the_sample_predicts_and_explains_in_its_page_as_on_the_server(
    finished: Path, page: Path, browser: Browser
) -> None:
    requests = draw_requests(finished)
    with run_model_server(find_artifact(finished, "train", "model")) as server:
        answer = httpx.post(f"{server.url}/v1/models/small:explain", json={"instances": requests}, timeout=60)
    expected = answer.raise_for_status().json()["predictions"]
    with browser.from_file(page) as visit:
        open_answer(visit)
        code = "async (rows) => JSON.stringify(await predictor.predict(JSON.parse(rows), true))"
        predicted = json.loads(visit.frame.evaluate(code, json.dumps(requests)))
    assert (visit.faults, visit.requests) == ([], [])
    assert len(predicted) == len(expected) == N_ROWS
    for name in ("probabilities", "contributions"):
        own, others = (
            pd.DataFrame([row[name] for row in rows], dtype=float) for rows in (predicted, expected)
        )
        pd.testing.assert_frame_equal(own, others, rtol=0, atol=MOST_DIFFERENCE)
    assert [row["decision"] for row in predicted] == [row["decision"] for row in expected]


def test_the_page_is_small_and_has_the_card(page: Path, browser: Browser) -> None:
    assert page.stat().st_size < MOST_BYTES
    with browser.from_file(page) as visit:
        open_answer(visit)
        card = visit.frame.locator("#panel-model").text_content() or ""
    assert "Intended use" in card
    assert "Customer care" in card


def test_an_answer_takes_less_time_than_a_person_notices(page: Path, browser: Browser) -> None:
    code = """async () => {
        const times = [];
        const field = document.querySelector("input[type=number], input[inputmode]");
        const answer = document.querySelector(".answer-body");
        for (let i = 0; i < 100; i += 1) {
            const start = performance.now();
            field.value = String(20 + i % 50);
            const changed = new Promise((resolve) =>
                new MutationObserver(resolve).observe(answer, { childList: true }));
            field.dispatchEvent(new Event("input", { bubbles: true }));
            await changed;
            times.push(performance.now() - start);
        }
        return times.sort((one, other) => one - other)[50];
    }"""
    with browser.from_file(page) as visit:
        open_answer(visit)
        assert visit.frame.evaluate(code) < 100
