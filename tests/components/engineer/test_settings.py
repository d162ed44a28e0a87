import pytest

from components.engineer.settings import Settings
from components.errors import InvalidSetting


def test_the_ends_of_the_ranges_are_taken() -> None:
    assert Settings(one_hot_up_to=2, target_above=2, seed=0).one_hot_up_to == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"one_hot_up_to": 1}, r"one_hot_up_to = 1 is out of range.\none_hot_up_to must be 2 or more"),
        ({"target_above": 1}, r"target_above = 1 is out of range.\ntarget_above must be from 2 to one_hot"),
        ({"one_hot_up_to": 9}, r"target_above = 10 is out of range.\n.* from 2 to one_hot_up_to = 9"),
        ({"seed": -1}, r"seed = -1 is out of range.\nseed must be 0 or more"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**values)
