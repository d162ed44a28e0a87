"""Which trials make the model: the best one, or an ensemble."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from components._estimators.calibration import compute_log_losses, fit_calibration
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
_SURE = 0.5
_PARTS = 5
# Members that are chosen on fewer of the rows fit these rows rather than new ones.
_LEAST_KNOWN = 0.5


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


class MemberLimit(NamedTuple):
    """What the trials of a model may take together: time of the fits, size, or time to predict a row.

    Attributes
    ----------
    most : float
        What they may take together.
    costs : mapping of int to float
        What one fit of a trial takes, by the trial's number. A trial that is not in it is assumed to take
        nothing.
    """

    most: float
    costs: Mapping[int, float]

    def get_cost(self, trial: TrialResult) -> float:
        """Return what a fit of a trial takes; 0 if it is not known."""
        return self.costs.get(trial.number, 0.0)

    def is_kept_by(self, trials: Iterable[TrialResult]) -> bool:
        """Whether trials, each fitted once, keep the limit."""
        return sum(map(self.get_cost, trials)) <= self.most


class MemberChoice(NamedTuple):
    """The model to fit.

    Attributes
    ----------
    members : list of Member
        The heaviest first.
    slope, intercept : float
        Calibration of the probabilities, see ``components._estimators.ensemble.calibrate``.
    predicted : ndarray of shape (n_known, n_classes) or (n_known,)
        Out-of-fold predictions of the model.
    known : ndarray of bool, shape (n_rows,)
        Which of the rows with out-of-fold predictions these are: all, unless a member lacks some.
    score, single : float
        Score of the model and of the best trial alone, on all known rows at once.
    reason : str
        Why it is one trial or an ensemble.
    """

    members: list[Member]
    slope: float
    intercept: float
    predicted: np.ndarray
    known: np.ndarray
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
    limits: Sequence[MemberLimit] = (),
    weights: np.ndarray | None = None,
) -> MemberChoice:
    """Choose trials and weights by greedy selection over out-of-fold predictions.

    Starting from the best trial, the trial that improves the mean most is added again and again, and the best
    of all these means is used (Caruana et al. 2004). If it is not better than the best trial in most
    resamples of the rows, the model is the best trial alone.

    A trial without predictions for some rows, because its last folds were not scored, is compared on the rows
    that all trials predict. The model has such trials if it scores better on these rows than a model without.
    Trials without predictions for half of the rows count only if no trial has all.

    Parameters
    ----------
    candidates : sequence of TrialResult
        Finished trials with predictions, the best first.
    out_of_fold : dict of int to ndarray
        Their predictions, by number; NaN for rows that a trial does not predict.
    y : ndarray of shape (n_rows,)
        Encoded target of the rows predicted.
    problem : Problem
        The resolved problem.
    most_models : int
        Most trials in the model, at least 1.
    seed : int
        Seed of the rows and resamples that the choice is made on.
    limits : sequence of MemberLimit
        What they may take together. If each trial breaks a limit, the one that breaks it least is chosen.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    known = {t.number: _find_known_rows(out_of_fold[t.number]) for t in candidates}
    whole = [trial for trial in candidates if known[trial.number].all()]
    if whole:
        candidates = [trial for trial in candidates if known[trial.number].mean() >= _LEAST_KNOWN]
    common = np.logical_and.reduce([known[trial.number] for trial in candidates])

    def choose(trials: Sequence[TrialResult], rows: np.ndarray) -> MemberChoice:
        return _choose_on_rows(trials, out_of_fold, y, rows, problem, most_models, seed, limits, weights)

    if len(whole) == len(candidates):
        return choose(candidates, common)
    if not _can_be_scored(y[common], problem):
        # Without such rows, the trials with the most predicted rows are the only ones to compare.
        most = max(known[trial.number].sum() for trial in candidates)
        widest = next(trial for trial in candidates if known[trial.number].sum() == most)
        return choose(whole, np.ones(len(y), dtype=bool)) if whole else choose([widest], known[widest.number])
    together = choose(_sort_by_score(candidates, out_of_fold, y, common, problem, weights), common)
    if not whole:
        return together
    alone = choose(whole, np.ones(len(y), dtype=bool))
    of_common = None if weights is None else weights[common]
    of_alone = compute_score(problem.metric, y[common], alone.predicted[common], problem, weights=of_common)
    has_incomplete = any(not known[member.trial.number].all() for member in together.members)
    return together if has_incomplete and together.score > of_alone else alone


def _find_known_rows(predicted: np.ndarray) -> np.ndarray:
    return np.asarray(np.isfinite(predicted.reshape(len(predicted), -1)).all(axis=1))


def _can_be_scored(y: np.ndarray, problem: Problem) -> bool:
    least = len(problem.classes) if problem.kind != "regression" else 2
    return np.unique(y).size >= least


