from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from components._estimators import FAMILIES
from components._sweep.folds import FoldSet
from components.errors import InvalidSetting
from components.tune.pool import run_pool
from components.tune.settings import Settings
from components.tune.storage import open_storage
from components.tune.study import find_n_folds, open_study
from tests.components.tune.sweeps import (
    STUDY,
    assert_exact,
    build_setup,
    collect_outcomes,
    list_stored_trials,
    run_sweep,
    score_toy,
    write_folds,
)


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


def test_a_study_whose_maker_died_is_made_whole(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    study = optuna.create_study(study_name=STUDY, storage=open_storage(str(journal)), direction="maximize")
    study.set_user_attr("lag", 1)
    run_sweep(folds, tmp_path / "next", Settings(trials=3), storage=journal, evaluate=score_toy)
    assert_exact(list_stored_trials(journal), 3)
    with pytest.raises(InvalidSetting, match=r"Different: seed"):
        run_sweep(folds, tmp_path / "seed", Settings(trials=3, seed=7), storage=journal, evaluate=score_toy)


@pytest.mark.parametrize(
    ("workers", "processes", "lag"), [(1, 2, 8), (1, 8, 8), (4, 2, 8), (3, 3, 18), (64, 1, 128)]
)
def test_proposals_look_further_back_only_where_more_than_a_laptop_has_run_side_by_side(
    folds: str, tmp_path: Path, workers: int, processes: int, lag: int
) -> None:
    setup = build_setup(tmp_path / "worker", folds, tmp_path / "journal")
    storage = open_storage(setup.storage)
    study = open_study(storage, setup, FoldSet.load(folds), Settings(workers=workers), processes)
    assert study.user_attrs["lag"] == lag


def test_a_study_knows_the_number_of_its_folds(folds: str, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    assert find_n_folds(journal, STUDY) is None
    run_sweep(folds, tmp_path / "first", Settings(trials=1), storage=journal, evaluate=score_toy)
    assert find_n_folds(journal, STUDY) == len(FoldSet.load(folds).folds) == 2
    assert find_n_folds(journal, "another") is None


def test_a_study_of_other_data_is_refused(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run_sweep(folds, tmp_path / "first", Settings(trials=2), storage=journal, evaluate=score_toy)
    others = write_folds(tmp_path, metric="neg_log_loss")
    different = r"metric \(roc_auc in the study, log_loss here\), data"
    with pytest.raises(InvalidSetting, match=f"belongs to another sweep. Different: {different}") as caught:
        run_sweep(others, tmp_path / "others", Settings(trials=2), storage=journal, evaluate=score_toy)
    assert caught.value.remedy == "Name another study, or leave it out for a new one."
    with pytest.raises(InvalidSetting, match=r"Different: seed \(0 in the study, 7 here\)"):
        run_sweep(folds, tmp_path / "seed", Settings(trials=2, seed=7), storage=journal, evaluate=score_toy)


@pytest.mark.slow
def test_a_sweep_begins_with_what_an_earlier_one_found_best(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    earlier = run_sweep(folds, tmp_path / "first", Settings(trials=20), 2, journal, score_toy)
    setup = build_setup(tmp_path / "warm", folds, journal)
    settings = Settings(trials=20, warm_start=STUDY, seed=5)
    warm = run_pool(replace(setup, study="next"), settings, 2, score_toy)
    best = [(trial.family, trial.parameters) for trial in earlier.finished[:6]]
    tried = [(trial.family, trial.parameters) for trial in warm.trials]
    assert all(item in tried[: len(FAMILIES) + 6] for item in best)


def test_a_sweep_begins_with_the_trials_that_it_is_given(folds: str, tmp_path: Path) -> None:
    given = {"family": "linear", "parameters": {**FAMILIES["linear"].portfolio[0], "strength": 0.123}}
    settings = Settings(trials=8, known_trials=(given, {"family": "of a later version", "parameters": {}}))
    swept = run_sweep(folds, tmp_path / "sweep", settings, evaluate=score_toy)
    tried = [(trial.family, trial.parameters) for trial in swept.trials]
    assert any(family == "linear" and parameters["strength"] == 0.123 for family, parameters in tried)
    assert {family for family, _ in tried} <= FAMILIES.keys()


@pytest.mark.parametrize(
    ("warm_start", "message"),
    [
        ("swep", "There is no study 'swep' to start from.\nDid you mean 'sweep'?"),
        ("elsewhere", "Name a study in the same storage"),
    ],
)
def test_a_study_to_start_from_must_be_there(
    folds: str, tmp_path: Path, warm_start: str, message: str
) -> None:
    journal = tmp_path / "journal"
    run_sweep(folds, tmp_path / "first", Settings(trials=2), storage=journal, evaluate=score_toy)
    setup = build_setup(tmp_path / "warm", folds, journal)
    with pytest.raises(InvalidSetting, match=message):
        run_pool(replace(setup, study="next"), Settings(warm_start=warm_start), 1, score_toy)


def test_a_study_to_start_from_must_be_of_the_same_problem(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    run_sweep(folds, tmp_path / "first", Settings(trials=2), storage=journal, evaluate=score_toy)
    others = write_folds(tmp_path, metric="neg_log_loss")
    setup = build_setup(tmp_path / "warm", others, journal)
    with pytest.raises(InvalidSetting, match=r"belongs to another problem. Different: metric \(roc_auc in"):
        run_pool(replace(setup, study="next"), Settings(warm_start=STUDY), 1, score_toy)


def test_sweeps_of_other_names_keep_apart_in_one_journal(folds: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    alone = run_sweep(folds, tmp_path / "alone", Settings(trials=2), evaluate=score_toy)
    setup = build_setup(tmp_path / "others", folds, journal)
    run_pool(replace(setup, study="other"), Settings(trials=2, seed=9), 1, score_toy)
    mine = run_sweep(folds, tmp_path / "mine", Settings(trials=2), storage=journal, evaluate=score_toy)
    assert collect_outcomes(mine) == collect_outcomes(alone)
