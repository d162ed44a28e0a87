import pytest

from components.errors import InvalidSetting
from components.split.settings import Settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"test_fraction": 0.0}, r"test_fraction = 0\.0 is out of range"),
        ({"test_fraction": 1.0}, r"test_fraction must be above 0 and below 1"),
        ({"test_fraction": float("nan")}, "test_fraction = nan is out of range"),
        ({"seed": -1}, "seed must be 0 or more"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**settings)  # type: ignore[arg-type]
