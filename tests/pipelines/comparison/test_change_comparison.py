"""Whole comparisons in a clone of the repository, whose commits change the model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.comparison.change_comparison import find_obstacle
from pipelines.comparison.common_rows import CommonRows
from tests.own_checkout import make_checkout, run_git, run_module
from tests.pipelines.comparison.runs import make_run

_SIGNATURE = {"target": "y", "task": "binary", "classes": ["no", "yes"], "columns": {}}
_MARGIN = "    margin: Annotated[FiniteFloat, Field(ge=0)] = 0.0\n"
_PROBLEM = {"identifiers": ["customer_id"], "positive_label": "yes", "margin": 0.005}


@pytest.mark.parametrize(
    ("change", "n", "words"),
    [
        ({}, 30, ""),
        ({}, 29, "Only 29 test rows of the 90 of main (c0ffee) and the 80 of main (c0ffee) are the same"),
        ({}, 0, "Only 0 test rows"),
        ({"target": "z"}, 5, "predicts another target: z instead of y."),
        ({"task": "regression"}, 5, "predicts another task: regression instead of binary."),
        ({"classes": ["no", "maybe"]}, 5, "predicts other classes: no, maybe instead of no, yes."),
    ],
)
def test_models_of_different_things_are_not_compared(
    tmp_path: Path, change: dict[str, Any], n: int, words: str
) -> None:
    base, other = (make_run(tmp_path, signature={**_SIGNATURE, **part}) for part in ({}, change))
    found = find_obstacle(base, other, CommonRows(np.arange(n), np.arange(n), 90, 80))
    assert words in found if words else not found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three commits: one whose problems have no margin, the files here, and one without two columns."""
    place = make_checkout(tmp_path_factory.mktemp("clone") / "suite")
    spec = place / "components" / "_problem" / "spec.py"
    whole = spec.read_text()
    assert _MARGIN in whole
    spec.write_text(whole.replace(_MARGIN, ""))
    run_git(place, "commit", "--quiet", "--all", "--message", "before the margin")
    run_git(place, "tag", "old")
    spec.write_text(whole)
    run_git(place, "commit", "--quiet", "--all", "--message", "as it is")
    run_git(place, "tag", "now")
    sample = place / "pipelines" / "samples" / "churn.yaml"
    fewer = sample.read_text().replace("[customer_id]", "[customer_id, contract, tenure_months]")
    sample.write_text(fewer.replace("actionable: [plan, contract,", "actionable: [plan,"))
    run_git(place, "commit", "--quiet", "--all", "--message", "fewer columns")
    run_git(place, "tag", "worse")
    return place


def compare(clone: Path, commit: str, output: Path, *words: str) -> tuple[int, str, str]:
    """Return the exit status of a comparison, what it printed, and its comment."""
    run_git(clone, "checkout", "--quiet", "--detach", commit)
    done = run_module(clone, "pipelines", "compare", "--trials", "2", "--output", str(output), *words)
    assert run_git(clone, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert (output / "comparison.html").exists(), done.stderr
    return done.returncode, done.stdout, (output / "comparison.md").read_text()


@pytest.mark.slow
def test_a_change_without_an_effect_predicts_the_same_bit_for_bit(clone: Path, tmp_path: Path) -> None:
    problem = ("--source", "sample:churn", "--target", "churned", "--problem", json.dumps(_PROBLEM))
    status, printed, comment = compare(clone, "now", tmp_path / "result", "--base", "old", *problem)
    assert status == 0
    assert "No difference\nBoth models predict the same for 2,000 common test rows, bit for bit." in printed
    assert 'The base\'s code lacks the key "margin" of the problem' in printed
    assert "| 1 file of the repository |  | components/\\_problem/spec.py |" in comment


@pytest.mark.slow
def test_a_change_that_drops_useful_columns_fails(clone: Path, tmp_path: Path) -> None:
    status, printed, comment = compare(clone, "worse", tmp_path / "result", "--base", "now")
    assert status == 1
    assert "Significant loss\nROC AUC is worse by 0.0" in printed
    assert "### Model: significant loss" in comment
    assert "| columns of the model | 16 | 14 |" in comment
    assert "| problem: identifiers | – | contract, tenure\\_months |" in comment
