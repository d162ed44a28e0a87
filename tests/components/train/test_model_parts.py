from dataclasses import replace

import numpy as np
import pytest

from components._estimators import FAMILIES, compute_most_row_ms
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components.train.member_choice import Member, MemberChoice, MemberLimit
from components.train.model_parts import (
    average_steps,
    count_bags,
    count_rows_to_fit,
    count_seconds,
    estimate_seconds,
    limit_row_time,
    limit_time,
    plan_parts,
)
from tests.components._model.tables import SMALL, make_problem
from tests.components.train.finished import build_folds

N_FOLDS = 5


@pytest.fixture(scope="module")
def folds() -> dict[TaskKind, FoldSet]:
    return {kind: build_folds(kind) for kind in TASKS}


def _make_trial(number: int, family: str, seconds: float = 1.0) -> TrialResult:
    return TrialResult(number, 0, family, SMALL[family], (0.5,), (8, 8, 9, 7), seconds=seconds)


def _make_choice(*members: tuple[str, float], slope: float = 1.0) -> MemberChoice:
    trials = [Member(_make_trial(i, family), weight) for i, (family, weight) in enumerate(members)]
    return MemberChoice(trials, slope, 0.0, np.zeros((1, 2)), np.ones(1, bool), 0.5, 0.5, "because")


@pytest.mark.slow
def test_boosting_and_networks_get_a_fit_per_fold_and_the_others_one(folds: dict[TaskKind, FoldSet]) -> None:
    bags = {name: count_bags(_make_trial(0, name), folds["binary"]) for name in FAMILIES}
    assert bags == {name: N_FOLDS if name in ("lightgbm", "network") else 1 for name in FAMILIES}


