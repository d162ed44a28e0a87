import math
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from components._estimators import FAMILIES, Facts, Parameters, list_suitable
from components._sweep.trials import TrialResult
from components.tune.search import TrialProposal, TrialSearch, complete_parameters
from components.tune.study import LAG

FACTS = Facts("binary", "roc_auc", 5_000, 20)
NAMES = list_suitable(FACTS)
Score = Callable[[str, Parameters], float]


def _smooth(family: str, parameters: Parameters) -> float:
    """Return a score that depends on all parameters, so that another history leads elsewhere."""
    numbers = [float(value) for value in parameters.values() if isinstance(value, int | float)]
    return 0.8 + len(family) / 1000 + sum(math.sin(value) for value in numbers) / 100


def _make_result(number: int, family: str, parameters: Parameters, score: float, **more: Any) -> TrialResult:
    scores = tuple(score + 0.01 * math.sin(number * (k + 1)) for k in range(5))
    return replace(TrialResult(number, 0, family, parameters, scores, seconds=1.0), **more)


def _search(search: TrialSearch, n_trials: int, score: Score = _smooth) -> list[TrialResult]:
    """Run a sweep in which every proposal looks at all trials that it may look at."""
    trials: list[TrialResult] = []
    for number in range(n_trials):
        proposal = search.propose(number, trials[: max(0, number - LAG + 1)])
        assert proposal is not None
        value = score(proposal.family, proposal.parameters)
        trials.append(_make_result(number, proposal.family, proposal.parameters, value))
    return trials


def test_a_proposal_depends_on_its_number_and_history_alone() -> None:
    trials = _search(TrialSearch(FACTS, 0), 30)
    again = TrialSearch(FACTS, 0)
    for number in (0, 7, 29, 14):
        proposal = again.propose(number, trials[: max(0, number - LAG + 1)])
        assert proposal is not None
        assert (proposal.family, proposal.parameters) == (trials[number].family, trials[number].parameters)


def test_the_portfolio_comes_first_the_best_of_each_family_before_the_next() -> None:
    search = TrialSearch(FACTS, 0)
    assert [name for name, _ in search.initial_trials[: len(NAMES)]] == NAMES
    assert [parameters for _, parameters in search.initial_trials[: len(NAMES)]] == [
        FAMILIES[name].portfolio[0] for name in NAMES
    ]
    assert len(search.initial_trials) == sum(len(FAMILIES[name].portfolio) for name in NAMES)
    for number, (name, parameters) in enumerate(search.initial_trials[: len(NAMES)]):
        proposal = search.propose(number, [])
        assert proposal is not None
        assert proposal.family == name
        # These rows have no column of two encodings.
        own = {key: value for key, value in parameters.items() if key != "encoding"}
        assert own.items() <= proposal.parameters.items()


def test_another_seed_searches_elsewhere_after_the_portfolio() -> None:
    one, other = (_search(TrialSearch(FACTS, seed), 40) for seed in (1, 2))
    n_first = len(TrialSearch(FACTS, 1).initial_trials)
    assert [t.parameters for t in one[: len(NAMES)]] == [t.parameters for t in other[: len(NAMES)]]
    assert all(a.parameters != b.parameters for a, b in zip(one[n_first:], other[n_first:], strict=True))


def test_what_an_earlier_sweep_found_best_is_tried_after_each_family_was() -> None:
    known = [("lightgbm", {**FAMILIES["lightgbm"].portfolio[0], "num_leaves": 77}), ("gone", {})]
    search = TrialSearch(FACTS, 0, known=known)
    proposal = search.propose(len(NAMES), [])
    assert proposal is not None
    assert proposal.parameters["num_leaves"] == 77
    assert len(search.initial_trials) == len(TrialSearch(FACTS, 0).initial_trials) + 1


def test_the_search_learns_from_the_trials_before() -> None:
    def score(family: str, parameters: Parameters) -> float:
        return 0.9 - abs(math.log(parameters["learning_rate"] / 0.05)) / 10 if family == "lightgbm" else 0.5

    trials = [trial for trial in _search(TrialSearch(FACTS, 0), 60, score) if trial.family == "lightgbm"]
    distances = [abs(math.log(trial.parameters["learning_rate"] / 0.05)) for trial in trials]
    # Drawn at random they would be 0.5 on average.
    assert statistics.mean(distances[-15:]) < 0.25


