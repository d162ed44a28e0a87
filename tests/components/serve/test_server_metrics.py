import os

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from components.serve.row_reader import RowDeviations
from components.serve.server_metrics import ServerMetrics, ServerMetricsCollector


def tally(workers: int = 1) -> ServerMetrics:
    return ServerMetrics(["age", "city"], [0.0, 0.25, 0.5], ["no", "yes"], workers)


def test_buckets_are_cumulative_and_closed_above() -> None:
    counted = tally()
    for value in (-1.0, 0.0, 0.2, 0.25, 0.9):
        counted.count_prediction(value, 1)
    assert counted.compute_histogram("outputs") == (
        [("0", 2.0), ("0.25", 4.0), ("0.5", 4.0), ("+Inf", 5.0)],
        pytest.approx(0.35),
    )
    assert counted.sum_cells("decisions") == [0.0, 5.0]


def test_every_count_has_a_place_of_its_own() -> None:
    counted = tally()
    counted.count_rows(RowDeviations([0, 0, 1], [1], [0, 1, 1]), 3)
    counted.count_request("grpc", "failed", 0.002)
    assert counted.sum_cells("nulls") == [2.0, 1.0]
    assert counted.sum_cells("out_of_range") == [0.0, 1.0]
    assert counted.sum_cells("unreadable") == [1.0, 2.0]
    assert (sum(counted.sum_cells("requests")), counted.sum_cells("requests")[-1]) == (1.0, 1.0)
    assert counted.compute_histogram("rows")[1] == 3.0
    assert counted.compute_histogram("seconds")[1] == 0.002


def test_workers_counts_are_added_up() -> None:
    counted = tally(workers=3)
    for worker in range(3):
        process = os.fork()
        if not process:
            counted.set_worker(worker)
            for _ in range(100 * (worker + 1)):
                counted.count_request("v1", "answered", 0.5)
            os._exit(0)
        assert os.waitpid(process, 0)[1] == 0
    assert counted.sum_cells("requests")[0] == 600.0
    assert counted.compute_histogram("seconds")[1] == 300.0


def test_prometheus_reads_it() -> None:
    registry = CollectorRegistry()
    counted = tally()
    registry.register(ServerMetricsCollector(counted, {"name": "churn", "version": "7"}))
    counted.count_prediction(0.3, 0)
    told = generate_latest(registry).decode()
    assert 'tabular_model_info{name="churn",version="7"} 1.0' in told
    assert 'tabular_decisions_total{class="no"} 1.0' in told
    assert 'tabular_prediction_bucket{le="0.5"} 1.0' in told
    assert "tabular_prediction_count 1.0" in told
    assert 'tabular_nulls_total{column="age"} 0.0' in told
    assert 'tabular_unreadable_total{column="age"} 0.0' in told


def test_without_decisions_there_are_none_to_count() -> None:
    counted = ServerMetrics(["age"], [], [], 1)
    counted.count_prediction(3.5, None)
    assert counted.compute_histogram("outputs") == ([("+Inf", 1.0)], 3.5)
    assert counted.sum_cells("decisions") == []
