from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.deploy.model_endpoint import (
    CanaryMetrics,
    ModelCheckError,
    ModelEndpoint,
    to_internal_url,
)
from tests.components.deploy.model_answers import HELD_OUT, Answers, serve_answers


@pytest.fixture
def answers() -> Iterator[Answers]:
    with serve_answers() as answers:
        yield answers


@pytest.fixture
def endpoint(answers: Answers) -> ModelEndpoint:
    return ModelEndpoint(f"{answers.url}/", "churn")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://churn.team.example.org", "http://churn.team.svc.cluster.local"),
        ("https://churn-team.apps.example.org/x", "http://churn.team.svc.cluster.local"),
        ("http://latest-churn.team.example.org", "http://latest-churn.team.svc.cluster.local"),
        ("http://churn.team.svc.cluster.local", "http://churn.team.svc.cluster.local"),
        ("http://churn.team.svc:8080", "http://churn.team.svc:8080"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_an_address_within_the_cluster_is_that_of_the_service(url: str, expected: str) -> None:
    assert to_internal_url(url, "team") == expected


def test_the_version_and_the_predictions_are_those_of_the_model(endpoint: ModelEndpoint) -> None:
    assert endpoint.fetch_version({"x": 1}) == "2"
    assert endpoint.predict([{"x": 1}, {"x": 4}]) == [0.5, 2.0]


def test_predictions_may_differ_by_rounding_only(endpoint: ModelEndpoint, answers: Answers) -> None:
    answers.shift = 5e-7
    assert endpoint.check_predictions(HELD_OUT) == pytest.approx(5e-7)
    answers.shift = 5e-5
    assert endpoint.check_predictions(replace(HELD_OUT, spread=1000.0)) == pytest.approx(5e-8)
    with pytest.raises(ModelCheckError, match=r"held-out row 0 is 0\.50005, the pipeline's is 0\.5"):
        endpoint.check_predictions(HELD_OUT)
    answers.shift = float("nan")
    with pytest.raises(ModelCheckError, match="held-out row 0 is nan"):
        endpoint.check_predictions(HELD_OUT)


def test_an_error_of_the_server_is_named(endpoint: ModelEndpoint, answers: Answers) -> None:
    answers.statuses = [500]
    with pytest.raises(ModelCheckError, match=r"/v1/models/churn:predict answers 500: out of order"):
        endpoint.predict([{"x": 1}])
    with pytest.raises(ModelCheckError, match="does not answer"):
        ModelEndpoint("http://127.0.0.1:9", "churn").predict([])


def test_requests_are_measured_and_those_of_others_counted(endpoint: ModelEndpoint, answers: Answers) -> None:
    answers.statuses = [200, 500, 200]
    measured = endpoint.measure_requests(HELD_OUT, 0.1, [])
    assert measured.n_failed == 1
    assert measured.n_requests >= 3
    assert (measured.n_others, measured.n_others_failed) == (0, 0)
    assert 0 < measured.p95_ms < 1000


def test_what_pods_count_is_summed(endpoint: ModelEndpoint, answers: Answers) -> None:
    answers.metrics = (
        'tabular_requests_total{outcome="ok"} 5\ntabular_requests_total{outcome="failed"} 2\nother_total 9\n'
    )
    pods = [f"{answers.url}/metrics", f"{answers.url}/metrics", "http://127.0.0.1:9/metrics"]
    assert endpoint._count_requests(pods) == (14, 4)
    answers.metrics = ""
    assert endpoint._count_requests(pods) == (0, 0)


@pytest.mark.parametrize(
    ("metrics", "rate"),
    [(CanaryMetrics(10, 1, 5.0, 30, 3), 0.1), (CanaryMetrics(0, 0, 5.0), 0.0)],
)
def test_the_error_rate_is_of_all_requests(metrics: CanaryMetrics, rate: float) -> None:
    assert metrics.error_rate == rate
