import html
import re
from pathlib import Path
from typing import Any

import pytest

from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components.ingest.run import run as ingest
from components.validate.run import run as validate
from tests.foreign import find_foreign


def _validate(folder: Path, source: str, target: str, **settings: object) -> tuple[Problem, Verdict, str]:
    names = ("problem", "schema", "verdict", "report")
    outputs: dict[str, Any] = {name: str(folder / name) for name in names}
    dataset, reading, draft = (str(folder / name) for name in ("dataset", "reading", "draft"))
    Problem.from_settings({"target": target, **settings}).save(draft)
    ingest(dataset=dataset, reading=reading, problem=draft, source=source, seed=0)
    validate(dataset=dataset, reading=reading, draft=draft, expectations={}, **outputs)
    page = html.unescape(re.sub("</?code>", "`", (folder / "report").read_text(encoding="utf-8")))
    return Problem.load(outputs["problem"]), Verdict.load(outputs["verdict"]), page


@pytest.mark.parametrize(
    ("file", "target", "settings", "said"),
    [
        ("class_floats.csv", "segment", {"task": "multiclass", "classes": (0, 1, 2)}, "Set TASK=regression"),
        ("counts.csv", "visits", {"task": "regression"}, "looks like counts"),
        ("positive_nein.csv", "weg", {"positive_label": "ja"}, 'positive_label: "nein"'),
        ("groups.csv", "left", {"task": "binary"}, "`group: customer_id`"),
        ("class_none.csv", "disorder", {"task": "multiclass"}, "'None' (94 rows) is a class of its own"),
        (
            "class_case.csv",
            "left",
            {"task": "binary", "positive_label": "yes"},
            "differ only in case",
        ),
        ("free_text.csv", "good", {"task": "binary"}, "Free text is not a feature as it is: review"),
        ("null_sentinel_999.csv", "left", {"task": "binary"}, '`columns: {age: {nulls: ["-999"]}}`'),
    ],
)
def test_a_case_is_understood_and_said(
    tmp_path: Path, file: str, target: str, settings: dict[str, object], said: str
) -> None:
    problem, verdict, page = _validate(tmp_path, str(find_foreign("cases", file)), target)
    assert verdict.passed
    assert {name: getattr(problem, name) for name in settings} == settings
    assert said in page


def test_a_dash_beside_yes_and_no_is_asked_about(tmp_path: Path) -> None:
    _, verdict, _ = _validate(tmp_path, str(find_foreign("cases", "null_in_target.csv")), "left")
    assert verdict.failures == (
        "The target column 'left' holds '-' (23 rows) besides other classes: "
        "is it a missing value, or a class?",
    )
    assert '`columns: {left: {nulls: ["-"]}}`' in verdict.remedy
    assert "`columns: {left: {nulls: []}}`" in verdict.remedy


@pytest.mark.parametrize(
    ("file", "target", "columns", "classes"),
    [
        ("null_in_target.csv", "left", {"left": {"nulls": ["-"]}}, ("no", "yes")),
        ("null_in_target.csv", "left", {"left": {"nulls": []}}, ("-", "no", "yes")),
        ("class_none.csv", "disorder", {"disorder": {"nulls": ["None"]}}, ("Mild", "Severe")),
        ("null_sentinel_999.csv", "left", {"age": {"nulls": ["-999"]}}, ("no", "yes")),
    ],
)
def test_the_line_that_is_proposed_is_an_answer(
    tmp_path: Path, file: str, target: str, columns: dict[str, object], classes: tuple[str, ...]
) -> None:
    problem, verdict, page = _validate(tmp_path, str(find_foreign("cases", file)), target, columns=columns)
    assert verdict.passed
    assert problem.classes == classes
    assert "nulls: [" not in page


def test_whole_numbers_that_are_measured_are_no_identifier(tmp_path: Path) -> None:
    _, _, page = _validate(tmp_path, str(find_foreign("cases", "whole_numbers_dropped.csv")), "bought")
    assert "look like identifiers" not in page


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_clean_samples_have_no_warnings(tmp_path: Path, name: str) -> None:
    _, verdict, page = _validate(tmp_path, f"sample:{name}", "target")
    assert verdict.passed
    assert "A model can be trained on this table." in page
