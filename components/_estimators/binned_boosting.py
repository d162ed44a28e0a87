"""LightGBM on rows that do not fit into memory as numbers: it keeps 8-bit bins, made batch by batch."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import lightgbm as lgb
import numpy as np
from sklearn.pipeline import Pipeline

from components._estimators.boosting import build_early_stopping, build_estimator, compute_max_steps
from components._estimators.family import FitOptions, FittedEstimator, Parameters, StoppingRows
from components._estimators.feature_subset import FeatureSubset, find_columns
from components._estimators.logarithm import LogarithmRegressor, learns_logarithm

_BATCH_ROWS = 65_536
# LightGBM packs the bins of a feature that has no more into half a byte.
_HALF_BYTE_BINS = 16
# Of a row, beside its bins: target, weight, the row's place in the tree and in the sample of a tree, with the
# copies that sort them, and two numbers of the gradient in the order of the leaf; then, for each output, the
# prediction and the gradient.
_ROW_BYTES, _OUTPUT_BYTES = 60, 16
_CREATION = {"feature_pre_filter": False, "force_col_wise": True, "verbosity": -1}


class RowPart(NamedTuple):
    """Some rows to learn from.

    Attributes
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Features.
    y : ndarray of shape (n_rows,)
        Encoded target.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None


class BinnedRows(NamedTuple):
    """All rows to learn from, in bins.

    Attributes
    ----------
    dataset : lightgbm.Dataset
        The bins of some features.
    y : ndarray of float32, shape (n_rows,)
        Encoded target.
    weights : ndarray of float32, shape (n_rows,), or None
        How much each row counts; None if all count alike.
    columns : ndarray of int, or None
        Which of the features these are; None for all.
    n_features : int
        Number of these features.
    """

    dataset: lgb.Dataset
    y: np.ndarray
    weights: np.ndarray | None
    columns: np.ndarray | None
    n_features: int


def count_row_bytes(X: np.ndarray, columns: np.ndarray | None, options: FitOptions, n_outputs: int) -> float:
    """Return the bytes that LightGBM needs for each row that it learns from.

    Parameters
    ----------
    X : ndarray of float32, shape (n_rows, n_features)
        Rows that the limits of the bins are learnt from.
    columns : ndarray of int, or None
        The features to learn from; None for all.
    options : FitOptions
        Options of the fit.
    n_outputs : int
        Number of classes of a multiclass problem, else 1.
    """
    reference = _learn_bins(X, columns, options)
    bins = [reference.feature_num_bin(feature) for feature in range(reference.num_feature())]
    of_bins = sum(0.5 if n <= _HALF_BYTE_BINS else 1.0 for n in bins)
    return of_bins + _ROW_BYTES + _OUTPUT_BYTES * n_outputs


def build_bins(
    parts: Iterable[RowPart], n_rows: int, X: np.ndarray, columns: np.ndarray | None, options: FitOptions
) -> BinnedRows:
    """Return rows in bins, with a batch of them in memory.

    Parameters
    ----------
    parts : iterable of RowPart
        All rows.
    n_rows : int
        Their number.
    X : ndarray of float32, shape (n_rows, n_features)
        Rows that the limits of the bins are learnt from.
    columns : ndarray of int, or None
        The features to learn from; None for all.
    options : FitOptions
        Options of the fit.
    """
    stream = _PartSequence(parts, n_rows, columns)
    dataset = lgb.Dataset(
        [stream], reference=_learn_bins(X, columns, options), params=_build_creation(options)
    )
    dataset.construct()
    n_features = X.shape[1] if columns is None else len(columns)
    return BinnedRows(dataset, stream.y, stream.weights, columns, n_features)


def find_features(parameters: Parameters, options: FitOptions) -> np.ndarray | None:
    """Return the positions of the features that a trial learns from; None for all."""
    return find_columns(parameters.get("encoding"), options.alternatives)


