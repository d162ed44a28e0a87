"""The baseline: LightGBM as it comes, its categories as numbers in the order of the alphabet."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.preprocessing import OrdinalEncoder

PACKAGES = ("lightgbm",)


def fit(
    train: pd.DataFrame, job: dict[str, Any]
) -> tuple[Callable[[pd.DataFrame], np.ndarray], str, Callable[[Path], None]]:
    """Fit the defaults; the seconds given do not matter."""
    # A group's name says nothing of the groups to predict.
    features = train.drop(columns=[job["target"], *([job["group"]] if job["group"] else [])])
    texts = list(features.select_dtypes("object").columns)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    encoder.fit(features[texts])

    def encode_rows(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[features.columns]
        dates = rows.select_dtypes("datetime")
        return rows.assign(
            **dict(zip(texts, encoder.transform(rows[texts]).T, strict=True)),
            **{name: (dates[name] - pd.Timestamp(0)).dt.total_seconds() for name in map(str, dates)},
        )

    settings: dict[str, Any] = {"n_jobs": job["cores"], "random_state": job["seed"], "verbose": -1}
    kind = LGBMRegressor if job["kind"] == "regression" else LGBMClassifier
    model = kind(**settings).fit(encode_rows(features), train[job["target"]])

    def save(folder: Path) -> None:
        folder.joinpath("model.pickle").write_bytes(pickle.dumps((encoder, model)))

    if job["kind"] == "regression":
        return lambda rows: np.asarray(model.predict(encode_rows(rows))), "defaults", save
    order = [list(model.classes_).index(label) for label in job["classes"]]
    return lambda rows: np.asarray(model.predict_proba(encode_rows(rows)))[:, order], "defaults", save
