"""Which trials make the model: the best one, or an ensemble."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import log_loss

from components._estimators.ensemble import average_predictions, calibrate
from components._metrics.scores import compute_score, judges_decisions, normalise_probabilities
from components._problem.spec import Problem
from components._sweep.trials import TrialResult

# Most steps of the greedy selection, each of which adds a trial, and most steps without an improvement.
_STEPS, _IDLE_STEPS = 30, 6
# Rows that a choice is made on: more rows only make it slower.
_MOST_ROWS = 10_000
_RESAMPLES = 40
# Share of the resamples in which an ensemble must be better than the best trial.
_SURE = 0.8
_PARTS = 5


class Member(NamedTuple):
    """A trial in the model.

    Attributes
    ----------
    trial : TrialResult
        The trial.
    weight : float
        Its weight, above 0; the weights of all members add up to 1.
    """

    trial: TrialResult
    weight: float


class LatencyLimit(NamedTuple):
    """Time that the trials of a model may take together.

    Attributes
    ----------
    most_ms : float
        Time to predict one row, in milliseconds.
    known_ms : mapping of int to float
        Time of the trials, by number. A trial that was not measured is assumed to take no time.
    """

    most_ms: float
    known_ms: Mapping[int, float]

    def get_ms(self, trial: TrialResult) -> float:
        """Return the time of a trial; 0 if it is not known."""
        return self.known_ms.get(trial.number, 0.0)


NO_LIMIT = LatencyLimit(float("inf"), {})


class MemberChoice(NamedTuple):
    """The model to fit.

    Attributes
    ----------
    members : list of Member
        The heaviest first.
    slope, intercept : float
        Calibration of the probabilities, see ``components._estimators.ensemble.calibrate``.
    predicted : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Out-of-fold predictions of the model.
    score, single : float
        Score of the model and of the best trial alone, on all out-of-fold rows at once.
    reason : str
        Why it is one trial or an ensemble.
    """

    members: list[Member]
    slope: float
    intercept: float
    predicted: np.ndarray
    score: float
    single: float
    reason: str


def choose_members(
    candidates: Sequence[TrialResult],
    out_of_fold: dict[int, np.ndarray],
    y: np.ndarray,
    problem: Problem,
    *,
    most_models: int,
    seed: int,
    limit: LatencyLimit = NO_LIMIT,
    weights: np.ndarray | None = None,
) -> MemberChoice:
    """Choose trials and weights by greedy selection over out-of-fold predictions.

    Starting from the best trial, the trial that improves the mean most is added again and again, and the best
    of all these means is used (Caruana et al. 2004). If it is not better than the best trial in most
    resamples of the rows, the model is the best trial alone.

    Parameters
    ----------
    candidates : sequence of TrialResult
        Finished trials with predictions, the best first.
    out_of_fold : dict of int to ndarray
        Their predictions, by number.
    y : ndarray of shape (n_rows,)
        Encoded target of the rows predicted.
    problem : Problem
        The resolved problem.
    most_models : int
        Most trials in the model, at least 1.
    seed : int
        Seed of the rows and resamples that the choice is made on.
    limit : LatencyLimit
        Time in which they may predict one row together. If all trials are slower, the fastest is chosen.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(len(y))
    if len(rows) > _MOST_ROWS:
        rows = np.sort(rng.choice(rows, _MOST_ROWS, replace=False))

    fast = [trial for trial in candidates if limit.get_ms(trial) <= limit.most_ms]
    candidates = fast or [min(candidates, key=limit.get_ms)]
    # Workers store predictions in single precision.
    whole = {trial.number: _convert_to_double(out_of_fold[trial.number], problem) for trial in candidates}
    parts = [whole[trial.number][rows] for trial in candidates]
    chosen_weights = None if weights is None else weights[rows]
    judge = _build_judge(problem, chosen_weights)
    counts = _select_greedily(
        parts,
        [limit.get_ms(trial) for trial in candidates],
        lambda predicted: judge(y[rows], predicted),
        most_models,
        limit.most_ms,
    )
    alone = np.eye(1, len(candidates), dtype=int)[0]
    both = _average_predictions(parts, counts), parts[0]
    is_better = _is_surely_better(*both, y[rows], problem, rng, chosen_weights)
    reason = f"an ensemble is not better than the best trial in at least {_SURE:.0%} of the resamples"
    if is_better:
        reason = f"together they are better than the best trial in at least {_SURE:.0%} of the resamples"
    elif len(candidates) == 1:
        reason = f"it is the only trial that {'is fast enough' if limit.most_ms < np.inf else 'finished'}"
    kept = counts if is_better else alone
    members = [
        Member(candidates[i], float(kept[i] / kept.sum()))
        for i in np.argsort(-kept, kind="stable")
        if kept[i]
    ]
    predicted = average_predictions(
        [whole[member.trial.number] for member in members],
        [member.weight for member in members],
    )
    slope, intercept = _choose_calibration(y, predicted, problem, rng, weights)
    if problem.kind != "regression":
        predicted = calibrate(predicted, slope, intercept)
    return MemberChoice(
        members,
        slope,
        intercept,
        predicted,
        compute_score(problem.metric, y, predicted, problem, weights=weights),
        compute_score(problem.metric, y, whole[candidates[0].number], problem, weights=weights),
        reason,
    )


