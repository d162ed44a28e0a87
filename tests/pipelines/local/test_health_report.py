"""The newest monitoring report of a run's model, from the folder of reports."""

from pathlib import Path

import pytest

from components._problem.registration import RegisteredModel
from components.errors import InvalidSetting
from pipelines.local.health_report import describe_newest_report
from pipelines.local.run_list import RunList
from tests.components.monitor.reports import make_report
from tests.pipelines.local.test_run_list import write_run, write_trained


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    folder = write_trained(runs)
    RegisteredModel("churn", "3").save(folder.artifacts / "one" / "register" / "registration")
    return runs


def write_report(runs: Path, name: str, text: str) -> None:
    reports = runs.parent / "monitoring" / "churn" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    (reports / name).write_text(text)


def test_without_reports_there_is_none(runs: Path) -> None:
    assert describe_newest_report(runs, "first", RunList(runs)) is None


def test_a_report_is_told_with_its_cost_its_columns_and_its_page(runs: Path) -> None:
    report = make_report()
    write_report(runs, "1.json", make_report(made="2026-11-01T06:00:00").to_json())
    write_report(runs, "2.json", report.to_json())
    monitored = write_run(runs, "watch", pipeline="monitoring", stages=[{"name": "monitor"}])
    record = monitored.artifacts / "one" / "monitor" / "record"
    record.parent.mkdir(parents=True)
    record.write_text(report.to_json())
    monitored.pages.mkdir()
    (monitored.pages / "monitor.html").write_text("<title>m</title>")
    found = describe_newest_report(runs, "first", RunList(runs))
    assert found is not None
    assert (found["made"], found["version"], found["rows"]) == ("2026-11-29T06:00:00+00:00", "3", 500)
    assert (found["decision"], found["reasons"]) == ("alert", ["The expected loss is above the budget."])
    assert found["cost"].startswith("A day costs 120 euros more than at training")
    assert [(column["name"], column["drift"]) for column in found["columns"]] == [("age", pytest.approx(4.0))]
    assert found["performance"]["metric"] == "ROC AUC"
    assert found["performance"]["labelled"] == {"value": 0.75, "low": None, "high": None}
    assert not found["is_of_other_version"]
    assert found["page"] == {"run": "watch", "address": "runs/watch/pages/pages/monitor.html"}


def test_a_damaged_report_is_said_and_the_one_before_shown(runs: Path) -> None:
    write_report(runs, "1.json", make_report(version="2").to_json())
    write_report(runs, "2.json", "{")
    found = describe_newest_report(runs, "first", RunList(runs))
    assert found is not None
    assert (found["damaged"], found["version"]) == (["2.json: JSONDecodeError"], "2")
    assert found["is_of_other_version"]
    assert found["page"] is None


def test_only_damaged_reports_are_said(runs: Path) -> None:
    write_report(runs, "1.json", "[]")
    assert describe_newest_report(runs, "first", RunList(runs)) == {"damaged": ["1.json: TypeError"]}


def test_a_model_that_is_of_no_run_is_a_mistake(runs: Path) -> None:
    with pytest.raises(InvalidSetting, match="There is no run 'other'"):
        describe_newest_report(runs, "other", RunList(runs))
