"""Whether a model can tell test rows from training rows, and by which columns (adversarial validation).

A few steps of gradient boosting learn from two thirds of the rows which side a row is on, and score the other
third, in turn. A ROC AUC of 0.5 is chance: then a model that is good on the training rows has seen rows like
those of the test.
"""

from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from components._metrics.estimate import Estimate

_N_FOLDS = 3
_STEPS = 50
_LEAST_ROWS = 60
_MOST_CATEGORIES = 100
_MOST_COLUMNS = 5
_Z = 1.959964
# Standard errors above chance. The rows of a fold are scored by one model, so that they vary together.
_MARGIN = 3.0
_SETTINGS = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.1,
    "max_bin": 63,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class RowOrigin(NamedTuple):
    """How well a model tells the sides apart, and the columns with the most gain, with their shares of it."""

    roc_auc: Estimate
    columns: list[tuple[str, float]]

    @property
    def is_known(self) -> bool:
        """Whether the model tells the sides apart better than by chance."""
        reach = self.roc_auc.half_width
        return reach is not None and self.roc_auc.value - 0.5 > _MARGIN / _Z * reach


def judge_row_origin(train: pd.DataFrame, test: pd.DataFrame, *, seed: int) -> RowOrigin | None:
    """Return how well a model tells the rows of both sides apart; None for too few rows.

    Parameters
    ----------
    train, test : DataFrame of shape (n_rows, n_columns)
        Independent rows of each side, without the target.
    seed : int
        Seed of the folds.
    """
    if min(len(train), len(test)) < _LEAST_ROWS or not len(train.columns):
        return None
    both = pd.concat([train, test], ignore_index=True)
    features = np.column_stack([_encode(both[name]) for name in both.columns])
    is_category = [at for at, name in enumerate(both.columns) if both[name].dtype in (object, bool)]
    is_test = np.arange(len(both)) >= len(train)
    folds = np.empty(len(both), dtype=np.int64)
    random = np.random.default_rng(seed)
    for side in (~is_test, is_test):
        folds[side] = random.permutation(np.arange(side.sum()) % _N_FOLDS)
    scores, gains = np.empty(len(both)), np.zeros(features.shape[1])
    for fold in range(_N_FOLDS):
        is_scored = folds == fold
        data = lgb.Dataset(
            features[~is_scored],
            is_test[~is_scored].astype(float),
            categorical_feature=is_category,
            params=_SETTINGS,
        )
        trees = lgb.train(_SETTINGS, data, num_boost_round=_STEPS)
        # Ranks, so that the models of the folds need not agree on the scale.
        predicted = trees.predict(features[is_scored], num_threads=1)
        scores[is_scored] = rankdata(predicted) / is_scored.sum()
        gains += trees.feature_importance("gain")
    order = np.argsort(-gains, kind="stable")[:_MOST_COLUMNS]
    shares = gains / max(gains.sum(), np.finfo(float).tiny)
    columns = [(str(both.columns[at]), float(shares[at])) for at in order.tolist() if shares[at] > 0]
    return RowOrigin(estimate_roc_auc(scores, is_test), columns)


def estimate_roc_auc(scores: np.ndarray, is_positive: np.ndarray) -> Estimate:
    """Return the area under the ROC curve with its interval (DeLong et al., Biometrics 44(3), 1988)."""
    positives, negatives = scores[is_positive], scores[~is_positive]
    ranks = rankdata(scores)
    n_positive, n_negative = len(positives), len(negatives)
    # Of each row the share of the other side's rows that it is ranked above or below.
    above = (ranks[is_positive] - rankdata(positives)) / n_negative
    below = 1 - (ranks[~is_positive] - rankdata(negatives)) / n_positive
    area = float(above.mean())
    reach = _Z * float(np.sqrt(above.var(ddof=1) / n_positive + below.var(ddof=1) / n_negative))
    return Estimate(area, max(area - reach, 0.0), min(area + reach, 1.0))


def _encode(column: pd.Series) -> np.ndarray:
    """Return a column as numbers, the most frequent categories as codes; NaN for null."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        seconds = column.to_numpy(dtype="datetime64[us]").astype(np.int64) / 1e6
        return np.where(column.isna(), np.nan, seconds)
    if column.dtype in (object, bool):
        codes = {value: code for code, value in enumerate(column.value_counts().index[:_MOST_CATEGORIES])}
        places = column.map(codes).to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(column.notna() & np.isnan(places), len(codes), places)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
