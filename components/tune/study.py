"""The study of a sweep: which sweep it belongs to, and what an earlier sweep found."""

from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from components._estimators import FAMILIES, Parameters
from components._problem.metrics import name_metric
from components._problem.spec import Problem
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, parse_trial
from components.errors import InvalidSetting, find_nearest
from components.tune.ledger import name_ledger
from components.tune.settings import Settings
from components.tune.storage import lock_storage, open_storage, retry
from components.tune.worker_setup import WorkerSetup

# A proposal does not look at the newest trials, of which there are so many: as many processes can run in
# parallel without waiting. It is the same for all machines with up to so many cores, so that the number of
# cores does not change what a sweep finds.
LAG = 8
# With more processes the lag is twice their number: otherwise all wait for the slowest trial of each round.
_ROUNDS = 2
# How many trials of an earlier sweep are tried: more would be most of a small sweep.
_KNOWN_TRIALS = 6


def open_study(
    storage: BaseStorage, setup: WorkerSetup, data: FoldSet, settings: Settings, processes: int
) -> optuna.Study:
    """Open the study of a sweep; create it and its ledger if there is none.

    Raises
    ------
    InvalidSetting
        The study belongs to another sweep.
    """

    def open_or_create() -> optuna.Study:
        study = _find_study(storage, setup.study)
        if study is not None:
            return study
        with lock_storage(setup.storage):
            # Another worker may have created it while this one waited.
            return _find_study(storage, setup.study) or _create_study(
                storage, setup.study, data, settings, processes
            )

    study = retry(open_or_create, setup.patience)
    if differences := _describe_differences(study, _identify_sweep(data, settings)):
        raise InvalidSetting(
            f"The study {setup.study!r} belongs to another sweep. Different: {differences}.",
            "Name another study, or leave it out for a new one.",
        )
    return study


def find_n_folds(location: str, name: str) -> int | None:
    """Return the number of folds of a sweep that goes on; None if there is no such sweep in the storage.

    All trials of a sweep must have the same folds, even if it goes on with minutes that would allow more.

    Raises
    ------
    InvalidSetting
        The storage cannot be used.
    """
    study = _find_study(open_storage(location), name)
    return None if study is None else study.user_attrs.get("n_folds")


def _find_study(storage: BaseStorage, name: str) -> optuna.Study | None:
    """Return a study if there is one and it is complete."""
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return None
    return study if "about" in study.user_attrs else None


def _create_study(
    storage: BaseStorage, name: str, data: FoldSet, settings: Settings, processes: int
) -> optuna.Study:
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize", load_if_exists=True)
    optuna.create_study(study_name=name_ledger(name), storage=storage, load_if_exists=True)
    n_parallel = settings.workers * processes
    study.set_user_attr("lag", LAG if n_parallel <= LAG else _ROUNDS * n_parallel)
    study.set_user_attr("n_folds", len(data.folds))
    study.set_user_attr("known", _find_best_trials(storage, data, settings))
    # Written last: a study that has it is complete, even if its creator has died.
    study.set_user_attr("about", _identify_sweep(data, settings))
    return study


def _describe_differences(study: optuna.Study, facts: dict[str, Any]) -> str:
    """Return which facts about a sweep are different in a study; empty if none is."""
    known = study.user_attrs.get("about", {})
    return ", ".join(
        f"{name} ({known.get(name)} in the study, {value} here)"
        for name, value in facts.items()
        if known.get(name) != value
    )


def _identify_problem(problem: Problem) -> dict[str, Any]:
    return {"target": problem.target, "task": problem.kind, "metric": name_metric(problem.metric)}


def _identify_sweep(data: FoldSet, settings: Settings) -> dict[str, Any]:
    return {
        **_identify_problem(data.problem),
        "data": data.sha256[:12],
        "seed": settings.seed,
        "weighs_time": settings.weighs_time,
        "warm_start": settings.warm_start,
    }


def _find_best_trials(
    storage: BaseStorage, data: FoldSet, settings: Settings
) -> list[tuple[str, Parameters]]:
    """Return the trials that the settings give, and the best of the sweep that ``warm_start`` names."""
    given = [(trial.get("family"), trial["parameters"]) for trial in settings.known_trials]
    earlier = _find_earlier_trials(storage, data, settings) if settings.warm_start else []
    return [(family, parameters) for family, parameters in (*given, *earlier) if family in FAMILIES]


def _find_earlier_trials(
    storage: BaseStorage, data: FoldSet, settings: Settings
) -> list[tuple[str, Parameters]]:
    names = optuna.get_all_study_names(storage)
    if settings.warm_start not in names:
        near = find_nearest(settings.warm_start, names)
        raise InvalidSetting(
            f"There is no study {settings.warm_start!r} to start from.",
            f"Did you mean {near!r}?" if near else "Name a study in the same storage.",
        )
    earlier = optuna.load_study(study_name=settings.warm_start, storage=storage)
    if differences := _describe_differences(earlier, _identify_problem(data.problem)):
        raise InvalidSetting(
            f"The study {settings.warm_start!r} belongs to another problem. Different: {differences}.",
            "Name a study of the same problem, or leave warm_start out.",
        )
    ledger = optuna.load_study(study_name=name_ledger(settings.warm_start), storage=storage)
    ended = ledger.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    best = Sweep([parse_trial(trial.user_attrs["result"]) for trial in ended], {}).finished[:_KNOWN_TRIALS]
    return [(trial.family, trial.parameters) for trial in best]
