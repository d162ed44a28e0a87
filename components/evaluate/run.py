"""The stage: read the sealed rows, evaluate the model, write the results."""

from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np
import pyarrow.compute as pc

from components._metrics.scores import decide, resolve_scorer
from components._model.intervals import PredictionIntervals
from components._model.package import Package
from components._model.predicted_table import PredictedTable, count_predicted_rows, predict_table
from components._problem.metrics import get_sign
from components._problem.spec import Problem
from components._recipe.recipe import list_fit_columns
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.storage import count_rows, iterate_batches, read_arrow_schema, read_frame
from components._table.target import encode_target, order_classes
from components._table.weights import read_weights
from components.evaluate.contenders import (
    Contender,
    LinearModel,
    choose_constant,
    choose_linear_rows,
    fit_linear_model,
    repeat_constant,
)
from components.evaluate.cost_change import count_outcomes, find_cost_change
from components.evaluate.curves import build_classification_metadata, compute_curves
from components.evaluate.dependence import compute_dependences
from components.evaluate.evaluation import Dependence, Evaluation, Importance, SliceSearch, UsedRows
from components.evaluate.gates import build_verdict, judge_gates
from components.evaluate.groups import compare_groups
from components.evaluate.importance import choose_shuffled_rows, compute_permutation_importance
from components.evaluate.interval_coverage import measure_coverage
from components.evaluate.measures import compare_contenders, compute_worth
from components.evaluate.model_card import render_model_card
from components.evaluate.report import render_evaluation_page
from components.evaluate.side_comparison import compare_sides
from components.evaluate.slices import find_slices
from components.memory import DEFAULT_MEMORY, resolve_memory

__all__ = ["resolve_memory", "run"]

# The model, the baseline and the linear model.
_CONTENDERS = 3
_MOST_ROWS_OF_SLICES = 20_000


class KfpMetadata(TypedDict):
    """What KFP shows in addition to the page."""

    metrics: dict[str, float]
    curves: dict[str, object]


def run(
    *,
    train: str,
    test: str,
    problem: str,
    model: str,
    report: str,
    card: str,
    verdict: str,
    seed: int,
    sample: str | None = None,
    memory: int = DEFAULT_MEMORY,
) -> KfpMetadata:
    """Evaluate the model on the sealed rows.

    Parameters
    ----------
    train, test, problem, model : str
        Paths to read.
    report, card, verdict : str
        Paths to write.
    seed : int
        Seed of the bootstrap, the permutations and the linear model.
    sample : str or None
        Path of a sample of the training rows; None, or one without rows, if they fit into memory.
    memory : int
        Bytes that the stage may use.

    Returns
    -------
    dict
        ``metrics``: every figure by name; ``curves``: metadata of KFP's ClassificationMetrics.

    Raises
    ------
    IncompatibleModel
        The model was made with other library versions.
    """
    question = Problem.load(problem)
    package = Package.load(model)
    simple = _learn_simple_models(package, question, choose_rows_to_learn_from(train, sample), seed)
    columns = list(package.signature.columns)
    rows = predict_table(
        test,
        [package.predict, simple.linear.predict],
        columns,
        question,
        seed,
        count_predicted_rows(max(1, len(question.classes)), _CONTENDERS, memory),
        question.sensitive,
    )
    contender = Contender(package.signature.title, rows.predictions[0], package.signature.threshold)
    comparison = compare_contenders(
        contender,
        repeat_constant(simple.constant, len(rows.y)),
        Contender(simple.linear.title, rows.predictions[1], contender.threshold),
        rows.y,
        question,
        seed,
        rows.weights,
        memory,
    )
    intervals = PredictionIntervals.load(Path(model))
    importances, dependences = _explain_columns(package, question, test, rows, seed)
    evaluation = Evaluation(
        title=contender.title,
        target=question.target,
        rows_train=count_rows(train),
        rows_test=rows.n_rows,
        used=UsedRows(len(rows.y), comparison.n_resampled, simple.n_rows, simple.linear.n_rows),
        threshold=contender.threshold,
        baseline_title=simple.constant.title,
        simple_title=simple.linear.title,
        measures=comparison.measures,
        over_baseline=comparison.over_baseline,
        over_simple=comparison.over_simple,
        worth=None
        if question.value is None
        else compute_worth(contender, rows.y, question.value, rows.weights),
        gates=judge_gates(comparison, question),
        importances=importances,
        groups=compare_groups(rows.others, contender, rows.y, question, seed, rows.weights),
        majority=_find_majority(rows.y, question, rows.weights),
        cost_change=None
        if question.value is None
        else find_cost_change(
            count_outcomes(decide(contender.predictions, contender.threshold), rows.y, rows.weights), question
        ),
        dependences=dependences,
        search=_search_slices(package, question, test, rows, [item.column for item in importances], seed),
        cross_validated=_find_cross_validated(package, question),
        time_overlap=_measure_time_overlap(train, test, question),
        coverage=None if intervals is None else measure_coverage(intervals, contender.predictions, rows.y),
        sides=compare_sides(train, test, columns, question, seed=seed),
    )
    curves = compute_curves(contender, rows.y, question)
    page = render_evaluation_page(evaluation, curves, question)
    text = render_model_card(evaluation, question, package.lineage)
    Path(report).write_text(page, encoding="utf-8")
    Path(card).write_text(text, encoding="utf-8")
    build_verdict(evaluation, question, package.lineage.get("trials")).save(verdict)
    return {"metrics": evaluation.to_metrics(), "curves": build_classification_metadata(curves)}