def fit_binned(
    rows: BinnedRows,
    parameters: Parameters,
    options: FitOptions,
    until: StoppingRows | int,
    most_steps: int,
) -> FittedEstimator:
    """Fit an estimator that is like one that ``fit`` returns for the same rows in memory.

    Parameters
    ----------
    rows : BinnedRows
        Rows in bins, of the features of ``find_features``.
    parameters : dict
        Parameters of LightGBM's family.
    options : FitOptions
        Options of the fit, for all features.
    until : StoppingRows or int
        All features of rows for early stopping, or the number of steps.
    most_steps : int
        Most steps if rows decide.
    """
    core = CoreFit.plan(parameters, options, rows.columns, rows.n_features, rows.y, until, most_steps)
    rows.dataset.set_label(core.convert(rows.y))
    weights = rows.weights
    if core.class_weight is not None:
        weights = weigh_classes(rows.y, weights, count_classes(rows.y, core.n_classes))
    rows.dataset.set_weight(weights)
    valid = []
    if not isinstance(until, int):
        X = until.X if rows.columns is None else until.X[:, rows.columns]
        y = core.convert(until.y)
        valid = [lgb.Dataset(X, y, rows.dataset, until.weights, params=_build_creation(options))]
    booster = lgb.train(core.settings, rows.dataset, core.steps, valid_sets=valid, callbacks=core.callbacks)
    return core.finish(booster)


