"""What a page knows about a model, by the folder that train writes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from components._app.description import describe_model
from components._problem.spec import Problem
from components._problem.task import TaskKind
from components._table.row_reader import RowDeviations
from components.json_file import read_json, write_json
from components.serve.served_model import ServedModel
from tests.components.serve.models import write_model

SETTINGS: dict[str, Any] = {
    "target": "y",
    "task": "binary",
    "metric": "roc_auc",
    "value": {"tp": 40, "fp": -10},
    "sensitive": ["city"],
    "keep": ["city"],
    "owner": "Sales",
    "description": "Who buys?",
    "monitoring": {"unit": "EUR"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path, threshold=0.4)
    return tmp_path


def find_column(description: dict[str, Any], name: str) -> dict[str, Any]:
    return next(column for column in description["columns"] if column["name"] == name)


def test_an_old_model_has_no_problem_and_no_lineage(folder: Path) -> None:
    (folder / "lineage.json").unlink(missing_ok=True)
    description = describe_model(folder)
    assert description["version"] == hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()[:12]
    assert description["task"] == "binary"
    assert description["positive"] == description["classes"][-1]
    assert description["threshold"] == 0.4
    assert (description["value"], description["unit"], description["purpose"]) == (None, "", "")
    assert description["quality"]["score"] is None
    assert all(column["is_actionable"] for column in description["columns"])
    json.dumps(description, allow_nan=False)


def test_the_card_of_a_registered_version_is_in_its_folder(folder: Path) -> None:
    assert describe_model(folder)["card"] is None
    (folder / "card.md").write_text("# Kept by register\n", encoding="utf-8")
    assert describe_model(folder)["card"] == "# Kept by register\n"
    assert describe_model(folder, "# Given")["card"] == "# Given"


def test_a_form_can_be_made_of_the_columns(folder: Path) -> None:
    description = describe_model(folder)
    assert [column["name"] for column in description["columns"]] == list(
        read_json(folder / "signature.json")["columns"]
    )
    amount, visits, member = (find_column(description, name) for name in ("amount", "visits", "member"))
    assert (amount["minimum"], amount["maximum"], amount["required"]) == (-300.0, 300.0, False)
    assert (visits["required"], type(visits["default"])) == (True, int)
    assert visits["quantiles"] == sorted({*visits["quantiles"]})
    assert isinstance(member["default"], bool)
    city, product = find_column(description, "city"), find_column(description, "product")
    shares = read_json(folder / "profile.json")["columns"]["city"]["categories"]
    assert city["categories"] == sorted(shares, key=shares.__getitem__, reverse=True) + [
        name for name in ("Bern", "Oslo", "a=b", "rare") if name not in shares
    ]
    assert (city["has_all_categories"], city["is_text"]) == (True, False)
    assert not product["has_all_categories"]
    since = find_column(description, "since")
    assert since["default"] in since["quantiles"]
    assert since["minimum"] == "1964-02-27T00:00:00"


def test_the_default_row_is_what_explanations_compare_with(folder: Path) -> None:
    row = {column["name"]: column["default"] for column in describe_model(folder)["columns"]}
    served = ServedModel.load(folder)
    values = served.row_reader.read(row, RowDeviations([], [], []))
    (prediction,) = served.predict([values])
    assert set(served.explain(values, prediction).values()) == {0.0}


def test_the_problem_says_worth_purpose_and_what_can_be_changed(folder: Path) -> None:
    Problem.from_settings(SETTINGS).save(folder / "problem.json")
    description = describe_model(folder, card="# Card", version="7")
    assert (description["purpose"], description["owner"], description["unit"]) == (
        "Who buys?", "Sales", "EUR",
    )  # fmt: skip
    assert description["value"] == {"tp": 40.0, "fp": -10.0, "fn": 0.0, "tn": 0.0}
    assert (description["card"], description["version"]) == ("# Card", "7")
    assert not find_column(description, "city")["is_actionable"]
    assert find_column(description, "amount")["is_actionable"]
    Problem.from_settings({**SETTINGS, "actionable": ["visits"]}).save(folder / "problem.json")
    changed = [column["name"] for column in describe_model(folder)["columns"] if column["is_actionable"]]
    assert changed == ["visits"]


def test_the_lineage_names_data_code_and_parts(folder: Path) -> None:
    lineage = {
        "source": "s3://rows",
        "commit": "abc",
        "models": [{"title": "LightGBM", "weight": 0.75, "parameters": {"x": 1}}],
        "cross_validated": {"score": 0.8},
        "versions": {"numpy": "2"},
        "serving": {"form": "compiled"},
        "calibration": {"slope": 1.0},
    }
    write_json(folder / "lineage.json", lineage)
    description = describe_model(folder)
    assert description["quality"]["score"] == 0.8
    assert description["lineage"] == {
        "source": "s3://rows",
        "commit": "abc",
        "models": [{"title": "LightGBM", "weight": 0.75}],
        "versions": {"numpy": "2"},
        "form": "compiled",
    }


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_have_no_positive_class(task: TaskKind, tmp_path: Path) -> None:
    write_model(tmp_path, task)
    description = describe_model(tmp_path)
    assert description["positive"] is None
    assert bool(description["classes"]) is (task == "multiclass")


def test_a_midnight_has_no_time_and_another_moment_has(folder: Path) -> None:
    schema = read_json(folder / "schema.json")
    profile = read_json(folder / "profile.json")
    (since,) = (column for column in schema["columns"] if column["name"] == "since")
    for start, expected in ((0.0, False), (3_600.0, True)):
        profile["columns"]["since"] = {"null": 0.0, "starts": [start], "shares": [1.0]}
        write_json(folder / "profile.json", profile)
        assert find_column(describe_model(folder), "since")["has_time"] is expected
    since["maximum"] = "1976-02-27T08:30:00"
    profile["columns"]["since"]["starts"] = [0.0]
    write_json(folder / "schema.json", schema)
    write_json(folder / "profile.json", profile)
    assert find_column(describe_model(folder), "since")["has_time"]
