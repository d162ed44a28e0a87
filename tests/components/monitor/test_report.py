from dataclasses import replace

import pytest

from components._metrics.estimate import Estimate
from components.monitor.record import (
    ColumnDrift,
    ConceptDrift,
    Loss,
    MonitoringDecision,
    MonitoringReport,
    Performance,
    WindowDrift,
)
from components.monitor.report import build_cards, render_monitoring

WINDOWS = (
    WindowDrift("2026-11-25T00:00:00", 12, None, None, is_drifted=False),
    WindowDrift("2026-11-26T00:00:00", 1_000, 0.15, 0.001, is_drifted=True),
    WindowDrift("2026-11-27T00:00:00", 900, 9.0, 0.0, is_drifted=True),
)
INCOME = ColumnDrift(
    "income <b>", "float", True, "wasserstein", 0.1, 0.4, 0.3, "kolmogorov_smirnov", 0.001,
    "the training rows", True, "2026-11-26T00:00:00", WINDOWS, null_share=0.2, reference_null_share=0.01,
    unreadable_share=0.05,
    loss=Estimate(800.0, 500.0, 1_100.0), basis="both",
)  # fmt: skip
COLOUR = replace(
    INCOME, name="colour", is_used=False, loss=None, basis="none", new_categories=("mauve",), is_drifting=True
)
STEADY = replace(INCOME, name="age", is_drifting=False, since=None, loss=None)
REPORT = MonitoringReport(
    "churn", "3", "2026-11-29T12:00:00", "2026-11-01T00:00:00", "2026-11-29T11:00:00", None, 5_000.0, 1_000,
    {},
    Loss("EUR", Estimate(820.4, 510.0, 1_130.0), "1,000 labelled rows", 500.0),
    (INCOME, COLOUR, STEADY), None,
    Performance("roc_auc", False, Estimate(0.8, 0.78, 0.82), Estimate(0.7, 0.66, 0.74), 1_000),
    ConceptDrift("ADWIN", "2026-11-27T08:00:00", 0.1, 0.3, True),
    MonitoringDecision("alert", ("It is high.",)),
    ("One file is damaged.",),
)  # fmt: skip


def test_a_card_says_cost_start_and_what_changed() -> None:
    income, colour = build_cards(REPORT)
    assert (income.state, income.level) == (
        "costs 800 EUR per day (95\u00a0% interval 500 to 1,100)",
        "error",
    )
    text = " ".join(income.sentences)
    assert "Since 2026-11-26 00:00 UTC, compared with the training rows." in text
    assert "Null in 20.0% of the rows; in training 1.0%." in text
    assert "5.0% of the rows have a cell that cannot be read" in text
    assert "Their cost is that of a broken column" in text
    assert (colour.state, colour.level) == ("costs nothing: the model does not use it", "note")
    assert "New values: mauve." in colour.sentences


def test_a_bar_is_a_third_high_at_the_threshold_and_never_higher_than_its_chart() -> None:
    few, some, much = build_cards(REPORT)[0].bars
    assert (few.is_judged, few.is_drifted) == (False, False)
    assert "12 rows, too few to judge" in few.label
    assert some.height == pytest.approx(0.5)
    assert much.height == 1.0


def test_the_page_escapes_names_and_has_every_part() -> None:
    page = render_monitoring(REPORT)
    assert "income &lt;b&gt;" in page
    assert "income <b>" not in page
    for text in (
        "Decision: Alert",
        "It is high.",
        "One file is damaged.",
        "Since 2026-11-27 08:00 UTC",
        "age",
    ):
        assert text in page


def test_a_page_without_drift_says_so() -> None:
    assert "No column drifts." in render_monitoring(replace(REPORT, columns=(STEADY,), concept=None))
