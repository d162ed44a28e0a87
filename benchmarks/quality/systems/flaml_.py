"""FLAML, in an environment of its own."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Imported before the clock starts, where FLAML would import them within it.
import catboost  # noqa: F401
import lightgbm  # noqa: F401
import numpy as np
import pandas as pd
import xgboost  # noqa: F401
from flaml import AutoML

PACKAGES = ("FLAML", "lightgbm", "xgboost", "catboost", "scikit-learn")
_METRICS = {"roc_auc": "roc_auc", "neg_log_loss": "log_loss", "neg_root_mean_squared_error": "rmse"}


def fit(
    train: pd.DataFrame, job: dict[str, Any]
) -> tuple[Callable[[pd.DataFrame], np.ndarray], str, Callable[[Path], None]]:
    """Search within the seconds given."""
    automl = AutoML()
    group = job["group"]
    # FLAML takes the rows of a split by time in their order, as the file has them.
    split = {"split_type": "time"} if job["event_time"] else {}
    if group:
        split = {"split_type": "group", "groups": train[group]}

    def to_features(rows: pd.DataFrame) -> pd.DataFrame:
        return _make_readable(rows.drop(columns=[name for name in (group,) if name]))

    is_regression = job["kind"] == "regression"
    automl.fit(
        X_train=to_features(train.drop(columns=job["target"])),
        y_train=train[job["target"]],
        task="regression" if is_regression else "classification",
        metric=_METRICS[job["metric"]],
        time_budget=job["seconds"],
        n_jobs=job["cores"],
        seed=job["seed"],
        log_file_name="",
        **split,
        verbose=0,
    )
    note = str(automl.best_estimator)

    def save(folder: Path) -> None:
        folder.joinpath("automl.pickle").write_bytes(pickle.dumps(automl))

    if is_regression:
        return lambda rows: automl.predict(to_features(rows)), note, save
    order = [list(automl.classes_).index(label) for label in job["classes"]]
    return lambda rows: automl.predict_proba(to_features(rows))[:, order], note, save


def _make_readable(rows: pd.DataFrame) -> pd.DataFrame:
    # It takes parts of dates as features where their unit is the nanosecond, and no other unit.
    dates = rows.select_dtypes("datetime").columns
    return rows.astype(dict.fromkeys(dates, "datetime64[ns]"))
