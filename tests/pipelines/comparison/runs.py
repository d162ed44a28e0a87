"""Finished trainings and comparisons, made up for the tests."""

from pathlib import Path
from typing import Any

import numpy as np

from components._metrics.estimate import Estimate
from components.register.comparison import ChampionComparison
from pipelines.comparison.change import Change
from pipelines.comparison.change_comparison import ChangeComparison
from pipelines.comparison.change_verdict import judge_change
from pipelines.comparison.common_rows import CommonRows
from pipelines.comparison.compared_run import ComparedRun
from pipelines.local.run_folder import RunFolder


def make_run(folder: Path, title: str = "main (c0ffee)", **changes: Any) -> ComparedRun:
    """Return a finished training, with changes of its parts."""
    parts: dict[str, Any] = {
        "processor_seconds": 20.0,
        "seconds": 15.0,
        "parameters": {"trials": 3, "source": "sample:churn", "study": title, "problem": {}},
        "problem": {"metric": "roc_auc", "margin": 0.0, "value": {"tp": 1.0, "fp": -1.0}},
        "signature": {"columns": {"age": "number"}, "title": "LightGBM", "metric": "roc_auc"},
        "lineage": {"versions": {"numpy": "2.4"}, "cross_validated": {"score": 0.83}},
        "data": {"rows": 8000.0, "columns": 3.0, "dataset_sha256": "a" * 64},
        "evaluation": {},
        "failures": (),
    }
    return ComparedRun(title, RunFolder(folder), **{**parts, **changes})


def make_comparison(
    folder: Path,
    better_by: Estimate,
    *,
    margin: float = 0.0,
    n_common: int = 2000,
    differences: tuple[tuple[str, str, str], ...] = (),
    notes: tuple[str, ...] = (),
    **changes: Any,
) -> ChangeComparison:
    """Return a comparison with a difference, and with changes of the change's run."""
    scores = ChampionComparison("roc_auc", 0.84 + better_by.value, 0.84, better_by)
    pairs = np.arange(n_common)
    runs = make_run(folder / "base"), make_run(folder / "change", "the working tree", **changes)
    return ChangeComparison(
        Change("c0ffee", "main (c0ffee)", "decaf", ["a.py"], []),
        runs,
        (0.05, None),
        CommonRows(pairs, pairs, 2000, 2000),
        scores,
        margin,
        judge_change(scores, margin, n_common, is_equal=False),
        list(differences),
        list(notes),
    )
