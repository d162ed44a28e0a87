import json
from pathlib import Path
from typing import Any

import pytest

from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.findings import ColumnFinding, Findings
from components.json_file import write_json
from pipelines.local.decisions import Decisions, read_decisions
from pipelines.local.run_folder import RunFolder

RECORD: dict[str, Any] = {
    "rows": 1200,
    "columns": 1,
    "rows_without_target": 1,
    "task": "binary",
    "metric": "roc_auc",
    "positive_class": "yes",
    "classes": 2,
    "readings": ["amount: number, thousands ','"],
    "warnings": [{"text": "Something is odd.", "remedy": "Look."}, {"text": "And this.", "remedy": ""}],
}

SIDES = {"train": 1000, "test": 1}


def run_folder(folder: Path, record: dict[str, Any]) -> RunFolder:
    run = RunFolder(folder)
    for task in ("validate", "eda", "engineer/recipe"):
        (run.artifacts / "pipeline" / task).mkdir(parents=True)
    place = run.artifacts / "pipeline"
    Verdict((), "", record).save(place / "validate" / "verdict")
    problem = Problem(target="y", identifiers=("id",), sensitive=("sex",), keep=("id2",), group="household")
    problem.save(place / "validate" / "problem")
    found = [
        ColumnFinding("income", "unique", "All differ."),
        ColumnFinding("note", "leak", "It tells the target on its own."),
        ColumnFinding("x", "skewed", "Skew 3."),
        ColumnFinding("void", "empty", "It has no values."),
    ]
    Findings(tuple(found)).save(place / "eda" / "findings")
    decided = {"decision": "0 of 2 blocks kept.", "event_time": ""}
    write_json(place / "engineer" / "recipe" / "blocks.json", decided)
    return run


def test_what_was_decided_is_read_from_the_stages(tmp_path: Path) -> None:
    warnings = [{"text": "Time was short.", "remedy": "Give it more."}]
    assert read_decisions(run_folder(tmp_path, RECORD), {"metric": "AUC"}, warnings) == Decisions(
        facts=(
            ("task", "binary, positive class 'yes'"),
            ("metric", "ROC AUC (given as AUC)"),
            ("table", "1,200 rows and 1 column read; 1 row without a target left out"),
        ),
        left_out=(
            "income (identifies rows)",
            "note (leak: it tells the target on its own)",
            "void (no values)",
            "sex (sensitive)",
            "id (identifier)",
            "household (group)",
        ),
        readings=("amount: number, thousands ','",),
        features="0 of 2 blocks kept.",
        warnings=("Time was short. Give it more.", "Something is odd. Look.", "And this."),
    )


@pytest.mark.parametrize("event_time", ["", "day"])
def test_an_event_time_that_features_are_made_of_is_not_left_out(tmp_path: Path, event_time: str) -> None:
    run = run_folder(tmp_path, RECORD)
    place = run.artifacts / "pipeline"
    Problem(target="y", event_time="day", group="household").save(place / "validate" / "problem")
    decided = {"decision": "Kept.", "event_time": event_time}
    write_json(place / "engineer" / "recipe" / "blocks.json", decided)
    left_out = read_decisions(run, {"metric": "AUC"}, []).left_out
    assert ("day (event time)" in left_out) is not bool(event_time)
    assert "household (group)" in left_out


@pytest.mark.parametrize("texts", [[], ["review"]])
def test_free_text_is_left_out_unless_its_words_are_kept(tmp_path: Path, texts: list[str]) -> None:
    run = run_folder(tmp_path, RECORD)
    place = run.artifacts / "pipeline"
    Findings((ColumnFinding("review", "free_text", "Sentences."),)).save(place / "eda" / "findings")
    decided = {"decision": "Kept.", "event_time": "", "texts": texts}
    write_json(place / "engineer" / "recipe" / "blocks.json", decided)
    left_out = read_decisions(run, {}, []).left_out
    assert ("review (free text, whose words are not kept)" in left_out) is not bool(texts)


