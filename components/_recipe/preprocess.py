"""The recipe's first step: types, nulls, outliers, standardisation, rare categories."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from components._compiled.steps import NULL, OTHER, fill_and_clip, list_preprocessed
from components._recipe.model_input import to_columns, to_dates, to_floats
from components._recipe.recipe import Step, make_unique_names, set_units
from components._table.schema import Kind


class Preprocessor(Step):
    """Fill nulls, clip outliers, standardise numbers, and merge rare categories.

    Nulls and infinite numbers take the median. Numbers (booleans count as 0 and 1) are clipped at IQR
    fences: ``fence_factor`` interquartile ranges beyond the quartiles (Tukey, Exploratory Data Analysis,
    1977). They are then standardised by mean and standard deviation. Numbers and dates that had nulls in
    training get a null indicator. Strings become categories: those that are frequent in training,
    ``(null)``, and ``(other)`` for rare and unknown ones. Dates and texts stay as they are.

    Parameters
    ----------
    numeric, categorical, datetime : list of str
        Raw columns by their use; all others are ignored.
    text : dict of str to str, or None
        Raw columns that are passed on as texts, and their names from then on; they may be categorical, too.
        None for no texts.
    fence_factor : float
        Interquartile ranges between a quartile and its fence; 0 for no fences.
    rare_below : float
        Share of the training rows below which a category is rare, in [0, 1).

    Attributes
    ----------
    medians_, lows_, highs_, means_, scales_ : ndarray of shape (n_numeric,)
        Fill value, fences, mean and standard deviation of each number.
    has_nulls_ : ndarray of bool, shape (n_numeric + n_datetime,)
        Which numbers and dates get a null indicator.
    categories_ : dict of str to list of str
        Frequent categories of each string column, sorted.
    """

    def __init__(
        self,
        numeric: list[str],
        categorical: list[str],
        datetime: list[str],
        text: Mapping[str, str] | None = None,
        fence_factor: float = 3.0,
        rare_below: float = 0.001,
    ) -> None:
        self.numeric = numeric
        self.categorical = categorical
        self.datetime = datetime
        self.text = text
        self.fence_factor = fence_factor
        self.rare_below = rare_below

    @property
    def feature_names(self) -> list[str]:
        """The raw columns that the step reads."""
        return list(dict.fromkeys([*self.numeric, *self.categorical, *self.datetime, *self.texts]))

    @property
    def texts(self) -> dict[str, str]:
        """The raw columns that are passed on as texts, and their names from then on."""
        return dict(self.text or {})

    def fit(self, X: pd.DataFrame, y: np.ndarray | None = None) -> "Preprocessor":
        """Learn medians, fences, scales and categories from training rows."""
        values = convert_numbers(X, self.numeric)
        n_columns = len(self.numeric)
        self.medians_ = np.zeros(n_columns)
        self.lows_ = np.full(n_columns, -np.inf)
        self.highs_ = np.full(n_columns, np.inf)
        for i in range(n_columns):
            known = values[~np.isnan(values[:, i]), i]
            if not known.size:
                continue
            low, self.medians_[i], high = np.quantile(known, [0.25, 0.5, 0.75])
            # With equal quartiles every other value would be an outlier.
            if self.fence_factor > 0 and high > low:
                self.lows_[i] = low - self.fence_factor * (high - low)
                self.highs_[i] = high + self.fence_factor * (high - low)
        no_date = [np.isnat(to_dates(X[name])).any() for name in self.datetime]
        self.has_nulls_ = np.concatenate([np.isnan(values).any(axis=0), np.array(no_date, dtype=bool)])
        filled = fill_and_clip(values, self.medians_, self.lows_, self.highs_)
        self.means_ = filled.mean(axis=0)
        self.scales_ = compute_scales(filled)
        least = max(self.rare_below * len(X), 1.0)
        self.categories_ = {
            name: sorted(
                str(value)
                for value, n in X[name].value_counts().items()
                # A string that is equal to one of these two gets its category.
                if n >= least and value not in (NULL, OTHER)
            )
            for name in self.categorical
        }
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return standardised numbers, null indicators (0.0 or 1.0), categories, datetimes, and texts."""
        kinds: dict[str, Kind] = {
            **dict.fromkeys(self.numeric, "float"),
            **dict.fromkeys(self.categorical, "string"),
            **dict.fromkeys(self.datetime, "datetime"),
            **dict.fromkeys(self.texts, "string"),
        }
        columns = to_columns(X, kinds)
        made: dict[str, Any] = {
            column.name: column.compute(*(columns[source] for source in column.sources))
            for column in list_preprocessed(self.export())
        }
        for name in self.texts.values():
            codes, values = made[name]
            made[name] = np.array([*values, None], dtype=object)[codes]
        for name, kept in self.categories_.items():
            made[name] = pd.Categorical.from_codes(made[name], categories=pd.Index([*kept, NULL, OTHER]))
        units = zip(self.means_.tolist(), self.scales_.tolist(), strict=True)
        return set_units(
            pd.DataFrame(made, index=X.index), dict(zip(self.numeric, map(list, units), strict=True))
        )

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the columns that ``transform`` makes, shape (n_columns,)."""
        return np.array([column.name for column in list_preprocessed(self.export())], dtype=object)

    def export(self) -> dict[str, Any]:
        """Return the fitted state as JSON values; a missing fence is None."""
        fences = [
            [_to_json_number(low), _to_json_number(high)]
            for low, high in zip(self.lows_, self.highs_, strict=True)
        ]
        return {
            "numeric": {
                name: {"fill": fill, "fences": fence, "mean": mean, "scale": scale}
                for name, fill, fence, mean, scale in zip(
                    self.numeric,
                    self.medians_.tolist(),
                    fences,
                    self.means_.tolist(),
                    self.scales_.tolist(),
                    strict=True,
                )
            },
            "indicators": dict(zip(self._list_null_columns(), self._name_indicators(), strict=True)),
            "categorical": self.categories_,
            "datetime": self.datetime,
            "text": self.texts,
        }

    def describe(self) -> list[str]:
        """Return sentences that say what the fitted step does."""
        fenced = int(np.isfinite(self.highs_).sum())
        sentences = [
            f"{len(self.numeric)} numeric columns: nulls take the median, {fenced} columns are clipped at "
            "their IQR fences, all are standardised."
        ]
        if self._list_null_columns():
            sentences.append(f"Null indicators for {', '.join(self._list_null_columns())}.")
        sentences += [
            f"{name}: {len(kept)} categories, all others become {OTHER}."
            for name, kept in self.categories_.items()
        ]
        if self.texts:
            sentences.append(f"Texts stay as they are: {', '.join(self.texts)}.")
        return sentences

    def _list_null_columns(self) -> list[str]:
        names = [*self.numeric, *self.datetime]
        return [name for name, has in zip(names, self.has_nulls_, strict=True) if has]

    def _name_indicators(self) -> list[str]:
        return make_unique_names(
            (f"{name}_is_null" for name in self._list_null_columns()),
            taken=[*self.feature_names, *self.texts.values()],
        )


def compute_scales(values: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column of numbers without NaN, 1 for a constant column."""
    # Divided by a power of two, which is exact, numbers such as 1e300 have squares that a float holds.
    # Squares of numbers such as 1e-200 vanish, and the column counts as constant.
    exponents = np.maximum(np.frexp(np.abs(values).max(axis=0, initial=0.0))[1], 0)
    deviations = np.ldexp(values, -exponents)
    deviations -= deviations.mean(axis=0)
    np.square(deviations, out=deviations)
    spread = np.ldexp(np.sqrt(deviations.mean(axis=0)), exponents)
    # Rounding can give a constant column a deviation above 0: the mean of three times 0.1 is not 0.1.
    return np.where((np.ptp(values, axis=0) > 0) & (spread > 0), spread, 1.0)


def convert_numbers(X: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return columns as float64, shape (n_rows, n_names); nulls and infinite numbers are NaN."""
    values = np.empty((len(X), len(names)))
    for i, name in enumerate(names):
        values[:, i] = to_floats(X[name])
    values[~np.isfinite(values)] = np.nan
    return values


def _to_json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
