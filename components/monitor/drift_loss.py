"""What the drift of a column costs.

What the reference has as well is reweighted: rows with values that became more frequent count more. What it
does not have – values out of its range, new categories, more nulls, far more of a value than usual – is
substituted: the windows' values are put into reference rows whose truth is known, and the model predicts
them. So a shift of the population costs what such rows cost in training, and a broken column costs what the
model loses without it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._compiled.predictions import to_probabilities
from components._metrics.bootstrap import estimate_interval
from components._metrics.estimate import Estimate
from components.monitor.density_ratio import count_effective_rows
from components.monitor.record import Basis
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows
from components.monitor.used_columns import Predict, make_null, to_plain

_RESAMPLES = 300
# A value that is more than this many times as frequent as in the reference is not a shift of the population.
_MOST_RATIO = 10.0
# Shares of the rows below this are not worth a word.
_LEAST_SHARE = 0.01
# Rows into which values are put.
_SUBSTITUTED_ROWS = 2_000
# Half a row of the reference in each bin: it keeps chance in rare bins from costing anything.
_SMOOTHING = 0.5
# Chance alone gives about this.
_LEAST_MEMORY = 0.02


@dataclass(frozen=True)
class ColumnShift:
    """How often a column's values occur in the reference and in the windows.

    Attributes
    ----------
    name : str
        The column.
    reference_bins : ndarray of int, shape (n_reference_rows,)
        Bin of each row of the reference.
    reference_counts, window_counts : ndarray of shape (n_bins,)
        Weight of the rows in each bin.
    window_size : float
        Number of the windows' rows that the counts are as exact as (Kish's effective size).
    strict_bins : tuple of int
        Bins that do not mean more of the same if they become more frequent: null, and new categories.
    null_bin : int
        The bin of null, whose rows have no value to substitute.
    window_values : Series of shape (n_sampled,)
        The column in a sample of the windows' rows.
    window_bins : ndarray of int, shape (n_sampled,)
        Bin of each of them.
    """

    name: str
    reference_bins: np.ndarray
    reference_counts: np.ndarray
    window_counts: np.ndarray
    window_size: float
    strict_bins: tuple[int, ...]
    null_bin: int
    window_values: pd.Series
    window_bins: np.ndarray


class ColumnLoss(NamedTuple):
    """What a column's drift costs.

    Attributes
    ----------
    per_day : Estimate
        Expected extra loss per day.
    basis : {"reweighted", "substituted", "both", "none"}
        How it was estimated.
    effective_rows : float
        Number of the reference's rows that the reweighted rows are as good as (Kish 1965).
    """

    per_day: Estimate
    basis: Basis
    effective_rows: float


class _Shares(NamedTuple):
    """Shares of the windows' rows by bin: what the reference supports, and the rest."""

    supported: np.ndarray
    rest: np.ndarray


