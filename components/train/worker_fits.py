"""Fits of LightGBM on rows that the workers of Dask keep among them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from components._dask.collective_fit import WorkerRows, fit_collectively
from components._dask.failures import WorkersFailed
from components._dask.partitions import Partition, iterate_partition, list_partitions
from components._dask.workers import Workers
from components._estimators import FitOptions, Parameters, StoppingRows
from components._estimators.binned_boosting import (
    CoreFit,
    RowPart,
    count_classes,
    count_row_bytes,
    weigh_classes,
)
from components._estimators.family import FittedEstimator
from components.memory import LIBRARY_BYTES
from components.train.all_rows import AllRows, FeatureMaker

# Dask writes what a worker keeps to disk from this share of its memory on.
_USABLE = 0.6
# A feature of a row beside its bin: a number in the worker's rows, and one in LightGBM's copy of them.
_VALUE_BYTES = 8
_PARTITION_ROWS = 65_536


class ChosenRows(NamedTuple):
    """Some rows of a partition.

    Attributes
    ----------
    partition : Partition
        The partition.
    bits : ndarray of uint8, shape (n_rows / 8,)
        Which of its rows, a bit for each.
    """

    partition: Partition
    bits: np.ndarray

    @property
    def is_chosen(self) -> np.ndarray:
        """Which rows, as bool."""
        return np.unpackbits(self.bits, count=self.partition.n_rows).astype(bool)


class RowShare(NamedTuple):
    """What a worker makes its rows from.

    Attributes
    ----------
    sample : RowPart
        Rows whose features are made.
    others : list of ChosenRows
        Rows whose features it makes.
    maker : FeatureMaker
        What makes the features.
    core : CoreFit
        The fit.
    class_counts : ndarray of shape (n_classes,), or None
        Number of all workers' rows of each class if the fit balances them.
    stopping : StoppingRows or None
        Rows that decide when the fit stops.
    """

    sample: RowPart
    others: list[ChosenRows]
    maker: FeatureMaker
    core: CoreFit
    class_counts: np.ndarray | None
    stopping: StoppingRows | None


class WorkerFits:
    """Fits trials on the rows of workers.

    Each fit reads its rows anew: those of one are too many to keep for the next.

    Parameters
    ----------
    workers : Workers
        The workers, whose number the settings state.
    rows : AllRows
        All training rows.
    sample : RowPart
        Features of the sample, each without the row's own target.
    options : FitOptions
        Options of the fits.

    Raises
    ------
    WorkersFailed
        Some workers have not come.
    """

    limit = "memory of the workers"

    def __init__(self, workers: Workers, rows: AllRows, sample: RowPart, options: FitOptions) -> None:
        self._workers, self._rows, self._sample = workers, rows, sample
        # They decide how many rows there is room for.
        self._n_workers = workers.wait_for_stated()
        # The weights of the sample are in its part.
        self._options = replace(options, weights=None)
        self.place = f"on {workers.describe()}"
        self._bytes_each = 0.0
        self._columns: np.ndarray | None = None
        self._levels = 0

    def count_row_bytes(self, columns: np.ndarray | None, n_outputs: int) -> float:
        """Return the bytes that a row takes on its worker."""
        X = self._sample.X
        n_features = X.shape[1] if columns is None else len(columns)
        self._bytes_each = count_row_bytes(X, columns, self._options, n_outputs) + _VALUE_BYTES * n_features
        return self._bytes_each

    @property
    def room(self) -> float:
        """Bytes of the rows that all workers can keep.

        Raises
        ------
        WorkersFailed
            They cannot keep the sample.
        """
        room = self._n_workers * self._room_each
        needed = self._bytes_each * len(self._sample.y)
        if room < needed:
            raise WorkersFailed.from_no_room(
                self._workers.memory_each, int(needed / self._n_workers + LIBRARY_BYTES)
            )
        return room

    @property
    def _room_each(self) -> float:
        return max(0.0, _USABLE * self._workers.memory_each - LIBRARY_BYTES)

    def load(self, columns: np.ndarray | None, levels: int, n_rows: int) -> None:
        """Choose the rows of the next fits: those of the sample and of so many levels."""
        self._columns, self._levels = columns, levels

    def fit(
        self, parameters: Parameters, until: StoppingRows | int, most_steps: int
    ) -> tuple[FittedEstimator, int]:
        """Return a fitted estimator, which is like one of ``fit_binned``, and the workers that fitted it.

        Raises
        ------
        WorkersFailed
            Workers ended in each attempt, or cannot do the work.
        """
        sample, columns = self._sample, self._columns
        n_features = sample.X.shape[1] if columns is None else len(columns)
        core = CoreFit.plan(parameters, self._options, columns, n_features, sample.y, until, most_steps)
        counts = None
        if core.class_weight is not None:
            counts = count_classes(sample.y, core.n_classes)
            counts += self._rows.count_classes(self._levels, core.n_classes)
        stopping = None if isinstance(until, int) else until
        share = RowShare(sample, list(self.iterate_chosen()), self._rows.maker, core, counts, stopping)
        settings = {**core.settings, "n_estimators": core.steps}
        if any(self._options.monotonic):
            # The only method across workers; LightGBM would take it with a warning.
            settings["monotone_constraints_method"] = "basic"
        fit = fit_collectively(
            self._workers,
            settings,
            load_rows,
            lambda n_workers: divide_share(share, n_workers),
            core.callbacks,
        )
        return core.finish(fit.booster), fit.n_workers

    def iterate_chosen(self) -> Iterator[ChosenRows]:
        """Yield the rows of the next fits that are not in the sample, by partition."""
        is_chosen, start = self._rows.uses < self._levels, 0
        for partition in list_partitions(self._rows.table, _PARTITION_ROWS):
            place = slice(start, start + partition.n_rows)
            start = place.stop
            if is_chosen[place].any():
                yield ChosenRows(partition, np.packbits(is_chosen[place]))


def divide_share(share: RowShare, n: int) -> list[RowShare]:
    """Return a share as so many.

    Each gets partitions from the whole table, because LightGBM learns the limits of a feature's bins from the
    rows of one worker.
    """
    X, y, weights = share.sample
    return [
        share._replace(
            sample=RowPart(X[at::n], y[at::n], None if weights is None else weights[at::n]),
            others=share.others[at::n],
        )
        for at in range(n)
    ]


def load_rows(share: RowShare) -> WorkerRows:
    """Return the rows of a share, with a batch of them in memory besides."""
    core, chosen = share.core, [rows.is_chosen for rows in share.others]
    n_rows = len(share.sample.y) + sum(int(rows.sum()) for rows in chosen)
    X, y = np.empty((n_rows, core.n_features), np.float32), np.empty(n_rows, np.float32)
    weights = None if share.sample.weights is None else np.empty(n_rows, np.float32)
    others = (
        share.maker.iterate(iterate_partition(rows.partition, share.maker.columns), is_chosen)
        for rows, is_chosen in zip(share.others, chosen, strict=True)
    )
    start = 0
    for part in chain([share.sample], chain.from_iterable(others)):
        place = slice(start, start + len(part.y))
        start = place.stop
        X[place] = _choose_features(part.X, core)
        y[place] = part.y
        if weights is not None:
            weights[place] = part.weights
    if share.class_counts is not None:
        weights = weigh_classes(y, weights, share.class_counts)
    loaded = WorkerRows(X, core.convert(y), weights)
    if share.stopping is None:
        return loaded
    return loaded._replace(
        stopping_x=_choose_features(share.stopping.X, core),
        stopping_y=core.convert(share.stopping.y),
        stopping_weights=share.stopping.weights,
    )


def _choose_features(X: np.ndarray, core: CoreFit) -> np.ndarray:
    return X if core.columns is None else X[:, core.columns]
