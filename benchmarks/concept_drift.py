"""How often a change of the errors is found, and how soon: ``python -m benchmarks.concept_drift``.

Each line is 100 generated streams of decisions that are wrong with a chance of 20 %, then with another one.
"""

import numpy as np
import pandas as pd

from components.monitor.concept_drift import find_concept_drift
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows

_STREAMS = 100
_BEFORE = 3_000
_USUAL = 0.2
_LOSS = RowLoss("wrong decisions", 1 - np.eye(2), 1.0, None)
_START = np.datetime64("2026-01-01", "us")
_MINUTE = np.timedelta64(1, "m")


def main() -> None:
    """Print the share of the streams with a finding, and how far its place is off."""
    print(f"{'chance of an error':<22}{'rows after':>12}{'found':>8}{'median rows off':>18}")
    for chance, n_rows in (
        *((_USUAL, 2_000), (_USUAL, 10_000), (0.3, 1_000), (0.3, 2_000), (0.35, 500)),
        *((0.4, 300), (0.5, 200), (0.8, 100)),
    ):
        found = [_find_place(chance, n_rows, seed) for seed in range(_STREAMS)]
        places = [place for place in found if place is not None]
        off = f"{np.median(np.abs(np.array(places) - _BEFORE)):,.0f}" if places else ""
        print(
            f"{f'{_USUAL} to {chance}':<22}{n_rows:>12,}{len(places) / _STREAMS:>8.0%}{off:>18}", flush=True
        )


def _find_place(chance: float, n_rows: int, seed: int) -> float | None:
    """Return the number of the row at which the errors rise; None if no rise is found."""
    rng = np.random.default_rng(seed)
    reference = _draw_rows(np.full(5_000, _USUAL), rng)
    rows = _draw_rows(np.repeat([_USUAL, chance], [_BEFORE, n_rows]), rng)
    found = find_concept_drift(rows, reference, _LOSS)
    if found is None or not found.is_drifting:
        return None
    return float((np.datetime64(found.since.removesuffix("Z")) - _START) / _MINUTE)


def _draw_rows(chances: np.ndarray, rng: np.random.Generator) -> PredictedRows:
    n_rows = len(chances)
    truth = rng.integers(0, 2, n_rows)
    outputs = np.where(truth ^ (rng.random(n_rows) < chances), 0.9, 0.1)
    time = _START + np.arange(n_rows) * _MINUTE
    table = pd.DataFrame(index=range(n_rows))
    return PredictedRows(table, outputs[:, None], np.ones(n_rows), time, truth.astype(float))


if __name__ == "__main__":
    main()