class _SimpleModels(NamedTuple):
    """The models to compare with, and the training rows that the constant was computed from."""

    constant: Contender
    linear: LinearModel
    n_rows: int


def _learn_simple_models(package: Package, problem: Problem, train: str, seed: int) -> _SimpleModels:
    recipe = package.pipeline[:-1]
    weight = [problem.weight] if problem.weight is not None else []
    targets = read_frame(train, [problem.target, *weight])
    y, weights = encode_target(targets[problem.target], problem), read_weights(targets, problem)
    constant = choose_constant(resolve_scorer(problem.metric, problem), y, problem, weights)
    numbers = choose_linear_rows(y, problem, seed)
    linear = fit_linear_model(
        recipe,
        read_chosen_rows(train, numbers, list_fit_columns(recipe, problem)),
        y[numbers],
        problem,
        seed,
        None if weights is None else weights[numbers],
    )
    return _SimpleModels(constant, linear, len(y))


def _explain_columns(
    package: Package, problem: Problem, test: str, rows: PredictedTable, seed: int
) -> tuple[tuple[Importance, ...], tuple[Dependence, ...]]:
    rng = np.random.default_rng(seed)
    columns = list(package.signature.columns)
    weight = [problem.weight] if problem.weight is not None else []
    numbers = choose_shuffled_rows(rows.n_rows, len(columns), rng)
    chosen = read_chosen_rows(test, numbers, [*columns, problem.target, *weight])
    weights = chosen[problem.weight].to_numpy(np.float64) / rows.mean_weight if weight else None
    y = encode_target(chosen[problem.target], problem)
    importances = compute_permutation_importance(package, chosen, y, problem, rng, weights)
    important = [item.column for item in importances if item.drop > item.spread]
    return importances, compute_dependences(package, chosen, important, rng)


def _search_slices(
    package: Package, problem: Problem, test: str, rows: PredictedTable, columns: list[str], seed: int
) -> SliceSearch:
    weight = [problem.weight] if problem.weight is not None else []
    numbers = choose_row_numbers(rows.n_rows, _MOST_ROWS_OF_SLICES, seed)
    names = [*package.signature.columns, problem.target, *weight]
    chosen = read_chosen_rows(test, numbers, names)
    # Which rows a sample of predictions is of is not known any more.
    is_whole = len(rows.y) == rows.n_rows
    return find_slices(
        chosen,
        encode_target(chosen[problem.target], problem),
        rows.predictions[0][numbers] if is_whole else package.predict(chosen),
        problem,
        columns,
        chosen[problem.weight].to_numpy(np.float64) if weight else None,
    )


def _find_cross_validated(package: Package, problem: Problem) -> float | None:
    score = package.lineage.get("cross_validated", {}).get("score")
    return None if score is None else get_sign(resolve_scorer(problem.metric, problem)) * float(score)


def _measure_time_overlap(train: str, test: str, problem: Problem) -> float | None:
    """Return the share of the test rows that are not later than the last training row."""
    name = problem.event_time
    if name is None or name not in read_arrow_schema(train).names:
        return None
    last = max(
        value
        for batch in iterate_batches(train, [name])
        if (value := pc.max(batch.column(0)).as_py()) is not None
    )
    early = sum(
        pc.sum(pc.less_equal(batch.column(0), last)).as_py() or 0 for batch in iterate_batches(test, [name])
    )
    return early / count_rows(test)


def _find_majority(y: np.ndarray, problem: Problem, weights: np.ndarray | None) -> tuple[str, float] | None:
    if problem.kind == "regression":
        return None
    counts = np.bincount(y, weights, minlength=len(problem.classes))
    return str(order_classes(problem)[int(counts.argmax())]), float(counts.max() / counts.sum())
