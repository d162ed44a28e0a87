"""Check the promise "never behind the simplest": ``python -m benchmarks.quality.quick``.

Each of three tables is given to kfp-tabular for 20 seconds, and to LightGBM as it comes. The promise is
broken if kfp-tabular's losses on the unseen rows are larger by more than noise. Speed is not checked.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.quality.comparison import NOISE, compute_difference
from benchmarks.quality.runs import load_predictions, run_system
from benchmarks.quality.splits import compute_row_losses, write_split
from benchmarks.quality.systems import BASELINE, OURS, SYSTEMS
from benchmarks.quality.tables import load_table

# A regression, two classes with many categories, and 26 classes.
TABLES = ("claims", "merchants", "glyphs")
SECONDS = 20.0
CORES = 2


class NoResult(Exception):
    """A system could not be fitted; the message says why."""


def main() -> int:
    """Return 0 if the promise is kept on all tables."""
    faults = []
    for name in TABLES:
        try:
            fault = find_fault(name, *measure_losses(name))
        except NoResult as error:
            fault = str(error)
        print(fault or f"{name}: kept", flush=True)
        faults += [fault] if fault else []
    return 1 if faults else 0


def measure_losses(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses of a table's test rows by kfp-tabular and by the baseline.

    Raises
    ------
    NoResult
        One of them could not be fitted.
    """
    table = load_table(name)
    losses = []
    with tempfile.TemporaryDirectory() as folder:
        split = write_split(table, 0, Path(folder))
        for system in (OURS, BASELINE):
            place = Path(folder, system)
            place.mkdir()
            result = run_system(
                SYSTEMS[system],
                SYSTEMS[system].find_interpreter_of_system(),
                table,
                split,
                seed=0,
                seconds=SECONDS,
                cores=CORES,
                folder=place,
            )
            if result.score is None:
                raise NoResult(f"{name}: {system} has no result: it {result.note}")
            print(f"{name}: {system} {result.score:.5f} ({result.note})", flush=True)
            losses.append(compute_row_losses(table, split.answers, load_predictions(place)))
    return losses[0], losses[1]


def find_fault(name: str, ours: np.ndarray, baseline: np.ndarray) -> str:
    """Return how the promise is broken on a table; empty if it is kept.

    Parameters
    ----------
    name : str
        The table.
    ours, baseline : ndarray of shape (n_rows,)
        Losses of the same rows.
    """
    difference = compute_difference(ours - baseline)
    if not difference.is_behind:
        return ""
    return (
        f"{name}: BROKEN. The mean loss of {len(ours):,} unseen rows is {ours.mean():.4g}; with LightGBM as"
        f" it comes it is {baseline.mean():.4g}. The difference of {difference.mean:.2g} is more than"
        f" {NOISE:g} of its standard errors, {difference.standard_error:.2g}."
    )


if __name__ == "__main__":
    sys.exit(main())
