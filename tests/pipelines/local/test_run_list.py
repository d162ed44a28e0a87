"""The runs of a folder in a few words, whatever state they are in."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from components._problem.verdict import Verdict
from components.json_file import write_json
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_list import ListedRun, RunList, RunPage, RunScore, read_run
from tests.components.monitor.reports import make_report
from tests.components.serve.models import write_model

GATE = {"gate": "0.75 ≤ roc_auc", "value": 0.84, "passed": True}
EVALUATION = {
    "model": "LightGBM",
    "metric": "roc_auc",
    "score": 0.84,
    "low": 0.82,
    "high": 0.86,
    "caveat": "",
    "gates": [GATE],
}


def write_run(runs: Path, name: str, /, **changes: Any) -> RunFolder:
    """Write the record of a run that has succeeded, with changes."""
    folder = RunFolder(runs / name)
    folder.path.mkdir(parents=True)
    record: dict[str, Any] = {
        "name": name,
        "pipeline": "training",
        "status": "succeeded",
        "process": 1,
        "started": "2026-11-29T21:05:23+01:00",
        "seconds": 42.6,
        "parameters": {"source": "data/new/customers.csv", "target": "churned"},
        "options": {},
        "commit": None,
        "stages": [{"name": "validate"}, {"name": "tune"}],
    }
    folder.save_record({**record, **changes})
    return folder


def write_output(folder: RunFolder, task: str, name: str, content: Any) -> None:
    path = folder.artifacts / "one" / task / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, content)


def write_verdict(folder: RunFolder, stage: str, *failures: str, **record: Any) -> None:
    path = folder.artifacts / "one" / stage / "verdict"
    path.parent.mkdir(parents=True, exist_ok=True)
    Verdict(failures, "", record).save(path)


def write_trained(runs: Path, name: str = "first", /, **changes: Any) -> RunFolder:
    """Write a run with a model, an evaluation and pages."""
    folder = write_run(runs, name, **changes)
    write_model(folder.artifacts / "one" / "train" / "model")
    write_verdict(folder, "evaluate", **EVALUATION)
    metadata = {"artifacts": {"dataset": {"artifacts": [{"metadata": {"rows": 10_000}}]}}}
    write_output(folder, "ingest", "executor_output.json", metadata)
    folder.pages.mkdir()
    folder.index.write_text("<title>index</title>")
    (folder.pages / "tune.html").write_text("<title>tune</title>")
    return folder


def test_a_training_run_has_its_table_score_verdict_gates_and_pages(tmp_path: Path) -> None:
    run = read_run(write_trained(tmp_path))
    title = run.model
    assert title
    assert run == ListedRun(
        name="first",
        pipeline="training",
        status="succeeded",
        started="2026-11-29T20:05:23+00:00",
        seconds=42.6,
        source="customers.csv",
        rows=10_000,
        target="churned",
        score=RunScore("ROC AUC", 0.84, 0.82, 0.86),
        level="good",
        verdict="Passed its gates",
        n_gates=1,
        n_passed=1,
        details=("0.75 ≤ roc_auc: passed with 0.84",),
        model=title,
        pages=(RunPage("overview", "index.html"), RunPage("tune", "pages/tune.html")),
    )


def test_a_rejected_run_says_why(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "bad", status="rejected", failed_task="validate-gate")
    write_verdict(folder, "validate", "The table has 3 rows.")
    run = read_run(folder)
    assert (run.level, run.verdict) == ("error", "A model cannot be trained on this table")
    assert (run.details, run.model, run.score) == (("The table has 3 rows.",), "", None)


def test_a_failed_run_says_in_which_stage_and_with_what_message(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "bad", status="failed", failed_task="tune-plan")
    events = [{"event": "task"}, {"event": "error", "what": "No disk.", "remedy": "Free some."}]
    folder.events.write_text("".join(json.dumps(event) + "\n" for event in events))
    run = read_run(folder)
    assert (run.verdict, run.details) == ("Failed in tune", ("No disk.", "Free some."))
    folder.events.unlink()
    assert read_run(folder).details == (f"See {folder.log}.",)


@pytest.mark.parametrize(
    ("status", "process", "expected", "level"),
    [
        ("running", os.getpid(), "Running", "none"),
        ("running", None, "Ended without a result", "error"),
        ("stopped", None, "Stopped by a person", "warning"),
    ],
    ids=["running", "killed", "stopped"],
)
def test_a_run_without_a_result_says_how_it_is(
    status: str,
    process: int | None,
    expected: str,
    level: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.local.run_list.is_alive", lambda number, _: number is not None)
    run = read_run(write_run(tmp_path, "one", status=status, process=process))
    assert (run.verdict, run.level) == (expected, level)


def test_a_monitoring_run_has_its_decision(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "watch", pipeline="monitoring", parameters={"model_name": "churn"})
    path = folder.artifacts / "one" / "monitor" / "record"
    path.parent.mkdir(parents=True)
    report = make_report()
    path.write_text(report.to_json())
    run = read_run(folder)
    assert (run.source, run.rows) == (report.model, report.rows_logged)
    assert run.details == (" ".join(report.decision.reasons),)
    assert run.verdict in ("Nothing to do", "ALERT", "RETRAIN")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("sample:churn", "sample:churn"),
        ("https://user:secret@host/a/b.csv?token=1", "b.csv"),
        ("s3://key@bucket", "bucket"),
        ("/data/table/", "table"),
    ],
)
def test_a_source_is_named_without_its_place(source: str, name: str, tmp_path: Path) -> None:
    assert read_run(write_run(tmp_path, "one", parameters={"source": source})).source == name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"status": "succeeded", "pipeline": "training"}', "KeyError: 'parameters'"),
        ('{"status": "succeeded", "started": 3}', "TypeError|KeyError"),
    ],
)
def test_a_damaged_record_is_said(text: str, problem: str, tmp_path: Path) -> None:
    folder = write_run(tmp_path, "one")
    (folder.path / "run.json").write_text(text)
    (run,) = RunList(tmp_path).read()
    assert (run.name, run.status, run.level) == ("one", "damaged", "error")
    assert run.verdict == "Its files cannot be read"
    assert any(word in run.details[0] for word in problem.split("|"))


def test_the_newest_come_first_and_a_changed_record_is_read_again(tmp_path: Path) -> None:
    write_trained(tmp_path, "old")
    changing = write_trained(tmp_path, "new", started="2026-11-29T20:30:00+00:00")
    listed = RunList(tmp_path)
    assert [run.name for run in listed.read()] == ["new", "old"]
    changing.save_record({**changing.load_record(), "started": "2026-11-29T20:00:00+00:00"})
    assert [run.name for run in listed.read()] == ["old", "new"]
    (changing.path / "run.json").unlink()
    assert [run.name for run in listed.read()] == ["old"]


def test_two_hundred_runs_are_read_in_under_a_third_of_a_second(tmp_path: Path) -> None:
    first = write_trained(tmp_path, "run-0")
    for number in range(1, 200):
        folder = write_run(tmp_path, f"run-{number}")
        folder.artifacts.symlink_to(first.artifacts)
        folder.pages.symlink_to(first.pages)
    listed = RunList(tmp_path)
    listed.read()
    started = time.process_time()
    assert len(RunList(tmp_path).read()) == 200
    assert time.process_time() - started < 0.3
