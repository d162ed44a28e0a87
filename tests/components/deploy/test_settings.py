from typing import Any

import pytest

from components.deploy.settings import Settings
from components.errors import InvalidSetting


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"service": "Churn"}, "service = 'Churn' is out of range"),
        ({"service": "c" * 31}, "at most 30"),
        ({"mode": "Standart"}, "Did you mean 'Standard'"),
        ({"mode": "Standard", "min_replicas": 0}, "min_replicas = 0 is out of range"),
        ({"min_replicas": 4}, "to max_replicas = 3"),
        ({"requests_per_second": 0}, "requests_per_second = 0"),
        (
            {"cpu_request": "2"},
            "cpu_request = '2' is out of range.\ncpu_request must be at most cpu_limit = 1",
        ),
        ({"cpu_limit": "0"}, "cpu_limit = '0' is out of range.*\n.*such as 200m or 0.5"),
        ({"cpu_request": "much"}, "cpu_request = 'much' is out of range"),
        ({"steps": (50, 10)}, "ascending, above 0 and below 100"),
        ({"steps": (10, 100)}, "ascending, above 0 and below 100"),
        ({"step_seconds": 0.0}, "step_seconds = 0.0"),
        ({"ready_seconds": float("nan")}, "ready_seconds = nan"),
        ({"max_error_rate": 1.5}, "from 0 to 1"),
        ({"gateway": "gateways/main"}, "with a gateway_host and mode = Standard"),
        ({"mode": "Standard", "gateway": "main", "gateway_host": "a.org"}, "gateway = 'main'"),
        ({"log_sink": "kfp-tabular-log-sink:8080"}, "log_sink must be scheme, host and port"),
        ({"log_sink": "http://user:secret@sink"}, "log_sink must be scheme, host and port"),
        ({"log_sink": "http://sink/?a=b"}, "log_sink must be scheme, host and port"),
    ],
)
def test_what_is_out_of_range_is_named(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSetting, match=fault):
        Settings(**changed)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("churned", "churned"),
        ("Will it churn?", "will-it-churn"),
        ("x" * 40, "x" * 30),
        ("a" * 29 + "-b", "a" * 29),
    ],
)
def test_a_service_is_called_after_its_model(model: str, expected: str) -> None:
    assert Settings().name_for(model) == expected


def test_a_name_of_ones_own_is_taken() -> None:
    assert Settings(service="mine").name_for("churned") == "mine"


def test_a_model_without_letters_needs_a_name() -> None:
    with pytest.raises(InvalidSetting, match="cannot become a service's name"):
        Settings().name_for("42")