class DriftLossEstimator:
    """The losses of the reference, with which the cost of each column's drift is estimated.

    Parameters
    ----------
    reference : PredictedRows
        Training rows with out-of-fold outputs and known truth.
    predict : callable
        The model.
    used_columns : collection of str
        The columns on which the predictions depend, from ``find_used_columns``. A drift of others costs 0.
    row_loss : RowLoss
        What a row costs.
    rows_per_day : float
        Rows of the traffic per day.
    seed : int
        Seed of samples and resamples, the same for every column.
    """

    def __init__(
        self,
        reference: PredictedRows,
        predict: Predict,
        used_columns: Collection[str],
        row_loss: RowLoss,
        rows_per_day: float,
        seed: int,
    ) -> None:
        self._predict = predict
        self._used_columns = used_columns
        self._row_loss = row_loss
        self._rows_per_day = rows_per_day
        self._seed = seed
        rng = np.random.default_rng(seed)
        self._losses = row_loss.compute(reference.outputs, reference.truth)
        # The first are the rows as they are.
        drawn = rng.poisson(1.0, (1 + _RESAMPLES, len(reference)))
        drawn[0] = 1
        self._counts = drawn * reference.weight
        self._weight = reference.weight
        n_chosen = min(_SUBSTITUTED_ROWS, len(reference))
        self._chosen = np.sort(rng.choice(len(reference), n_chosen, replace=False))
        rows = reference.take(self._chosen)
        self._rows = replace(rows, columns=rows.columns.reset_index(drop=True))
        self._outputs = predict(self._rows.columns)

    def estimate_column_loss(self, shift: ColumnShift) -> ColumnLoss:
        """Return the expected extra loss per day because of a column's drift, with a 95 % interval."""
        if shift.name not in self._used_columns:
            return ColumnLoss(Estimate(0.0, 0.0, 0.0), "none", float(len(self._losses)))
        rng = np.random.default_rng([self._seed, 1])
        n_bins = len(shift.window_counts)
        in_bin = np.eye(n_bins)[shift.reference_bins]
        # Without a row of the sample there is no loss to reweight.
        mass = self._counts @ in_bin
        old = mass * np.divide(shift.reference_counts, mass[0], out=np.zeros(n_bins), where=mass[0] > 0)
        old /= old.sum(axis=1, keepdims=True)
        means = np.divide(
            self._counts @ (in_bin * self._losses[:, None]), mass, out=np.zeros_like(mass), where=mass > 0
        )
        rows = shift.window_counts / shift.window_counts.sum() * shift.window_size
        shares = _split_shares(np.vstack([rows, rng.poisson(rows, (_RESAMPLES, n_bins))]), old, shift)
        extra = ((shares.supported - old) * means).sum(axis=1)
        rest = shares.rest.sum(axis=1)
        if rest[0] > 0:
            column = self._draw_values(shift, shares.rest[0], rng)
            rise = self._compute_rise(self._rows.columns.assign(**{shift.name: column}))
            extra += rest * ((old * means).sum(axis=1) + rise)
        ratio = np.divide(shares.supported[0], old[0], out=np.zeros(n_bins), where=old[0] > 0)
        weights = self._weight * ratio[shift.reference_bins]
        per_day = self._rows_per_day * extra
        return ColumnLoss(
            estimate_interval(float(per_day[0]), per_day[1:]),
            _name_basis(float(rest[0])),
            count_effective_rows(weights) if weights.any() else 0.0,
        )

    def estimate_broken_rise(self, windows: PredictedRows, broken: pd.DataFrame) -> Estimate:
        """Return by how much a row of the windows with broken cells costs more than one of the reference.

        Parameters
        ----------
        windows : PredictedRows
            Rows of the windows.
        broken : DataFrame of bool, shape (n_window_rows, n_broken_columns)
            Their broken cells; at least one is.
        """
        rng = np.random.default_rng([self._seed, 2])
        is_broken = broken.to_numpy().any(axis=1)
        chance = windows.weight * is_broken
        drawn = _draw_rows(chance, len(self._rows), rng)
        columns = {}
        for name in broken.columns:
            column = to_plain(self._rows.columns[name]).copy()
            is_hit = broken[name].to_numpy()[drawn]
            values = to_plain(windows.columns[name]).iloc[drawn[is_hit]]
            column[is_hit] = _put_values(values, column[is_hit])
            columns[str(name)] = column
        rise = self._compute_rise(self._rows.columns.assign(**columns))
        return estimate_interval(float(rise[0]), rise[1:])

    def _compute_rise(self, broken: pd.DataFrame) -> np.ndarray:
        """Return by how much broken cells raise the loss of a row: with all rows, and of each resample.

        The model has seen these rows in training and remembers some of their truths, which new rows do not
        profit from. What the substitution leaves of this memory is left in the loss before it, too.
        """
        outputs, truth = self._predict(broken), self._rows.truth
        kept = _measure_memory(self._rows, self._outputs, outputs, self._row_loss)
        remembered = self._row_loss.compute(self._outputs, truth)
        before = kept * remembered + (1 - kept) * self._losses[self._chosen]
        rise = self._row_loss.compute(outputs, truth) - before
        counts = self._counts[:, self._chosen]
        return np.asarray(counts @ rise / counts.sum(axis=1))

    def _draw_values(self, shift: ColumnShift, rest: np.ndarray, rng: np.random.Generator) -> pd.Series:
        """Return values for the chosen rows, as frequent as in what the reference does not support."""
        sampled = np.bincount(shift.window_bins, minlength=len(rest))
        chance = np.divide(rest, sampled, out=np.zeros(len(rest)), where=sampled > 0)[shift.window_bins]
        values = to_plain(shift.window_values)
        column = to_plain(self._rows.columns[shift.name])
        if chance.sum() > 0:
            drawn = values.iloc[_draw_rows(chance, len(column), rng)]
            column = _put_values(drawn, column)
        # Nulls may be missing in the sample, and need none.
        n_null = round(rest[shift.null_bin] / rest.sum() * len(column))
        return column.where(rng.permutation(len(column)) >= n_null, make_null(column)) if n_null else column


