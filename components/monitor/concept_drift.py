"""A rise of the errors in the stream of labelled rows."""

import numpy as np
from river.drift import ADWIN
from scipy.stats import norm

from components.monitor.record import ConceptDrift
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows

DETECTOR = "ADWIN (Bifet and Gavaldà 2007) on the losses of the labelled rows in the order of time"
LEAST_ROWS = 200
# Probability of a false alarm that ADWIN allows; a finding must pass the interval of its rise, too.
_DELTA = 0.002
# Rows on each side of a change.
_LEAST_PART = 30
# A rise by less than this share of the spread of the reference's losses does not matter.
_LEAST_RISE = 0.1
# A loss above this share of the reference's losses counts as one at it.
_HIGHEST = 0.99
# Half the width of a rise's interval, in standard errors: wide, because the point was chosen for its rise.
_SURE = float(norm.isf(0.0005))


def find_concept_drift(
    labelled: PredictedRows, reference: PredictedRows, row_loss: RowLoss
) -> ConceptDrift | None:
    """Return the latest change of the losses; None without one or with fewer than 200 rows.

    Parameters
    ----------
    labelled : PredictedRows
        Rows of the windows whose truth and time are known, in any order.
    reference : PredictedRows
        Training rows with out-of-fold outputs and truth, which set the scale of the losses.
    row_loss : RowLoss
        What a row costs.
    """
    if len(labelled) < LEAST_ROWS:
        return None
    labelled = labelled.take(np.argsort(labelled.time, kind="stable"))
    losses = row_loss.compute(labelled.outputs, labelled.truth)
    usual = row_loss.compute(reference.outputs, reference.truth)
    least, most = (usual.min(), np.quantile(usual, _HIGHEST)) if row_loss.table is None else row_loss.bounds
    if most <= least:
        return None
    start, change = _find_last_change(np.clip((losses - least) / (most - least), 0, 1))
    if change is None:
        return None
    before, after = slice(start, change), slice(change, len(losses))
    means, variances = [], []
    for part in (before, after):
        weight = labelled.weight[part]
        mean = float(np.average(losses[part], weights=weight))
        means.append(mean)
        variances.append(float((weight**2 * (losses[part] - mean) ** 2).sum() / weight.sum() ** 2))
    rise = means[1] - means[0]
    is_drifting = rise > _SURE * sum(variances) ** 0.5 and rise >= _LEAST_RISE * float(usual.std())
    since = np.datetime_as_string(labelled.time[change], unit="s") + "Z"
    return ConceptDrift(DETECTOR, since, means[0], means[1], is_drifting)


def _find_last_change(losses: np.ndarray) -> tuple[int, int | None]:
    """Return the first row of the state before the last rise or fall, and that of the state after it.

    ADWIN says that there is a change, but drops old rows in steps that grow with their age. So the split with
    the largest difference says where it is, and a new detector begins there.
    """
    start, change, number = 0, None, 0
    detector = ADWIN(delta=_DELTA)
    while number < len(losses):
        detector.update(float(losses[number]))
        number += 1
        begin = start if change is None else change
        if detector.drift_detected and number - begin >= 2 * _LEAST_PART:
            start, change = begin, begin + _find_split(losses[begin:number])
            detector, number = ADWIN(delta=_DELTA), change
    return start, change


def _find_split(losses: np.ndarray) -> int:
    """Return the first row after the split whose means differ most, in standard errors."""
    n = len(losses)
    rows = np.arange(_LEAST_PART, n - _LEAST_PART + 1)
    sums = np.cumsum(losses)[rows - 1]
    differences = np.abs((losses.sum() - sums) / (n - rows) - sums / rows) * np.sqrt(rows * (n - rows) / n)
    return int(rows[np.argmax(differences)])