def test_how_the_rows_were_split_is_said(tmp_path: Path) -> None:
    run = run_folder(tmp_path, RECORD)
    place = run.artifacts / "pipeline" / "split"
    place.mkdir()
    facts = {"strategy": "column", "notes": ["The rest is training."]}
    written = {side: {"artifacts": [{"metadata": {"rows": n, **facts}}]} for side, n in SIDES.items()}
    (place / "executor_output.json").write_text(json.dumps({"artifacts": written}))
    split = "1,000 training rows and 1 test row, as the split column says. The rest is training."
    assert dict(read_decisions(run, {}, ()).facts)["split"] == split


@pytest.mark.parametrize("notes", [[], ["Computed by 2 Dask workers."]])
def test_an_engine_that_is_not_the_usual_one_is_said(notes: list[str], tmp_path: Path) -> None:
    run = run_folder(tmp_path, RECORD)
    place = run.artifacts / "pipeline" / "preprocess"
    place.mkdir()
    written = {"recipe": {"artifacts": [{"metadata": {"notes": notes}}]}}
    (place / "executor_output.json").write_text(json.dumps({"artifacts": written}))
    assert dict(read_decisions(run, {}, ()).facts).get("engine") == (notes[0] if notes else None)


@pytest.mark.parametrize(
    ("changes", "parameters", "expected"),
    [
        ({}, {"metric": "auto"}, "ROC AUC, the default of the task"),
        ({}, {"metric": "roc_auc"}, "ROC AUC"),
        ({}, {"metric": "auto", "problem": {"metric": "auc"}}, "ROC AUC (given as auc)"),
        ({"metric": "log_loss"}, {"metric": "neg_log_loss"}, "log loss"),
    ],
)
def test_the_metric_that_was_taken_is_said(
    changes: dict[str, Any], parameters: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    decisions = read_decisions(run_folder(tmp_path, RECORD | changes), parameters, ())
    assert dict(decisions.facts)["metric"] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"task": "multiclass", "classes": 4}, "multiclass, 4 classes"),
        ({"task": "regression"}, "regression"),
        ({"task": None}, None),
    ],
)
def test_the_task_that_was_taken_is_said(
    changes: dict[str, Any], expected: str | None, tmp_path: Path
) -> None:
    decisions = read_decisions(run_folder(tmp_path, RECORD | changes), {}, ())
    assert dict(decisions.facts).get("task") == expected


def test_of_a_run_that_ended_early_nothing_was_decided(tmp_path: Path) -> None:
    assert read_decisions(RunFolder(tmp_path), {}, ()) == Decisions()


def test_the_lines_fit_and_long_lists_are_cut() -> None:
    names = tuple("abcdefg")
    decisions = Decisions((("task", "t"),), names, names, names)
    lines = decisions.list_lines(6)
    assert lines == [
        ("task", "t"),
        ("left out", "a, b, c, d, e and 2 more"),
        ("read as", "a, b, c, d, e and 2 more"),
        ("warning", "a"),
        ("warning", "b"),
        ("warning", "and 5 more: see the validation page"),
    ]
    assert len(decisions.list_lines(10)) == 10
    assert decisions.list_lines(10)[-1] == ("warning", "g")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ({}, "4 columns and 1 rule checked"),
        ({"set_aside": 3}, "4 columns and 1 rule checked; 3 rows set aside, as the validation page says"),
        (
            {"set_aside": 3, "set_aside_test": 1},
            "4 columns and 1 rule checked; 3 rows set aside and 1 row of the test table set aside, as the "
            "validation page says",
        ),
    ],
)
def test_it_is_said_what_was_expected_and_how_many_rows_are_set_aside(
    tmp_path: Path, expected: dict[str, int], text: str
) -> None:
    record = {
        **RECORD,
        "expectations": {
            "sha256": "abc",
            "columns": 4,
            "rules": 1,
            "set_aside": 0,
            "set_aside_test": 0,
            **expected,
        },
    }
    decisions = read_decisions(run_folder(tmp_path, record), {}, [])
    assert ("expectations", text) in decisions.facts
    assert decisions.expectations == "abc"
