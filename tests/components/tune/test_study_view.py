"""What people see of a sweep with optuna-dashboard."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from components._estimators import FAMILIES, Facts
from components._sweep.trials import TrialResult, parse_trial
from components.tune.run import Settings
from components.tune.search import complete_parameters
from components.tune.storage import open_storage
from components.tune.study_view import StudyView
from tests.components.tune.sweeps import STUDY, list_stored_trials, run_sweep, score_toy, write_folds

FACTS = Facts("binary", "roc_auc", 5_000, 20)
STORAGES = pytest.mark.parametrize("url", ["{}/journal", "sqlite:///{}/study.db"])


def _make_result(number: int, worker: int = 0, **more: Any) -> TrialResult:
    known = complete_parameters("linear", FAMILIES["linear"].portfolio[0], FACTS)
    values = {"fold_scores": (0.5, 0.7), "started": 1e9, "seconds": 2.5, **more}
    return TrialResult(number, worker, "linear", known.parameters, **values)


def _open(location: str) -> tuple[optuna.Study, StudyView]:
    storage = open_storage(location)
    study = optuna.create_study(study_name=STUDY, storage=storage, direction="maximize", load_if_exists=True)
    return study, StudyView(study, 0, FACTS, patience=1.0)


@STORAGES
def test_a_trial_is_shown_with_its_score_parameters_ranges_and_time(tmp_path: Path, url: str) -> None:
    study, view = _open(url.format(tmp_path))
    result = _make_result(3)
    view.add([result])
    (trial,) = study.trials
    assert trial.value == result.score
    assert trial.params == {f"linear.{name}": value for name, value in result.parameters.items()}
    assert trial.distributions.keys() == trial.params.keys()
    assert parse_trial(trial.user_attrs["result"]) == result
    assert trial.duration is not None
    assert trial.duration.total_seconds() == 2.5


@STORAGES
def test_each_trial_is_shown_once_by_the_worker_that_ran_it(tmp_path: Path, url: str) -> None:
    study, view = _open(url.format(tmp_path))
    results = [
        _make_result(0),
        _make_result(1, worker=1),
        _make_result(2),
        TrialResult(4, 0, "", {}, failure="it is lost"),
    ]
    view.add(results[:1])
    view.add(results)
    # As after a restart of the worker.
    _open(url.format(tmp_path))[1].add([*results, _make_result(5)])
    assert [trial.user_attrs["result"]["number"] for trial in study.trials] == [0, 2, 5]


def test_pruned_and_failed_trials_are_shown_as_such(tmp_path: Path) -> None:
    study, view = _open(str(tmp_path / "journal"))
    given_up: dict[str, Any] = {
        "fold_scores": (),
        "failure": "its process died, 2 times",
        "started": 0.0,
        "seconds": 0.0,
    }
    view.add([_make_result(0, is_pruned=True), _make_result(1, **given_up)])
    assert [trial.state for trial in study.trials] == [TrialState.PRUNED, TrialState.FAIL]
    assert [trial.value for trial in study.trials] == [0.6, None]


def test_a_trial_that_was_cut_off_is_shown_when_it_has_ended(tmp_path: Path) -> None:
    study, view = _open(str(tmp_path / "journal"))
    view.add([_make_result(0, fold_scores=(0.5,), is_open=True)])
    assert study.trials == []
    view.add([_make_result(0)])
    assert [(trial.state, trial.value) for trial in study.trials] == [(TrialState.COMPLETE, 0.6)]


def test_a_trial_that_was_added_without_an_answer_is_not_added_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, view = _open(str(tmp_path / "journal"))
    add, calls = study.add_trial, []

    class ConnectionLost(Exception):
        __module__ = "grpc._channel"

    def add_without_answer(trial: FrozenTrial) -> None:
        add(trial)
        calls.append(trial)
        if len(calls) == 1:
            raise ConnectionLost

    monkeypatch.setattr(study, "add_trial", add_without_answer)
    view.add([_make_result(0), _make_result(1)])
    assert [trial.user_attrs["result"]["number"] for trial in study.trials] == [0, 1]


def test_with_little_time_one_trial_is_added_and_the_next_one_later(tmp_path: Path) -> None:
    study, view = _open(str(tmp_path / "journal"))
    for n_shown in (1, 2, 2):
        view.add([_make_result(0), _make_result(1)], seconds=0.0)
        assert len(study.trials) == n_shown


def test_all_trials_of_a_sweep_are_shown(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    swept = run_sweep(write_folds(tmp_path), tmp_path / "worker", Settings(trials=9), 2, journal, score_toy)
    shown = [parse_trial(trial.user_attrs["result"]) for trial in list_stored_trials(journal, STUDY)]
    assert sorted(shown, key=lambda trial: trial.number) == swept.trials
