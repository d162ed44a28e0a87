import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._problem.verdict import RejectedRun, Verdict
from components._table.schema import Schema
from components._table.storage import write_table
from components.errors import InvalidSetting
from components.validate.run import run
from tests.readings import make_plain_reading

N = 40
X = pa.array([i / 3 for i in range(N)])
TARGETS = {
    "binary": pa.array([("no", "yes", "no", None)[i % 4] for i in range(N)]),
    "multiclass": pa.array([("a", "b", "c")[i % 3] for i in range(N)]),
    "regression": pa.array([i / 7 for i in range(N)]),
}


def _run(
    folder: Path,
    table: pa.Table,
    own_test: Path | None = None,
    expectations: dict[str, Any] | None = None,
    **settings: Any,
) -> Verdict:
    outputs: dict[str, Any] = {
        name: str(folder / name) for name in ("problem", "schema", "verdict", "report")
    }
    write_table(table.to_batches(), table.schema, folder / "dataset")
    Problem.from_settings({"target": "y"} | settings).save(folder / "draft")
    make_plain_reading(table).save(folder / "reading")
    inputs: dict[str, Any] = {name: str(folder / name) for name in ("dataset", "reading", "draft")}
    run(
        **inputs,
        **outputs,
        own_test=None if own_test is None else str(own_test),
        expectations=expectations or {},
    )
    return Verdict.load(outputs["verdict"])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_sound_table_passes_and_leaves_nothing_open(tmp_path: Path, task: str) -> None:
    verdict = _run(tmp_path, pa.table({"x": X, "y": TARGETS[task]}))
    assert verdict.passed
    problem = Problem.load(tmp_path / "problem")
    assert problem.is_resolved
    assert problem.task == task
    schema = Schema.load(tmp_path / "schema")
    assert (schema.names, schema.n_rows) == (["x", "y"], N)
    assert schema["x"].maximum == X[N - 1].as_py()
    assert "A model can be trained on this table" in (tmp_path / "report").read_text(encoding="utf-8")


def test_the_verdict_records_what_was_counted(tmp_path: Path) -> None:
    verdict = _run(tmp_path, pa.table({"x": X, "y": TARGETS["binary"]}))
    notes = verdict.record.pop("notes")
    assert verdict.record == {
        "rows": 40,
        "columns": 2,
        "duplicate_rows": 0,
        "rows_without_target": 10,
        "task": "binary",
        "metric": "roc_auc",
        "positive_class": "yes",
        "classes": 2,
        "errors": 0,
        "warnings": [
            {
                "text": "The target is empty in 10 rows (25.0%).",
                "remedy": "Rows without a target are left out.",
            }
        ],
        "proposals": [],
        "readings": [],
    }
    assert {"text": "The table has 40 rows and 2 columns.", "remedy": ""} in notes


def test_the_verdict_of_a_table_that_contradicts_the_draft_leaves_open_what_it_came_to(
    tmp_path: Path,
) -> None:
    verdict = _run(tmp_path, pa.table({"x": X, "y": pa.array([1] * N)}))
    decided = {key: verdict.record[key] for key in ("task", "metric", "positive_class", "classes", "errors")}
    assert decided == {"task": None, "metric": None, "positive_class": None, "classes": 0, "errors": 1}


def test_the_target_of_a_test_table_is_checked(tmp_path: Path) -> None:
    own = pa.table({"x": X, "y": pa.array(["perhaps"] * N)})
    write_table(own.to_batches(), own.schema, tmp_path / "own")
    verdict = _run(tmp_path, pa.table({"x": X, "y": TARGETS["binary"]}), tmp_path / "own")
    assert "classes that no training row has: 'perhaps' (40 rows)" in verdict.failures[0]


def test_a_metric_is_recorded_by_its_usual_name_and_a_row_without_target_counted(tmp_path: Path) -> None:
    target = pa.array([None, *range(100, 100 + N - 1)], pa.int64())
    verdict = _run(tmp_path, pa.table({"x": X, "y": target}), metric="RMSE")
    assert verdict.record["metric"] == "root_mean_squared_error"
    assert verdict.record["rows_without_target"] == 1


FLOATS, STRINGS = pa.float64(), pa.string()


