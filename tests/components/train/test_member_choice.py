from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest

from components._metrics.scores import compute_score
from components._problem.spec import OutcomeValue, Problem
from components._sweep.trials import TrialResult
from components.train.member_choice import MemberChoice, MemberLimit, choose_members
from tests.components._model.tables import make_problem

N_ROWS = 600


def _make_trial(number: int, family: str = "linear", ms: float = 0.1) -> TrialResult:
    return TrialResult(number, 0, family, {}, (0.9 - number / 100,), (0,), predict_ms=ms)


def _compute_sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _make_binary(*signals: np.ndarray) -> dict[int, np.ndarray]:
    """Return probabilities, float32 as workers hand them on."""
    return {
        number: np.column_stack([1 - _compute_sigmoid(signal), _compute_sigmoid(signal)]).astype(np.float32)
        for number, signal in enumerate(signals)
    }


def _draw_truth(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a target and two signals, each of which knows another half of it."""
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(2, N_ROWS)) * 1.5
    y = (rng.random(N_ROWS) < _compute_sigmoid(one + other)).astype(np.int64)
    return y, one, other


def _choose(
    out_of_fold: dict[int, np.ndarray],
    y: np.ndarray,
    question: Problem | None = None,
    trials: list[TrialResult] | None = None,
    **limits: Any,
) -> MemberChoice:
    settings = {"most_models": 5, "seed": 0, **limits}
    given = trials or [_make_trial(number) for number in out_of_fold]
    return choose_members(given, out_of_fold, y, question or make_problem("binary"), **settings)


def test_trials_that_know_different_things_are_better_together() -> None:
    y, one, other = _draw_truth()
    choice = _choose(_make_binary(one, other, np.zeros(N_ROWS)), y)
    assert {member.trial.number for member in choice.members} == {0, 1}
    assert sum(member.weight for member in choice.members) == pytest.approx(1)
    assert choice.score > choice.single + 0.05
    assert choice.reason.startswith("together they are better than the best trial")
    assert choice.score == compute_score("roc_auc", y, choice.predicted, make_problem("binary"))


def test_the_weights_are_as_good_as_the_best_of_all_small_ones() -> None:
    y, one, other = _draw_truth()
    rng = np.random.default_rng(5)
    parts = _make_binary(one, other, one + rng.normal(size=N_ROWS))
    question = make_problem("binary", metric="neg_log_loss")
    best = max(
        compute_score("neg_log_loss", y, np.mean([parts[i] for i in chosen], axis=0, dtype=float), question)
        for n in range(1, 7)
        for chosen in combinations_with_replacement(parts, n)
    )
    choice = _choose(parts, y, question)
    mixed = sum(member.weight * parts[member.trial.number].astype(float) for member in choice.members)
    assert compute_score("neg_log_loss", y, np.asarray(mixed), question) >= best - 0.002


@pytest.mark.parametrize("kind", ["copies", "noise"])
def test_one_trial_stays_where_several_are_not_surely_better(kind: str) -> None:
    y, one, other = _draw_truth()
    rng = np.random.default_rng(3)
    known = one + other
    rest = [known, known] if kind == "copies" else list(4 * rng.normal(size=(2, N_ROWS)))
    choice = _choose(_make_binary(known, *rest), y)
    assert [member.trial.number for member in choice.members] == [0]
    assert choice.members[0].weight == 1
    assert "an ensemble is not better" in choice.reason


def test_a_single_candidate_is_taken() -> None:
    y, one, _ = _draw_truth()
    choice = _choose(_make_binary(one), y)
    assert [member.trial.number for member in choice.members] == [0]
    assert choice.reason == "it is the only trial that finished"


def test_no_more_models_than_asked_for() -> None:
    y, one, other = _draw_truth()
    rng = np.random.default_rng(1)
    signals = [part + rng.normal(size=N_ROWS) for part in (one, other, one, other, one, other)]
    many = _choose(_make_binary(*signals), y, most_models=6)
    assert len(many.members) > 2
    for most in (1, 2):
        assert len(_choose(_make_binary(*signals), y, most_models=most).members) == most


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("most_ms", "known_ms", "chosen"),
    [
        (10.0, {0: 1.0, 1: 5.0, 2: 0.5}, {0, 1}),
        (2.0, {0: 1.0, 1: 5.0, 2: 0.5}, {0, 2}),
        # None is fast enough: the fastest is taken all the same.
        (0.1, {0: 1.0, 1: 5.0, 2: 0.5}, {2}),
        # What was not measured may be fast.
        (2.0, {0: 1.0}, {0, 1}),
        (2.0, {0: 2.5}, {1, 2}),
    ],
)
def test_the_model_predicts_in_time(most_ms: float, known_ms: dict[int, float], chosen: set[int]) -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, other, 0.9 * other + 0.3 * one)
    members = _choose(parts, y, limits=[MemberLimit(most_ms, known_ms)]).members
    assert {member.trial.number for member in members} >= chosen
    assert sum(known_ms.get(member.trial.number, 0.0) for member in members) <= max(most_ms, 0.5)


def test_the_model_keeps_all_limits() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, other, 0.9 * other + 0.3 * one)
    time, size = MemberLimit(2.0, {0: 1.0, 1: 5.0, 2: 0.5}), MemberLimit(10.0, {0: 6.0, 1: 1.0, 2: 6.0})
    assert len(_choose(parts, y, limits=[time]).members) == 2
    assert len(_choose(parts, y, limits=[time, size]).members) == 1


def _cut(predicted: np.ndarray, first: int) -> np.ndarray:
    """Return predictions without those of the rows from ``first`` on, whose folds were not scored."""
    cut = predicted.copy()
    cut[first:] = np.nan
    return cut


def test_a_trial_without_its_last_folds_is_a_member_if_that_is_better() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, other)
    parts[1] = _cut(parts[1], 400)
    choice = _choose(parts, y)
    assert {member.trial.number for member in choice.members} == {0, 1}
    np.testing.assert_array_equal(np.flatnonzero(choice.known), np.arange(400))
    assert len(choice.predicted) == 400
    assert np.isfinite(choice.predicted).all()
    assert choice.score == compute_score("roc_auc", y[:400], choice.predicted, make_problem("binary"))
    assert choice.score > choice.single


def test_a_trial_without_its_last_folds_is_left_out_if_it_does_not_help() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, other, np.random.default_rng(7).normal(size=N_ROWS))
    expected = _choose({0: parts[0], 1: parts[1]}, y)
    choice = _choose({**parts, 2: _cut(parts[2], 200)}, y)
    assert choice.members == expected.members
    assert choice.score == expected.score
    np.testing.assert_array_equal(np.flatnonzero(choice.known), np.arange(N_ROWS))


def test_a_trial_with_less_than_half_of_the_rows_is_no_member_however_good_it_is_there() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, one + other)
    few, many = (_choose({0: parts[0], 1: _cut(parts[1], first)}, y) for first in (N_ROWS // 3, N_ROWS // 2))
    assert [member.trial.number for member in few.members] == [0]
    assert few.known.all()
    assert 1 in {member.trial.number for member in many.members}


def test_a_cut_trial_whose_rows_have_one_class_is_left_out() -> None:
    y, one, other = _draw_truth()
    order = np.argsort(y, kind="stable")
    parts = {number: predicted[order] for number, predicted in _make_binary(one, other).items()}
    choice = _choose({0: parts[0], 1: _cut(parts[1], 50)}, y[order])
    assert [member.trial.number for member in choice.members] == [0]
    np.testing.assert_array_equal(np.flatnonzero(choice.known), np.arange(N_ROWS))


def test_trials_that_were_all_cut_are_compared_on_the_rows_of_all() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(0.2 * one, one + other)
    choice = _choose({0: _cut(parts[0], 500), 1: _cut(parts[1], 300)}, y)
    # The better one on the same rows, though it was not the first.
    assert choice.members[0].trial.number == 1
    np.testing.assert_array_equal(np.flatnonzero(choice.known), np.arange(300))


def test_cut_trials_without_a_row_in_common_leave_the_one_with_most_rows() -> None:
    y, one, other = _draw_truth()
    first, second = _make_binary(one, other).values()
    second = second.copy()
    second[:400] = np.nan
    choice = _choose({0: _cut(first, 300), 1: second}, y)
    assert [member.trial.number for member in choice.members] == [0]
    np.testing.assert_array_equal(np.flatnonzero(choice.known), np.arange(300))


def test_times_of_the_sweep_decide_nothing() -> None:
    y, one, other = _draw_truth()
    parts = _make_binary(one, other)
    quick, slow = (
        _choose(parts, y, trials=[_make_trial(0, ms=ms), _make_trial(1, ms=ms)]) for ms in (0.01, 10_000.0)
    )
    assert [(m.trial.number, m.weight) for m in quick.members] == [
        (m.trial.number, m.weight) for m in slow.members
    ]


@pytest.mark.parametrize("factor", [4.0, 0.25])
def test_probabilities_that_are_too_sure_or_too_cautious_are_calibrated(factor: float) -> None:
    y, one, other = _draw_truth()
    choice = _choose(_make_binary(factor * (one + other)), y, make_problem("binary", metric="neg_log_loss"))
    assert choice.slope == pytest.approx(1 / factor, rel=0.2)
    assert choice.score > choice.single
    # The order of the rows is left as it is.
    ranked = _choose(_make_binary(factor * (one + other)), y)
    assert ranked.score == pytest.approx(ranked.single, abs=1e-3)


def test_probabilities_that_are_right_are_left_alone() -> None:
    y, one, other = _draw_truth()
    choice = _choose(_make_binary(one + other), y, make_problem("binary", metric="neg_log_loss"))
    assert (choice.slope, choice.intercept) == (1.0, 0.0)


def test_several_classes_are_calibrated_by_one_temperature() -> None:
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(N_ROWS, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(3, p=row) for row in shares])
    sure = shares**3 / (shares**3).sum(axis=1, keepdims=True)
    choice = _choose({0: sure.astype(np.float32)}, y, make_problem("multiclass"))
    assert choice.slope == pytest.approx(1 / 3, rel=0.2)
    assert choice.intercept == 0
    np.testing.assert_array_equal(choice.predicted.argmax(axis=1), sure.argmax(axis=1))
    assert choice.score > choice.single


def test_regressions_are_averaged_and_not_calibrated() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=N_ROWS)
    parts = {n: (y + rng.normal(size=N_ROWS)).astype(np.float32) for n in range(3)}
    choice = _choose(parts, y, make_problem("regression"))
    assert len(choice.members) == 3
    assert (choice.slope, choice.intercept) == (1.0, 0.0)
    assert choice.score > 0.7 * choice.single


@pytest.mark.parametrize(
    "settings",
    [{"metric": "accuracy"}, {"metric": "value", "value": OutcomeValue(tp=5, fp=-1)}],
    ids=["decisions", "value"],
)
def test_metrics_of_decisions_choose_too(settings: dict[str, Any]) -> None:
    y, one, other = _draw_truth()
    question = make_problem("binary", **settings)
    choice = _choose(_make_binary(one, other), y, question)
    assert {member.trial.number for member in choice.members} == {0, 1}
    assert choice.score == compute_score(question.metric, y, choice.predicted, question)


def test_the_same_seed_chooses_the_same_on_a_sample_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.train.member_choice._MOST_ROWS", 200)
    y, one, other = _draw_truth()
    once, again = (_choose(_make_binary(one, other, one - other), y, seed=4) for _ in range(2))
    assert once.members == again.members
    np.testing.assert_array_equal(once.predicted, again.predicted)
    assert len(once.predicted) == N_ROWS


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy"])
def test_heavy_rows_decide_on_the_model(metric: str) -> None:
    """A trial that is right on the heavy rows joins one that is right on more, but light, rows."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N_ROWS)
    heavy = np.arange(N_ROWS) < N_ROWS // 3
    sign = 2.0 * y - 1
    noise = rng.normal(size=(2, N_ROWS))
    light_knower, heavy_knower = (
        np.where(known, 2 * sign, 0) + noise[i] for i, known in enumerate((~heavy, heavy))
    )
    parts, question = _make_binary(light_knower, heavy_knower), make_problem("binary", metric=metric)
    weights = np.where(heavy, 100.0, 1.0)
    weights /= weights.mean()
    shares = []
    for given in (None, weights):
        choice = _choose(parts, y, question, weights=given)
        shares.append(sum(member.weight for member in choice.members if member.trial.number == 1))
        assert choice.score == compute_score(metric, y, choice.predicted, question, weights=given)
    assert shares[1] > shares[0]
