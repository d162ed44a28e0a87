"""Monitoring reports, small, for the tests of what reads them."""

from dataclasses import replace
from typing import Any

from components._metrics.estimate import Estimate
from components.monitor.record import (
    ColumnDrift,
    Loss,
    MonitoringDecision,
    MonitoringReport,
    Performance,
)


def make_report(**changes: Any) -> MonitoringReport:
    """Return a report of a model that loses money, with some attributes changed."""
    report = MonitoringReport(
        model="churn",
        version="3",
        made="2026-11-29T06:00:00Z",
        start="2026-11-27T00:00:01Z",
        end="2026-11-28T23:59:58Z",
        newest_truth="2026-11-20T12:00:00+00:00",
        rows=2_000.0,
        rows_logged=500,
        other_versions={"2": 40},
        loss=Loss("euros", Estimate(120.0, 80.0, 160.0), "reweighted", 100.0),
        columns=(
            make_drift(name="age", effect=0.4, is_drifting=True, loss=Estimate(90.0, 70.0, 110.0)),
            make_drift(name="city"),
        ),
        predictions=make_drift(name="", effect=0.05),
        performance=Performance("roc_auc", False, Estimate(0.8, 0.78, 0.82), Estimate(0.75), 300),
        concept=None,
        decision=MonitoringDecision("alert", ("The expected loss is above the budget.",)),
    )
    return replace(report, **changes)


def make_drift(**changes: Any) -> ColumnDrift:
    """Return a column without drift, with some attributes changed."""
    column = ColumnDrift(
        name="age",
        kind="float",
        is_used=True,
        measure="wasserstein",
        threshold=0.1,
        effect=None,
        psi=None,
        second="kolmogorov_smirnov",
        second_p=None,
        reference="all training rows",
        is_drifting=False,
        since=None,
        windows=(),
    )
    return replace(column, **changes)
