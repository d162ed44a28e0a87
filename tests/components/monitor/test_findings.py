from datetime import timedelta

import numpy as np
import pytest

from components.monitor.comparison import LoadedModel
from components.monitor.drill import predict_rows
from components.monitor.findings import judge_log
from components.monitor.logged_rows import LogSummary
from components.monitor.rows import PredictedRows
from components.monitor.window_counts import WindowCounts
from tests.components._model.tables import draw_table
from tests.components.monitor.models import write_monitored_model

DAYS, PER_DAY = 10, 300


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    write_monitored_model(folder, "binary", value={"tp": 100.0, "fp": -20.0}, metric="roc_auc")
    return LoadedModel.load(folder / "model")


def draw_log(model: LoadedModel, *, has_truth: bool, weight: float = 2.0, **broken: float) -> LogSummary:
    """Return a log whose last three days have other values."""
    table = draw_table("binary", DAYS * PER_DAY, seed=4)
    is_late = np.arange(len(table)) >= (DAYS - 3) * PER_DAY
    for name, value in broken.items():
        table[name] = table[name].astype(object).mask(is_late, value)
    rows = predict_rows(model, table.astype(dict.fromkeys(broken, float)))
    step = np.timedelta64(timedelta(days=1)) / PER_DAY
    times = np.datetime64("2026-11-01", "us") + np.arange(len(rows)) * step
    truth = rows.truth if has_truth else np.full(len(rows), np.nan)
    log = PredictedRows(rows.columns, rows.outputs, np.full(len(rows), weight), times, truth)
    counts = WindowCounts(model.monitored.bins, timedelta(days=1))
    counts.add(log)
    labelled = log.take(np.flatnonzero(~np.isnan(truth)))
    return LogSummary(counts, log, labelled, len(labelled), 0, len(log))


def test_the_loss_is_that_of_labelled_rows_where_there_are_enough(model: LoadedModel) -> None:
    findings = judge_log(model.monitored, draw_log(model, has_truth=True, amount=1e6), 0)
    assert "labelled rows since 2026-11-08" in findings.loss.basis
    assert findings.loss.per_day is not None
    assert (findings.loss.per_day.low or 0) > 0
    # Every recent row is broken, so there is none whose metric could be estimated.
    assert findings.performance.estimated is None
    assert any(note.startswith("100.0% of the recent rows have cells") for note in findings.notes)
    assert any("worse than at training by more than chance: " in note for note in findings.notes)


def test_without_truth_the_loss_of_a_broken_column_is_about_the_true_one(model: LoadedModel) -> None:
    known = judge_log(model.monitored, draw_log(model, has_truth=True, amount=1e6), 0).loss.per_day
    findings = judge_log(model.monitored, draw_log(model, has_truth=False, amount=1e6), 0)
    assert findings.loss.basis == "an estimate without truth"
    assert known is not None
    assert findings.loss.per_day is not None
    assert findings.loss.per_day.value == pytest.approx(known.value, rel=0.25)


@pytest.mark.slow
def test_without_drift_and_truth_the_loss_is_estimated_and_may_be_chance(model: LoadedModel) -> None:
    findings = judge_log(model.monitored, draw_log(model, has_truth=False), 0)
    assert findings.loss.basis == "an estimate without truth"
    assert findings.loss.per_day is not None
    low, high = findings.loss.per_day.low, findings.loss.per_day.high
    assert low is not None
    assert high is not None
    assert low <= 0 <= high


def test_rows_of_the_traffic_count_by_their_weight(model: LoadedModel) -> None:
    once = judge_log(model.monitored, draw_log(model, has_truth=True, weight=1.0, amount=1e6), 0).loss.per_day
    twice = judge_log(
        model.monitored, draw_log(model, has_truth=True, weight=2.0, amount=1e6), 0
    ).loss.per_day
    assert once is not None
    assert twice is not None
    assert twice.value == pytest.approx(2 * once.value)


@pytest.mark.slow
def test_the_estimate_for_labelled_rows_is_compared_with_their_truth(model: LoadedModel) -> None:
    performance = judge_log(model.monitored, draw_log(model, has_truth=True), 0).performance
    assert performance.assumptions[-1].startswith("For the labelled rows the estimated ROC AUC agrees")
    without = judge_log(model.monitored, draw_log(model, has_truth=False), 0).performance
    assert not any("labelled rows" in sentence for sentence in without.assumptions)


@pytest.mark.slow
def test_an_estimate_that_differs_from_the_truth_is_a_note(model: LoadedModel) -> None:
    log = draw_log(model, has_truth=True)
    swapped = PredictedRows(
        log.labelled.columns,
        log.labelled.outputs,
        log.labelled.weight,
        log.labelled.time,
        1 - log.labelled.truth,
    )
    findings = judge_log(model.monitored, log._replace(labelled=swapped), 0)
    said = findings.performance.assumptions[-1]
    assert "differs from the true one by more than chance" in said
    assert said in findings.notes


@pytest.mark.slow
def test_recent_labelled_rows_alone_are_judged_if_they_are_enough(model: LoadedModel) -> None:
    performance = judge_log(model.monitored, draw_log(model, has_truth=True), 0).performance
    assert (performance.judged_rows, performance.labelled_rows) == (7 * PER_DAY + 1, DAYS * PER_DAY)
    assert (performance.judged_since or "").startswith("2026-11-03T23:5")


@pytest.mark.slow
def test_older_labelled_rows_are_judged_if_truth_is_late_and_the_loss_is_estimated(
    model: LoadedModel,
) -> None:
    log = draw_log(model, has_truth=True)
    first = log.labelled.take(np.arange(2 * PER_DAY))
    findings = judge_log(model.monitored, log._replace(labelled=first, n_labelled=len(first)), 0)
    performance = findings.performance
    assert (performance.judged_rows, performance.judged_since) == (2 * PER_DAY, "2026-11-01T00:00:00")
    assert findings.loss.basis == "an estimate without truth"
    assert performance.assumptions[-1].startswith("For the labelled rows the estimated")