def test_a_family_that_stays_behind_is_dropped() -> None:
    trials = _search(TrialSearch(FACTS, 0), 60, lambda family, _: 0.2 if family == "linear" else 0.9)
    # Its portfolio's second is proposed before the first is known.
    assert [trial.number for trial in trials if trial.family == "linear"] == [2, len(NAMES) + 2]


def test_a_family_whose_trials_fail_is_dropped_unless_all_do() -> None:
    search = TrialSearch(FACTS, 0)
    failed = [TrialResult(n, 0, name, {}, failure="it broke") for n, name in enumerate(["kernel"] * 3)]
    fine = [_make_result(3 + n, name, FAMILIES[name].portfolio[0], 0.8) for n, name in enumerate(NAMES)]
    fine = [trial for trial in fine if trial.family != "kernel"]
    proposed = [search.propose(number, [*failed, *fine]) for number in range(40, 140)]
    assert {proposal.family for proposal in proposed if proposal} == set(NAMES) - {"kernel"}
    all_failed = [replace(trial, failure="it broke", fold_scores=()) for trial in [*failed, *fine]]
    assert search.propose(40, all_failed) is not None


def _propose_all(search: TrialSearch, *more: Any, **options: Any) -> list[TrialProposal | None]:
    """Return what forty trials after the portfolio try, all of whose families are equally good so far."""
    history = [_make_result(n, name, FAMILIES[name].portfolio[0], 0.8) for n, name in enumerate(NAMES * 2)]
    return [search.propose(number, history, *more, **options) for number in range(40, 80)]


def _count(proposals: list[TrialProposal | None], family: str) -> int:
    return sum(proposal is not None and proposal.family == family for proposal in proposals)


def _estimate(family: str, parameters: Parameters) -> float:
    return FAMILIES[family].estimate_seconds(parameters, FACTS)


WHOLE = _estimate("lightgbm", FAMILIES["lightgbm"].portfolio[0])


def test_families_that_train_slowly_are_rarer_where_time_is_short() -> None:
    search = TrialSearch(FACTS, 0)
    assert _propose_all(search, is_short=False) == _propose_all(search)
    seconds = {name: _estimate(name, FAMILIES[name].portfolio[0]) for name in NAMES}
    slowest, fastest = max(seconds, key=seconds.__getitem__), min(seconds, key=seconds.__getitem__)
    usual, short = (_propose_all(search, is_short=is_short) for is_short in (False, True))
    assert _count(short, slowest) < _count(usual, slowest)
    assert _count(short, fastest) > _count(usual, fastest)


def test_the_first_trial_has_half_the_time() -> None:
    seconds = WHOLE / 4
    search = TrialSearch(FACTS, 0, seconds, n_folds=5)
    numbers = [n for n, (name, _) in enumerate(search.initial_trials) if name == "lightgbm"][:2]
    assert numbers[0] == 0
    for number, share in zip(numbers, (0.5, 1.0), strict=True):
        proposal = search.propose(number, [])
        assert proposal is not None
        assert proposal.parameters["most_steps"] < FAMILIES["lightgbm"].portfolio[0].get("most_steps", 2_000)
        estimated = _estimate("lightgbm", proposal.parameters)
        assert 0.8 * share * seconds < estimated <= share * seconds
        assert search.estimate_seconds("lightgbm", proposal.parameters) == pytest.approx(5 * estimated)
        assert not proposal.is_hurried


def test_families_that_cannot_be_afforded_are_left_out() -> None:
    seconds = 2 * _estimate("linear", FAMILIES["linear"].portfolio[0])
    search = TrialSearch(FACTS, 0, seconds)
    affordable = {
        name
        for name in NAMES
        if _estimate(name, FAMILIES[name].shorten(FAMILIES[name].portfolio[0], FACTS, seconds))
        < 1.5 * seconds
    }
    assert "linear" in affordable < set(NAMES)
    assert {name for name, _ in search.initial_trials} == affordable
    tried = {proposal.family for number in range(60) if (proposal := search.propose(number, []))}
    assert tried == affordable


