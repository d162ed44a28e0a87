"""How far trials are apart, and whether one can still be among the best after some of its folds."""

from collections.abc import Sequence

import numpy as np

from components._sweep.trials import TrialResult

# A trial ends if it is so many standard errors behind the best.
_HOPELESS = 3.0
# Trials needed to estimate the error of a difference.
_LEAST_TRIALS = 3
# With one fold there is no error to estimate; it is assumed to be this share of the score.
_SHARE = 0.01


def find_best(history: Sequence[TrialResult]) -> TrialResult | None:
    """Return the best trial that finished, the first one of equals; None if none has finished."""
    finished = [trial for trial in history if trial.is_finished]
    return max(finished, key=lambda trial: (trial.score, -trial.number), default=None)


def is_hopeless(scores: Sequence[float], history: Sequence[TrialResult]) -> bool:
    """Return whether a trial's scores in its first folds show that it stays behind.

    It is compared with the best trial fold by fold, because folds differ more than trials do. The error of a
    mean of so few differences is estimated from the trials that finished (a race: Maron and Moore 1994).
    """
    best = find_best(history)
    if best is None or sum(trial.is_finished for trial in history) < _LEAST_TRIALS:
        return False
    error = estimate_difference_error(history, best) * (len(best.fold_scores) / len(scores)) ** 0.5
    behind = float(np.mean(np.subtract(best.fold_scores[: len(scores)], scores)))
    return bool(behind > _HOPELESS * error)


def estimate_difference_error(history: Sequence[TrialResult], best: TrialResult) -> float:
    """Return the standard error of the mean difference between a finished trial and the best, above 0."""
    n_folds = len(best.fold_scores)
    others = [trial.fold_scores for trial in history if trial.is_finished and trial.number != best.number]
    spread = _SHARE * abs(best.score)
    if others and n_folds > 1:
        spread = float(np.median(np.std(np.subtract(best.fold_scores, others), axis=1, ddof=1)))
    return float(max(spread / n_folds**0.5, np.finfo(np.float64).tiny))
