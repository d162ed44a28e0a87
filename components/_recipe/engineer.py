"""The recipe's second step: date parts and encodings, which make a numeric matrix with names."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from components._compiled.dates import compute_date_part
from components._problem.task import TaskKind
from components._recipe.preprocess import compute_scales
from components._recipe.recipe import Step, make_unique_names, set_sources

Alternative = Literal["one-hot", "target"]

_PARTS = ("days", "month", "day", "weekday", "hour")
_CROSS_FIT_FOLDS = 5


class Engineer(Step):
    """Encode columns as numbers.

    Numbers and null indicators stay as they are. Dates become their parts: days since the first training
    date, month, day, weekday, hour; parts that do not vary in training are left out. Strings with few
    categories become one column per category (one-hot). Strings with many categories become the mean target
    of the category, shrunken towards the mean of all rows (Micci-Barreca 2001) and cross-fitted, so that no
    training row's encoding depends on its own target. Strings in between get both encodings, and an estimator
    may use either. Date parts and target encodings are standardised.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    one_hot_up_to : int
        A column with at most this many categories is encoded one-hot.
    target_above : int
        A column with more categories than this is encoded by mean targets; at most ``one_hot_up_to``.
    seed : int
        Seed of the cross-fitting folds.

    Attributes
    ----------
    numeric_, one_hot_, target_ : list of str
        Columns by their encoding.
    parts_ : list of [str, str]
        Date column and part.
    first_ : dict of str to int
        First training date of each date column, in microseconds since 1970.
    categories_ : dict of str to list of str
        Categories of each string column.
    encodings_ : dict of str to ndarray of shape (n_categories, n_outputs)
        Shrunken mean target of each category.
    fallbacks_, means_, scales_ : ndarray of shape (n_scaled,)
        Value for a missing date, mean and standard deviation of each date part and target encoding.
    """

    def __init__(
        self, kind: TaskKind, one_hot_up_to: int = 40, target_above: int = 10, seed: int = 0
    ) -> None:
        self.kind = kind
        self.one_hot_up_to = one_hot_up_to
        self.target_above = target_above
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Engineer":
        """Learn date ranges, categories and target means from preprocessed training rows."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: np.ndarray) -> pd.DataFrame:
        """Learn from preprocessed training rows and encode them.

        The target encodings are cross-fitted here: unlike with ``fit(X, y).transform(X)``, no row's encoding
        depends on that row's target.
        """
        names = [str(name) for name in X.columns]
        dates = [name for name in names if pd.api.types.is_datetime64_any_dtype(X[name].dtype)]
        strings = [name for name in names if isinstance(X[name].dtype, pd.CategoricalDtype)]
        self.numeric_ = [name for name in names if name not in dates and name not in strings]
        self.categories_ = {name: list(X[name].cat.categories) for name in strings}
        self.one_hot_ = [name for name in strings if len(self.categories_[name]) <= self.one_hot_up_to]
        # Each string column gets an encoding.
        above = min(self.target_above, self.one_hot_up_to)
        self.target_ = [name for name in strings if len(self.categories_[name]) > above]
        self._fit_dates(X[dates])
        encoded = self._fit_targets(X[self.target_], y)
        scaled = np.column_stack([self._compute_date_parts(X), encoded])
        medians = np.nanmedian(scaled, axis=0) if len(X) else np.zeros(scaled.shape[1])
        self.fallbacks_ = np.where(np.isnan(medians), 0.0, medians)
        scaled = np.where(np.isnan(scaled), self.fallbacks_, scaled)
        self.means_ = scaled.mean(axis=0)
        self.scales_ = compute_scales(scaled)
        return self._assemble(X, scaled)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Encode preprocessed rows as float64, shape (n_rows, n_features)."""
        encoded = [self.encodings_[name][X[name].cat.codes.to_numpy()] for name in self.target_]
        scaled = np.column_stack([self._compute_date_parts(X), *encoded])
        return self._assemble(X, np.where(np.isnan(scaled), self.fallbacks_, scaled))

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the features, shape (n_features,)."""
        one_hot = [f"{name}={value}" for name in self.one_hot_ for value in self.categories_[name]]
        parts = [f"{name}_{part}" for name, part in self.parts_]
        targets = []
        for name in self.target_:
            n_outputs = self.encodings_[name].shape[1]
            suffixes = [""] if n_outputs == 1 else [f"_{i}" for i in range(n_outputs)]
            targets += [f"{name}_target{suffix}" for suffix in suffixes]
        return np.array(make_unique_names([*self.numeric_, *one_hot, *parts, *targets]), dtype=object)

    def export(self) -> dict[str, Any]:
        """Return the fitted state as JSON values."""
        return {
            "numeric": self.numeric_,
            "one_hot": {name: self.categories_[name] for name in self.one_hot_},
            "parts": self.parts_,
            "first": self.first_,
            "target": {
                name: {"categories": self.categories_[name], "means": self.encodings_[name].tolist()}
                for name in self.target_
            },
            "fallbacks": self.fallbacks_.tolist(),
            "means": self.means_.tolist(),
            "scales": self.scales_.tolist(),
        }

    def get_alternatives(self) -> dict[str, Alternative]:
        """Return the encoding of each feature whose column is encoded in both ways."""
        both = set(self.one_hot_) & set(self.target_)
        ways: list[Alternative | None] = [None] * len(self.numeric_)
        for name in self.one_hot_:
            ways += ["one-hot" if name in both else None] * len(self.categories_[name])
        ways += [None] * len(self.parts_)
        for name in self.target_:
            ways += ["target" if name in both else None] * self.encodings_[name].shape[1]
        names = self.get_feature_names_out()
        return {str(name): way for name, way in zip(names, ways, strict=True) if way is not None}

    def describe(self) -> list[str]:
        """Return sentences that say what the fitted step does."""
        sentences = [f"{len(self.numeric_)} numbers and null indicators stay as they are."]
        for name in self.first_:
            parts = [part for date, part in self.parts_ if date == name]
            sentences.append(f"{name} becomes its {', '.join(parts)}." if parts else f"{name} does not vary.")
        sentences += [
            f"{name} is encoded one-hot, in {len(self.categories_[name])} columns." for name in self.one_hot_
        ]
        sentences += [
            f"{name} becomes the cross-fitted mean target of its {len(self.categories_[name])} categories."
            for name in self.target_
        ]
        return sentences

    def _fit_dates(self, dates: pd.DataFrame) -> None:
        known = {str(name): dates[name].dropna() for name in dates.columns}
        self.first_ = {
            name: int(values.to_numpy(dtype="datetime64[us]").astype(np.int64).min()) if len(values) else 0
            for name, values in known.items()
        }
        self.parts_ = [
            [name, part]
            for name, values in known.items()
            for part in _PARTS
            if np.unique(
                compute_date_part(values.to_numpy(dtype="datetime64[us]"), part, self.first_[name])
            ).size
            > 1
        ]

    def _fit_targets(self, strings: pd.DataFrame, y: np.ndarray) -> np.ndarray:
        self.encodings_: dict[str, np.ndarray] = {}
        blocks = [np.empty((len(strings), 0))]
        for name in self.target_:
            n_categories = len(self.categories_[name])
            encoder = TargetEncoder(
                categories=[np.arange(n_categories)],
                target_type="continuous" if self.kind == "regression" else self.kind,
                cv=self._make_cross_fit_folds(y),
            )
            codes = strings[name].cat.codes.to_numpy().reshape(-1, 1)
            blocks.append(encoder.fit_transform(codes, y))
            self.encodings_[name] = np.column_stack(encoder.encodings_)
        return np.column_stack(blocks)

    def _make_cross_fit_folds(self, y: np.ndarray) -> KFold | StratifiedKFold:
        if self.kind == "regression":
            return KFold(_CROSS_FIT_FOLDS, shuffle=True, random_state=self.seed)
        n_folds = max(2, min(_CROSS_FIT_FOLDS, int(np.bincount(y).min())))
        return StratifiedKFold(n_folds, shuffle=True, random_state=self.seed)

    def _compute_date_parts(self, X: pd.DataFrame) -> np.ndarray:
        columns = [np.empty((len(X), 0))]
        for name, part in self.parts_:
            columns.append(
                compute_date_part(X[name].to_numpy(dtype="datetime64[us]"), part, self.first_[name])
            )
        return np.column_stack(columns)

    def _assemble(self, X: pd.DataFrame, scaled: np.ndarray) -> pd.DataFrame:
        one_hot = [
            (X[name].cat.codes.to_numpy()[:, None] == np.arange(len(self.categories_[name]))).astype(
                np.float64
            )
            for name in self.one_hot_
        ]
        matrix = np.column_stack(
            [X[self.numeric_].to_numpy(dtype=np.float64), *one_hot, (scaled - self.means_) / self.scales_]
        )
        features = pd.DataFrame(matrix, columns=self.get_feature_names_out(), index=X.index)
        return set_sources(features, self._list_sources())

    def _list_sources(self) -> list[str]:
        sources = list(self.numeric_)
        for name in self.one_hot_:
            sources += [name] * len(self.categories_[name])
        sources += [name for name, _ in self.parts_]
        for name in self.target_:
            sources += [name] * self.encodings_[name].shape[1]
        return sources
