from typing import Any

import pytest

from components.errors import InvalidSetting
from components.preprocess.settings import Settings


@pytest.mark.parametrize("values", [{"fence_factor": 0.0}, {"rare_below": 0.0}, {"rare_below": 0.999}])
def test_the_ends_of_the_ranges_are_taken(values: dict[str, Any]) -> None:
    assert Settings(**values) != Settings()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fence_factor": -0.1}, r"fence_factor = -0.1 is out of range.\nfence_factor must be 0 or more"),
        ({"fence_factor": float("nan")}, "fence_factor = nan is out of range"),
        ({"rare_below": -0.1}, "rare_below = -0.1 is out of range"),
        ({"engine": "spark"}, "engine = 'spark' is out of range"),
        ({"rare_below": 1.0}, "rare_below must be at least 0 and below 1"),
        ({"rare_below": float("nan")}, "rare_below = nan is out of range"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**values)
