"""The exporter, with reports in a folder and in a real object storage, and as a process."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from components._store.folder import open_folder
from components.environment import Environment
from components.monitor.exporter import ReportExporter
from components.monitor.record import MonitoringReport
from components.monitor.report_folder import ReportFolder
from pipelines.catalogue import ROOT
from tests.components.monitor.reports import make_drift, make_report
from tests.sweeps_proxy import find_free_port

NOW = 1_800_000_000.0
Values = dict[tuple[str, ...], float]


def write_report(folder: Path, name: str, report: MonitoringReport, model: str = "churn") -> Path:
    path = folder / model / "reports" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.to_json(), encoding="utf-8")
    return path


def make_exporter(folder: Path) -> ReportExporter:
    return ReportExporter(ReportFolder(open_folder(str(folder), Environment())))


def parse_values(text: str) -> Values:
    """Return every value by the name of its metric and the labels' values, in the order of their names."""
    return {
        (
            sample.name.removeprefix("tabular_monitor_"),
            *(text for _, text in sorted(sample.labels.items())),
        ): (sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read_values(exporter: ReportExporter) -> Values:
    registry = CollectorRegistry()
    registry.register(exporter)
    return parse_values(generate_latest(registry).decode())


def read_after_look(exporter: ReportExporter) -> Values:
    assert exporter.look(NOW) is None
    return read_values(exporter)


def test_a_report_becomes_metrics(tmp_path: Path) -> None:
    write_report(tmp_path, "20261129T060000", make_report())
    assert read_after_look(make_exporter(tmp_path)) == {
        ("report_timestamp_seconds", "churn", "3"): 1_795_932_000.0,
        ("newest_row_timestamp_seconds", "churn", "3"): 1_795_910_398.0,
        ("newest_truth_timestamp_seconds", "churn", "3"): 1_795_176_000.0,
        ("rows", "seen", "churn", "3"): 2_000.0,
        ("rows", "logged", "churn", "3"): 500.0,
        ("rows", "labelled", "churn", "3"): 300.0,
        ("loss_per_day", "value", "churn", "3"): 120.0,
        ("loss_per_day", "low", "churn", "3"): 80.0,
        ("loss_per_day", "high", "churn", "3"): 160.0,
        ("budget_per_day", "churn", "3"): 100.0,
        ("column_loss_per_day", "age", "churn", "3"): 90.0,
        ("column_drift", "age", "churn", "3"): 4.0,
        ("column_drifted", "age", "churn", "3"): 1.0,
        ("column_drifted", "city", "churn", "3"): 0.0,
        ("prediction_drift", "churn", "3"): 0.5,
        ("prediction_drifted", "churn", "3"): 0.0,
        # In the order of the labels' names: bound, kind, metric, model, version.
        ("metric", "value", "reference", "roc_auc", "churn", "3"): 0.8,
        ("metric", "low", "reference", "roc_auc", "churn", "3"): 0.78,
        ("metric", "high", "reference", "roc_auc", "churn", "3"): 0.82,
        ("metric", "value", "labelled", "roc_auc", "churn", "3"): 0.75,
        ("worse", "churn", "3"): 0.0,
        ("decision", "nothing", "churn", "3"): 0.0,
        ("decision", "alert", "churn", "3"): 1.0,
        ("decision", "retrain", "churn", "3"): 0.0,
        ("damaged_reports", "churn"): 0.0,
        ("look_failures_total",): 0.0,
        ("looked_timestamp_seconds",): NOW,
    }


def test_what_a_report_leaves_open_is_not_exposed(tmp_path: Path) -> None:
    report = make_report()
    report = replace(
        report,
        end=None,
        newest_truth=None,
        loss=replace(report.loss, per_day=None, budget=None),
        predictions=None,
        performance=replace(report.performance, labelled=None, is_worse=True),
    )
    write_report(tmp_path, "1", report)
    found = read_after_look(make_exporter(tmp_path))
    names = {name for name, *_ in found}
    assert not names & {
        "newest_row_timestamp_seconds",
        "newest_truth_timestamp_seconds",
        "loss_per_day",
        "budget_per_day",
        "prediction_drift",
        "prediction_drifted",
    }
    assert found["worse", "churn", "3"] == 1.0
    assert not [key for key in found if key[0] == "metric" and "labelled" in key]


def test_the_newest_report_of_each_model_counts(tmp_path: Path) -> None:
    exporter = make_exporter(tmp_path)
    write_report(tmp_path, "20261128T060000", make_report(version="2"))
    write_report(tmp_path, "20261129T060000", make_report())
    write_report(tmp_path, "20261127T060000", make_report(version="8"), model="price")
    (tmp_path / "unused").mkdir()
    stamps = {key[1:] for key in read_after_look(exporter) if key[0] == "report_timestamp_seconds"}
    assert stamps == {("churn", "3"), ("price", "8")}
    write_report(tmp_path, "20261130T060000", make_report(version="4"))
    stamps = {key[1:] for key in read_after_look(exporter) if key[0] == "report_timestamp_seconds"}
    assert stamps == {("churn", "4"), ("price", "8")}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "null",
        lambda text: text.replace('"loss"', '"cost"'),
        lambda text: text.replace('"columns"', '"column"'),
        lambda text: text.replace("2026-11-29T06:00:00Z", "this morning"),
        lambda text: text.replace('"threshold": 0.1', '"threshold": 0'),
        lambda text: text.replace('"rows": 2000.0', '"rows": "many"'),
        lambda text: text.replace("churn", "ch\udcff"),
    ],
)
def test_a_damaged_report_is_counted_and_the_last_good_one_stays(tmp_path: Path, spoil) -> None:
    exporter = make_exporter(tmp_path)
    write_report(tmp_path, "1", make_report(version="1"))
    file = write_report(tmp_path, "2", make_report(version="2"))
    whole = file.read_text(encoding="utf-8")
    file.write_bytes(spoil(whole).encode("utf-8", "surrogateescape"))
    for _ in range(2):
        found = read_after_look(exporter)
        assert found["damaged_reports", "churn"] == 1.0
        assert ("report_timestamp_seconds", "churn", "1") in found
    # It was only half written.
    file.write_text(whole, encoding="utf-8")
    found = read_after_look(exporter)
    assert found["damaged_reports", "churn"] == 0.0
    assert ("report_timestamp_seconds", "churn", "2") in found