def _convert_to_double(predicted: np.ndarray, problem: Problem) -> np.ndarray:
    return (
        predicted.astype(np.float64) if problem.kind == "regression" else normalise_probabilities(predicted)
    )


def _build_judge(
    problem: Problem, weights: np.ndarray | None
) -> Callable[[np.ndarray, np.ndarray], tuple[float, float]]:
    """Return a function that rates predictions: by the metric, then, if it judges decisions, the log loss."""
    is_coarse = problem.kind != "regression" and judges_decisions(problem.metric)
    labels = np.arange(len(problem.classes))

    def judge(y: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
        value = compute_score(problem.metric, y, predicted, problem, weights=weights)
        if not is_coarse:
            return value, 0.0
        return value, -float(log_loss(y, predicted, labels=labels, sample_weight=weights))

    return judge


def _select_greedily(
    parts: list[np.ndarray],
    milliseconds: list[float],
    judge: Callable[[np.ndarray], tuple[float, float]],
    most_models: int,
    most_ms: float,
) -> np.ndarray:
    """Return how often each part was added, shape (n_parts,)."""
    counts = np.zeros(len(parts), dtype=int)
    counts[0] = 1
    total = parts[0].astype(np.float64)
    best, best_counts, best_step = judge(total), counts.copy(), 1
    for step in range(2, _STEPS + 1):
        if step - best_step > _IDLE_STEPS:
            break
        used_ms = sum(ms for ms, count in zip(milliseconds, counts, strict=True) if count)
        possible = [
            i
            for i, count in enumerate(counts)
            if count or ((counts > 0).sum() < most_models and used_ms + milliseconds[i] <= most_ms)
        ]
        judged = {i: judge((total + parts[i]) / step) for i in possible}
        chosen = max(judged, key=lambda i: (judged[i], -i))
        counts[chosen] += 1
        total = total + parts[chosen]
        if judged[chosen] > best:
            best, best_counts, best_step = judged[chosen], counts.copy(), step
    return best_counts


def _average_predictions(parts: list[np.ndarray], counts: np.ndarray) -> np.ndarray:
    used = np.flatnonzero(counts)
    return average_predictions([parts[i] for i in used], [counts[i] / counts.sum() for i in used])


def _is_surely_better(
    one: np.ndarray,
    other: np.ndarray,
    y: np.ndarray,
    problem: Problem,
    rng: np.random.Generator,
    weights: np.ndarray | None,
) -> bool:
    """Return whether predictions score better than others in most resamples of the rows (Efron 1979)."""
    wins = tries = 0
    for _ in range(_RESAMPLES):
        rows = rng.integers(0, len(y), len(y))
        if problem.kind != "regression" and len(np.unique(y[rows])) < len(problem.classes):
            continue
        tries += 1
        own = None if weights is None else weights[rows]
        first, second = (
            compute_score(problem.metric, y[rows], predicted[rows], problem, weights=own)
            for predicted in (one, other)
        )
        wins += first > second
    return wins >= _SURE * tries > 0


def _choose_calibration(
    y: np.ndarray,
    predicted: np.ndarray,
    problem: Problem,
    rng: np.random.Generator,
    weights: np.ndarray | None,
) -> tuple[float, float]:
    """Return slope and intercept that lower the log loss of rows not fitted on; 1 and 0 if they do not."""
    if problem.kind == "regression":
        return 1.0, 0.0
    part = rng.permutation(len(y)) % _PARTS
    scaled = np.empty_like(predicted)
    for i in range(_PARTS):
        scaled[part == i] = calibrate(
            predicted[part == i],
            *_fit_calibration(
                y[part != i], predicted[part != i], None if weights is None else weights[part != i]
            ),
        )
    before = _compute_losses(y, predicted)
    gain = before - _compute_losses(y, scaled)
    if weights is not None:
        gain = gain * weights
    error = float(gain.std() / len(y) ** 0.5)
    if gain.mean() <= 2 * error:
        return 1.0, 0.0
    return _fit_calibration(y, predicted, weights)


def _compute_losses(y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return np.asarray(-np.log(np.clip(predicted[np.arange(len(y)), y], 1e-12, 1)))


def _fit_calibration(y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    is_binary = predicted.shape[1] == 2

    def compute_loss(values: np.ndarray) -> float:
        intercept = float(values[1]) if is_binary else 0.0
        losses = _compute_losses(y, calibrate(predicted, float(values[0]), intercept))
        return float(np.average(losses, weights=weights))

    start = np.array([1.0, 0.0] if is_binary else [1.0])
    found = minimize(compute_loss, start, method="L-BFGS-B", bounds=[(0.05, 20.0), (-5.0, 5.0)][: len(start)])
    return float(found.x[0]), float(found.x[1]) if is_binary else 0.0
