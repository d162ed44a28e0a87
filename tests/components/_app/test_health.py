"""The answers about the health of a model, with and without what it needs."""

from typing import Any

import pytest
from starlette.applications import Starlette

from components._app.health import build_health_routes
from components._app.prometheus import Prometheus
from components.errors import InvalidSetting
from tests.asgi import fetch
from tests.sweeps_proxy import find_free_port

COUNTS = {"since": 1.0, "rows": 3.0}


def count() -> dict[str, Any]:
    return COUNTS


def make_missing_prometheus() -> Prometheus:
    return Prometheus(f"http://127.0.0.1:{find_free_port()}", "small")


def test_a_server_has_its_own_counts() -> None:
    app = Starlette(routes=build_health_routes(count, None))
    answer = fetch(app, "/app/health.json")
    found = answer.json()
    assert answer.headers["cache-control"] == "no-cache"
    assert (found["windows"], found["window"], found["history"]) == (["start"], "start", None)
    assert (found["since"], found["rows"]) == (1.0, 3.0)


def test_without_any_source_there_is_no_window() -> None:
    assert fetch(Starlette(routes=build_health_routes(None, None)), "/app/health.json").json() == {
        "windows": []
    }


@pytest.mark.parametrize("window", ["1h", "1y", ""])
def test_a_window_that_cannot_be_had_is_refused(window: str) -> None:
    app = Starlette(routes=build_health_routes(count, None))
    answer = fetch(app, f"/app/health.json?window={window}")
    assert answer.status_code == 400
    assert answer.json() == {"error": f"There is no window {window!r}; choose one of start."}


def test_a_prometheus_that_is_away_is_said_and_the_counts_stay() -> None:
    app = Starlette(routes=build_health_routes(count, make_missing_prometheus()))
    assert fetch(app, "/app/health.json").json()["windows"] == ["start", "1h", "24h", "7d"]
    for path in ("health.json?window=24h", "monitoring.json"):
        answer = fetch(app, f"/app/{path}")
        assert answer.status_code == 500
        assert answer.json()["error"].startswith("Prometheus does not answer: ConnectError")


def test_a_report_of_this_machine_comes_before_what_prometheus_has() -> None:
    app = Starlette(routes=build_health_routes(count, make_missing_prometheus(), lambda: {"made": "now"}))
    assert fetch(app, "/app/monitoring.json").json() == {"report": {"made": "now"}}


def test_without_a_report_there_is_none() -> None:
    for read in (None, lambda: None):
        app = Starlette(routes=build_health_routes(count, None, read))
        assert fetch(app, "/app/monitoring.json").json() == {"report": None}


def test_a_mistake_in_reading_a_report_is_said() -> None:
    def fail() -> None:
        raise InvalidSetting("There is no run 'x'.", "Name one.")

    answer = fetch(Starlette(routes=build_health_routes(count, None, fail)), "/app/monitoring.json")
    assert (answer.status_code, answer.json()["error"]) == (500, "There is no run 'x'.\nName one.")
