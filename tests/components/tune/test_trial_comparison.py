import numpy as np
import pytest

from components._sweep.trials import TrialResult
from components.tune.trial_comparison import estimate_difference_error, find_best, is_hopeless


def _make_trial(number: int, *scores: float, **more: object) -> TrialResult:
    return TrialResult(number, 0, "linear", {}, scores, **more)  # type: ignore[arg-type]


BEST = _make_trial(0, 0.90, 0.80, 0.85, 0.95)
# Differences to the best: 0.01 and 0.03 in turn, so that their spread is known.
OTHERS = [_make_trial(n, 0.89, 0.77, 0.84, 0.92) for n in (1, 2)]
HISTORY = [BEST, *OTHERS]


def test_the_best_has_the_best_mean_of_all_folds_and_of_equals_came_first() -> None:
    twin = _make_trial(7, *BEST.fold_scores)
    pruned = _make_trial(3, 0.99, is_pruned=True)
    failed = TrialResult(4, 0, "linear", {}, failure="it broke")
    assert find_best([twin, pruned, failed, *HISTORY]) is BEST
    assert find_best([pruned, failed]) is None


def test_the_error_of_a_difference_is_that_of_its_mean_over_the_folds() -> None:
    spread = float(np.std([0.01, 0.03, 0.01, 0.03], ddof=1))
    assert estimate_difference_error(HISTORY, BEST) == pytest.approx(spread / 2)


def test_without_another_trial_or_fold_the_error_is_a_share_of_the_score() -> None:
    assert estimate_difference_error([BEST], BEST) == pytest.approx(0.01 * BEST.score / 2)
    single = [_make_trial(0, 2.0), _make_trial(1, 1.0)]
    assert estimate_difference_error(single, single[0]) == pytest.approx(0.02)


def test_equal_trials_leave_an_error_above_zero() -> None:
    assert estimate_difference_error([BEST, _make_trial(1, *BEST.fold_scores)], BEST) > 0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Folds are compared with the same folds of the best: 0.80 in the second is as good as the best there.
        ([0.90, 0.80], False),
        ([0.89, 0.79], False),
        ([0.80, 0.70], True),
        # After one fold the error is twice that after four.
        ([0.87], False),
        ([0.80], True),
        ([0.95, 0.90, 0.90], False),
    ],
)
def test_a_trial_that_stays_behind_is_hopeless(scores: list[float], expected: bool) -> None:
    assert is_hopeless(scores, HISTORY) is expected


def test_nothing_is_hopeless_before_a_few_trials_have_ended() -> None:
    assert not is_hopeless([0.1], HISTORY[:2])
    assert not is_hopeless([0.1], [])
