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


def test_a_record_is_the_same_after_json() -> None:
    window = WindowDrift("2026-11-26T00:00:00", 1_000, 0.4, 0.001, is_drifted=True)
    column = ColumnDrift(
        "income", "float", True, "wasserstein", 0.1, 0.4, 0.3, "kolmogorov_smirnov", 0.001,
        "the training rows", True, "2026-11-26T00:00:00", (window,), ("new",), (), 0.1, 0.0, 0.05,
        Estimate(5.0, 1.0, 9.0), "reweighted",
    )  # fmt: skip
    performance = Performance(
        "ROC AUC", False, Estimate(0.8, 0.78, 0.82), Estimate(0.7, 0.6, 0.75), 500, None, "",
        ("Calibrated.",), True, (("sex", "f", 250, 0.7, 0.8),),
    )  # fmt: skip
    report = MonitoringReport(
        model="churn", version="3", made="2026-11-29T12:00:00", start=None, end=None, newest_truth=None,
        rows=1e4, rows_logged=1_000, other_versions={"2": 5},
        loss=Loss("EUR", Estimate(5.0, 1.0, 9.0), "all rows", 500.0), columns=(column,),
        predictions=column, performance=performance,
        concept=ConceptDrift("ADWIN", "2026-11-27", 0.1, 0.2, True),
        decision=MonitoringDecision("alert", ("Why.",)), notes=("One file is damaged.",),
    )  # fmt: skip
    assert MonitoringReport.from_json(report.to_json()) == report