def test_many_rows_and_folds_by_time_leave_one_fit(
    folds: dict[TaskKind, FoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_time = replace(folds["binary"], problem=make_problem("binary", event_time="since"))
    assert count_bags(_make_trial(0, "lightgbm"), by_time) == 1
    monkeypatch.setattr("components.train.model_parts._ROWS_FOR_BAGS", 200)
    assert count_bags(_make_trial(0, "lightgbm"), folds["binary"]) == 1


@pytest.mark.parametrize(
    ("most", "fits"),
    [
        # One fit of each, though it takes more than there is.
        (0.0, [1, 1, 1]),
        (3.5, [1, 1, 1]),
        # The heaviest goes first.
        (5.5, [3, 1, 1]),
        (7.5, [5, 1, 1]),
        (8.5, [5, 1, 2]),
        (float("inf"), [5, 1, 5]),
    ],
)
def test_the_heaviest_get_more_fits_first(
    folds: dict[TaskKind, FoldSet], most: float, fits: list[int]
) -> None:
    choice = _make_choice(("lightgbm", 0.5), ("linear", 0.3), ("network", 0.2))
    parts = plan_parts(choice, folds["binary"], [MemberLimit(most, dict.fromkeys(range(3), 1.0))])
    assert [sum(part.trial.number == number for part in parts) for number in range(3)] == fits
    assert sum(part.weight for part in parts) == pytest.approx(1)
    for number, n_fits in enumerate(fits):
        own = [part for part in parts if part.trial.number == number]
        assert [part.bag for part in own] == ([None] if n_fits == 1 else list(range(n_fits)))


def test_the_tightest_of_several_limits_decides(folds: dict[TaskKind, FoldSet]) -> None:
    choice = _make_choice(("lightgbm", 0.6), ("network", 0.4))
    # The size of a network is not known yet.
    limits = [MemberLimit(9.0, {0: 1.0, 1: 1.0}), MemberLimit(2.0, {0: 1.0})]
    parts = plan_parts(choice, folds["binary"], limits)
    assert [sum(part.trial.number == number for part in parts) for number in range(2)] == [2, 5]
    assert plan_parts(choice, folds["binary"]) == plan_parts(
        choice, folds["binary"], [limits[0]._replace(most=99)]
    )


def test_a_fit_takes_as_long_as_that_of_a_fold_for_more_rows(folds: dict[TaskKind, FoldSet]) -> None:
    trial = replace(_make_trial(0, "lightgbm", seconds=8.0), fold_scores=(0.5,) * N_FOLDS)
    assert estimate_seconds(trial, folds["binary"]) == pytest.approx(8 / N_FOLDS * 1.25, rel=0.02)
    # Its last folds were not scored.
    cut = replace(trial, fold_scores=(0.5, 0.5))
    assert estimate_seconds(cut, folds["binary"]) == pytest.approx(8 / 2 * 1.25, rel=0.02)


def test_counted_work_does_not_know_how_long_a_trial_took(folds: dict[TaskKind, FoldSet]) -> None:
    quick, slow = _make_trial(0, "lightgbm"), _make_trial(1, "lightgbm", seconds=1e6)
    assert 0 < count_seconds(quick, folds["binary"]) == count_seconds(slow, folds["binary"]) < 10
    limit = limit_time([quick, slow], folds["binary"], 60.0, 2, count_seconds)
    assert limit.is_kept_by([quick, slow])


def test_a_fit_that_is_too_long_is_left_out_unless_it_is_the_best(folds: dict[TaskKind, FoldSet]) -> None:
    slow, quick = _make_trial(0, "lightgbm", seconds=80.0), _make_trial(1, "linear", seconds=0.8)
    limit = limit_time([quick, slow], folds["binary"], seconds=10.0, cores=2)
    assert limit.most == 20
    assert limit.is_kept_by([quick])
    assert not limit.is_kept_by([slow])
    best_first = limit_time([slow, quick], folds["binary"], seconds=10.0, cores=2)
    assert best_first.is_kept_by([slow])
    assert not best_first.is_kept_by([slow, quick])


def test_the_steps_of_a_fold_with_more_rows_count_more(folds: dict[TaskKind, FoldSet]) -> None:
    whole = folds["binary"].folds
    half = whole[0]._replace(y_fit=whole[0].y_fit[: len(whole[0].y_fit) // 2])
    by_time = FoldSet(folds["binary"].problem, folds["binary"].y, [half, *whole[1:]])
    trial = replace(_make_trial(0, "lightgbm"), steps=(10, 40))
    assert average_steps(trial, folds["binary"]) == pytest.approx(25)
    assert average_steps(trial, by_time) == pytest.approx(30, rel=0.01)
    assert average_steps(replace(trial, steps=()), by_time) == 0


def test_a_model_of_many_trees_takes_too_long_to_predict_a_row(folds: dict[TaskKind, FoldSet]) -> None:
    small = replace(_make_trial(0, "lightgbm"), parameters={"num_leaves": 16}, steps=(150, 250))
    large = replace(small, number=1, steps=(1_000, 1_000))
    limit = limit_row_time([small, large, _make_trial(2, "network")], folds["binary"])
    assert limit.most == compute_most_row_ms(folds["binary"].facts)
    # A tree costs the same wherever it is; a network costs little.
    assert limit.costs[1] == pytest.approx(5 * limit.costs[0])
    assert 0 < limit.costs[2] < limit.costs[1]
    assert limit.is_kept_by([large, small])
    assert not limit.is_kept_by([large, replace(large, number=1)])


def test_each_class_more_allows_more_trees_but_fewer_than_it_needs(folds: dict[TaskKind, FoldSet]) -> None:
    trial = _make_trial(0, "lightgbm")
    two, three = (limit_row_time([trial], folds[kind]) for kind in ("binary", "multiclass"))
    assert three.costs[0] == pytest.approx(3 * two.costs[0])
    assert two.most < three.most < 3 * two.most


def test_of_a_table_beyond_the_memory_boosting_learns_from_all_rows_in_one_fit(
    folds: dict[TaskKind, FoldSet],
) -> None:
    boosting, network = _make_trial(0, "lightgbm"), _make_trial(1, "network")
    data = folds["binary"]
    most = 10 * len(data.y)
    assert [count_rows_to_fit(trial, data, most) for trial in (boosting, network)] == [most, len(data.y)]
    assert count_rows_to_fit(boosting, data, None) == len(data.y)
    assert [count_bags(trial, data, most) for trial in (boosting, network)] == [1, N_FOLDS]
    for estimate in (count_seconds, estimate_seconds):
        assert estimate(boosting, data, most) > 2 * estimate(boosting, data)
        assert estimate(network, data, most) == estimate(network, data)
    limit = limit_time([network, boosting], data, 1e9, 1, all_rows=most)
    assert limit.get_cost(boosting) == estimate_seconds(boosting, data, most)
