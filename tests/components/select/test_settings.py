from typing import Any

import pytest

from components.errors import InvalidSetting
from components.select.settings import Settings


def test_the_ends_of_the_ranges_are_taken() -> None:
    assert Settings(redundant_above=1.0, seed=0).redundant_above == 1.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"redundant_above": 0.0}, "redundant_above = 0.0 is out of range"),
        ({"redundant_above": 1.01}, "redundant_above must be above 0 and at most 1"),
        ({"redundant_above": float("nan")}, "redundant_above = nan is out of range"),
        ({"seed": -1}, r"seed = -1 is out of range.\nseed must be 0 or more"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**values)
