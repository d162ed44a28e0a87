"""The baseline: LightGBM as it comes, its categories as numbers in the order of the alphabet."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.preprocessing import OrdinalEncoder

PACKAGES = ("lightgbm",)


def fit(train: pd.DataFrame, job: dict[str, Any]) -> tuple[Callable[[pd.DataFrame], np.ndarray], str]:
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
    if job["kind"] == "regression":
        regressor = LGBMRegressor(**settings).fit(encode_rows(features), train[job["target"]])
        return lambda rows: np.asarray(regressor.predict(encode_rows(rows))), "defaults"
    classifier = LGBMClassifier(**settings).fit(encode_rows(features), train[job["target"]])
    order = [list(classifier.classes_).index(label) for label in job["classes"]]
    return lambda rows: np.asarray(classifier.predict_proba(encode_rows(rows)))[:, order], "defaults"
