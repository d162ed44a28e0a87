"""The recipe's first step: types, nulls, outliers, standardisation, rare categories."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from components._compiled.steps import NULL, OTHER, fill_and_clip, list_preprocessed
from components._recipe.model_input import to_columns, to_dates, to_floats
from components._recipe.recipe import Step, make_unique_names, set_units
from components._table.schema import Kind

QUARTILES = (0.25, 0.5, 0.75)


class NumberStatistics(TypedDict):
    """What rows teach about a number: its fill value, IQR fences (None without), mean and scale."""

    fill: float
    fences: list[float | None]
    mean: float
    scale: float


class Statistics(TypedDict):
    """What rows teach a ``Preprocessor``.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    numeric : dict of str to NumberStatistics
        The numbers.
    has_nulls : dict of str to bool
        Whether numbers and dates have nulls.
    categorical : dict of str to list of str
        Frequent categories of each string column, sorted.
    """

    n_rows: int
    numeric: dict[str, NumberStatistics]
    has_nulls: dict[str, bool]
    categorical: dict[str, list[str]]


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
    statistics : Statistics or None
        What all training rows teach with these fences and this share, where they do not fit into memory: the
        step takes it in every fit, whatever rows it is given. None to learn from the rows of a fit.

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
        statistics: Statistics | None = None,
    ) -> None:
        self.numeric = numeric
        self.categorical = categorical
        self.datetime = datetime
        self.text = text
        self.fence_factor = fence_factor
        self.rare_below = rare_below
        self.statistics = statistics

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes."""
        state = super().__getstate__()
        # Without statistics, a recipe's file is that of versions which did not have them.
        if self.statistics is None:
            del state["statistics"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes that ``__getstate__`` returned."""
        super().__setstate__({"statistics": None, **state})

    @property
    def feature_names(self) -> list[str]:
        """The raw columns that the step reads."""
        return list(dict.fromkeys([*self.numeric, *self.categorical, *self.datetime, *self.texts]))

    @property
    def texts(self) -> dict[str, str]:
        """The raw columns that are passed on as texts, and their names from then on."""
        return dict(self.text or {})

    def fit(self, X: pd.DataFrame, y: np.ndarray | None = None) -> "Preprocessor":
        """Learn medians, fences, scales and categories from training rows, unless statistics are given."""
        if self.statistics is not None:
            self._take(self.statistics)
            return self
        values = convert_numbers(X, self.numeric)
        n_columns = len(self.numeric)
        self.medians_ = np.zeros(n_columns)
        self.lows_ = np.full(n_columns, -np.inf)
        self.highs_ = np.full(n_columns, np.inf)
        for i in range(n_columns):
            known = values[~np.isnan(values[:, i]), i]
            if not known.size:
                continue
            low, self.medians_[i], high = np.quantile(known, QUARTILES)
            self.lows_[i], self.highs_[i] = compute_fences(low, high, self.fence_factor)
        no_date = [np.isnat(to_dates(X[name])).any() for name in self.datetime]
        self.has_nulls_ = np.concatenate([np.isnan(values).any(axis=0), np.array(no_date, dtype=bool)])
        filled = fill_and_clip(values, self.medians_, self.lows_, self.highs_)
        self.means_ = filled.mean(axis=0)
        self.scales_ = compute_scales(filled)
        least = compute_least_rows(self.rare_below, len(X))
        self.categories_ = {}
        for name in self.categorical:
            counts = X[name].value_counts()
            self.categories_[name] = sort_categories(map(str, counts.index[counts.to_numpy() >= least]))
        return self

    def _take(self, of: Statistics) -> None:
        numbers = [of["numeric"][name] for name in self.numeric]
        self.medians_ = np.array([number["fill"] for number in numbers])
        fences = np.array([number["fences"] for number in numbers], dtype=float).reshape(-1, 2)
        self.lows_, self.highs_ = np.where(np.isnan(fences), [-np.inf, np.inf], fences).T.copy()
        self.means_ = np.array([number["mean"] for number in numbers])
        self.scales_ = np.array([number["scale"] for number in numbers])
        has_nulls = [of["has_nulls"][name] for name in (*self.numeric, *self.datetime)]
        self.has_nulls_ = np.array(has_nulls, dtype=bool)
        self.categories_ = {name: list(of["categorical"][name]) for name in self.categorical}

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
        fences = [export_fences(low, high) for low, high in zip(self.lows_, self.highs_, strict=True)]
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
        if self.statistics is not None:
            sentences.append(
                f"All of this is learned from all {self.statistics['n_rows']:,} training rows. Later stages "
                "keep these statistics, also where they learn from a sample."
            )
        return sentences

    def _list_null_columns(self) -> list[str]:
        names = [*self.numeric, *self.datetime]
        return [name for name, has in zip(names, self.has_nulls_, strict=True) if has]

    def _name_indicators(self) -> list[str]:
        return make_unique_names(
            (f"{name}_is_null" for name in self._list_null_columns()),
            taken=[*self.feature_names, *self.texts.values()],
        )


def compute_fences(low: float, high: float, factor: float) -> tuple[float, float]:
    """Return the IQR fences of a number with these quartiles; infinite for none."""
    # With equal quartiles every other value would be an outlier.
    if factor > 0 and high > low:
        return low - factor * (high - low), high + factor * (high - low)
    return -np.inf, np.inf


def export_fences(low: float, high: float) -> list[float | None]:
    """Return IQR fences as JSON values; an infinite one is None."""
    return [float(fence) if np.isfinite(fence) else None for fence in (low, high)]


def compute_least_rows(rare_below: float, n_rows: int) -> float:
    """Return the number of rows from which a category is frequent."""
    return max(rare_below * n_rows, 1.0)


def sort_categories(frequent: Iterable[str]) -> list[str]:
    """Return frequent strings as categories, sorted."""
    # A string that is equal to one of these two gets its category.
    return sorted(value for value in frequent if value not in (NULL, OTHER))


def compute_scales(values: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column of numbers without NaN, 1 for a constant column."""
    # Divided by a power of two, which is exact, numbers such as 1e300 have squares that a float holds.
    # Squares of numbers such as 1e-200 vanish, and the column counts as constant.
    exponents = compute_exponents(np.abs(values).max(axis=0, initial=0.0))
    deviations = np.ldexp(values, -exponents)
    deviations -= deviations.mean(axis=0)
    np.square(deviations, out=deviations)
    spread = np.ldexp(np.sqrt(deviations.mean(axis=0)), exponents)
    # Rounding can give a constant column a deviation above 0: the mean of three times 0.1 is not 0.1.
    return np.where((np.ptp(values, axis=0) > 0) & (spread > 0), spread, 1.0)


def compute_exponents(largest: np.ndarray) -> np.ndarray:
    """Return the powers of two that make numbers up to these at most 1 in size; 0 for those below 1."""
    return np.asarray(np.maximum(np.frexp(largest)[1], 0))


def convert_numbers(X: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return columns as float64, shape (n_rows, n_names); nulls and infinite numbers are NaN."""
    values = np.empty((len(X), len(names)))
    for i, name in enumerate(names):
        values[:, i] = to_floats(X[name])
    values[~np.isfinite(values)] = np.nan
    return values
