from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from components._model.reference_rows import NoReference
from components.monitor.comparison import LoadedModel, LogPeriod, make_report
from components.monitor.log_folder import VersionLog
from components.monitor.sample_size import limit_rows
from components.monitor.truth import KnownTruth
from tests.components.monitor.models import draw_day, write_day, write_monitored_model
from tests.components.monitor.truths import store_truth

TODAY = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
NO_TRUTH = KnownTruth.from_targets(("request_id",), pd.Series(dtype=float))


def test_a_sensitive_column_that_the_model_uses_is_not_compared_and_said(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary", sensitive=("city",), keep=("city",))
    model = LoadedModel.load(tmp_path / "model")
    assert (model.masked, "city" in model.kinds) == (["city"], False)
    write_day(tmp_path / "monitoring", scorer, draw_day("binary", 1), TODAY - timedelta(days=1))
    files = VersionLog(sorted((tmp_path / "monitoring").rglob("*.jsonl")), {})
    report = make_report(model, ("y", "7"), files, NO_TRUTH, LogPeriod(TODAY, 28.0), 0)
    assert [column.name for column in report.columns if column.name == "city"] == []
    assert "Sensitive columns are not in the log, so their drift is not known: city." in report.notes


def test_an_empty_log_is_a_report_without_rows(tmp_path: Path) -> None:
    write_monitored_model(tmp_path, "regression")
    file = tmp_path / "20261101T000000-0-00000000.jsonl"
    file.touch()
    model = LoadedModel.load(tmp_path / "model")
    report = make_report(model, ("y", "7"), VersionLog([file], {}), NO_TRUTH, LogPeriod(TODAY, 28.0), 0)
    assert (report.rows, report.start, report.predictions) == (0.0, None, None)
    assert (report.loss.per_day, report.loss.basis) == (None, "there are no logged rows")
    assert report.decision.action == "nothing"


def test_a_model_without_a_reference_is_refused(tmp_path: Path) -> None:
    write_monitored_model(tmp_path, "binary")
    (tmp_path / "model" / "reference.parquet").unlink()
    with pytest.raises(NoReference, match=r"has no reference\.parquet"):
        LoadedModel.load(tmp_path / "model")


@pytest.mark.slow
def test_samples_of_a_log_that_is_too_large_for_the_memory_are_said(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary")
    truth = write_day(tmp_path / "monitoring", scorer, draw_day("binary", 1), TODAY - timedelta(days=1))
    model = LoadedModel.load(tmp_path / "model")
    files = VersionLog(sorted((tmp_path / "monitoring").rglob("*.jsonl")), {})
    known = store_truth(truth, model.monitored.problem, tmp_path)
    most_rows = limit_rows(300, model.monitored.reference, 1 << 18)
    report = make_report(model, ("y", "7"), files, known, LogPeriod(TODAY, 28.0), 0, 1 << 18)
    assert most_rows < 300
    assert (report.rows_logged, round(report.rows), report.performance.labelled_rows) == (300, 300, 300)
    assert report.notes[:2] == (
        "The loss and the performance without truth are estimated from a uniform sample of "
        f"{most_rows} rows of the 300 logged ones. Drift is counted in all.",
        f"The performance is that of a uniform sample of {most_rows} rows of the 300 with known truth.",
    )
