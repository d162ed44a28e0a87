"""Tables scored on this machine, as a user starts it, with models that were trained on it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components._model.package import Package
from components._table.storage import read_frame
from tests.end_to_end.tables import TASKS, write_csv
from tests.end_to_end.test_run import ROOT, find_artifact, train_tables

pytestmark = pytest.mark.slow


def run_command(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module", params=TASKS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a trained model, a table to score, and no champion yet."""
    place = tmp_path_factory.mktemp(str(request.param))
    train_tables(place, str(request.param), "first")
    table = pd.read_csv(write_csv(place / "rows.csv", str(request.param), n_rows=501, seed=2)).iloc[:, :-1]
    table.insert(0, "key", [f"k{i}" for i in range(len(table))])
    rng = np.random.default_rng(0)
    table["district"] = table["district"].mask(rng.random(501) < 0.1, "(other)").mask(rng.random(501) < 0.1)
    table["street"] = table["street"].mask(rng.random(501) < 0.1, "Nowhere 1")
    table["size"] = table["size"].mask(rng.random(501) < 0.1, 1e300)
    table["opened"] = table["opened"].mask(rng.random(501) < 0.1, "2091-12-31")
    table.assign(unknown=1).to_csv(place / "rows.csv", index=False)
    return place


def score_table(folder: Path, name: str, *words: str) -> tuple[pd.DataFrame, str]:
    runs = str(folder / "runs")
    source = ["--source", str(folder / "rows.csv"), "--identifiers", "key", "--runs", runs, "--name", name]
    done = run_command("run", "scoring", *source, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_frame(find_artifact(folder / "runs" / name, "score-result", "predictions")), done.stdout


def check(folder: Path, name: str, predicted: pd.DataFrame) -> None:
    """See that the predictions are those of the pipeline that was trained."""
    package = Package.load(find_artifact(folder / "runs" / "first", "train", "model"))
    rows = read_frame(find_artifact(folder / "runs" / name, "ingest-rows", "dataset"))
    assert predicted["row"].tolist() == list(range(501))
    assert predicted["key"].tolist() == rows["key"].tolist() == [f"k{i}" for i in range(501)]
    expected = package.predict(rows).reshape(501, -1)
    if package.signature.task == "binary":
        outputs = predicted[["probability"]].to_numpy()
        expected = expected[:, 1:]
        decided = (expected[:, 0] >= package.signature.threshold).astype(int)
    elif package.signature.task == "multiclass":
        outputs = predicted[[f"probability_{label}" for label in package.signature.classes]].to_numpy()
        decided = expected.argmax(axis=1)
    else:
        outputs = predicted[["prediction"]].to_numpy()
    scale = np.maximum(1, np.abs(expected))
    np.testing.assert_allclose(outputs / scale, expected / scale, atol=1e-6)
    if package.signature.classes:
        assert predicted["prediction"].tolist() == [package.signature.classes[i] for i in decided]


def test_a_table_is_scored_with_the_last_approved_model_then_with_the_champion(folder: Path) -> None:
    predicted, told = score_table(folder, "a", "--shards", "3")
    check(folder, "a", predicted)
    assert set(predicted["model_version"]) == {"1"}
    assert "501 rows predicted" in told
    for name in ("predictions", "predictions.csv"):
        place = folder / "runs" / "a" / name
        assert f"{place}\n" in told
        assert place.exists()
    assert len(pd.read_csv(place)) == len(predicted)
    page = (folder / "runs" / "a" / "pages" / "score.html").read_text(encoding="utf-8")
    assert "Each of the 501 rows has exactly one prediction." in page
    assert run_command("models", "promote", "1", "--runs", str(folder / "runs")).returncode == 0
    for name, words in (("b", ()), ("c", ("--version", "1")), ("d", ("--run", "first"))):
        again, _ = score_table(folder, name, "--shards", "1", *words)
        pd.testing.assert_frame_equal(again, predicted)


def test_a_table_that_does_not_fit_says_why(folder: Path, tmp_path: Path) -> None:
    table = pd.read_csv(folder / "rows.csv").drop(columns="street")
    table.to_csv(tmp_path / "other.csv", index=False)
    words = ["--source", str(tmp_path / "other.csv"), "--runs", str(folder / "runs"), "--name", "other"]
    done = run_command("run", "scoring", *words, "--version", "1")
    assert done.returncode == 1
    assert "Column 'street' is missing, and was never null in training." in done.stderr
    assert "Traceback" not in done.stderr
