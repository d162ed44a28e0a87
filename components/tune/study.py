"""The study of a sweep: whose it is, and what an earlier one found."""

from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from components._model.families import FAMILIES, Parameters
from components._model.folds import FoldSet
from components._problem.metrics import name_metric
from components.errors import InvalidSetting, find_nearest
from components.tune.settings import Settings
from components.tune.storage import lock_storage, open_storage, retry
from components.tune.worker_setup import WorkerSetup

# Trials between the newest that a proposal may look at and its own: enough for as many processes side by
# side, and the same for all up to so many, so that a laptop's cores do not change what a sweep finds.
LAG = 8
# More side by side look twice as far back as they are: else all of them wait for the slowest of each round.
_ROUNDS = 2
# What an earlier sweep found best says where to begin; more of it would be most of a small sweep.
_KNOWN_TRIALS = 6


def open_study(setup: WorkerSetup, data: FoldSet, settings: Settings, processes: int) -> optuna.Study:
    """Open the study of a sweep, and make it if it is not there.

    Parameters
    ----------
    setup : Place
        Where trials are kept, and what the study is called.
    data : FoldSet
        What the sweep learns from.
    settings : Settings
        This worker's part of it.
    processes : int
        Trials that this worker runs side by side.

    Raises
    ------
    InvalidSetting
        The storage cannot be used, or the study is of other data or another question.
    """
    storage = retry(lambda: open_storage(setup.storage), setup.patience)

    def open_or_create() -> optuna.Study:
        study = _find_study(storage, setup.study)
        if study is not None:
            return study
        with lock_storage(setup.storage):
            # Another may have made it while this one waited.
            return _find_study(storage, setup.study) or _create_study(
                storage, setup.study, data, settings, processes
            )

    study = retry(open_or_create, setup.patience)
    about = _identify_sweep(data, settings)
    known = study.user_attrs["about"]
    if known != about:
        differing = [
            f"{fact} (there {known.get(fact)}, here {value})"
            for fact, value in about.items()
            if known.get(fact) != value
        ]
        raise InvalidSetting(
            f"The study {setup.study!r} is of another sweep. Different: {', '.join(differing)}.",
            "Name another study, or leave it out for a new one.",
        )
    return study


def reopen_study(setup: WorkerSetup) -> optuna.Study:
    """Open a study that ``open_study`` has opened before, in another process of the same worker."""
    storage = retry(lambda: open_storage(setup.storage, is_known=True), setup.patience)
    return retry(lambda: optuna.load_study(study_name=setup.study, storage=storage), setup.patience)


def _find_study(storage: BaseStorage, name: str) -> optuna.Study | None:
    """Return a study if it is there, and whole."""
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return None
    return study if "about" in study.user_attrs else None


def _create_study(
    storage: BaseStorage, name: str, data: FoldSet, settings: Settings, processes: int
) -> optuna.Study:
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize", load_if_exists=True)
    n_parallel = settings.workers * processes
    study.set_user_attr("lag", LAG if n_parallel <= LAG else _ROUNDS * n_parallel)
    study.set_user_attr("known", _find_best_trials(storage, data, settings))
    # Last: a study that has it is whole, even if its maker has died.
    study.set_user_attr("about", _identify_sweep(data, settings))
    return study


def get_known_trials(study: optuna.Study) -> list[tuple[str, Parameters]]:
    """Return family and parameters of the trials that a study begins with, from an earlier sweep."""
    return [(family, parameters) for family, parameters in study.user_attrs["known"]]


def _identify_sweep(data: FoldSet, settings: Settings) -> dict[str, Any]:
    problem = data.problem
    return {
        "target": problem.target,
        "task": problem.kind,
        "metric": name_metric(problem.metric),
        "data": data.sha256[:12],
        "seed": settings.seed,
        "weighs_time": settings.weighs_time,
        "warm_start": settings.warm_start,
    }


def _find_best_trials(
    storage: BaseStorage, data: FoldSet, settings: Settings
) -> list[tuple[str, Parameters]]:
    """Return the best parameters of the sweep to start from."""
    if not settings.warm_start:
        return []
    names = optuna.get_all_study_names(storage)
    if settings.warm_start not in names:
        near = find_nearest(settings.warm_start, names)
        raise InvalidSetting(
            f"There is no study {settings.warm_start!r} to start from.",
            f"Did you mean {near!r}?" if near else "Name a sweep that is kept in the same place.",
        )
    earlier = optuna.load_study(study_name=settings.warm_start, storage=storage)
    about = earlier.user_attrs.get("about", {})
    here = {
        "target": data.problem.target,
        "task": data.problem.kind,
        "metric": name_metric(data.problem.metric),
    }
    differing = [f"{fact} (there {about.get(fact)}, here {value})" for fact, value in here.items()
                 if about.get(fact) != value]  # fmt: skip
    if differing:
        raise InvalidSetting(
            f"The study {settings.warm_start!r} is of another problem. Different: {', '.join(differing)}.",
            "Name a study of the same problem, or leave warm_start out.",
        )
    best = sorted(
        earlier.get_trials(deepcopy=False, states=[TrialState.COMPLETE]),
        key=lambda trial: (-(trial.value or 0.0), trial.number),
    )
    tried = [trial.user_attrs["proposal"] for trial in best[:_KNOWN_TRIALS]]
    return [(item["family"], item["parameters"]) for item in tried if item["family"] in FAMILIES]
