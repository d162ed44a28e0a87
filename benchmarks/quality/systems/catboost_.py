"""CatBoost as it comes, with its own treatment of categories, in FLAML's environment."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor

PACKAGES = ("catboost",)


def fit(
    train: pd.DataFrame, job: dict[str, Any]
) -> tuple[Callable[[pd.DataFrame], np.ndarray], str, Callable[[Path], None]]:
    """Fit the defaults; the seconds given do not matter."""
    # A group's name says nothing of the groups to predict.
    features = train.drop(columns=[job["target"], *([job["group"]] if job["group"] else [])])
    texts = list(features.select_dtypes("object").columns)

    def make_readable(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[features.columns]
        dates = rows.select_dtypes("datetime")
        # It refuses a category that is null.
        words = rows[texts].fillna("missing").astype(str)
        return rows.assign(
            **{name: words[name] for name in texts},
            **{name: (dates[name] - pd.Timestamp(0)).dt.total_seconds() for name in map(str, dates)},
        )

    settings: dict[str, Any] = {
        "cat_features": texts,
        "thread_count": job["cores"],
        "random_seed": job["seed"],
        "allow_writing_files": False,
        "verbose": False,
    }
    kind = CatBoostRegressor if job["kind"] == "regression" else CatBoostClassifier
    model = kind(**settings).fit(make_readable(features), train[job["target"]])

    def save(folder: Path) -> None:
        folder.joinpath("model.pickle").write_bytes(pickle.dumps((list(features.columns), texts, model)))

    if job["kind"] == "regression":
        return lambda rows: np.asarray(model.predict(make_readable(rows))), "defaults", save
    order = [list(model.classes_).index(label) for label in job["classes"]]
    return lambda rows: np.asarray(model.predict_proba(make_readable(rows)))[:, order], "defaults", save
