"""Whole runs, as a user starts them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._model.package import Package
from tests.browser import Browser
from tests.end_to_end.tables import TARGETS, TASKS, write_csv
from tests.foreign import find_foreign

ROOT = Path(__file__).parents[2]
PAGES = {"validate", "eda", "preprocess", "engineer", "select", "tune", "train", "evaluate"}


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "run", "training", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def train_tables(folder: Path, task: str, name: str, *words: str) -> Path:
    """Run the pipeline on a task's table and return the run's folder."""
    source = write_csv(folder / f"{task}.csv", task)
    settings = ["--trials", "6", "--seed", "3", "--runs", str(folder / "runs"), "--name", name, *words]
    done = run("--source", str(source), "--target", TARGETS[task], *settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "runs" / name


def find_artifact(run_folder: Path, task: str, output: str) -> Path:
    (found,) = (run_folder / "artifacts").glob(f"*/{task}/{output}")
    return found


@pytest.fixture(scope="module", params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def finished(task: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_tables(tmp_path_factory.mktemp(task), task, "first")


@pytest.mark.slow
def test_a_run_ends_with_a_model_that_beats_the_baseline(task: str, finished: Path) -> None:
    record = json.loads(find_artifact(finished, "evaluate", "verdict").read_text(encoding="utf-8"))
    assert record["passed"]
    figures = record["record"]
    assert figures["rows_train"] + figures["rows_test"] == 240
    assert figures["trials"] == 6
    better = np.less if task != "binary" else np.greater
    assert better(figures["score"], figures["baseline"])
    assert figures["low"] <= figures["score"] <= figures["high"]


@pytest.mark.slow
def test_the_model_folder_predicts_raw_rows(task: str, finished: Path) -> None:
    package = Package.load(find_artifact(finished, "train", "model"))
    rows = pd.read_csv(finished.parents[1] / f"{task}.csv", parse_dates=["opened"])
    predicted = package.predict(rows)
    assert len(predicted) == len(rows)
    assert np.isfinite(predicted).all()
    if task != "regression":
        np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-6)


@pytest.mark.slow
def test_every_page_opens_without_a_console_error_or_a_request(finished: Path, browser: Browser) -> None:
    pages = {path.stem for path in (finished / "pages").glob("*.html")}
    assert pages == PAGES
    for path in [finished / "index.html", *sorted((finished / "pages").glob("*.html"))]:
        with browser.from_file(path) as visit:
            assert not visit.faults, f"{path.name}: {visit.faults}"
            assert not visit.requests, f"{path.name}: {visit.requests}"
            assert visit.frame.locator("h1").count() >= 1


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_is_accessible_and_fits_the_screen(
    finished: Path, browser: Browser, width: int, color_scheme: str
) -> None:
    for path in [finished / "index.html", *sorted((finished / "pages").glob("*.html"))]:
        with browser.from_file(path, width=width, color_scheme=color_scheme) as visit:
            assert visit.find_barriers() == [], path.name
            assert not visit.is_too_wide(), path.name


@pytest.mark.slow
def test_the_same_seed_gives_the_same_data_search_metrics_and_predictions(task: str, finished: Path) -> None:
    again = train_tables(finished.parents[1], task, "again")
    assert _read_facts(again) == _read_facts(finished)


def _read_facts(run_folder: Path) -> dict[str, Any]:
    model = find_artifact(run_folder, "train", "model")
    lineage = json.loads((model / "lineage.json").read_text(encoding="utf-8"))
    sweep = find_artifact(run_folder, "tune-result", "results") / "trials.json"
    trials = json.loads(sweep.read_text(encoding="utf-8"))["trials"]
    return {
        "data": lineage["dataset_sha256"],
        "models": lineage["models"],
        "trials": [(trial["number"], trial["parameters"], trial["fold_scores"]) for trial in trials],
        "verdict": find_artifact(run_folder, "evaluate", "verdict").read_text(encoding="utf-8"),
        "predictions": (model / "golden.json").read_text(encoding="utf-8"),
    }


@pytest.mark.slow
def test_two_workers_share_a_study_and_the_total_of_trials_is_exact(tmp_path: Path) -> None:
    folder = train_tables(tmp_path, "binary", "pair", "--workers", "2")
    known = [json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("results/trials.json")]
    # Each worker hands on all trials, and they are joined.
    assert len(known) == 3
    for part in known:
        assert [trial["number"] for trial in part["trials"]] == list(range(6))


@pytest.mark.slow
def test_a_missed_gate_ends_with_a_report_and_status_1(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "table.csv", "binary")
    problem = json.dumps({"gates": [{"metric": "roc_auc", "min": 0.9999}]})
    done = run(
        *("--source", str(source), "--target", "bought", "--trials", "2", "--problem", problem),
        *("--runs", str(tmp_path), "--name", "gated"),
    )
    assert done.returncode == 1
    assert "0.9999" in done.stdout
    assert json.loads((tmp_path / "gated" / "run.json").read_text())["status"] == "rejected"
    assert "FAILED" in (tmp_path / "gated" / "index.html").read_text(encoding="utf-8").upper()


GOOD = "a,b,y\n" + "".join(f"{i},{i % 7},{'yes' if i % 2 else 'no'}\n" for i in range(60))


def run_bad(folder: Path, content: str | bytes | None, target: str) -> subprocess.CompletedProcess[str]:
    """Run the pipeline on a table that makes no model; None stands for no file."""
    source = folder / "table.csv"
    if content is None:
        (folder / "table.txt").write_text(GOOD, encoding="utf-8")
    else:
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
    runs = folder / "runs"
    done = run("--source", str(source), "--target", target, "--runs", str(runs), "--name", "bad")
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "target", "cause", "remedy"),
    [
        pytest.param(None, "y", "table.csv", "table.txt", id="missing file"),
        pytest.param(GOOD, "yy", "'yy' is not in the table", "Did you mean 'y'?", id="wrong target"),
        pytest.param("", "y", "empty", "header", id="empty file"),
        pytest.param(b"\x7fELF\x02\x00\xff\xfe" * 40, "y", "not a table", "Export", id="binary file"),
        pytest.param(GOOD.replace("a,b,y", "a,a,y"), "y", "named 'a'", "its own", id="duplicate names"),
    ],
)
def test_what_the_start_of_a_file_shows_is_refused_before_a_run_begins(
    content: str | bytes | None, target: str, cause: str, remedy: str, tmp_path: Path
) -> None:
    done = run_bad(tmp_path, content, target)
    assert done.returncode == 2, done.stdout + done.stderr
    assert cause in done.stderr
    assert remedy in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "cause", "remedy"),
    [
        pytest.param("a,b,y\n", "header", "rows", id="header only"),
        pytest.param(GOOD + "1,2\n", "row 62 has 2", "Correct these rows", id="ragged rows"),
        pytest.param(GOOD.replace("no", "yes"), "only one value", "Add rows", id="one class"),
        pytest.param(GOOD.replace("5,5,yes", "5,inf,yes"), "infinite", "'b'", id="infinite number"),
    ],
)
def test_bad_input_ends_with_its_cause_and_remedy_and_no_finished_run(
    content: str, cause: str, remedy: str, tmp_path: Path
) -> None:
    done = run_bad(tmp_path, content, "y")
    said, runs = done.stdout + done.stderr, tmp_path / "runs"
    assert done.returncode == 1, said
    assert cause in said
    assert remedy in said
    record = json.loads((runs / "bad" / "run.json").read_text(encoding="utf-8"))
    assert record["status"] in ("failed", "rejected")
    assert not list(runs.rglob("model.skops"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "target", "task"),
    [
        ("penguins.csv", "species", "multiclass"),
        ("mpg.csv", "mpg", "regression"),
        ("horse-colic.csv", "column_23", "binary"),
        ("mammography.csv", "column_6", "binary"),
        ("taxis.csv", "tip", "regression"),
    ],
)
def test_a_published_table_gives_a_model(table: str, target: str, task: str, tmp_path: Path) -> None:
    source = find_foreign("data", table)
    settings = ("--trials", "5", "--runs", str(tmp_path), "--name", "run")
    done = run("--source", str(source), "--target", target, *settings)
    assert done.returncode == 0, done.stdout + done.stderr
    signature = json.loads((find_artifact(tmp_path / "run", "train", "model") / "signature.json").read_text())
    assert signature["task"] == task
