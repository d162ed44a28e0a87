import pytest

from components.errors import InvalidSetting
from components.monitor.settings import Settings


def test_four_weeks_of_the_log_are_looked_at() -> None:
    assert Settings(folder="monitoring").days == 28


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folder": ""}, "There is no folder of inference logs"),
        ({"folder": "monitoring", "days": 0}, "days"),
        ({"folder": "monitoring", "days": 5_000}, "days"),
    ],
)
def test_a_setting_out_of_range_is_an_error(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**settings)  # type: ignore[arg-type]
