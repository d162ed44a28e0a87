from pathlib import Path
from typing import Any

import pytest

from pipelines.comparison.run_difference import list_differences
from tests.pipelines.comparison.runs import make_run


def test_equal_runs_do_not_differ(tmp_path: Path) -> None:
    base, change = make_run(tmp_path, "base"), make_run(tmp_path, "change")
    assert list_differences(base, change, []) == []


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("parameters", {"trials": 5}, ("parameter trials", "3", "5")),
        ("parameters", {"trials": 3, "weighs_time": True}, ("parameter weighs_time", "–", "true")),
        (
            "problem",
            {"metric": "neg_log_loss", "margin": 0.0},
            ("problem: metric", "roc_auc", "neg_log_loss"),
        ),
        ("problem", {"value": {"tp": 5.0, "fp": -1.0}}, ("problem: value.tp", "1", "5")),
        ("problem", {"metric": "roc_auc", "keep": ["a", "b"]}, ("problem: keep", "–", '["a", "b"]')),
        ("data", {"rows": 9000.0, "columns": 3.0}, ("rows of the table", "8,000", "9,000")),
        (
            "data",
            {"rows": 8000.0, "columns": 3.0, "dataset_sha256": "b" * 64},
            ("hash of the data", "a" * 12, "b" * 12),
        ),
        ("signature", {"columns": {"city": "string"}}, ("columns of the model", "age", "city")),
        ("lineage", {"versions": {"numpy": "2.5"}}, ("version of numpy", "2.4", "2.5")),
    ],
)
def test_each_kind_of_difference_is_listed(
    tmp_path: Path, part: str, value: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert expected in list_differences(make_run(tmp_path), make_run(tmp_path, "change", **{part: value}), [])


def test_of_two_lists_only_what_differs_is_shown(tmp_path: Path) -> None:
    base = make_run(tmp_path, problem={"identifiers": ["id", "old"]})
    change = make_run(tmp_path, problem={"identifiers": ["id", "new"]})
    assert list_differences(base, change, []) == [("problem: identifiers", "old", "new")]
    turned = make_run(tmp_path, problem={"identifiers": ["old", "id"]})
    assert list_differences(base, turned, []) == [("problem: identifiers", '["id", "old"]', '["old", "id"]')]


def test_a_new_key_with_an_empty_default_says_nothing(tmp_path: Path) -> None:
    base, change = make_run(tmp_path, problem={}), make_run(tmp_path, problem={"margin": 0.0, "keep": []})
    assert list_differences(base, change, []) == []


def test_an_empty_text_is_nothing(tmp_path: Path) -> None:
    base, change = make_run(tmp_path, problem={"owner": ""}), make_run(tmp_path, problem={"owner": "Ada"})
    assert list_differences(base, change, []) == [("problem: owner", "–", "Ada")]


def test_files_are_counted_and_the_first_named(tmp_path: Path) -> None:
    files = [f"{letter}.py" for letter in "abcdefg"]
    run = make_run(tmp_path)
    assert list_differences(run, run, files) == [
        ("7 files of the repository", "", "a.py, b.py, c.py, d.py, e.py and 2 more")
    ]
