"""The recipe's second step: date parts and encodings, which make a numeric matrix with names."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from components._compiled.dates import compute_date_part
from components._compiled.steps import MadeColumn, Scaling, fill_and_clip, list_engineered
from components._problem.task import TaskKind
from components._recipe.model_input import to_dates
from components._recipe.preprocess import compute_scales
from components._recipe.recipe import Step, make_unique_names, set_sources

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
        raw = np.column_stack(
            [np.empty((len(X), 0)), *self._fit_dates(X[dates]), *self._fit_targets(X[self.target_], y)]
        )
        medians = np.nanmedian(raw, axis=0) if len(X) else np.zeros(raw.shape[1])
        self.fallbacks_ = fill_and_clip(medians, 0.0)
        filled = fill_and_clip(raw, self.fallbacks_)
        self.means_ = filled.mean(axis=0)
        self.scales_ = compute_scales(filled)
        made = list_engineered(self.export())
        matrix = self._compute_features(made, X)
        # The mean targets of training rows are the cross-fitted ones.
        matrix[len(made) - raw.shape[1] :] = Scaling(self.fallbacks_, self.means_, self.scales_)(raw).T
        return _build_frame(made, matrix, X.index)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Encode preprocessed rows as float64, shape (n_rows, n_features)."""
        made = list_engineered(self.export())
        return _build_frame(made, self._compute_features(made, X), X.index)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the features, shape (n_features,)."""
        return np.array(_name_features(list_engineered(self.export())), dtype=object)

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

    def get_alternatives(self) -> dict[str, str]:
        """Return "one-hot" or "target" for each feature whose column is encoded in both ways."""
        made = list_engineered(self.export())
        return {
            name: column.encoding
            for name, column in zip(_name_features(made), made, strict=True)
            if column.encoding
        }

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

    def _compute_features(self, made: list[MadeColumn], X: pd.DataFrame) -> np.ndarray:
        """Return the features, float64 of shape (n_features, n_rows)."""
        numbers = X[self.numeric_].to_numpy(dtype=np.float64).T
        columns = dict(zip(self.numeric_, numbers, strict=True))
        columns |= {name: X[name].cat.codes.to_numpy() for name in self.categories_}
        columns |= {name: to_dates(X[name]) for name in self.first_}
        features = np.empty((len(made), len(X)))
        for i, column in enumerate(made):
            features[i] = column.compute(columns[column.source])
        return features

    def _fit_dates(self, dates: pd.DataFrame) -> list[np.ndarray]:
        """Choose the parts; return them for the training rows, each of shape (n_rows,)."""
        self.first_: dict[str, int] = {}
        self.parts_: list[list[str]] = []
        parts = []
        for name, column in dates.items():
            moments = to_dates(column)
            known = moments[~np.isnat(moments)].astype(np.int64)
            self.first_[str(name)] = first = int(known.min()) if len(known) else 0
            for part in _PARTS:
                values = compute_date_part(moments, part, first)
                if np.unique(values[~np.isnan(values)]).size > 1:
                    self.parts_.append([str(name), part])
                    parts.append(values)
        return parts

    def _fit_targets(self, strings: pd.DataFrame, y: np.ndarray) -> list[np.ndarray]:
        """Learn mean targets; return the cross-fitted ones, each of shape (n_rows, n_outputs)."""
        self.encodings_: dict[str, np.ndarray] = {}
        encoded = []
        for name in self.target_:
            n_categories = len(self.categories_[name])
            encoder = TargetEncoder(
                categories=[np.arange(n_categories)],
                target_type="continuous" if self.kind == "regression" else self.kind,
                cv=self._make_cross_fit_folds(y),
            )
            encoded.append(encoder.fit_transform(strings[name].cat.codes.to_numpy().reshape(-1, 1), y))
            self.encodings_[name] = np.column_stack(encoder.encodings_)
        return encoded

    def _make_cross_fit_folds(self, y: np.ndarray) -> KFold | StratifiedKFold:
        if self.kind == "regression":
            return KFold(_CROSS_FIT_FOLDS, shuffle=True, random_state=self.seed)
        n_folds = max(2, min(_CROSS_FIT_FOLDS, int(np.bincount(y).min())))
        return StratifiedKFold(n_folds, shuffle=True, random_state=self.seed)


def _build_frame(made: list[MadeColumn], matrix: np.ndarray, index: pd.Index) -> pd.DataFrame:
    features = pd.DataFrame(matrix.T, columns=_name_features(made), index=index)
    return set_sources(features, [column.source for column in made])


def _name_features(made: list[MadeColumn]) -> list[str]:
    return make_unique_names(column.name for column in made)
