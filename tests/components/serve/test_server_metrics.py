import os
import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from components._inference_log.writer import WrittenRows
from components._table.row_reader import RowDeviations
from components.serve.server_metrics import ServerMetrics, ServerMetricsCollector


def make_metrics(workers: int = 1) -> ServerMetrics:
    return ServerMetrics(["age", "city"], [0.0, 0.25, 0.5], ["no", "yes"], workers)


def test_buckets_are_cumulative_and_closed_above() -> None:
    metrics = make_metrics()
    for value in (-1.0, 0.0, 0.2, 0.25, 0.9):
        metrics.count_prediction(value, 1)
    assert metrics.compute_histogram("outputs") == (
        [("0", 2.0), ("0.25", 4.0), ("0.5", 4.0), ("+Inf", 5.0)],
        pytest.approx(0.35),
    )
    assert metrics.sum_cells("decisions") == [0.0, 5.0]


def test_every_count_has_its_own_cell() -> None:
    metrics = make_metrics()
    metrics.count_rows(RowDeviations([0, 0, 1], [1], [0, 1, 1]), 3)
    metrics.count_request("grpc", "failed", 0.002)
    assert metrics.sum_cells("nulls") == [2.0, 1.0]
    assert metrics.sum_cells("out_of_range") == [0.0, 1.0]
    assert metrics.sum_cells("unreadable") == [1.0, 2.0]
    assert (sum(metrics.sum_cells("requests")), metrics.sum_cells("requests")[-1]) == (1.0, 1.0)
    assert metrics.compute_histogram("rows")[1] == 3.0
    assert metrics.compute_histogram("seconds")[1] == 0.002


def test_the_log_is_counted_by_outcome() -> None:
    registry = CollectorRegistry()
    metrics = make_metrics()
    registry.register(ServerMetricsCollector(metrics, {}))
    metrics.count_log(WrittenRows(3, 20, 1, 500))
    metrics.count_log(WrittenRows(2, 0, 0, 0))
    text = generate_latest(registry).decode()
    for line in (
        'tabular_log_rows_total{outcome="kept"} 5.0',
        'tabular_log_rows_total{outcome="sampled_out"} 20.0',
        'tabular_log_rows_total{outcome="lost"} 1.0',
        "tabular_log_deleted_bytes_total 500.0",
    ):
        assert line in text


def test_another_thread_counts_in_cells_of_its_own() -> None:
    metrics = make_metrics(workers=2)
    metrics.set_worker(1)
    other = metrics.copy_for_thread()
    metrics.count_prediction(0.1, 0)
    other.count_prediction(0.1, 0)
    assert [metrics.sum_cells("decisions"), other.sum_cells("decisions")] == [[2.0, 0.0]] * 2
    metrics.set_worker(0)
    assert metrics.copy_for_thread().sum_cells("decisions") == [2.0, 0.0]


def test_workers_counts_are_added_up() -> None:
    metrics = make_metrics(workers=3)
    for worker in range(3):
        process = os.fork()
        if not process:
            metrics.set_worker(worker)
            for _ in range(100 * (worker + 1)):
                metrics.count_request("v1", "answered", 0.5)
            os._exit(0)
        assert os.waitpid(process, 0)[1] == 0
    assert metrics.sum_cells("requests")[0] == 600.0
    assert metrics.compute_histogram("seconds")[1] == 300.0


def test_prometheus_reads_it() -> None:
    registry = CollectorRegistry()
    metrics = make_metrics()
    registry.register(ServerMetricsCollector(metrics, {"name": "churn", "version": "7"}))
    metrics.count_prediction(0.3, 0)
    text = generate_latest(registry).decode()
    assert 'tabular_model_info{name="churn",version="7"} 1.0' in text
    assert 'tabular_decisions_total{class="no"} 1.0' in text
    assert 'tabular_prediction_bucket{le="0.5"} 1.0' in text
    assert "tabular_prediction_count 1.0" in text
    assert 'tabular_nulls_total{column="age"} 0.0' in text
    assert 'tabular_unreadable_total{column="age"} 0.0' in text


def test_without_decisions_there_are_none_to_count() -> None:
    metrics = ServerMetrics(["age"], [], [], 1)
    metrics.count_prediction(3.5, None)
    assert metrics.compute_histogram("outputs") == ([("+Inf", 1.0)], 3.5)
    assert metrics.sum_cells("decisions") == []


def test_all_that_was_counted_is_described_for_the_app() -> None:
    metrics = make_metrics()
    metrics.count_request("v1", "answered", 0.003)
    metrics.count_request("v2", "answered", 0.003)
    metrics.count_request("v2", "failed", 2.0)
    metrics.count_rows(RowDeviations([0], [], []), 4)
    metrics.count_prediction(0.3, 1)
    described = metrics.describe()
    assert (described["outcomes"]["answered"], described["outcomes"]["failed"]) == (2.0, 1.0)
    assert described["rows"] == 4.0
    assert dict(described["seconds"])["0.005"] == 2.0
    assert described["seconds"][-1] == ("+Inf", 3.0)
    assert sum(described["decisions"].values()) == 1.0
    assert (len(described["nulls"]), described["unreadable"]) == (1, {})
    assert 0 <= time.time() - described["since"] < 60
