import pytest

from components.serve.server_metrics import ServerMetrics
from pipelines.observability.objectives import BURNS, DAY, HOUR, MINUTE, OBJECTIVES, SLOW, Clock


@pytest.mark.parametrize(
    ("scale", "seconds", "expected"),
    [
        (1.0, 3 * DAY, "3d"),
        (1.0, 36 * HOUR, "36h"),
        (1.0, 5 * MINUTE, "5m"),
        (1.0, 90, "90s"),
        (1 / 60, HOUR, "1m"),
        (1 / 60, 5 * MINUTE, "5s"),
        (1 / 60, 90, "1500ms"),
        (1e-9, 1, "1ms"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_gives_a_whole_number(
    scale: float, seconds: int, expected: str
) -> None:
    assert Clock(scale).format(seconds) == expected


def test_series_are_called_by_the_windows_of_production() -> None:
    assert OBJECTIVES[0].name_series("ratio", HOUR) == "model:tabular_errors:ratio_rate1h"
    assert OBJECTIVES[1].name_series("bad", 5 * MINUTE) == "model:tabular_latency:bad_rate5m"


def test_what_is_slow_is_a_bound_of_the_servers_histogram() -> None:
    bounds = [bound for bound, _ in ServerMetrics([], [], []).compute_histogram("seconds")[0]]
    assert SLOW in bounds


@pytest.mark.parametrize(("pace", "shares"), [("Fast", (0.02, 0.05)), ("Slow", (0.1, 0.1))])
def test_each_pair_of_windows_spends_the_part_of_a_months_budget_that_the_docs_say(pace, shares) -> None:
    spent = tuple(burn.rate * burn.long / (30 * DAY) for burn in BURNS[pace])
    assert spent == pytest.approx(shares)
    assert {burn.long / burn.short for burn in BURNS[pace]} == {12.0}
