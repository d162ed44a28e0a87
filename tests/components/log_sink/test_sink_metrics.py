import logging

import pytest
from prometheus_client import generate_latest

from components._inference_log.writer import WrittenRows
from components.log_sink.sink_metrics import SinkMetrics


def show(metrics: SinkMetrics) -> list[str]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#") and "_created" not in line]


def test_everything_is_counted() -> None:
    metrics = SinkMetrics()
    metrics.watch(lambda: 5, lambda: 7)
    metrics.count_event()
    metrics.count_dropped("incomplete", n_events=3)
    metrics.count_rows("churn", "3", WrittenRows(4, 5, 6, 7))
    metrics.count_upload(is_stored=True)
    shown = show(metrics)
    for line in (
        "tabular_log_sink_events_total 1.0",
        'tabular_log_sink_dropped_events_total{reason="incomplete"} 3.0',
        'tabular_log_sink_rows_total{model="churn",outcome="kept",version="3"} 4.0',
        'tabular_log_sink_rows_total{model="churn",outcome="sampled_out",version="3"} 5.0',
        'tabular_log_sink_rows_total{model="churn",outcome="lost",version="3"} 6.0',
        "tabular_log_sink_deleted_bytes_total 7.0",
        'tabular_log_sink_uploads_total{outcome="stored"} 1.0',
        'tabular_log_sink_uploads_total{outcome="failed"} 0.0',
        "tabular_log_sink_queue_bytes 5.0",
        "tabular_log_sink_spool_bytes 7.0",
    ):
        assert line in shown


def test_a_reason_is_said_once_for_each_model(caplog: pytest.LogCaptureFixture) -> None:
    metrics = SinkMetrics()
    with caplog.at_level(logging.WARNING):
        for model in ("churn", "churn", "price", ""):
            metrics.count_dropped("invalid", model, "it has no id")
        metrics.count_dropped("unconvertible", "churn", "no rows")
        metrics.count_dropped("incomplete", "churn")
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "An event of 'churn' is not logged (invalid)",
        "An event of 'price' is not logged (invalid)",
        "An event of an unknown model is not logged (invalid)",
        "An event of 'churn' is not logged (unconvertible)",
    ]


def test_names_that_strangers_send_do_not_fill_the_memory(caplog: pytest.LogCaptureFixture) -> None:
    metrics = SinkMetrics()
    for number in range(1_500):
        metrics.count_dropped("unknown_model", f"m{number}", "not there")
    assert len(caplog.records) == 1_000
    assert 'tabular_log_sink_dropped_events_total{reason="unknown_model"} 1500.0' in show(metrics)
