"""Compares two trainings on this machine, as they are: parameters, data, and models on common test rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from components._metrics.estimate import Estimate
from components._model.package import Package
from components._problem.metric_scale import MetricScale
from components._problem.metrics import find_scorer
from components._problem.spec import Problem
from components.errors import InvalidSetting, SuiteError
from components.register.comparison import ChampionComparison
from pipelines.comparison.change_comparison import compare_predictions, find_obstacle
from pipelines.comparison.change_verdict import ChangeVerdict, refuse_comparison
from pipelines.comparison.common_rows import CommonRows, find_common_rows
from pipelines.comparison.compared_run import ComparedRun, read_compared_run
from pipelines.comparison.run_difference import Difference, list_differences
from pipelines.local.run_folder import RunFolder

_NO_ROWS = np.empty(0, dtype=np.int64)


class MetricDifference(NamedTuple):
    """A metric of two models on the same rows.

    Attributes
    ----------
    title : str
        The metric's usual name, and which direction is better.
    first, second : float or None
        Its value for each; None if it is undefined.
    better_by : Estimate or None
        By how much the second is better.
    """

    title: str
    first: float | None
    second: float | None
    better_by: Estimate | None


class RunComparison(NamedTuple):
    """The comparison of a training with an earlier one.

    Attributes
    ----------
    runs : tuple of ComparedRun
        The first and the second; what is better or worse is so for the second.
    rows : CommonRows
        The test rows that both have; none if they cannot be compared.
    scores : ChampionComparison or None
        The second run's metric for both models, on these rows.
    metrics : tuple of MetricDifference
        The other metrics of the evaluation, on these rows.
    verdict : ChangeVerdict
        What it means for the second run's model.
    differences : list of (str, str, str)
        What differs in parameters, problem, data, columns and packages.
    """

    runs: tuple[ComparedRun, ComparedRun]
    rows: CommonRows
    scores: ChampionComparison | None
    metrics: tuple[MetricDifference, ...]
    verdict: ChangeVerdict
    differences: list[Difference]


def compare_runs(first: RunFolder, second: RunFolder) -> RunComparison:
    """Compare two finished trainings.

    Their models predict their test rows anew, with the code here.

    Parameters
    ----------
    first, second : RunFolder
        The runs.

    Raises
    ------
    InvalidSetting
        One of them is not a training.
    """
    for folder in (first, second):
        if (pipeline := folder.load_record()["pipeline"]) != "training":
            raise InvalidSetting(f"The run {folder.name!r} is a {pipeline}.", "Give the names of trainings.")
    runs = (read_compared_run(first.name, first, None), read_compared_run(second.name, second, None))
    differences = list_differences(*runs, ())
    rows = CommonRows(_NO_ROWS, _NO_ROWS, 0, 0)
    if reason := _find_missing_part(runs):
        return RunComparison(runs, rows, None, (), refuse_comparison(reason), differences)
    tables = [run.read_test_rows() for run in runs]
    rows = find_common_rows(*tables)
    if reason := find_obstacle(*runs, rows):
        return RunComparison(runs, rows, None, (), refuse_comparison(reason), differences)
    try:
        first_predictions, second_predictions = (
            np.asarray(Package.load(run.model).predict(table))
            for run, table in zip(runs, tables, strict=True)
        )
    except SuiteError as error:
        # The model of an older version of the suite.
        reason = f"The code here cannot read both models. {error.what}"
        return RunComparison(runs, rows, None, (), refuse_comparison(reason), differences)
    predictions = first_predictions, second_predictions
    scores, verdict = compare_predictions(*runs, predictions, rows)
    metrics = tuple(_iterate_metrics(*runs, predictions, rows))
    return RunComparison(runs, rows, scores, metrics, verdict, differences)


def _find_missing_part(runs: tuple[ComparedRun, ComparedRun]) -> str:
    """Return which run has no model or no test rows, as a sentence; empty if both have them."""
    missing = [
        f"{run.title} has no model"
        for run in runs
        if not run.signature or run.folder.find_output("split", "test") is None
    ]
    return f"{' and '.join(missing)}." if missing else ""


def _iterate_metrics(
    first: ComparedRun, second: ComparedRun, predictions: tuple[np.ndarray, np.ndarray], rows: CommonRows
) -> Iterator[MetricDifference]:
    """Yield the metrics of the second run's evaluation, except the one that the verdict is about."""
    kind = Problem.model_validate(second.problem).kind
    for name in second.evaluation.get("metrics", {}):
        scorer = find_scorer(name, kind)
        if scorer is None or scorer == find_scorer(second.signature["metric"], kind):
            continue
        other = second._replace(problem={**second.problem, "metric": name})
        scores, _ = compare_predictions(first, other, predictions, rows)
        scale = MetricScale.from_metric(scorer)
        title = f"{scale.title} ({scale.better})"
        yield MetricDifference(title, scores.champion, scores.challenger, scores.better_by)
