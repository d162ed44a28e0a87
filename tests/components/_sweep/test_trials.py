from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components._sweep.trials import NoTrialFinished, Sweep, TrialResult


def make_trial(number: int, worker: int, *scores: float, failure: str = "") -> TrialResult:
    parameters = {"strength": 0.1, "depth": 3}
    return TrialResult(number, worker, "linear", parameters, scores, (0,) * len(scores), failure=failure)


def make_part(number: int, *scores: float) -> TrialResult:
    """Return a trial that the budget ended after these folds."""
    return replace(make_trial(number, 0, *scores), is_open=True)


def test_a_trial_that_the_budget_ended_after_some_folds_has_not_ended() -> None:
    part, never_started = make_part(0, 0.5), replace(make_trial(1, 0, failure="no time"), is_open=True)
    assert (part.is_part, part.is_finished) == (True, False)
    assert (never_started.is_part, never_started.is_finished) == (False, False)
    assert not make_trial(2, 0, 0.5).is_part
    sweep = Sweep([part, never_started, make_trial(2, 0, 0.5)], {}, [], 3, True)
    assert (sweep.n_ended, sweep.is_ended_by_time) == (1, True)
    # An ensemble may have it as a member.
    assert [trial.number for trial in sweep.candidates] == [2, 0]
    assert sweep.winner.number == 2
    assert sweep.finish_parts() is sweep


def test_without_a_trial_in_all_folds_those_of_the_most_folds_count_as_finished() -> None:
    never_started = replace(make_trial(3, 0, failure="no time"), is_open=True)
    trials = [make_part(0, 0.9), make_part(1, 0.5, 0.6), make_part(2, 0.6, 0.7), never_started]
    sweep = Sweep(trials, {}, [], 9, True)
    done = sweep.finish_parts()
    assert [trial.number for trial in done.finished] == [2, 1]
    assert done.winner == replace(trials[2], is_open=False)
    assert done.notes == ["Time ran out before a trial had all folds; those with 2 folds count."]
    # The others stay as they are, and the sweep is still one that time ended.
    assert [done.trials[0], done.trials[3]] == [trials[0], never_started]
    assert (done.n_ended, done.is_ended_by_time, done.depends_on_time) == (2, True, True)
    assert [trial.number for trial in done.candidates] == [2, 1, 0]


def test_without_a_part_there_is_nothing_to_finish() -> None:
    sweep = Sweep([make_trial(0, 0, failure="broke")], {})
    assert sweep.finish_parts() is sweep


def test_trials_depend_on_the_time_unless_all_that_were_asked_for_ran_as_usual() -> None:
    trials = [make_trial(0, 0, 0.5), make_trial(1, 0, 0.6)]
    assert not Sweep(trials, {}, asked=2).depends_on_time
    assert Sweep(trials, {}, asked=0).depends_on_time
    assert Sweep(trials, {}, asked=3, is_out_of_time=True).depends_on_time
    assert Sweep([replace(trials[0], is_hurried=True)], {}, asked=1).depends_on_time


def test_a_sweep_without_a_number_of_trials_is_not_ended_before_them() -> None:
    assert not Sweep([make_trial(0, 0, 0.5)], {}, [], 0, True).is_ended_by_time


def test_a_trial_scores_the_mean_of_its_folds() -> None:
    assert make_trial(0, 0, 0.5, 0.75, 1.0).score == 0.75


def test_finished_trials_come_best_first_and_of_equals_the_earliest() -> None:
    trials = [
        make_trial(0, 1, 0.6),
        make_trial(1, 0, 0.9),
        make_trial(2, 1, failure="it broke"),
        make_trial(3, 1, 0.9),
        make_trial(5, 0, 0.6),
        make_trial(4, 0, -0.5),
        replace(make_trial(6, 0, 0.99), is_pruned=True),
        make_part(7, 0.99),
    ]
    assert [done.number for done in Sweep(trials, {}).finished] == [1, 3, 0, 5, 4]


def test_the_winner_is_the_best_finished_trial() -> None:
    trials = [make_trial(0, 0, 0.2), make_trial(1, 0, failure="broke"), make_trial(2, 0, 0.7)]
    assert Sweep(trials, {}).winner.number == 2


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        ([], "No trial of the sweep finished: none was started"),
        (
            [
                make_trial(0, 0, failure="broke"),
                make_trial(1, 0, failure="died"),
                make_trial(2, 0, failure="broke"),
            ],
            r"No trial of the sweep finished: broke, died\.\nFix",
        ),
        ([make_part(0, 0.5, 0.6)], "the budget was spent after 2 folds of a trial"),
    ],
)
def test_a_sweep_without_a_finished_trial_says_why(trials: list[TrialResult], message: str) -> None:
    with pytest.raises(NoTrialFinished, match=message):
        _ = Sweep(trials, {}).winner


def test_the_trials_of_all_workers_are_joined_in_order(tmp_path: Path) -> None:
    first = Sweep([make_trial(0, 0, 0.1, 1 / 3), make_trial(3, 0, 0.2)], {3: np.array([[0.25, 0.75]])})
    second = Sweep(
        [make_trial(1, 1, 0.3), make_trial(2, 1, failure="broke: at «x»\nand y")],
        {1: np.array([[0.5, 0.5]], dtype=np.float32)},
    )
    first.save(tmp_path / "0")
    second.save(tmp_path / "1")
    for order in (["0", "1"], ["1", "0"]):
        joined = Sweep.load([str(tmp_path / name) for name in order])
        assert joined.trials == [first.trials[0], *second.trials, first.trials[1]]
        assert set(joined.out_of_fold) == {1, 3}
        np.testing.assert_array_equal(joined.out_of_fold[3], [[0.25, 0.75]])
        assert joined.out_of_fold[1].dtype == np.float32