@dataclass(frozen=True)
class CoreFit:
    """How LightGBM's core is asked to fit a trial, and what is made of the trees.

    Attributes
    ----------
    options : FitOptions
        Options of the fit, for all features.
    columns : ndarray of int, or None
        The features that it learns from; None for all.
    n_features, n_classes : int
        Number of these features, and of classes; 0 for a regression.
    estimator : lightgbm.LGBMModel
        The unfitted estimator.
    class_weight : str or None
        How classes are weighted; None if they count alike.
    steps : int
        Most steps.
    callbacks : list
        What ends it before.
    """

    options: FitOptions
    columns: np.ndarray | None
    n_features: int
    n_classes: int
    estimator: lgb.LGBMModel
    class_weight: str | None
    steps: int
    callbacks: list[Any]

    @classmethod
    def plan(
        cls,
        parameters: Parameters,
        options: FitOptions,
        columns: np.ndarray | None,
        n_features: int,
        y: np.ndarray,
        until: StoppingRows | int,
        most_steps: int,
    ) -> "CoreFit":
        """Return the fit of a trial; see ``fit_binned``. ``y`` has each class."""
        metric = "neg_mean_squared_error" if learns_logarithm(options.metric) else options.metric
        own_options = replace(options, metric=metric, alternatives=())
        if columns is not None and options.monotonic:
            own_options = replace(own_options, monotonic=tuple(np.array(options.monotonic)[columns].tolist()))
        own = {name: value for name, value in parameters.items() if name != "encoding"}
        steps = until if isinstance(until, int) else min(most_steps, compute_max_steps(y, options))
        return cls(
            options,
            columns,
            n_features,
            int(y.max()) + 1 if options.kind != "regression" else 0,
            build_estimator(own, own_options, steps),
            own.get("class_weight"),
            steps,
            [] if isinstance(until, int) else [build_early_stopping(own)],
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters by their names in LightGBM's core."""
        return _build_training(self.estimator, self.n_classes)

    def convert(self, y: np.ndarray) -> np.ndarray:
        """Return the target as it is learnt."""
        return np.log1p(y) if learns_logarithm(self.options.metric) else np.asarray(y)

    def finish(self, booster: lgb.Booster) -> FittedEstimator:
        """Return the estimator that has the trees up to the best step."""
        steps = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
        fitted: Any = _wrap_booster(booster, steps, self.estimator, self.n_classes, self.n_features)
        if self.columns is not None:
            fitted = Pipeline([("columns", FeatureSubset(self.columns)), ("estimator", fitted)])
        if learns_logarithm(self.options.metric):
            fitted = LogarithmRegressor(fitted)
        return FittedEstimator(fitted, steps)


def count_classes(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the number of rows of each class."""
    return np.bincount(y.astype(np.int8 if n_classes < 128 else np.int64), minlength=n_classes)


def weigh_classes(y: np.ndarray, weights: np.ndarray | None, counts: np.ndarray) -> np.ndarray:
    """Return the weights of rows with balanced classes, as scikit-learn's estimators multiply them.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Encoded classes of some rows.
    weights : ndarray of shape (n_rows,), or None
        How much each counts; None if all count alike.
    counts : ndarray of shape (n_classes,)
        Number of all rows of each class.
    """
    of_class = (counts.sum() / (len(counts) * np.maximum(counts, 1))).astype(np.float32)
    balanced = of_class[y.astype(np.int32)]
    return balanced if weights is None else np.asarray(balanced * weights)


class _PartSequence(lgb.Sequence):
    """Parts as the batches that LightGBM asks for, one after the other; it keeps the targets."""

    batch_size = _BATCH_ROWS

    def __init__(self, parts: Iterable[RowPart], n_rows: int, columns: np.ndarray | None) -> None:
        self._parts = iter(parts)
        self._n_rows = n_rows
        self._columns = columns
        self._waiting: list[np.ndarray] = []
        self._n_seen = 0
        self.y = np.empty(n_rows, np.float32)
        self.weights: np.ndarray | None = None

    def __len__(self) -> int:
        return self._n_rows

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return the next rows: LightGBM asks in order, because it has the limits of the bins already."""
        size = index.stop - index.start
        while sum(map(len, self._waiting)) < size:
            self._take_part(next(self._parts))
        rows = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
        self._waiting = [rows[size:]] if len(rows) > size else []
        return np.ascontiguousarray(rows[:size])

    def _take_part(self, part: RowPart) -> None:
        place = slice(self._n_seen, self._n_seen + len(part.y))
        self._n_seen = place.stop
        self.y[place] = part.y
        if part.weights is not None:
            if self.weights is None:
                self.weights = np.empty(self._n_rows, np.float32)
            self.weights[place] = part.weights
        self._waiting.append(part.X if self._columns is None else part.X[:, self._columns])


def _learn_bins(X: np.ndarray, columns: np.ndarray | None, options: FitOptions) -> lgb.Dataset:
    rows = X if columns is None else X[:, columns]
    return lgb.Dataset(rows, params=_build_creation(options)).construct()


def _build_creation(options: FitOptions) -> dict[str, Any]:
    return {**_CREATION, "random_state": options.seed, "n_jobs": options.threads}


def _build_training(estimator: lgb.LGBMModel, n_classes: int) -> dict[str, Any]:
    """Return the parameters of an estimator by their names in LightGBM's core."""
    # The bins are made, and the others are the wrapper's own.
    not_of_core = ("n_estimators", "class_weight", "importance_type", "subsample_for_bin")
    settings = {
        name: value
        for name, value in estimator.get_params().items()
        if value is not None and name not in not_of_core
    }
    if n_classes == 2:
        settings["objective"] = "binary"
    elif n_classes > 2:
        settings |= {"objective": "multiclass", "num_class": n_classes}
    return {**settings, **_CREATION}


def _wrap_booster(
    booster: lgb.Booster, steps: int, estimator: lgb.LGBMModel, n_classes: int, n_features: int
) -> lgb.LGBMModel:
    """Return a fitted estimator with the first trees of a booster.

    An estimator can only be fitted on arrays, so it takes the trees as those to go on from, makes one step
    more, and that one is taken back.
    """
    trees = lgb.Booster(model_str=booster.model_to_string(num_iteration=steps))
    y = np.arange(n_classes) if n_classes else np.ones(2)
    estimator.set_params(n_estimators=1)
    estimator.fit(np.zeros((len(y), n_features), np.float32), y, init_model=trees)
    estimator.booster_.rollback_one_iter()
    # The copy has the trees alone, without those to go on from.
    return deepcopy(estimator).set_params(n_estimators=steps)
