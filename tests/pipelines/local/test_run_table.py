from pathlib import Path

import pytest
from rich.console import Console

from pipelines.local.run_list import ListedRun, RunScore, read_run
from pipelines.local.run_table import describe_gates, describe_time, show_runs
from tests.pipelines.local.test_run_list import write_run, write_trained

_LONG = ListedRun(
    name="a-run-with-a-name-that-does-not-fit-into-its-column",
    pipeline="training",
    status="succeeded",
    started="2026-11-29T20:05:23+00:00",
    seconds=6000.0,
    source="a_file_with_a_name_that_is_too_long.csv",
    target="total_price_of_all_items",
    score=RunScore("Weighted value", 538_777.0, 538_000.0, 539_000.0, 538_765.0, "the same"),
    level="warning",
    verdict="Passed, but no better than a linear model (538,777 against 538,765)",
    n_gates=12,
    n_passed=12,
)


def print_runs(*runs: ListedRun) -> str:
    console = Console(width=80)
    with console.capture() as shown:
        show_runs(runs, console)
    return shown.get()


def test_a_run_has_its_score_beside_the_simple_model_and_its_gates(tmp_path: Path) -> None:
    folder = write_trained(tmp_path)
    shown = print_runs(read_run(folder))
    for text in (
        "first",
        "0.7 min",
        "customers.csv",
        "→ churned",
        "ROC AUC 0.84",
        "0.820 to 0.860",
        "1 of 1",
    ):
        assert text in shown
    assert "simple" not in shown


def test_a_run_that_was_interrupted_or_failed_is_in_the_list(tmp_path: Path) -> None:
    runs = [
        read_run(write_run(tmp_path, "one", status="stopped")),
        read_run(write_run(tmp_path, "two", status="failed", failed_task="tune-plan")),
    ]
    shown = " ".join(print_runs(*runs).split())
    assert "Stopped by" in shown
    assert "Failed in tune" in shown


def test_no_line_is_longer_than_80_columns_and_nothing_is_cut() -> None:
    shown = print_runs(_LONG)
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    for word in ("538,000 to 539,000", "simple 538,760:", "12 of 12", "538,765)"):
        assert word in " ".join(shown.split())


@pytest.mark.parametrize(("seconds", "end"), [(None, ""), (6.0, ", 0.1 min"), (90_000.0, ", 1,500.0 min")])
def test_the_time_of_a_run_is_in_minutes(seconds: float | None, end: str) -> None:
    run = ListedRun("one", "training", "failed", "2026-11-29T20:05:23+00:00", seconds)
    start, comma, rest = describe_time(run).partition(",")
    assert len(start) == len("2026-11-29 20:05")
    assert comma + rest == end


def test_what_is_not_known_is_left_out() -> None:
    run = ListedRun("one", "training", "failed", "2026-11-29T20:05:23+00:00")
    assert describe_gates(run) == ""
    assert RunScore("RMSE", 1.0, None, None).format_interval() == ""