LOST = "the budget was spent before it began"


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        # All workers know all trials.
        (
            [[make_trial(0, 0, 0.1), make_trial(1, 1, 0.2)]] * 3,
            [make_trial(0, 0, 0.1), make_trial(1, 1, 0.2)],
        ),
        # One worker saw a trial running that another saw end, in either order.
        ([[make_trial(0, 0, failure=LOST)], [make_trial(0, 1, 0.1)]], [make_trial(0, 1, 0.1)]),
        ([[make_trial(0, 1, 0.1)], [make_trial(0, 0, failure=LOST)]], [make_trial(0, 1, 0.1)]),
        # The first of several ends counts.
        ([[make_trial(0, 0, 0.1)], [make_trial(0, 1, 0.1)]], [make_trial(0, 0, 0.1)]),
        # A pruned trial has ended.
        (
            [[make_trial(0, 0, failure=LOST)], [replace(make_trial(0, 1, 0.1), is_pruned=True)]],
            [replace(make_trial(0, 1, 0.1), is_pruned=True)],
        ),
        # One worker had time for some folds of a trial that another ran in full, in either order.
        ([[make_part(0, 0.3)], [make_trial(0, 1, 0.1)]], [make_trial(0, 1, 0.1)]),
        ([[make_trial(0, 1, 0.1)], [make_part(0, 0.3)]], [make_trial(0, 1, 0.1)]),
        # Shares of a sweep interleave.
        (
            [[make_trial(1, 1, 0.1), make_trial(3, 1, 0.2)], [make_trial(0, 0, 0.3), make_trial(2, 0, 0.4)]],
            None,
        ),
        ([[make_trial(2, 0, failure="broke")], []], [make_trial(2, 0, failure="broke")]),
    ],
)
def test_a_trial_that_several_workers_know_of_is_there_once(
    tmp_path: Path, reports: list[list[TrialResult]], expected: list[TrialResult] | None
) -> None:
    for i, trials in enumerate(reports):
        Sweep(trials, {}).save(tmp_path / str(i))
    joined = Sweep.load([str(tmp_path / str(i)) for i in range(len(reports))]).trials
    if expected is None:
        assert [each.number for each in joined] == [0, 1, 2, 3]
    else:
        assert joined == expected


def test_the_predictions_of_one_trial_from_several_workers_are_there_once(tmp_path: Path) -> None:
    for worker, numbers in enumerate([(10, 2), (2, 7)]):
        kept = {number: np.full(3, number, dtype=np.float32) for number in numbers}
        Sweep([make_trial(number, worker, 0.1) for number in numbers], kept).save(tmp_path / str(worker))
    joined = Sweep.load([str(tmp_path / "0"), str(tmp_path / "1")])
    assert list(joined.out_of_fold) == [2, 7, 10]
    assert all((predicted == number).all() for number, predicted in joined.out_of_fold.items())


def test_the_notes_of_all_workers_are_kept_and_tell_why_nothing_finished(tmp_path: Path) -> None:
    Sweep([], {}, ["Worker 0 lost the sweep's storage."]).save(tmp_path / "0")
    Sweep([make_trial(0, 1, failure="broke")], {}, ["Worker 1 was ended."]).save(tmp_path / "1")
    joined = Sweep.load([str(tmp_path / "0"), str(tmp_path / "1")])
    assert joined.notes == ["Worker 0 lost the sweep's storage.", "Worker 1 was ended."]
    with pytest.raises(
        NoTrialFinished, match=r"finished: broke, Worker 0 lost .* storage, Worker 1 was ended\.\nFix"
    ):
        _ = joined.winner


@pytest.mark.parametrize(
    "written",
    [
        make_trial(0, 0, 0.1, 1 / 3),
        make_part(3, 0.5),
        make_trial(7, 1, failure="broke: at «x»\nand y"),
        replace(
            make_trial(1, 2, 0.5),
            steps=(31,),
            is_pruned=True,
            predict_ms=0.125,
            process=99,
            started=1e9 + 0.5,
        ),
        replace(make_trial(2, 0, 0.5), parameters={"class_weight": None, "extra_trees": True, "layers": 2}),
    ],
)
def test_a_trial_is_the_same_after_a_round_trip(tmp_path: Path, written: TrialResult) -> None:
    Sweep([written], {}).save(tmp_path)
    assert Sweep.load([str(tmp_path)]).trials == [written]


def test_a_worker_without_trials_hands_on_nothing(tmp_path: Path) -> None:
    Sweep([], {}).save(tmp_path / "0")
    assert Sweep.load([str(tmp_path / "0")]) == Sweep([], {})


def test_a_score_that_is_no_number_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Sweep([make_trial(0, 0, float("nan"))], {}).save(tmp_path)


@pytest.mark.parametrize(
    ("parts", "is_ended"),
    [
        # Another worker, whose clock started later, has run what the first left.
        ([([0, 1], True), ([0, 1, 2], False)], False),
        ([([0, 1], True), ([0, 1], False)], True),
        ([([0, 1], False), ([0], False)], False),
    ],
)
def test_all_workers_together_tell_whether_time_ended_the_sweep(
    tmp_path: Path, parts: list[tuple[list[int], bool]], is_ended: bool
) -> None:
    for i, (numbers, is_out_of_time) in enumerate(parts):
        trials = [make_trial(number, i, 0.5) for number in numbers]
        Sweep(trials, {}, [], 3, is_out_of_time).save(tmp_path / str(i))
    joined = Sweep.load([str(tmp_path / str(i)) for i in range(len(parts))])
    assert joined.is_ended_by_time == is_ended
