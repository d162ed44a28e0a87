from dataclasses import replace

import numpy as np
import pytest

from components._estimators import FAMILIES
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components.train.member_choice import Member, MemberChoice
from components.train.model_parts import count_bags, plan_parts
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
    return MemberChoice(trials, slope, 0.0, np.zeros((1, 2)), 0.5, 0.5, "because")


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
    ("seconds", "fits"),
    [
        # One fit of each, though it takes longer than there is time.
        (0.0, [1, 1, 1]),
        # A fit is a tenth of a trial, as each has ten folds: the heaviest goes first.
        (0.35, [1, 1, 1]),
        (0.75, [5, 1, 1]),
        (1.15, [5, 1, 5]),
        # A sweep that its trials ended leaves time for all.
        (float("inf"), [5, 1, 5]),
    ],
)
def test_time_is_spent_on_the_heaviest_first(
    folds: dict[TaskKind, FoldSet], seconds: float, fits: list[int]
) -> None:
    choice = _make_choice(("lightgbm", 0.5), ("linear", 0.3), ("network", 0.2))
    ten = replace(folds["binary"], folds=[*folds["binary"].folds[:5]] * 2)
    parts = plan_parts(choice, ten, seconds)
    assert [sum(part.trial.number == number for part in parts) for number in range(3)] == fits
    assert sum(part.weight for part in parts) == pytest.approx(1)
    for number, n_fits in enumerate(fits):
        own = [part for part in parts if part.trial.number == number]
        assert [part.bag for part in own] == ([None] if n_fits == 1 else list(range(5)))
