"""The loop on this machine: serve, drift of the concept, detection, retraining, a new champion."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.schema import Schema
from components.ingest.samples import open_sample
from components.monitor.record import MonitoringReport
from pipelines.local.model_registry import open_registry
from tests.end_to_end.test_monitoring import serve
from tests.end_to_end.test_run import ROOT, find_artifact
from tests.end_to_end.test_scoring import run_command

pytestmark = pytest.mark.slow

TRIALS = ["--trials", "4"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a trained model of the sample whose owner allows retraining."""
    folder = tmp_path_factory.mktemp("retraining")
    sample = (ROOT / "pipelines" / "samples" / "churn.yaml").read_text(encoding="utf-8")
    (folder / "problem.yaml").write_text(sample.replace("unit: EUR", "unit: EUR, retrain: true"))
    expected = str(folder / "expectations.yaml")
    done = run_command("data", "infer", "sample:churn", "--target", "churned", "--output", expected)
    assert done.returncode == 0, done.stdout + done.stderr
    words = ["--source", "sample:churn", "--target", "churned", "--problem", str(folder / "problem.yaml")]
    words += ["--expectations", expected]
    done = run_command("run", "training", "--runs", str(folder / "runs"), "--name", "first", *words, *TRIALS)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def ask(place: Path, seed: int, n_rows: int, *, is_changed: bool) -> Path:
    """Send requests about new customers, and return the file of what became of them."""
    table = pa.Table.from_batches(open_sample("sample:churn", seed).batches).to_pandas()
    rows = table.drop_duplicates("customer_id").head(n_rows)
    rows["customer_id"] = f"seed {seed}, " + rows["customer_id"]
    if is_changed:
        # Those with a monthly contract stay from now on, and the others leave.
        is_monthly = rows["contract"] == "monthly"
        rows["churned"] = rows["churned"].mask(is_monthly, rows["churned"].map({"yes": "no", "no": "yes"}))
    truth = place / f"truth-{seed}.csv"
    rows[["customer_id", "churned"]].to_csv(truth, index=False)
    serve(place, json.loads(rows.drop(columns="churned").to_json(orient="records", date_format="iso")))
    return truth


def monitor(place: Path, name: str, truth: Path, *words: str) -> tuple[int, str]:
    command = ["run", "monitoring", "--runs", str(place / "runs"), "--name", name, "--truth", str(truth)]
    done = run_command(*command, *TRIALS, *words)
    return done.returncode, done.stdout + done.stderr


def load_report(place: Path, name: str) -> MonitoringReport:
    return MonitoringReport.load(find_artifact(place / "runs" / name, "monitor", "record"))


def test_a_model_that_became_worse_is_replaced_by_a_better_one(place: Path) -> None:
    truth = ask(place, 5, 1_500, is_changed=True)
    status, output = monitor(place, "second", truth)
    assert status == 0, output
    report = load_report(place, "second")
    assert report.decision.action == "retrain", output
    assert report.retraining is not None
    assert "RETRAIN" in output
    assert "of the log alone. Older rows make a quick model worse" in output
    assert "It is the champion now." in output
    # The table of the training is that of the log, read as the first table was.
    rows = pd.read_parquet(report.retraining.source)
    assert len(rows) == report.retraining.rows_source
    assert rows["customer_id"].str.startswith("seed 5").all()
    (trained,) = (place / "runs").glob("training-*")
    first, second = (find_artifact(run, "train", "model") for run in (place / "runs" / "first", trained))
    schemas = [Schema.load(model / "schema.json") for model in (first, second)]
    for column in schemas[1].columns:
        assert column.reading == schemas[0][column.name].reading
    # What was expected of the first table's cells is expected of the log's.
    first_columns, second_columns = (schema.expectations["columns"] for schema in schemas)
    assert first_columns["contract"] == second_columns["contract"]
    assert "customer_id" in first_columns.keys() - second_columns.keys()
    assert Problem.load(second / "problem.json").monitoring == Problem.load(first / "problem.json").monitoring
    with open_registry(place / "runs", None) as registry:
        newest, oldest = registry.list_versions()
    assert (newest.number, newest.aliases, newest.tags["comparison"]) == ("2", ("champion",), "better")
    assert oldest.aliases == ()


def test_the_new_model_is_served_and_monitored_next(place: Path) -> None:
    truth = ask(place, 6, 800, is_changed=True)
    status, output = monitor(place, "third", truth)
    assert status == 0, output
    report = load_report(place, "third")
    assert report.version == "2"
    assert report.performance.labelled is not None
    # Which rows are logged is left to chance; the first model had 0.65 on such customers.
    assert report.performance.labelled.value > 0.75
    # Whatever it finds, the cooldown holds.
    assert report.decision.action != "retrain", output
