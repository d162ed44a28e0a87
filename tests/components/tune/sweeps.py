"""Small sweeps that the tests of the stage share."""

from pathlib import Path

import numpy as np

from components._model.folds import Fold, FoldSet
from components._model.trials import Sweep
from components._problem.task import TaskKind
from components.tune.pool import Place, run_pool
from components.tune.run import Settings
from tests.components._model.tables import problem

N_ROWS = 240


def write_folds(folder: Path, kind: TaskKind = "binary", y: np.ndarray | None = None, **settings: str) -> str:
    """Write two folds of random features, the first of which predicts the target; return their path."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(N_ROWS, 4)).astype(np.float32)
    signal = matrix[:, 0] + 0.5 * rng.normal(size=N_ROWS)
    if y is None:
        y = signal if kind == "regression" else (signal > 0).astype(np.int64)
    halves = np.arange(N_ROWS).reshape(2, -1)
    folds = [
        Fold(matrix[fit], y[fit], matrix[score], score)
        for fit, score in ((halves[0], halves[1]), (halves[1], halves[0]))
    ]
    FoldSet(problem(kind, **settings), y, folds).save(folder / "folds")
    return str(folder / "folds")


def sweep(
    folds: str, scratch: Path, settings: Settings, processes: int = 1, journal: Path | str | None = None
) -> Sweep:
    """Run one worker; with a journal, or a database's address, it shares its study."""
    scratch.mkdir(parents=True)
    place = Place(folds, str(journal or scratch / "journal"), is_shared=journal is not None, scratch=scratch)
    return run_pool(place, settings, processes)


def outcomes(*sweeps: Sweep) -> dict[int, object]:
    """Return what every trial tried and reached, by number."""
    return {
        trial.number: (trial.family, trial.parameters, trial.fold_scores, trial.failure)
        for part in sweeps
        for trial in part.trials
    }
