"""AutoGluon, in an environment of its own."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Imported before the clock starts, where AutoGluon would import them within it.
import catboost  # noqa: F401
import fastai.tabular.all  # noqa: F401
import lightgbm  # noqa: F401
import numpy as np
import pandas as pd
import torch
import xgboost  # noqa: F401
from autogluon.tabular import TabularPredictor

PACKAGES = ("autogluon.tabular", "lightgbm", "xgboost", "xgboost-cpu", "catboost", "torch", "scikit-learn")
# Of its presets with folds.
_FOLDS = 8
_METRICS = {
    "roc_auc": "roc_auc",
    "neg_log_loss": "log_loss",
    "neg_root_mean_squared_error": "root_mean_squared_error",
}


def fit(
    train: pd.DataFrame, job: dict[str, Any]
) -> tuple[Callable[[pd.DataFrame], np.ndarray], str, Callable[[Path], None]]:
    """Fit the preset's models within the seconds given. AutoGluon has one seed, its own."""
    torch.set_num_threads(job["cores"])
    started = time.monotonic()
    try:
        predictor = _fit_predictor(train, job, "autogluon", job["seconds"])
    except AssertionError as error:
        # A first look (DyStack) in which no model could be fitted leaves the predictor in a state that it
        # then refuses, where ray is not installed. With ray it would go on to the whole fit, as here.
        if "already fit" not in str(error):
            raise
        left = job["seconds"] - (time.monotonic() - started)
        predictor = _fit_predictor(train, job, "autogluon-again", left, dynamic_stacking=False)
    n_models = len(predictor.model_names())
    note = f"{job['preset']}: {predictor.model_best}, {n_models} models"
    is_kept = False

    def predict(rows: pd.DataFrame) -> np.ndarray:
        nonlocal is_kept
        if not is_kept:
            # As a service would, or each prediction would load the models from disk. Not part of the fit.
            predictor.persist()
            is_kept = True
        if job["kind"] == "regression":
            return np.asarray(predictor.predict(rows))
        return np.asarray(predictor.predict_proba(rows, as_multiclass=True)[job["classes"]])

    def save(folder: Path) -> None:
        # AutoGluon's own way to keep what prediction needs, and nothing else.
        predictor.clone_for_deployment(str(folder), dirs_exist_ok=True)

    return predict, note, save


def _fit_predictor(
    train: pd.DataFrame, job: dict[str, Any], folder: str, seconds: float, **settings: Any
) -> TabularPredictor:
    group = job["group"]
    if group is not None:
        # AutoGluon makes a fold of each group, and fits no model if there are hundreds.
        train = train.assign(**{group: pd.factorize(train[group])[0] % _FOLDS})
    return TabularPredictor(
        label=job["target"],
        problem_type=job["kind"],
        eval_metric=_METRICS[job["metric"]],
        path=str(Path(job["folder"], folder)),
        verbosity=0,
        # It keeps a group in one fold, where the preset makes folds, and is no feature.
        groups=group,
    ).fit(train, presets=job["preset"], time_limit=seconds, num_cpus=job["cores"], num_gpus=0, **settings)