def test_a_model_with_damaged_reports_alone_is_seen(tmp_path: Path) -> None:
    write_report(tmp_path, "1", make_report()).write_text("{")
    found = read_after_look(make_exporter(tmp_path))
    assert found["damaged_reports", "churn"] == 1.0
    assert not [key for key in found if key[0] == "report_timestamp_seconds"]


def test_without_the_folder_the_last_reports_stay_and_the_time_of_the_look_shows_it(tmp_path: Path) -> None:
    folder = tmp_path / "monitoring"
    write_report(folder, "1", make_report())
    exporter = make_exporter(folder)
    before = read_after_look(exporter)
    folder.rename(tmp_path / "elsewhere")
    assert "monitoring" in (exporter.look(NOW + 60.0) or "")
    after = read_values(exporter)
    assert after.pop(("look_failures_total",)) == 1.0
    assert before.pop(("look_failures_total",)) == 0.0
    assert after == before
    assert after["looked_timestamp_seconds",] == NOW


def test_a_model_that_cannot_be_read_keeps_its_figures_and_holds_up_no_other(tmp_path: Path) -> None:
    write_report(tmp_path, "1", make_report())
    exporter = make_exporter(tmp_path)
    read_after_look(exporter)
    (tmp_path / "churn" / "reports" / "2.json").symlink_to(tmp_path / "nowhere")
    write_report(tmp_path, "1", make_report(version="7"), model="price")
    assert "2.json" in (exporter.look(NOW + 60.0) or "")
    found = read_values(exporter)
    assert {("report_timestamp_seconds", "churn", "3"), ("report_timestamp_seconds", "price", "7")} <= set(
        found
    )
    assert found["looked_timestamp_seconds",] == NOW
    assert found["look_failures_total",] == 1.0


def test_before_the_first_look_there_is_no_time_of_it(tmp_path: Path) -> None:
    exporter = make_exporter(tmp_path / "nowhere")
    assert exporter.look(NOW)
    assert set(read_values(exporter)) == {("look_failures_total",)}


def test_the_page_lists_every_metric(tmp_path: Path) -> None:
    write_report(tmp_path, "1", make_report())
    page = (ROOT / "docs" / "monitoring-prometheus.md").read_text(encoding="utf-8")
    named = {name.removeprefix("tabular_monitor_") for name in re.findall(r"(?<=`)[\w…]+_\w+", page)}
    named = {name.removeprefix("…_") for name in named}
    assert {name for name, *_ in read_after_look(make_exporter(tmp_path))} <= named


def test_a_label_may_hold_any_text(tmp_path: Path) -> None:
    name = 'a "b"\n\\c, ü{}'
    write_report(tmp_path, "1", make_report(columns=(make_drift(name=name),)))
    assert ("column_drifted", name, "churn", "3") in read_after_look(make_exporter(tmp_path))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    write_report(tmp_path, "1", make_report())
    port = find_free_port()
    words = [
        sys.executable,
        "-m",
        "components.monitor.exporter",
        "--folder",
        str(tmp_path),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield port, process
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.slow
def test_it_answers_and_ends_when_it_is_told_to(running: tuple[int, "subprocess.Popen[str]"]) -> None:
    port, process = running
    end = time.monotonic() + 60
    found: Values = {}
    while ("report_timestamp_seconds", "churn", "3") not in found:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "the exporter does not answer"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                found = parse_values(answer.read().decode())
        except OSError:
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, process.communicate()


def test_a_wrong_address_ends_with_its_message() -> None:
    words = [sys.executable, "-m", "components.monitor.exporter", "--folder", "s3://data"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 1
    assert done.stderr.startswith("error: The address s3://data names a bucket but no object in it.")
