from pathlib import Path

import pytest

from components.monitor.comparison import LoadedModel
from components.monitor.drill import predict_rows, run_drill
from components.monitor.faults import choose_fault
from tests.components._model.tables import draw_table
from tests.components.monitor.models import write_monitored_model


@pytest.mark.slow
def test_a_fault_is_decided_on_once_its_drift_counts_and_costs_more_than_the_budget(tmp_path: Path) -> None:
    write_monitored_model(
        tmp_path, "binary", value={"tp": 100.0, "fp": -20.0}, metric="roc_auc",
        monitoring={"budget": 500.0, "persist": 2},
    )  # fmt: skip
    model = LoadedModel.load(tmp_path / "model")
    usual = predict_rows(model, draw_table("binary", 2_000, seed=3))
    fault = choose_fault("missing", model.monitored, model.kinds, 0)
    days = list(run_drill(model, usual, fault, ("y", "7"), 0))
    assert [day.number for day in days] == [0, 1, 2, 3]
    assert [day.report.decision.action for day in days] == ["nothing", "nothing", "nothing", "alert"]
    first = days[-1].report.columns[0]
    assert (first.name, first.is_drifting) == (fault.column, True)
    assert days[-1].report.performance.labelled_rows == 13 * 500
    assert not any("cannot be read" in note for note in days[-1].report.notes)
