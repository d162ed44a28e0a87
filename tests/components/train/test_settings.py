import pytest

from components.errors import InvalidSetting
from components.train.settings import Settings


@pytest.mark.parametrize("experiment", ["", "  "])
def test_an_experiment_needs_a_name(experiment: str) -> None:
    with pytest.raises(InvalidSetting, match="experiment must be a name"):
        Settings(experiment=experiment)


@pytest.mark.parametrize("limit", [-1.0, float("inf"), float("nan")])
def test_a_limit_is_0_or_more(limit: float) -> None:
    with pytest.raises(InvalidSetting, match="max_latency_ms must be 0 or more"):
        Settings(max_latency_ms=limit)


def test_there_is_no_limit_unless_it_is_asked_for() -> None:
    assert Settings().max_latency_ms == 0