def find_broken_cells(shifts: Sequence[ColumnShift], reference: PredictedRows, seed: int) -> pd.DataFrame:
    """Return which cells of the windows' sampled rows hold what the reference does not have.

    Of a value that is only too frequent, such as null, as many cells as are too many are chosen by chance.

    Parameters
    ----------
    shifts : sequence of ColumnShift
        The columns that drift and that the model uses, each with the same sampled rows of the windows.
    reference : PredictedRows
        The reference.
    seed : int
        Seed of the choice.
    """
    rng = np.random.default_rng([seed, 3])
    broken = {}
    for shift in shifts:
        mass = np.bincount(shift.reference_bins, reference.weight, len(shift.window_counts))
        old = np.where(mass > 0, shift.reference_counts, 0.0)
        rows = shift.window_counts / shift.window_counts.sum() * shift.window_size
        shares = _split_shares(rows[None, :], (old / old.sum())[None, :], shift)
        chance = shares.rest[0] / np.maximum(shares.rest[0] + shares.supported[0], np.finfo(float).tiny)
        broken[shift.name] = rng.random(len(shift.window_bins)) < chance[shift.window_bins]
    return pd.DataFrame(broken)


def merge_rises(
    inside: Estimate | None, broken: Estimate | None, broken_share: float, n_rows: float, rows_per_day: float
) -> Estimate | None:
    """Return the extra loss per day of all rows; None without any.

    Parameters
    ----------
    inside, broken : Estimate or None
        By how much a row without and with broken cells costs more; None without such rows.
    broken_share : float
        Share of the rows with broken cells.
    n_rows : float
        Number of rows of which that is the share.
    rows_per_day : float
        Rows of the traffic per day.
    """
    parts = [(part, share) for part, share in ((inside, 1 - broken_share), (broken, broken_share)) if part]
    if not parts:
        return None
    total = sum(share for _, share in parts)
    value = sum(part.value * share for part, share in parts) / total
    variance = sum(((part.half_width or 0.0) * share / total) ** 2 for part, share in parts)
    if inside and broken:
        of_share = 1.96**2 * broken_share * (1 - broken_share) / n_rows
        variance += of_share * (broken.value - inside.value) ** 2
    half = variance**0.5
    return Estimate(*(rows_per_day * end for end in (value, value - half, value + half)))


def _draw_rows(chance: np.ndarray, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return positions, each as often as its chance says, to the next whole number, in random order."""
    steps = (np.arange(n_rows) + rng.random()) / n_rows * chance.sum()
    drawn = np.searchsorted(np.cumsum(chance), steps, side="right")
    return rng.permutation(np.minimum(drawn, len(chance) - 1))


def _put_values(values: pd.Series, column: pd.Series) -> pd.Series:
    """Return as many values in place of a column's own.

    Numbers and dates are put in the order of the column's own, which stays when a unit or a scale changes.
    """
    if column.dtype == object:
        return values.set_axis(column.index)
    ranked = column.sort_values(na_position="first").index
    return values.sort_values(na_position="first").set_axis(ranked).astype(column.dtype).reindex(column.index)


def _split_shares(drawn: np.ndarray, old: np.ndarray, shift: ColumnShift) -> _Shares:
    """Return the supported shares and the rest, for each row of counts."""
    n_bins = drawn.shape[1]
    most = np.where(np.isin(np.arange(n_bins), shift.strict_bins), 1.0, _MOST_RATIO)
    new = drawn + _SMOOTHING * n_bins * old
    new /= new.sum(axis=1, keepdims=True)
    supported = np.minimum(new, most * old)
    return _Shares(supported, new - supported)


def _measure_memory(
    honest: PredictedRows, remembered: np.ndarray, broken: np.ndarray, row_loss: RowLoss
) -> float:
    """Return the share of what the model remembers of the rows' truths that broken cells leave.

    A model that has not seen a row cannot follow what is left of its truth after the honest outputs. So how
    far outputs, or the gains of decisions, follow it is memory.
    """
    if row_loss.table is None:
        left = _remove_known(honest.truth, honest.outputs[:, 0])
        before, after = ((outputs[:, 0] * left).sum() for outputs in (remembered, broken))
        least = (left**2).sum()
    else:
        truth = np.eye(len(row_loss.table))[honest.truth.astype(np.int64)]
        known = to_probabilities(honest.outputs)
        lefts = [_remove_known(truth[:, i], known[:, i]) for i in range(truth.shape[1])]
        # What each decision gains by the rest of the truth.
        gains = -np.column_stack(lefts) @ row_loss.table
        rows = np.arange(len(gains))
        before, after = (gains[rows, row_loss.decide(outputs)].sum() for outputs in (remembered, broken))
        least = np.abs(gains).max(axis=1).sum()
    if before <= _LEAST_MEMORY * least:
        return 1.0
    return float(np.clip(after / before, 0, 1))


def _remove_known(truth: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return what a straight line from the outputs to the truth leaves."""
    known = np.column_stack([np.ones(len(outputs)), outputs])
    return np.asarray(truth - known @ np.linalg.lstsq(known, truth, rcond=None)[0])


def _name_basis(rest: float) -> Basis:
    if rest < _LEAST_SHARE:
        return "reweighted"
    return "substituted" if rest > 1 - _LEAST_SHARE else "both"
