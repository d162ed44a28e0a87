from pathlib import Path

import numpy as np
import pytest

from components._model.trials import NoTrialFinished, Sweep, TrialResult


def trial(number: int, worker: int, *scores: float, failure: str = "") -> TrialResult:
    return TrialResult(number, worker, "linear", {"strength": 0.1, "depth": 3}, scores, 1.5, failure)


def test_a_trial_scores_the_mean_of_its_folds() -> None:
    assert trial(0, 0, 0.5, 0.75, 1.0).score == 0.75


def test_finished_trials_come_best_first_and_of_equals_the_earliest() -> None:
    trials = [
        trial(0, 1, 0.6),
        trial(1, 0, 0.9),
        trial(2, 1, failure="it broke"),
        trial(3, 1, 0.9),
        trial(0, 0, 0.6),
        trial(4, 0, -0.5),
    ]
    order = [(done.number, done.worker) for done in Sweep(trials, {}).finished]
    assert order == [(1, 0), (3, 1), (0, 0), (0, 1), (4, 0)]


def test_the_winner_is_the_best_finished_trial() -> None:
    trials = [trial(0, 0, 0.2), trial(1, 0, failure="broke"), trial(2, 0, 0.7)]
    assert Sweep(trials, {}).winner.number == 2


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        ([], "No trial of the sweep finished: none was started"),
        (
            [trial(0, 0, failure="broke"), trial(1, 0, failure="died"), trial(2, 0, failure="broke")],
            r"No trial of the sweep finished: broke, died\.\nMend",
        ),
    ],
)
def test_a_sweep_without_a_finished_trial_says_why(trials: list[TrialResult], message: str) -> None:
    with pytest.raises(NoTrialFinished, match=message):
        _ = Sweep(trials, {}).winner


def test_the_trials_of_all_workers_are_joined_in_order(tmp_path: Path) -> None:
    first = Sweep([trial(0, 0, 0.1, 1 / 3), trial(3, 0, 0.2)], {(0, 3): np.array([[0.25, 0.75]])})
    second = Sweep(
        [trial(1, 1, 0.3), trial(2, 1, failure="broke: at «x»\nand y")],
        {(1, 1): np.array([[0.5, 0.5]], dtype=np.float32)},
    )
    first.save(tmp_path / "0")
    second.save(tmp_path / "1")
    for order in (["0", "1"], ["1", "0"]):
        joined = Sweep.load([str(tmp_path / name) for name in order])
        assert joined.trials == [first.trials[0], *second.trials, first.trials[1]]
        assert set(joined.out_of_fold) == {(0, 3), (1, 1)}
        np.testing.assert_array_equal(joined.out_of_fold[0, 3], [[0.25, 0.75]])
        assert joined.out_of_fold[1, 1].dtype == np.float32


def test_a_worker_without_trials_hands_on_nothing(tmp_path: Path) -> None:
    Sweep([], {}).save(tmp_path / "0")
    assert Sweep.load([str(tmp_path / "0")]) == Sweep([], {})


def test_a_score_that_is_no_number_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Sweep([trial(0, 0, float("nan"))], {}).save(tmp_path)
