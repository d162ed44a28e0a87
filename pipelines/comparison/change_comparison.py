"""Trains the same small run at a commit and here, and compares the models on the same rows."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from components._problem.spec import Problem
from components._table.target import encode_target
from components._table.weights import read_weights
from components.errors import format_count
from components.register.comparison import ChampionComparison, ModelPredictions, compare_models
from pipelines.catalogue import ROOT
from pipelines.comparison.base_parameters import build_base_parameters
from pipelines.comparison.change import Change
from pipelines.comparison.change_verdict import ChangeVerdict, judge_change, refuse_comparison
from pipelines.comparison.common_rows import CommonRows, find_common_rows
from pipelines.comparison.compared_run import ComparedRun, Measurement, measure, train
from pipelines.comparison.given_parameters import GivenParameters
from pipelines.comparison.run_difference import Difference, list_differences
from pipelines.local.checkout import Checkout, open_checkout
from pipelines.local.run_folder import RunFolder
from pipelines.parameters import read_signature

HERE = "the working tree"
# The percentiles of a bootstrap of fewer rows are too narrow.
_LEAST_ROWS = 30


class ChangeComparison(NamedTuple):
    """The comparison of a change with the commit where it began.

    Attributes
    ----------
    change : Change
        What is compared.
    runs : tuple of ComparedRun
        The base's training and the change's.
    latencies : tuple of (float or None)
        The models' processor time for a row, in milliseconds, each the least of two measurements.
    rows : CommonRows
        The test rows that both runs have.
    scores : ChampionComparison or None
        The metric of both on those rows; None if they cannot be compared.
    margin : float
        The loss that the problem accepts.
    verdict : ChangeVerdict
        What it means.
    differences : list of (str, str, str)
        What else differs.
    notes : list of str
        What was decided on the way.
    """

    change: Change
    runs: tuple[ComparedRun, ComparedRun]
    latencies: tuple[float | None, float | None]
    rows: CommonRows
    scores: ChampionComparison | None
    margin: float
    verdict: ChangeVerdict
    differences: list[Difference]
    notes: list[str]


def compare_change(
    revision: str,
    given: GivenParameters,
    folder: Path,
    say: Callable[[str], None],
    repository: Path = ROOT,
) -> ChangeComparison:
    """Compare the files here with a revision, by the models that both train.

    Parameters
    ----------
    revision : str
        A commit, branch or tag; the base is the commit where the working tree parted from it.
    given : GivenParameters
        Parameters of both trainings.
    folder : Path
        Folder for both runs.
    say : callable
        Called with a line for each step.
    repository : Path
        The suite's own repository.

    Raises
    ------
    InvalidSetting
        There is no such commit, or a training made no model.
    """
    change = Change.find(revision, repository)
    parameters, left_out = given.resolve(given.file, read_signature("training", repository), repository)
    here = Checkout(change.head, repository, Path(sys.executable))
    with open_checkout(change.base, repository) as there:
        base_parameters, notes = build_base_parameters(given, there, folder, repository)
        base = _train(there, change.title, base_parameters, RunFolder(folder / "base"), say)
        other = _train(here, HERE, parameters, RunFolder(folder / "change"), say)
        say("measuring both models")
        # In turns, so that other work on the machine meets both.
        measured = [[measure(there, base), measure(here, other)] for _ in range(2)]
    notes = [*dict.fromkeys([*change.notes, *left_out, *notes]), *_describe_time(base, other)]
    rows = find_common_rows(base.read_test_rows(), other.read_test_rows())
    if reason := find_obstacle(base, other, rows):
        scores, verdict = None, refuse_comparison(reason)
    else:
        predictions = measured[0][0].predictions, measured[0][1].predictions
        scores, verdict = compare_predictions(base, other, predictions, rows)
    return ChangeComparison(
        change,
        (base, other),
        (_choose_latency([turn[0] for turn in measured]), _choose_latency([turn[1] for turn in measured])),
        rows,
        scores,
        _get_margin(other),
        verdict,
        list_differences(base, other, change.files),
        notes,
    )


def _train(
    checkout: Checkout,
    title: str,
    parameters: Mapping[str, Any],
    folder: RunFolder,
    say: Callable[[str], None],
) -> ComparedRun:
    say(f"training {title}")
    run = train(checkout, title, parameters, folder)
    say(f"  {run.seconds:.0f} s, of processors {run.processor_time}: {folder.index}")
    return run


def _choose_latency(measured: list[Measurement]) -> float | None:
    known = [measurement.predict_ms for measurement in measured if measurement.predict_ms is not None]
    return min(known, default=None)


def _get_margin(run: ComparedRun) -> float:
    return Problem.model_validate(run.problem).margin


def _describe_time(base: ComparedRun, change: ComparedRun) -> list[str]:
    """Return a note if the machine's speed had a part in a model."""
    slow = [
        run.title
        for run in (base, change)
        if run.lineage.get("ended_by_time") or run.lineage.get("hurried_by_time")
    ]
    if not slow:
        return []
    return [
        f"The time limited the training of {' and '.join(slow)}, so the machine's speed has a part in the "
        "result. Give fewer trials, or a smaller table."
    ]


def compare_predictions(
    base: ComparedRun,
    change: ComparedRun,
    predictions: tuple[np.ndarray, np.ndarray],
    rows: CommonRows,
) -> tuple[ChampionComparison, ChangeVerdict]:
    """Return the metric of two runs on their common test rows, and what it means for the second one.

    Parameters
    ----------
    base, change : ComparedRun
        The runs, which predict the same target.
    predictions : tuple of ndarray of shape (n_rows, n_classes) or (n_rows,)
        What the model of each predicts for its own test rows.
    rows : CommonRows
        The test rows that both have.
    """
    problem = Problem.model_validate(change.problem)
    table = change.read_test_rows().iloc[rows.change]
    chosen = [predictions[0][rows.base], predictions[1][rows.change]]
    thresholds = [run.signature.get("threshold") for run in (base, change)]
    theirs, ours = (
        ModelPredictions(values, threshold) for values, threshold in zip(chosen, thresholds, strict=True)
    )
    y, weights = encode_target(table[problem.target], problem), read_weights(table, problem)
    # The same resamples at every comparison: a change of the seed is a change of the model alone.
    scores = compare_models(ours, theirs, y, problem, seed=0, weights=weights)
    is_equal = thresholds[0] == thresholds[1] and np.array_equal(*chosen)
    return scores, judge_change(scores, problem.margin, rows.n, is_equal=is_equal)


def find_obstacle(base: ComparedRun, change: ComparedRun, rows: CommonRows) -> str:
    """Return why the models of two runs cannot be compared, as a sentence; empty if they can."""
    for key, noun in (("target", "another target"), ("task", "another task"), ("classes", "other classes")):
        if base.signature[key] != change.signature[key]:
            return (
                f"The model of {change.title} predicts {noun}: {_name(change.signature[key])} instead of "
                f"{_name(base.signature[key])}."
            )
    if rows.n < _LEAST_ROWS:
        return (
            f"Only {format_count(rows.n, 'test row')} of the {rows.n_base:,} of {base.title} and the "
            f"{rows.n_change:,} of {change.title} are the same, and fewer than {_LEAST_ROWS} say nothing."
        )
    return ""


def _name(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
