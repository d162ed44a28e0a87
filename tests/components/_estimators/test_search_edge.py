from typing import Any

import pytest

from components._estimators import FAMILIES, Facts
from components._estimators.search_edge import SearchEdge, find_search_edges

FACTS = Facts("binary", "roc_auc", 1_000, 12)
INSIDE = {
    "learning_rate": 0.05,
    "num_leaves": 20,
    "min_child_samples": 20,
    "colsample_bytree": 0.7,
    "subsample": 0.8,
    "reg_lambda": 1.0,
    "extra_trees": False,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"num_leaves": 128}, [SearchEdge("num_leaves", 128, 4, 128, is_upper=True)]),
        ({"num_leaves": 4}, [SearchEdge("num_leaves", 4, 4, 128, is_upper=False)]),
        # 2 % of the logarithmic range, which is less than 0.0012; of a linear one it would be 0.6.
        ({"reg_lambda": 0.0115}, [SearchEdge("reg_lambda", 0.0115, 0.01, 30.0, is_upper=False)]),
        ({"reg_lambda": 0.0125}, []),
        ({"subsample": 0.505}, [SearchEdge("subsample", 0.505, 0.5, 1.0, is_upper=False)]),
        # A share cannot be above 1.
        ({"subsample": 1.0, "colsample_bytree": 1.0}, []),
    ],
)
def test_a_number_at_an_end_of_its_range_is_found(
    changes: dict[str, Any], expected: list[SearchEdge]
) -> None:
    assert find_search_edges(FAMILIES["lightgbm"], {**INSIDE, **changes}, FACTS) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_every_familys_portfolio_can_be_looked_at(family: str) -> None:
    for parameters in FAMILIES[family].portfolio:
        for edge in find_search_edges(FAMILIES[family], parameters, FACTS):
            assert edge.name in parameters
