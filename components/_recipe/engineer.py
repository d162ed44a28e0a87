"""The recipe's second step: date parts, encodings and derived features, a numeric matrix with names."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from components._compiled.steps import (
    TEXT_KINDS,
    MadeColumn,
    Scaling,
    fill_and_clip,
    list_engineered,
    list_intermediate,
)
from components._compiled.texts import LONGEST
from components._problem.task import TaskKind
from components._recipe.category_statistics import CategoryStatistics
from components._recipe.crosses import add_crosses
from components._recipe.date_parts import choose_parts
from components._recipe.derivations import Derivation
from components._recipe.model_input import to_columns, to_dates
from components._recipe.preprocess import compute_scales
from components._recipe.recipe import Step, get_units, make_unique_names, set_sources
from components._recipe.texts import learn_column
from components._table.time_blocks import TimeBlocks


class Engineer(Step):
    """Encode columns as numbers.

    Numbers and null indicators stay as they are. Dates become their parts: days since the first training
    date, month, day, weekday, hour; parts that do not vary in training are left out. Strings with few
    categories become one column per category (one-hot). Strings with many categories become the mean target
    of the category, shrunken towards the mean of all rows (Micci-Barreca 2001) and cross-fitted, so that no
    training row's encoding depends on its own target. Strings in between get both encodings, and an estimator
    may use either. Date parts and target encodings are standardised.

    With blocks of time, all statistics of categories that a training row gets come from earlier rows, as in
    CatBoost's ordered target statistics (Prokhorenkova et al. 2018). Mean targets are then those of the
    target's deviation from its block's mean, 0 for rows without earlier rows; other statistics are missing
    there and filled with the feature's median, as all missing values are.

    Further features are derived if they are asked for. Each derivation is a list of its kind and its columns:

    ============================================ ============================================================
    product, difference, ratio: two numbers       in the unit of the columns; the ratio r as r / (1 + |r|)
    days_between: two dates                       days from the second to the first
    year_cycle, week_cycle, day_cycle: a date     sine and cosine of its position
    frequency: a string                           share of the training rows with this category
    group_mean, group_deviation: number, string   mean and standard deviation of the number by category
    difference_to_group, ratio_to_group: the same the number compared with the mean of its category
    cross: two strings                            mean target of the pair, encoded like a string
    text_length: a text                           characters, words, shares of capitals and of digits
    text_topics: a text                           main components of its words and pairs of words
    text_target: a text                           target by a ridge regression on them, cross-fitted
    ============================================ ============================================================

    A text has features by derivations only.

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
    derived : sequence of list of str
        Derivations, each a kind and its columns; their statistics are learned from the training rows.
    event_time : str
        Date that only derivations use, without its parts; empty for none.

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
        Shrunken mean target of each category; with blocks of time, of its deviation.
    by_time_ : bool
        Whether the statistics of training rows came from earlier rows only.
    units_ : dict of str to [float, float]
        Mean and scale of the numbers, from the step before.
    crosses_ : dict of str to dict
        Columns, width and pairs of each cross, see ``Cross``; a cross is a string column, too.
    texts_ : dict of str to dict
        Column of each text that features are made of, and what was learned from it, see ``TextNumbers``.
    derived_ : list of dict
        Kind and columns of each derivation, and a value for each category if it needs them.
    fallbacks_, means_, scales_ : ndarray of shape (n_scaled,)
        Value for a missing value, mean and standard deviation of each date part, target encoding and derived
        feature.
    """

    def __init__(
        self,
        kind: TaskKind,
        one_hot_up_to: int = 40,
        target_above: int = 10,
        seed: int = 0,
        derived: Sequence[Derivation] = (),
        event_time: str = "",
    ) -> None:
        self.kind = kind
        self.one_hot_up_to = one_hot_up_to
        self.target_above = target_above
        self.seed = seed
        self.derived = derived
        self.event_time = event_time

    def fit(self, X: pd.DataFrame, y: np.ndarray, blocks: TimeBlocks | None = None) -> "Engineer":
        """Learn date ranges, categories and target means from preprocessed training rows."""
        self.fit_transform(X, y, blocks)
        return self

    def fit_transform(self, X: pd.DataFrame, y: np.ndarray, blocks: TimeBlocks | None = None) -> pd.DataFrame:
        """Learn from preprocessed training rows and encode them.

        Unlike with ``fit(X, y).transform(X)``, no row's encoding depends on that row's target. With blocks of
        time, all statistics that a row gets are those of earlier rows, as a later row gets those of all
        training rows.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            Preprocessed training rows.
        y : ndarray of shape (n_rows,)
            Encoded target.
        blocks : TimeBlocks, optional
            The rows by time; None if their order means nothing.
        """
        names = [str(name) for name in X.columns]
        dates = [name for name in names if pd.api.types.is_datetime64_any_dtype(X[name].dtype)]
        strings = [name for name in names if isinstance(X[name].dtype, pd.CategoricalDtype)]
        texts = [name for name in names if X[name].dtype == object]
        self.numeric_ = [name for name in names if name not in {*dates, *strings, *texts}]
        self.categories_ = {name: list(X[name].cat.categories) for name in strings}
        self.one_hot_ = [name for name in strings if len(self.categories_[name]) <= self.one_hot_up_to]
        # Each string column gets an encoding.
        above = min(self.target_above, self.one_hot_up_to)
        self.target_ = [name for name in strings if len(self.categories_[name]) > above]
        self.units_ = get_units(X)
        self.by_time_ = blocks is not None
        columns = self._take_columns(X, dates)
        self._fit_texts(X, columns, y, blocks)
        chosen = choose_parts({name: columns[name] for name in dates}, self.event_time)
        self.first_, self.parts_ = chosen.first, chosen.parts
        statistics = self._fit_statistics(columns, y, blocks)
        stacked = np.column_stack([*chosen.values, statistics])
        stacked[:, ~np.isfinite(stacked).any(axis=0)] = 0.0
        medians = np.nanmedian(stacked, axis=0) if len(X) else np.zeros(stacked.shape[1])
        self.fallbacks_ = fill_and_clip(medians, 0.0)
        filled = fill_and_clip(stacked, self.fallbacks_)
        self.means_ = filled.mean(axis=0)
        self.scales_ = compute_scales(filled)
        made = list_engineered(self.export())
        matrix = self._compute_features(made, add_crosses(columns, self.crosses_), len(X))
        # The statistics of training rows are not those of all rows.
        matrix[len(made) - stacked.shape[1] :] = Scaling(self.fallbacks_, self.means_, self.scales_)(
            stacked
        ).T
        return _build_frame(made, matrix, X.index)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Encode preprocessed rows as float64, shape (n_rows, n_features)."""
        exported = self.export()
        made = list_engineered(exported)
        columns = self._take_columns(X, list(self.first_))
        columns |= to_columns(X, {of["column"]: "string" for of in self.texts_.values()})
        columns = add_crosses(columns, self.crosses_)
        columns |= {
            made.name: made.compute(columns[made.sources[0]])
            for made in list_intermediate({"crosses": {}, "texts": exported["texts"]})
        }
        return _build_frame(made, self._compute_features(made, columns, len(X)), X.index)

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
            "units": self.units_,
            "crosses": self.crosses_,
            "texts": {
                name: {**of, "learned": {key: values.tolist() for key, values in of["learned"].items()}}
                for name, of in self.texts_.items()
            },
            "derived": self.derived_,
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

    def list_derivations(self) -> list[Derivation]:
        """Return the derivation of each feature; an empty list for a feature that is not derived."""
        return [list(column.derivation) for column in list_engineered(self.export())]

    def describe(self) -> list[str]:
        """Return sentences that say what the fitted step does."""
        sentences = [f"{len(self.numeric_)} numbers and null indicators stay as they are."]
        for name in self.first_:
            if name == self.event_time:
                continue
            parts = [part for date, part in self.parts_ if date == name]
            sentences.append(f"{name} becomes its {', '.join(parts)}." if parts else f"{name} does not vary.")
        sentences += [
            f"{name} is encoded one-hot, in {len(self.categories_[name])} columns." for name in self.one_hot_
        ]
        fitted = "past" if self.by_time_ else "cross-fitted"
        sentences += [
            f"{name} becomes the {fitted} mean target of its {len(self.categories_[name])} categories."
            for name in self.target_
            if name not in self.crosses_
        ]
        sentences += [
            f"Of {of['column']}, {len(of['learned']['terms']):,} words and pairs of words are known, learned "
            f"from {of['n_texts']:,} texts. The first {LONGEST:,} characters of each text are read."
            for of in self.texts_.values()
        ]
        derived = [
            name
            for name, derivation in zip(self.get_feature_names_out(), self.list_derivations(), strict=True)
            if derivation
        ]
        if derived:
            sentences.append(f"{len(derived)} features are derived: {', '.join(derived)}.")
        if self.by_time_ and (self.target_ or any("values" in of for of in self.derived_)):
            sentences.append(
                "Because of the event time, mean targets, frequencies and numbers by category of a training "
                "row come from earlier rows only. Later rows get those of all training rows."
            )
        return sentences

    def _take_columns(self, X: pd.DataFrame, dates: list[str]) -> dict[str, np.ndarray]:
        """Return the columns by name: float64, codes of categories, datetime64[us]; each (n_rows,)."""
        numbers = X[self.numeric_].to_numpy(dtype=np.float64).T
        columns = dict(zip(self.numeric_, numbers, strict=True))
        columns |= {name: X[name].cat.codes.to_numpy() for name in X if name in self.categories_}
        return columns | {name: to_dates(X[name]) for name in dates}

    def _compute_features(
        self, made: list[MadeColumn], columns: dict[str, np.ndarray], n_rows: int
    ) -> np.ndarray:
        """Return the features, float64 of shape (n_features, n_rows)."""
        features = np.empty((len(made), n_rows))
        for i, column in enumerate(made):
            features[i] = column.compute(*(columns[source] for source in column.sources))
        return features

    def _fit_statistics(
        self, columns: dict[str, np.ndarray], y: np.ndarray, blocks: TimeBlocks | None
    ) -> np.ndarray:
        """Learn the statistics of categories; return what the training rows get of them.

        Shape (n_rows, n_statistics), in the order of the features.
        """
        fitted = CategoryStatistics(self.derived, self.categories_, self.target_, self.units_, self.texts_)
        if blocks is None:
            statistics = fitted.cross_fit(columns, y, self.kind, self.seed)
        else:
            statistics = fitted.fit_by_time(columns, y, self.kind, blocks)
        self.categories_, self.target_ = fitted.categories, fitted.target
        self.crosses_, self.derived_, self.encodings_ = fitted.crosses, fitted.derived, fitted.encodings
        return statistics

    def _fit_texts(
        self, X: pd.DataFrame, columns: dict[str, Any], y: np.ndarray, blocks: TimeBlocks | None
    ) -> None:
        """Learn from the texts that features are made of, and add their numbers to the columns."""
        self.texts_: dict[str, dict[str, Any]] = {}
        targets = y[:, np.newaxis] == np.unique(y) if self.kind == "multiclass" else y[:, np.newaxis]
        for column in dict.fromkeys(names[0] for kind, *names in self.derived if kind in TEXT_KINDS):
            (name,) = make_unique_names([f"words of {column}"], taken=columns)
            learned = learn_column(to_columns(X, {column: "string"})[column], targets, blocks, self.seed)
            self.texts_[name] = {"column": column, **learned.state}
            columns[name] = learned.numbers


def _build_frame(made: list[MadeColumn], matrix: np.ndarray, index: pd.Index) -> pd.DataFrame:
    features = pd.DataFrame(matrix.T, columns=_name_features(made), index=index)
    return set_sources(features, [" & ".join(column.sources) for column in made])


def _name_features(made: list[MadeColumn]) -> list[str]:
    return make_unique_names(column.name for column in made)
