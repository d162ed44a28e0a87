from dataclasses import replace
from pathlib import Path

from components._metrics.estimate import Estimate
from components.monitor.record import (
    ColumnDrift,
    Loss,
    MonitoringDecision,
    MonitoringReport,
    Performance,
)
from pipelines.local.run_folder import RunFolder
from pipelines.local.use_results import MonitoringUse, ScoringUse, find_use_result
from tests.pipelines.local.test_summary import SCORED

COLUMN = ColumnDrift(
    "income", "float", True, "wasserstein", 0.1, 0.4, 0.3, "kolmogorov_smirnov", 0.001,
    "the training rows", True, "2026-11-26", (), loss=Estimate(800.0, 500.0, 1_100.0), basis="reweighted",
)  # fmt: skip
REPORT = MonitoringReport(
    "churn", "3", "2026-11-29T12:00:00", "2026-11-01T00:00:00", "2026-11-29T11:00:00", None, 5_000.0, 1_000,
    {},
    Loss("EUR", Estimate(820.4, 510.0, 1_130.0), "1,000 labelled rows", 500.0),
    (COLUMN, replace(COLUMN, name="colour", is_used=False, loss=None, basis="none")), None,
    Performance(
        "roc_auc", False, Estimate(0.8, 0.78, 0.82), Estimate(0.7, 0.66, 0.74), 1_000,
        Estimate(0.71, 0.68, 0.74), judged_rows=900, judged_since="2026-11-22T06:00:00",
    ),
    None, MonitoringDecision("alert", ("The expected loss is high.",)), ("One file is damaged.",),
)  # fmt: skip


def test_scored_rows_say_what_was_ignored_and_made_null() -> None:
    assert isinstance(SCORED.use, ScoringUse)
    assert SCORED.use.list_facts()[:4] == [
        ("model", "churn, version 3"),
        ("rows", "1,234"),
        ("ignored", "a, b, c, d, e and 1 more (the model does not use them)"),
        ("made null", "17 values that could not be read: a (16), b (1)"),
    ]


def test_predictions_too_many_for_a_csv_are_said_to_have_none() -> None:
    assert isinstance(SCORED.use, ScoringUse)
    many = replace(SCORED.use, rows=5_000_001)
    words = "not written as CSV, because they are more than 5,000,000 rows."
    assert many.sentence.endswith(words)
    assert any(text.endswith(words) for _, text in many.list_facts())
    assert "CSV" not in SCORED.use.sentence


def test_monitoring_says_what_to_do_why_and_what_it_costs() -> None:
    result = MonitoringUse(REPORT)
    assert (result.headline, result.level) == ("ALERT", "warning")
    assert result.sentence == "The expected loss is high."
    assert result.list_facts() == [
        ("why", "The expected loss is high."),
        ("model", "churn, version 3"),
        ("log", "5,000 requested rows, 1,000 logged, from 2026-11-01T00:00 to 2026-11-29T11:00 UTC"),
        (
            "loss",
            "A day costs 820 EUR more than at training (95\u00a0% interval 510 to 1,130). The budget is "
            "500. From 1,000 labelled rows.",
        ),
        (
            "ROC AUC",
            "0.7 (0.66 to 0.74) on 900 labelled rows since 2026-11-22; in training 0.8 (0.78 to 0.82)",
        ),
        ("ROC AUC", "0.71 (0.68 to 0.74) estimated without truth; in training 0.8 (0.78 to 0.82)"),
        ("drift", "income since 2026-11-26 UTC: costs 800 EUR per day (95\u00a0% interval 500 to 1,100)"),
        ("drift", "colour since 2026-11-26 UTC: costs nothing: the model does not use it"),
        ("note", "One file is damaged."),
    ]
    assert result.list_tiles()[0] == ("EUR lost per day", 820.4)


def test_nothing_to_do_is_good() -> None:
    calm = MonitoringUse(replace(REPORT, decision=MonitoringDecision("nothing", ("No column drifts.",))))
    assert (calm.headline, calm.level) == ("Nothing to do", "good")


def test_a_run_that_trained_used_no_model(tmp_path: Path) -> None:
    assert find_use_result(RunFolder(tmp_path)) is None
