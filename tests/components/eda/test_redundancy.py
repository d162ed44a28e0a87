import numpy as np
import pandas as pd
import pytest

from components._table.schema import Kind
from components.eda.associations import AssociationInfo, compute_association_info
from components.eda.redundancy import CorrelatedPair, Sum, describe_sum, find_correlated_pairs, find_sums

RNG = np.random.default_rng(0)
N = 400
A, B, C, D = RNG.normal(size=(4, N)) + 5


def find(**columns: np.ndarray) -> list[Sum]:
    return find_sums(pd.DataFrame(columns))


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"a": A, "b": B, "c": C}, []),
        ({"a": A, "total": A + B, "b": B, "c": C}, ["total = a + b"]),
        ({"a": A, "rest": A - B, "b": B}, ["a = rest + b"]),
        ({"a": A, "b": B, "c": C, "mix": 2 * A + 0.5 * B - C + 7}, ["mix = 2 × a + 0.5 × b − c + 7"]),
        ({"a": A, "b": B, "total": np.round(A + B, 2)}, ["total = a + b"]),
        # A copy is a correlated pair, not a sum.
        ({"a": A, "b": B, "twice": 2 * A}, []),
        ({"a": A, "b": B, "near": A + B + 0.1 * C}, []),
        ({"a": np.where(RNG.random(N) < 0.2, np.nan, A), "b": B, "total": A + B}, ["total = a + b"]),
        ({"a": A, "b": B, "total": A + B, "empty": np.full(N, np.nan)}, ["total = a + b"]),
        ({"a": A, "b": B, "total": A + B, "huge": np.where(A > 6, 1e300, B)}, ["total = a + b"]),
        ({"a": A[:40], "b": B[:40], "total": (A + B)[:40]}, []),
        ({"a": A, "b": np.ones(N)}, []),
    ],
)
def test_sums_of_other_columns_are_found(columns: dict[str, np.ndarray], expected: list[str]) -> None:
    found = [describe_sum(each) for each in find(**columns)]
    assert found == expected


def test_each_of_two_sums_is_found() -> None:
    found = find(a=A, b=B, c=C, d=D, left=A + B, right=C - D)
    assert {frozenset([each.column, *(name for name, _ in each.terms)]) for each in found} == {
        frozenset(["a", "b", "left"]),
        frozenset(["c", "d", "right"]),
    }


def compute_associations(**columns: np.ndarray) -> AssociationInfo:
    kinds: dict[str, Kind] = dict.fromkeys(columns, "float")
    return compute_association_info(pd.DataFrame(columns), list(columns), kinds)


def test_of_two_correlated_columns_the_less_predictive_one_is_named_once() -> None:
    near = A + 0.01 * B
    associations = compute_associations(c=C, near=near, a=A, again=A + 0.01 * D)
    found = find_correlated_pairs(associations, ["a", "c", "near", "again", "unknown"])
    assert [(pair.column, pair.other) for pair in found] == [("near", "a"), ("again", "a")]
    assert isinstance(found[0], CorrelatedPair)
    assert (found[0].measure, found[0].strength > 0.99) == ("Spearman", True)
    assert find_correlated_pairs(associations, ["near", "c"]) == []
    assert find_correlated_pairs(None, ["a"]) == []
