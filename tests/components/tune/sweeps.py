"""Small sweeps that the tests of the stage share."""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from components._estimators import Parameters
from components._problem.task import TaskKind
from components._sweep.cross_validation import CrossValidationResult, OutOfTime, cross_validate
from components._sweep.folds import Fold, FoldSet
from components._sweep.trials import Sweep
from components.tune.ledger import name_ledger
from components.tune.pool import run_pool
from components.tune.run import Settings
from components.tune.storage import open_storage
from components.tune.trial_process import TrialEvaluator
from components.tune.worker_setup import WorkerSetup
from tests.components._model.tables import make_problem

N_ROWS = 240
STUDY = "sweep"


def write_folds(folder: Path, kind: TaskKind = "binary", y: np.ndarray | None = None, **settings: str) -> str:
    """Write two folds of random features, the first of which predicts the target; return their path."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(N_ROWS, 4)).astype(np.float32)
    signal = matrix[:, 0] + 0.5 * rng.normal(size=N_ROWS)
    if y is None:
        y = signal if kind == "regression" else (signal > 0).astype(np.int64)
    halves = np.arange(N_ROWS).reshape(2, -1)
    folds = [
        Fold(matrix[fit], y[fit], matrix[score], score, np.zeros(4, dtype=np.int64), np.zeros(4, dtype="U8"))
        for fit, score in ((halves[0], halves[1]), (halves[1], halves[0]))
    ]
    FoldSet(make_problem(kind, **settings), y, folds).save(folder / "folds")
    return str(folder / "folds")


def build_setup(
    folder: Path, folds: str, storage: Path | str | None = None, **settings: float
) -> WorkerSetup:
    """Return a setup with scratch in a new folder; with a storage the study is shared."""
    folder.mkdir(parents=True)
    waits = {"patience": 20.0, "grace": 1.5, **settings}
    shared = storage is not None
    return WorkerSetup(
        folds, str(storage or folder / "journal"), STUDY, is_shared=shared, scratch=folder, **waits
    )


def run_sweep(
    folds: str,
    folder: Path,
    settings: Settings,
    processes: int = 1,
    storage: Path | str | None = None,
    evaluate: TrialEvaluator = cross_validate,
) -> Sweep:
    """Run one worker in a new folder."""
    return run_pool(build_setup(folder, folds, storage), settings, processes, evaluate)


def score_toy(
    family: str,
    parameters: Parameters,
    data: FoldSet,
    seed: int,
    threads: int,
    is_over: Callable[[], bool],
    is_hopeless: Callable[[list[float]], bool],
) -> CrossValidationResult:
    """Score parameters by a smooth function of all of them, in two folds of some milliseconds."""
    numbers = [float(value) for value in parameters.values() if isinstance(value, int | float)]
    base = len(family) / 50 + sum(math.sin(value) for value in numbers) / 20
    for _ in range(2):
        time.sleep(0.01)
        if is_over():
            raise OutOfTime("the budget was spent")
    return CrossValidationResult([base, base + 0.1], [0, 0], np.full((N_ROWS, 2), 0.5), 0.1)


def collect_outcomes(*sweeps: Sweep) -> dict[int, object]:
    """Return what every trial tried and reached, by number."""
    return {
        trial.number: (trial.family, trial.parameters, trial.fold_scores, trial.steps, trial.failure)
        for part in sweeps
        for trial in part.trials
    }


def list_stored_trials(storage: Path | str, study: str = name_ledger(STUDY)) -> list[FrozenTrial]:
    """Return the trials of the sweep's ledger, or of another study, in a storage."""
    return optuna.load_study(study_name=study, storage=open_storage(str(storage))).get_trials(deepcopy=False)


def assert_exact(trials: Iterable[FrozenTrial], total: int) -> None:
    """Assert that a ledger holds one outcome of each number of the sweep, and that nothing runs any more."""
    trials = list(trials)
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.FAIL}
    numbers = [t.user_attrs["result"]["number"] for t in trials if t.state == TrialState.COMPLETE]
    assert sorted(numbers) == list(range(total))