def test_near_the_end_a_trial_is_shortened_and_says_so() -> None:
    search = TrialSearch(FACTS, 0, WHOLE, n_folds=5)
    number = next(n for n, (name, _) in enumerate(search.initial_trials) if n and name == "lightgbm")
    free = search.propose(number, [])
    assert free is not None
    assert not free.is_hurried
    assert search.propose(number, [], 5 * WHOLE) == free
    hurried = search.propose(number, [], 5 * WHOLE / 8)
    assert hurried is not None
    assert hurried.is_hurried
    assert (hurried.family, hurried.parameters["num_leaves"]) == ("lightgbm", free.parameters["num_leaves"])
    assert search.estimate_seconds("lightgbm", hurried.parameters) <= 5 * WHOLE / 8
    # A linear model is fitted in that time anyway.
    linear = next(n for n, (name, _) in enumerate(search.initial_trials) if name == "linear")
    assert search.propose(linear, [], 5 * WHOLE / 8) == search.propose(linear, [])


def test_with_no_time_left_only_the_first_trial_is_proposed() -> None:
    search = TrialSearch(FACTS, 0, WHOLE, n_folds=5)
    assert _propose_all(search, 1e-6) == [None] * 40
    first = search.propose(0, [], 1e-6)
    assert first is not None
    assert first.is_hurried


def test_parameters_that_the_rows_do_not_have_are_left_out_of_known_ones() -> None:
    few = TrialSearch(Facts("regression", "r2", 500, 3), 0)
    for number, (name, _) in enumerate(few.initial_trials):
        proposal = few.propose(number, [])
        assert proposal is not None
        assert "percent" not in proposal.parameters
        assert proposal.family == name


@pytest.mark.slow_variants
@pytest.mark.parametrize("family", FAMILIES)
def test_proposals_stay_in_the_ranges_of_their_family(family: str) -> None:
    trials = _search(TrialSearch(FACTS, 3), 80, lambda name, _: 0.81 if name == family else 0.8)
    own = [trial for trial in trials if trial.family == family]
    assert len(own) > 3
    for trial in own:
        known = complete_parameters(family, trial.parameters, FACTS)
        # The number of steps follows from the time, not from the search.
        assert known.parameters == {name: v for name, v in trial.parameters.items() if name != "most_steps"}
        assert known.ranges.keys() == known.parameters.keys()


@pytest.mark.parametrize(
    ("parameter", "impossible"), [("num_leaves", 2.5), ("learning_rate", 99.0), ("class_weight", "none")]
)
def test_a_known_parameter_out_of_its_range_gets_the_first_value(parameter: str, impossible: object) -> None:
    facts = replace(FACTS, metric="f1")
    first = complete_parameters("lightgbm", {}, facts).parameters
    assert complete_parameters("lightgbm", {parameter: impossible}, facts).parameters == first


def test_a_search_that_minds_the_time_finds_faster_trials() -> None:
    def measure_milliseconds(parameters: Parameters) -> float:
        return float(parameters["num_leaves"])

    def leaves(search: TrialSearch) -> float:
        trials: list[TrialResult] = []
        for number in range(70):
            proposal = search.propose(number, trials[: max(0, number - LAG + 1)])
            assert proposal is not None
            is_trees = proposal.family == "lightgbm"
            score = 0.8 + (0.002 * math.log(proposal.parameters["num_leaves"]) if is_trees else 0)
            ms = measure_milliseconds(proposal.parameters) if is_trees else 1.0
            trials.append(_make_result(number, proposal.family, proposal.parameters, score, predict_ms=ms))
        late = [t.parameters["num_leaves"] for t in trials[30:] if t.family == "lightgbm"]
        return statistics.median(late)

    assert leaves(TrialSearch(FACTS, 0, weighs_time=True)) < leaves(TrialSearch(FACTS, 0))