def _sort_by_score(
    trials: Sequence[TrialResult],
    out_of_fold: dict[int, np.ndarray],
    y: np.ndarray,
    rows: np.ndarray,
    problem: Problem,
    weights: np.ndarray | None,
) -> list[TrialResult]:
    """Return trials, the best on some rows first: means over different folds cannot be compared."""
    of_rows = None if weights is None else weights[rows]

    def score(trial: TrialResult) -> float:
        predicted = _convert_to_double(out_of_fold[trial.number][rows], problem)
        return compute_score(problem.metric, y[rows], predicted, problem, weights=of_rows)

    scores = {trial.number: score(trial) for trial in trials}
    return sorted(trials, key=lambda trial: -scores[trial.number])


def _choose_on_rows(
    candidates: Sequence[TrialResult],
    out_of_fold: dict[int, np.ndarray],
    y: np.ndarray,
    known: np.ndarray,
    problem: Problem,
    most_models: int,
    seed: int,
    limits: Sequence[MemberLimit],
    weights: np.ndarray | None,
) -> MemberChoice:
    """Choose among trials that all predict the known rows."""
    y = y[known]
    weights = None if weights is None else weights[known]
    rng = np.random.default_rng(seed)
    rows = np.arange(len(y))
    if len(rows) > _MOST_ROWS:
        rows = np.sort(rng.choice(rows, _MOST_ROWS, replace=False))

    light = [trial for trial in candidates if all(limit.is_kept_by([trial]) for limit in limits)]
    candidates = light or [min(candidates, key=lambda trial: _compute_excess(trial, limits))]
    # Workers store predictions in single precision.
    whole = {t.number: _convert_to_double(out_of_fold[t.number][known], problem) for t in candidates}
    parts = [whole[trial.number][rows] for trial in candidates]
    chosen_weights = None if weights is None else weights[rows]
    judge = _build_judge(problem, chosen_weights)
    counts = _select_greedily(
        parts,
        np.array([[limit.get_cost(trial) for limit in limits] for trial in candidates]),
        np.array([limit.most for limit in limits]),
        lambda predicted: judge(y[rows], predicted),
        most_models,
    )
    alone = np.eye(1, len(candidates), dtype=int)[0]
    both = _average_predictions(parts, counts), parts[0]
    is_better = _is_surely_better(*both, y[rows], problem, rng, chosen_weights)
    reason = f"an ensemble is not better than the best trial in at least {_SURE:.0%} of the resamples"
    if is_better:
        reason = f"together they are better than the best trial in at least {_SURE:.0%} of the resamples"
    elif len(candidates) == 1:
        reason = f"it is the only trial that {'keeps the limits' if limits else 'finished'}"
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
        known,
        compute_score(problem.metric, y, predicted, problem, weights=weights),
        compute_score(problem.metric, y, whole[candidates[0].number], problem, weights=weights),
        reason,
    )


def _compute_excess(trial: TrialResult, limits: Sequence[MemberLimit]) -> float:
    return max(limit.get_cost(trial) / limit.most if limit.most > 0 else np.inf for limit in limits)


def _convert_to_double(predicted: np.ndarray, problem: Problem) -> np.ndarray:
    return (
        predicted.astype(np.float64) if problem.kind == "regression" else normalise_probabilities(predicted)
    )


def _build_judge(
    problem: Problem, weights: np.ndarray | None
) -> Callable[[np.ndarray, np.ndarray], tuple[float, float]]:
    """Return a function that rates predictions: by the metric, then, if it judges decisions, the log loss."""
    is_coarse = problem.kind != "regression" and judges_decisions(problem.metric)

    def judge(y: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
        value = compute_score(problem.metric, y, predicted, problem, weights=weights)
        if not is_coarse:
            return value, 0.0
        return value, compute_score("neg_log_loss", y, predicted, problem, weights=weights)

    return judge


def _select_greedily(
    parts: list[np.ndarray],
    costs: np.ndarray,
    most: np.ndarray,
    judge: Callable[[np.ndarray], tuple[float, float]],
    most_models: int,
) -> np.ndarray:
    """Return how often each part was added, shape (n_parts,).

    ``costs``, shape (n_parts, n_limits), are what the parts take, and ``most`` what they may take together.
    """
    counts = np.zeros(len(parts), dtype=int)
    counts[0] = 1
    total = parts[0].astype(np.float64)
    best, best_counts, best_step = judge(total), counts.copy(), 1
    for step in range(2, _STEPS + 1):
        if step - best_step > _IDLE_STEPS:
            break
        used = costs[counts > 0].sum(axis=0)
        possible = [
            i
            for i, count in enumerate(counts)
            if count or ((counts > 0).sum() < most_models and (used + costs[i] <= most).all())
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
            *fit_calibration(
                y[part != i], predicted[part != i], None if weights is None else weights[part != i]
            ),
        )
    before = compute_log_losses(y, predicted)
    gain = before - compute_log_losses(y, scaled)
    if weights is not None:
        gain = gain * weights
    error = float(gain.std() / len(y) ** 0.5)
    if gain.mean() <= 2 * error:
        return 1.0, 0.0
    return fit_calibration(y, predicted, weights)
