import pytest

from components.train.training_metrics import compute_metrics
from tests.components.train.conftest import Training


def test_the_metrics_are_scores_and_counts(training: Training) -> None:
    trained, sweep = training.trained, training.sweep
    assert trained.threshold is not None
    assert trained.latency is not None
    assert compute_metrics(trained, sweep) == {
        "cv_roc_auc": pytest.approx(trained.built.choice.score),
        "trials": 2.0,
        "trials_ended": 3.0,
        "trials_asked": 3.0,
        "ended_by_time": 0.0,
        "hurried_by_time": 0.0,
        "models": float(len(trained.built.choice.members)),
        "served_ms": trained.latency.served_ms,
        "threshold": trained.threshold.value,
    }


def test_what_a_limit_cost_is_a_metric_where_it_changed_the_model(training: Training) -> None:
    assert training.trained.latency is not None
    latency = training.trained.latency._replace(is_binding=True)
    metrics = compute_metrics(training.trained._replace(latency=latency), training.sweep)
    assert metrics["served_ms_without_limit"] == latency.free_ms
    assert metrics["cv_roc_auc_without_limit"] == pytest.approx(latency.free.score)


def test_without_a_limit_and_a_threshold_there_are_only_scores(training: Training) -> None:
    metrics = compute_metrics(training.trained._replace(latency=None, threshold=None), training.sweep)
    assert {"served_ms", "threshold"}.isdisjoint(metrics)
