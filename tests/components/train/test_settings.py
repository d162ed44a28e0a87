import pytest

from components.errors import InvalidSetting
from components.train.settings import Settings


def test_an_experiment_has_a_name_or_none() -> None:
    assert Settings(experiment="").experiment == ""
    with pytest.raises(InvalidSetting, match="experiment must be a name"):
        Settings(experiment="  ")


@pytest.mark.parametrize("limit", [-1.0, float("inf"), float("nan")])
def test_a_limit_is_0_or_more(limit: float) -> None:
    with pytest.raises(InvalidSetting, match="max_latency_ms must be 0 or more"):
        Settings(max_latency_ms=limit)


def test_there_is_no_limit_unless_it_is_asked_for() -> None:
    assert Settings().max_latency_ms == 0
