import pytest
from pydantic import ValidationError

from components._problem.monitoring import Monitoring


def test_without_settings_drift_counts_after_three_days_and_nothing_is_trained() -> None:
    monitoring = Monitoring()
    assert (monitoring.window, monitoring.persist, monitoring.retrain) == ("1 day", 3, False)
    assert monitoring.budget is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": "10 seconds"}, "monitoring.window: '10 seconds' is too short; the shortest is 1 minute"),
        ({"cooldown": "soon"}, "monitoring.cooldown: 'soon' is not a length of time"),
        ({"budget": -1}, "greater than or equal to 0"),
        ({"cost_per_error": 0}, "greater than 0"),
        ({"persist": 0}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_setting_says_what_it_must_be(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Monitoring.model_validate(settings)
