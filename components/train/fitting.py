"""The winner of a sweep, refitted on all training rows."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from components._model.families import FAMILIES, build
from components._model.labelled import LabelledClassifier
from components._model.package import Package, Signature
from components._model.recipe import required_columns
from components._model.target import encode, ordered_classes
from components._model.trials import TrialResult
from components._problem.spec import Problem
from components._table.schema import Schema


def fit_winner(
    frame: pd.DataFrame,
    problem: Problem,
    schema: Schema,
    recipe: Pipeline,
    winner: TrialResult,
    threshold: float | None,
    *,
    seed: int,
    threads: int,
    lineage: dict[str, Any],
) -> Package:
    """Fit the recipe and the winner's estimator on all training rows.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    problem, schema : Problem, Schema
        The resolved problem, and what each column is.
    recipe : Pipeline
        The recipe, fitted or not; it is not changed.
    winner : TrialResult
        The trial to refit.
    threshold : float or None
        Decision threshold of a binary problem.
    seed, threads : int
        Seed of the estimator and the threads it may use; they do not change its result.
    lineage : dict
        Where the model comes from.
    """
    y = encode(frame[problem.target], problem)
    columns = required_columns(recipe)
    fresh = clone(recipe)
    estimator: Any = build(winner.family, problem.kind, winner.parameters, seed, threads)
    # BLAS adds up in another order on more threads; boosting and trees do not.
    with threadpool_limits({"openmp": threads, "blas": 1}):
        # fit_transform, not fit and transform: the target encodings of training rows must be cross-fitted.
        estimator.fit(fresh.fit_transform(frame[columns], y), y)
    if "n_jobs" in estimator.get_params():
        # Extra trees add up their trees in the order in which threads end, and a server has other cores.
        estimator.set_params(n_jobs=1)
    if problem.kind != "regression":
        estimator = LabelledClassifier(estimator, list(ordered_classes(problem)), threshold)
    signature = Signature(
        task=problem.kind,
        target=problem.target,
        columns={name: schema[name].kind for name in columns},
        classes=list(ordered_classes(problem)) if problem.kind != "regression" else [],
        threshold=threshold,
        family=winner.family,
        title=FAMILIES[winner.family].title,
        metric=problem.metric,
    )
    return Package(Pipeline([*fresh.steps, ("model", estimator)]), signature, lineage)


def golden_rows(package: Package, frame: pd.DataFrame, n_rows: int, seed: int) -> dict[str, Any]:
    """Return some training rows with their predictions, as JSON values, to replay after a rollout."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(frame), min(n_rows, len(frame)), replace=False))
    rows = frame.iloc[chosen][list(package.signature.columns)]
    return {
        "rows": [
            {str(name): _json_value(value) for name, value in row.items()} for row in rows.to_dict("records")
        ],
        "predictions": package.predict(rows).tolist(),
    }


def _json_value(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
