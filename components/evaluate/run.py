"""The stage: read the sealed rows, evaluate the model, write the results."""

from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd

from components._metrics.scores import resolve_scorer
from components._model.package import Package
from components._problem.spec import Problem
from components._recipe.recipe import list_fit_columns
from components._table.learning_rows import choose_rows_to_learn_from
from components._table.storage import read_frame
from components._table.target import encode_target, order_classes
from components._table.weights import read_weights
from components.evaluate.contenders import Contender, predict_baseline, predict_linear_model
from components.evaluate.curves import build_classification_metadata, compute_curves
from components.evaluate.evaluation import Evaluation
from components.evaluate.gates import build_verdict, judge_gates
from components.evaluate.groups import compare_groups
from components.evaluate.importance import compute_permutation_importance
from components.evaluate.measures import compare_contenders, compute_worth
from components.evaluate.model_card import render_model_card
from components.evaluate.report import render_evaluation_page


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
    columns = list(package.signature.columns)
    weight = [question.weight] if question.weight is not None else []
    fit_columns = list_fit_columns(package.pipeline[:-1], question)
    train_frame = read_frame(
        choose_rows_to_learn_from(train, sample), [*fit_columns, question.target, *weight]
    )
    test_frame = read_frame(test, [*columns, *question.sensitive, question.target, *weight])
    y = encode_target(test_frame[question.target], question)
    contender = Contender(package.signature.title, package.predict(test_frame), package.signature.threshold)
    evaluation = _evaluate_model(package, question, contender, train_frame, test_frame, y, seed)
    curves = compute_curves(contender, y, question)
    page = render_evaluation_page(evaluation, curves, question)
    text = render_model_card(evaluation, question, package.lineage)
    Path(report).write_text(page, encoding="utf-8")
    Path(card).write_text(text, encoding="utf-8")
    build_verdict(evaluation, question, package.lineage.get("trials")).save(verdict)
    return {"metrics": evaluation.to_metrics(), "curves": build_classification_metadata(curves)}


def _evaluate_model(
    package: Package,
    problem: Problem,
    model: Contender,
    train: pd.DataFrame,
    test: pd.DataFrame,
    y: np.ndarray,
    seed: int,
) -> Evaluation:
    y_train = encode_target(train[problem.target], problem)
    train_weights, weights = read_weights(train, problem), read_weights(test, problem)
    scorer = resolve_scorer(problem.metric, problem)
    constant = predict_baseline(scorer, y_train, len(test), problem, train_weights)
    linear = predict_linear_model(
        package.pipeline[:-1],
        train,
        y_train,
        test,
        problem,
        model.threshold,
        seed,
        train_weights,
    )
    comparison = compare_contenders(model, constant, linear, y, problem, seed, weights)
    return Evaluation(
        title=package.signature.title,
        target=problem.target,
        rows_train=len(train),
        rows_test=len(test),
        threshold=model.threshold,
        baseline_title=constant.title,
        simple_title=linear.title,
        measures=comparison.measures,
        over_baseline=comparison.over_baseline,
        over_simple=comparison.over_simple,
        worth=None if problem.value is None else compute_worth(model, y, problem.value, weights),
        gates=judge_gates(comparison, problem),
        importances=compute_permutation_importance(package, test, y, problem, seed, weights),
        groups=compare_groups(test[list(dict.fromkeys(problem.sensitive))], model, y, problem, weights),
        majority=_find_majority(y, problem, weights),
    )


def _find_majority(y: np.ndarray, problem: Problem, weights: np.ndarray | None) -> tuple[str, float] | None:
    if problem.kind == "regression":
        return None
    counts = np.bincount(y, weights, minlength=len(problem.classes))
    return str(order_classes(problem)[int(counts.argmax())]), float(counts.max() / counts.sum())
