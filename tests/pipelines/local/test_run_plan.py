import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from pipelines.cost_model import TaskCost
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_plan import RunPlan, announce_plan, format_seconds
from pipelines.local.table_size import TableSize

SMALL = TableSize(10_000, 21, 1_234_567, 500.0, False)
LARGE = TableSize(41_234_567, 30, 9_812_345_678, 250.0, True)


@pytest.fixture(autouse=True)
def few_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ingest take 10 s for a million rows of 20 columns, and train 100 s for as many learned ones."""
    costs = {
        "ingest": TaskCost(1.0, 10.0, 1.0, 1.0, 0.0, False),
        "tune": TaskCost(0.0, 999.0, 1.0, 1.0, 0.0, True),
        "train": TaskCost(0.0, 100.0, 1.0, 0.0, 0.0, True),
    }
    monkeypatch.setattr("pipelines.local.run_plan.load_costs", lambda: costs)


def test_a_small_table_has_a_line_of_at_most_80_characters() -> None:
    said = RunPlan(2 << 30, 10.0, 30, 0.2).describe(SMALL)
    assert said == "10,000 rows x 21, 1.23 MB: fits into 2 GiB; 30 trials, at most 10 min on 2 cores"
    assert len(said) <= 80


def test_a_large_table_is_said_to_be_learned_from_by_a_sample() -> None:
    # 1.85 GB for rows of ten times 250 bytes.
    assert RunPlan(2 << 30, 5.0, 0, 0.2).describe(LARGE) == (
        "about 41,200,000 rows x 30, 9.81 GB: streams in 2 GiB; the sweep learns from about 739,000 rows, "
        "LightGBM's last fit from all; about 13 min on 2 cores"
    )


def test_the_time_is_that_of_all_tasks_or_what_was_given_if_they_fit_into_it() -> None:
    # 1 s, 412 times 10 s and half of it for more columns; a quarter of the time; 74 s.
    expected = 1 + 10 * 41.234567 * 1.5 + 0.25 * 300 + 100 * 0.7389934
    assert RunPlan(2 << 30, 5.0, 0, 0.2).estimate_seconds(LARGE) == pytest.approx(expected)
    assert RunPlan(2 << 30, 60.0, 0, 0.2).estimate_seconds(LARGE) == 3600


def test_what_was_not_given_has_its_default() -> None:
    assert RunPlan.from_arguments({"source": "t.csv"}, 1 << 30) == RunPlan(1 << 30, 10.0, 30, 0.2)
    given = {"budget_minutes": 2.0, "trials": 0, "test_fraction": 0.5}
    assert RunPlan.from_arguments(given, 1 << 30) == RunPlan(1 << 30, 2.0, 0, 0.5)


def test_a_known_size_is_announced_at_once_and_another_after_ingest(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "1,yes\n2,no\n" * 50)
    folder = RunFolder.create(tmp_path / "runs", "one")
    out = io.StringIO()
    arguments = {"source": str(table), "target": "y", "problem": {"header": 1, "identifiers": ["x"]}}
    assert announce_plan(arguments, 2 << 30, folder, Console(file=out, width=100)) == {}
    assert out.getvalue().startswith("100 rows x 2, 554 bytes: fits into 2 GiB; 30 trials, at most 10 min")

    packed = {"source": "s3://bucket/t.csv", "target": "y"}
    later = announce_plan(packed, 2 << 30, folder, Console(file=io.StringIO()))
    dataset = folder.artifacts / "pipeline" / "ingest" / "dataset"
    dataset.mkdir(parents=True)
    pd.DataFrame({"x": range(70), "y": ["a", "b"] * 35}).to_parquet(dataset / "part-00000.parquet")
    (line,) = later["ingest"]()
    assert line.startswith("70 rows x 2, ")


@pytest.mark.parametrize(
    ("seconds", "said"), [(20, "20 s"), (89, "89 s"), (90, "2 min"), (1500, "25 min"), (12_600, "3.5 h")]
)
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert format_seconds(seconds) == said
