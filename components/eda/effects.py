"""The measured effect of acting on a finding: the score of a quick model without and with it.

All variants are judged on the same rows, out of fold. Trees judge what a model learns from; a linear model
judges changes of the shape of numbers, which trees hardly notice: they only compare values.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import zip_longest
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from components._problem.metrics import DEFAULT_SCORER
from components._problem.spec import Problem
from components._quick_model.margin_of_error import compute_mean_and_margin
from components._quick_model.trees import judge_features
from components._table.findings import Effect
from components._table.row_folds import split_rows
from components._table.schema import Kind
from components._table.storage import group_equal_rows
from components._table.time_folds import Split, can_be_learned
from components.eda.quick_linear import predict_linearly
from components.eda.score_parts import compute_score_parts
from components.eda.values import to_numbers

MOST_ROWS, LEAST_ROWS = 10_000, 200
# More columns would not change what the others add.
MOST_COLUMNS = 100
N_FOLDS = 3
# A leaf has 20 rows.
_LEAST_FITTED = 40
_STEPS = 30
# Where folds differ, chance in the choice of folds counts too; several partitions make it small.
_REPEATS = 2
# Rows and columns of a fit, times the trees of a step: more would take more than an eighth of a second.
_MOST_CELLS, _LEAST_SAMPLE = 250_000, 2_000
# LightGBM refuses numbers that single precision does not hold.
_LARGEST = float(np.finfo(np.float32).max)

QuickModel = Literal["trees", "linear"]


class FoldPlan(NamedTuple):
    """How rows are split into folds.

    ``by`` is usual, as the later stages split them; mixed, at random, whatever the problem's roles;
    scattered, the same with copies of a row apart; group; or event_time. ``column`` has the groups or times.
    """

    by: Literal["usual", "mixed", "scattered", "group", "event_time"] = "usual"
    column: str = ""


class Variant(NamedTuple):
    """What a quick model learns from, and how it is judged.

    Attributes
    ----------
    columns : tuple of str
        The features.
    folds : FoldPlan
        The folds.
    changed : mapping of str to Series
        Columns with other values than the table's.
    """

    columns: tuple[str, ...]
    folds: FoldPlan = FoldPlan()
    changed: Mapping[str, pd.Series] = {}


class _Matrices(NamedTuple):
    fit: np.ndarray
    score: np.ndarray


class _JudgedRows(NamedTuple):
    y: np.ndarray
    weights: np.ndarray
    splits: list[Split]

    @property
    def scored(self) -> np.ndarray:
        return np.concatenate([score for _, score in self.splits])


class EffectMeter:
    """Measures effects on some rows.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows in random order: the features, the target, and the columns that the problem or a fold plan names.
    kinds : mapping of str to str
        The kinds of the columns.
    y : ndarray of shape (n_rows,)
        Encoded target of these rows.
    weights : ndarray of shape (n_rows,)
        How much each row counts.
    problem : Problem
        The resolved problem.
    features : sequence of str
        The columns of the base variant.
    seed : int
        Seed of the folds.

    Attributes
    ----------
    n_rows : int
        Rows that are used.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        kinds: Mapping[str, Kind],
        y: np.ndarray,
        weights: np.ndarray,
        problem: Problem,
        features: Sequence[str],
        seed: int,
    ) -> None:
        n_outputs = len(problem.classes) if problem.kind == "multiclass" else 1
        cells = max(len(features), 1) * n_outputs
        self.n_rows = min(len(y), MOST_ROWS, max(_LEAST_SAMPLE, _MOST_CELLS // cells))
        self._frame, self._y, self._weights = frame[: self.n_rows], y[: self.n_rows], weights[: self.n_rows]
        self._kinds, self._problem, self._seed = kinds, problem, seed
        self._encode = cache(lambda name: _encode(self._frame[name], kinds[name]))
        self._split = cache(self._split_rows)
        self._find_clusters = cache(self._group_rows)
        self._predict_unchanged = cache(
            lambda columns, model, folds, *how: self._predict(Variant(columns, folds), model, *how)
        )

    @property
    def metric(self) -> str:
        """The scorer: the default of the task, because a quick model's decisions say little."""
        return DEFAULT_SCORER[self._problem.kind]

    def explain_no_folds(self, folds: FoldPlan) -> str:
        """Return why rows cannot be judged with folds; empty if they can."""
        if self.n_rows < LEAST_ROWS:
            return f"{self.n_rows:,} rows are too few to measure it; at least {LEAST_ROWS} are needed."
        if len(self._split(folds, 0)) < 2:
            return "Fewer than two folds have enough rows of every class to measure it."
        return ""

    def measure(self, action: str, before: Variant, after: Variant, model: QuickModel) -> Effect | None:
        """Return what an action changes; None if no row can be scored in both variants.

        Parameters
        ----------
        action : str
            What is done, as the subject of a sentence.
        before, after : Variant
            Without and with it. Where their folds differ, fold by fold both fit on as many rows.
        model : {"trees", "linear"}
            The quick model.
        """
        differs = before.folds != after.folds
        limits: tuple[int, ...] = ()
        if differs:
            sizes = [[len(fit) for fit, _ in self._split(of.folds, 0)] for of in (before, after)]
            limits = tuple(map(min, zip_longest(*sizes, fillvalue=self.n_rows)))
        repeats = range(_REPEATS if differs else 1)
        predicted = [
            [self._get_predictions(variant, model, limits, repeat) for variant in (before, after)]
            for repeat in repeats
        ]
        scored = np.flatnonzero(
            np.all([_find_predicted(each) for pair in predicted for each in pair], axis=0)
        )
        y, weights = self._y[scored], self._weights[scored]
        if not len(scored) or not can_be_learned(y, self._problem):
            return None
        kind = self._problem.kind
        parts = np.mean(
            [[compute_score_parts(kind, y, each[scored], weights) for each in pair] for pair in predicted],
            axis=0,
        )
        group = after.folds.column if after.folds.by == "group" else self._problem.group
        clusters = self._find_clusters(group)[scored]
        change, margin = compute_mean_and_margin(parts[1] - parts[0], clusters, weights)
        return Effect(
            action=action,
            model=model,
            metric=self.metric,
            before=float(np.average(parts[0], weights=weights)),
            after=float(np.average(parts[1], weights=weights)),
            change=change,
            low=change - margin,
            high=change + margin,
            n_rows=len(scored),
        )

    def _get_predictions(
        self, variant: Variant, model: QuickModel, limits: tuple[int, ...], repeat: int
    ) -> np.ndarray:
        if variant.changed:
            return self._predict(variant, model, limits, repeat)
        return self._predict_unchanged(variant.columns, model, variant.folds, limits, repeat)

    def _predict(
        self, variant: Variant, model: QuickModel, limits: tuple[int, ...], repeat: int
    ) -> np.ndarray:
        """Return out-of-fold predictions, NaN for rows that no fold scores."""
        splits = [
            (_thin(fit, limit, self._seed + repeat), score)
            for (fit, score), limit in zip(
                self._split(variant.folds, repeat), [*limits, *[None] * N_FOLDS], strict=False
            )
        ]
        rows = _JudgedRows(self._y, self._weights, splits)
        columns = [
            _encode(variant.changed[name][: self.n_rows], self._kinds[name])
            if name in variant.changed
            else self._encode(name)
            for name in variant.columns
        ]
        if model == "linear":
            numbers = [
                values
                for name, values in zip(variant.columns, columns, strict=True)
                if self._kinds[name] != "string"
            ]
            matrix = np.column_stack([np.zeros(self.n_rows), *numbers])
            found = predict_linearly(matrix, self._y, self._problem.kind, splits, self._weights)
        else:
            # LightGBM needs a feature.
            matrix = np.column_stack([np.zeros(self.n_rows), *columns])
            matrix = np.clip(matrix, -_LARGEST, _LARGEST).astype(np.float32)
            folds = [_Matrices(matrix[fit], matrix[score]) for fit, score in splits]
            categories = [
                place for place, name in enumerate(variant.columns, start=1) if self._kinds[name] == "string"
            ]
            found = judge_features(folds, rows, self._problem, _STEPS, categories).predictions
        predicted = np.full((self.n_rows, *found.shape[1:]), np.nan)
        predicted[rows.scored] = found
        return predicted

    def _split_rows(self, folds: FoldPlan, repeat: int) -> list[Split]:
        problem, seed = self._problem, self._seed + repeat
        if folds.by != "usual":
            roles = {"group": None, "event_time": None, "gap": None}
            problem = problem.model_copy(update=roles | ({folds.by: folds.column} if folds.column else {}))
        frame = self._frame.assign(**{problem.target: self._y})
        splits = split_rows(frame, self._y, problem, N_FOLDS, 1, seed)
        if folds.by == "scattered":
            splits = _shuffle_copies(splits, self._find_clusters(None), seed)
        return [
            (fit, score)
            for fit, score in splits
            if len(fit) >= _LEAST_FITTED and can_be_learned(self._y[fit], problem)
        ]

    def _group_rows(self, group: str | None) -> np.ndarray:
        """Return the numbers of the groups of rows that are not independent of each other."""
        if group is not None:
            return pd.factorize(self._frame[group])[0]
        return group_equal_rows(self._frame.drop(columns=self._problem.target))


def _shuffle_copies(splits: Sequence[Split], blocks: np.ndarray, seed: int) -> list[Split]:
    """Return the folds of a partition after those of the rows that have copies are shuffled."""
    folds = np.empty(len(blocks), dtype=np.int64)
    for fold, (_, score) in enumerate(splits):
        folds[score] = fold
    copied = np.flatnonzero(np.bincount(blocks)[blocks] > 1)
    folds[copied] = np.random.default_rng(seed).permutation(folds[copied])
    return [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(len(splits))]


def _find_predicted(predictions: np.ndarray) -> np.ndarray:
    return np.asarray(~np.isnan(predictions.reshape(len(predictions), -1)[:, 0]))


def _encode(column: pd.Series, kind: Kind) -> np.ndarray:
    """Return a column as float64, NaN for null; texts as codes, the most frequent first."""
    if kind != "string":
        return to_numbers(column)
    ranked = {value: code for code, value in enumerate(column.value_counts().index)}
    return column.map(ranked).to_numpy(dtype=np.float64, na_value=np.nan)


def _thin(fit: np.ndarray, limit: int | None, seed: int) -> np.ndarray:
    """Return so many rows, drawn at random; all of them without a limit, or if there are not more."""
    if limit is None or len(fit) <= limit:
        return fit
    return np.sort(np.random.default_rng(seed).choice(fit, limit, replace=False))