@pytest.mark.parametrize(
    ("table", "settings", "failures", "remedy"),
    [
        (
            {"x": X, "churned": TARGETS["binary"]},
            {"target": "Churn"},
            ["The target column 'Churn' is not in the table."],
            "Did you mean 'churned'?",
        ),
        (
            {"x": X, "y": pa.array([None] * N, STRINGS)},
            {},
            ["The target column 'y' is empty: no row has a value."],
            "Name another target.",
        ),
        (
            {"x": X, "y": pa.array(["a"] * N)},
            {},
            ["The target column 'y' has only one value: 'a'."],
            "Add rows with other values, or name another target.",
        ),
        (
            {"x": pa.array([], FLOATS), "y": pa.array([], STRINGS)},
            {},
            ["The table has no rows."],
            "Check the source: it holds column names only.",
        ),
        (
            {"x": pa.array([float("inf"), 1.0] * 20), "y": TARGETS["multiclass"]},
            {"task": "regression"},
            [
                "task=regression does not fit the target column 'y': it holds text, not numbers.",
                "Column 'x' has 20 rows with an infinite number: 1, 3, 5, 7, 9 and more "
                "(the first row is 1).",
            ],
            "Set TASK=multiclass (in problem.yaml, task: multiclass), or name another target.\n"
            "Replace them in the source, or leave the cell empty if the value is not known.",
        ),
    ],
)
def test_a_table_that_makes_no_model_is_reported_and_then_stopped(
    tmp_path: Path,
    table: dict[str, pa.Array],
    settings: dict[str, Any],
    failures: list[str],
    remedy: str,
) -> None:
    verdict = _run(tmp_path, pa.table(table), **settings)
    assert list(verdict.failures) == failures
    assert verdict.remedy == remedy
    assert Problem.load(tmp_path / "problem") == Problem.load(tmp_path / "draft")
    assert Schema.load(tmp_path / "schema").names == list(table)
    assert "A model cannot be trained" in (tmp_path / "report").read_text(encoding="utf-8")
    with pytest.raises(RejectedRun, match=re.escape(failures[-1])):
        verdict.enforce()


def test_the_same_data_give_the_same_files_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    table = pa.table({"x": X, "y": TARGETS["binary"]})
    for name, rows in (("a", table), ("b", table.take(list(range(N))[::-1]))):
        (tmp_path / name).mkdir()
        _run(tmp_path / name, rows)
    for name in ("problem", "schema", "verdict", "report"):
        texts = {(tmp_path / folder / name).read_text(encoding="utf-8") for folder in ("a", "b")}
        assert len(texts) == 1


def test_infinite_numbers_leave_a_schema_that_is_valid_json(tmp_path: Path) -> None:
    _run(tmp_path, pa.table({"x": pa.array([float("inf"), -2.0] * 20), "y": TARGETS["regression"]}))
    (x, _) = json.loads((tmp_path / "schema").read_text(encoding="utf-8"))["columns"]
    assert (x["minimum"], x["maximum"]) == (-2.0, -2.0)


EXPECTED_X = {"columns": {"x": {"type": "float", "max": 12}}}


def test_a_broken_expectation_stops_the_run_like_any_other_error(tmp_path: Path) -> None:
    verdict = _run(tmp_path, pa.table({"x": X, "y": TARGETS["binary"]}), expectations=EXPECTED_X)
    assert verdict.failures == (
        "Column 'x' is above its max of 12 in 3 rows (7.5%): row 38: 12.3333333333; row 39: 12.6666666667; "
        "row 40: 13.",
    )
    assert verdict.record["expectations"]["set_aside"] == 0
    assert "Column &#39;x&#39; is above" in (tmp_path / "report").read_text(encoding="utf-8")


def test_rows_that_are_set_aside_are_not_looked_at_any_more(tmp_path: Path) -> None:
    target = pa.array(["perhaps" if i == 39 else ("no", "yes")[i % 2] for i in range(N)])
    table = pa.table({"x": X, "y": target, "z": pa.array([1.0] * 38 + [float("inf"), 2.0])})
    settings = {
        "columns": {"y": {"type": "string", "allowed": ["no", "yes"]}, "x": {"type": "float", "min": 0.1}},
        "quarantine": True,
    }
    verdict = _run(tmp_path, table, expectations=settings)
    # Rows 1 and 40 are set aside, so there are two classes; the row number is that of the whole table.
    assert verdict.failures == ("Column 'z' has 1 row with an infinite number: 39 (the first row is 1).",)
    assert verdict.record["task"] == "binary"
    assert verdict.record["rows"] == N
    assert verdict.record["expectations"] == {
        "sha256": verdict.record["expectations"]["sha256"],
        "columns": 2,
        "rules": 0,
        "quarantine": True,
        "set_aside": 2,
        "set_aside_test": 0,
    }
    schema = Schema.load(tmp_path / "schema")
    assert (schema.n_rows, schema["x"].minimum) == (N - 2, X[1].as_py())
    assert schema.expectations == settings
    assert "rows set aside" in (tmp_path / "report").read_text(encoding="utf-8")


def test_wrong_expectations_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"columms: unknown key\. Did you mean 'columns'"):
        _run(tmp_path, pa.table({"x": X, "y": TARGETS["binary"]}), expectations={"columms": {}})
    assert not (tmp_path / "verdict").exists()
