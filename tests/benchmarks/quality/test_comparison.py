from itertools import product

import numpy as np
import pytest

from benchmarks.quality.comparison import (
    Comparison,
    compare_with_baseline,
    compute_difference,
    compute_standings,
)
from benchmarks.quality.results import Key, Result, Results

SYSTEMS = ("ours", "lightgbm")
# Losses of two splits; the scores are their negatives.
LOSSES: dict[str, dict[str, list[float | None]]] = {
    "wine": {"ours": [0.1, 0.2], "lightgbm": [0.2, 0.4]},
    "digits": {"ours": [0.5, 0.7], "lightgbm": [0.2, 0.4]},
    "clusters": {"ours": [0.5, 0.3], "lightgbm": [0.4, 0.4]},
    "merchants": {"ours": [None, 0.5], "lightgbm": [0.5, 0.5]},
}


def collect(*tables: str) -> Comparison:
    results = Results(None)
    for table, system in product(tables, SYSTEMS):
        for seed, loss in enumerate(LOSSES[table][system]):
            score = None if loss is None else -loss
            results.add(Key(system, table, seed, 60.0), Result(score=score))
    return Comparison.collect(results, (*SYSTEMS, "flaml"), (*tables, "claims"), 2, 60.0)


def test_what_has_no_result_at_all_is_left_out() -> None:
    comparison = collect("wine", "merchants")
    assert comparison.systems == SYSTEMS
    assert comparison.tables == ("wine", "merchants")
    assert comparison.scores.shape == (2, 2, 2)
    assert np.isnan(comparison.scores[1, 0, 0])
    assert np.isnan(comparison.scores).sum() == 1
    assert comparison.errors[0].tolist() == [[0.1, 0.2], [0.2, 0.4]]


def test_a_system_is_behind_where_all_splits_agree_or_it_failed_and_not_where_they_differ() -> None:
    differences = compare_with_baseline(collect(*LOSSES), "ours")
    assert {table: of.is_behind for table, of in differences.items()} == {
        "wine": False,
        "digits": True,
        "clusters": False,
        "merchants": True,
    }
    assert differences["digits"].mean == pytest.approx(0.3)
    assert differences["clusters"].standard_error == pytest.approx(0.1)


def test_standings_count_tables_behind_and_splits_without_a_result() -> None:
    ours, baseline = compute_standings(collect(*LOSSES))
    assert (ours.n_behind, ours.n_without_result) == (2, 1)
    assert (baseline.n_behind, baseline.n_without_result) == (0, 0)
    assert baseline.relative_error == 1
    assert ours.rank.mean + baseline.rank.mean == pytest.approx(3)


def test_a_half_of_the_tables_is_compared_by_itself() -> None:
    (ours, _) = compute_standings(collect(*LOSSES).select(["wine"]))
    assert tuple(ours.rank) == (1, 1, 1)
    assert ours.relative_error == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("differences", "is_behind"),
    [
        ([0.1, 0.1], True),
        ([0.0, 0.0], False),
        ([0.1], False),
        ([0.1, -0.1], False),
        ([0.3, 0.2, 0.25], True),
        ([np.inf, 0.1], True),
    ],
)
def test_a_single_pair_says_nothing_about_noise(differences: list[float], is_behind: bool) -> None:
    assert compute_difference(np.array(differences)).is_behind is is_behind
