import json
from pathlib import Path
from typing import Any

import pytest

from components._problem.verdict import Verdict
from components.errors import InvalidSetting
from pipelines.comparison.run_comparison import compare_runs
from pipelines.local.run_folder import RunFolder
from tests.components._model.tables import KINDS, draw_table, fit_package, make_problem
from tests.pipelines.local.test_run_list import write_run
from tests.tables import write_frame

_METRICS = {"roc_auc": 0.8, "log_loss": 0.4, "accuracy": 0.7, "simple": 0.6}


def write_training(
    runs: Path, name: str, family: str = "lightgbm", n_rows: int = 200, **changes: Any
) -> RunFolder:
    """Write a run with a model, its test rows and its evaluation."""
    folder = write_run(runs, name, **changes)
    artifacts = folder.artifacts / "one"
    fit_package(family, "binary").save(_make(artifacts / "train" / "model"))
    write_frame(draw_table("binary").tail(n_rows), {**KINDS, "y": "string"}, artifacts / "split" / "test")
    make_problem("binary").save(_make(artifacts / "validate" / "problem"))
    evaluation = {"score": 0.8, "low": 0.7, "high": 0.9, "metrics": _METRICS}
    Verdict((), "", evaluation).save(_make(artifacts / "evaluate" / "verdict"))
    return folder


def _make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_two_models_are_compared_on_the_same_test_rows(tmp_path: Path) -> None:
    first = write_training(tmp_path, "first", "linear")
    second = write_training(tmp_path, "second", parameters={"source": "t.csv", "target": "y", "trials": 9})
    comparison = compare_runs(first, second)
    assert comparison.rows.is_everything
    assert comparison.rows.n == 200
    assert comparison.scores is not None
    assert comparison.scores.better_by is not None
    assert [metric.title for metric in comparison.metrics] == [
        "log loss (smaller is better)",
        "accuracy (larger is better)",
    ]
    assert ("parameter trials", "–", "9") in comparison.differences
    # The other way round, the difference has the other sign.
    back = compare_runs(second, first)
    assert back.scores is not None
    assert back.scores.better_by is not None
    assert back.scores.better_by.value == pytest.approx(-comparison.scores.better_by.value)


def test_a_model_is_equal_to_itself(tmp_path: Path) -> None:
    comparison = compare_runs(write_training(tmp_path, "a"), write_training(tmp_path, "b"))
    assert comparison.verdict.outcome == "equal"


def test_only_common_test_rows_are_compared(tmp_path: Path) -> None:
    comparison = compare_runs(
        write_training(tmp_path, "a"), write_training(tmp_path, "b", "linear", n_rows=100)
    )
    assert (comparison.rows.n, comparison.rows.n_base, comparison.rows.n_change) == (100, 200, 100)
    assert comparison.verdict.outcome != "unknown"


def test_a_run_without_a_model_is_compared_by_its_parameters_and_data(tmp_path: Path) -> None:
    failed = write_run(tmp_path, "bad", status="failed", parameters={"source": "u.csv", "trials": 1})
    output = _make(failed.artifacts / "one" / "ingest" / "executor_output.json")
    metadata = {"rows": 10, "columns": 3, "sha256": "b" * 64}
    output.write_text(json.dumps({"artifacts": {"dataset": {"artifacts": [{"metadata": metadata}]}}}))
    comparison = compare_runs(write_training(tmp_path, "good"), failed)
    assert comparison.verdict.sentence == "bad has no model."
    assert comparison.scores is None
    assert ("parameter trials", "–", "1") in comparison.differences
    assert ("rows of the table", "–", "10") in comparison.differences
    assert ("hash of the data", "unknown", "b" * 12) in comparison.differences


def test_a_model_that_the_code_here_cannot_read_is_not_compared(tmp_path: Path) -> None:
    old = write_training(tmp_path, "old")
    lineage = old.artifacts / "one" / "train" / "model" / "lineage.json"
    lineage.write_text('{"versions": {"scikit-learn": "1.0"}}')
    comparison = compare_runs(old, write_training(tmp_path, "new"))
    assert comparison.verdict.outcome == "unknown"
    assert comparison.verdict.sentence.startswith("The code here cannot read both models.")


def test_only_trainings_are_compared(tmp_path: Path) -> None:
    scoring = write_run(tmp_path, "score", pipeline="scoring")
    with pytest.raises(InvalidSetting, match="'score' is a scoring"):
        compare_runs(write_training(tmp_path, "one"), scoring)
