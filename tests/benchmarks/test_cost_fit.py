from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost_fit import fit_costs, update_cost_model
from components.json_file import read_json
from pipelines.cost_model import FILE, TaskCost

SIZES = [(100_000, 20), (1_000_000, 20), (10_000_000, 20), (1_000_000, 80)]


def measure(cost: TaskCost, n_rows: int, n_columns: int) -> dict[str, Any]:
    tasks = {
        task: {
            "seconds": cost.estimate_seconds(rows, n_columns),
            "megabytes": 100,
            "bytes": n_rows * n_columns * 4,
        }
        for task, rows in (("ingest", n_rows), ("select", min(n_rows, 500_000)))
    }
    size = {"rows": n_rows, "columns": n_columns, "learned_rows": min(n_rows, 500_000)}
    return {**size, "memory": "2g", "minutes": 2.0, "tasks": tasks}


@pytest.mark.parametrize("exponents", [(1.0, 1.0), (0.9, 1.2)])
def test_the_constants_of_a_task_are_found_again(exponents: tuple[float, float]) -> None:
    of_rows, of_columns = exponents
    true = TaskCost(1.5, 6.0, of_rows, of_columns, 4.0, False)
    found = fit_costs([measure(true, *size) for size in SIZES])
    assert (found["ingest"].is_of_learned_rows, found["select"].is_of_learned_rows) == (False, True)
    assert found["ingest"].bytes_per_cell == 4
    for size in SIZES:
        assert found["ingest"].estimate_seconds(*size) == pytest.approx(true.estimate_seconds(*size), rel=0.1)
        assert found["select"].estimate_seconds(500_000, size[1]) == pytest.approx(
            true.estimate_seconds(500_000, size[1]), rel=0.1
        )


def test_a_repeated_measurement_keeps_the_fewest_seconds_of_each_task(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    slow, quick = (measure(TaskCost(fixed, 6.0, 1.0, 1.0, 4.0, False), 100_000, 20) for fixed in (3.0, 1.0))
    slow["tasks"]["select"]["seconds"] = 0.5
    for measurement in (slow, quick, measure(TaskCost(1.0, 6.0, 1.0, 1.0, 4.0, False), 1_000_000, 20)):
        update_cost_model(file, measurement)
    small, large = read_json(file)["measurements"]
    assert (small["rows"], large["rows"]) == (100_000, 1_000_000)
    assert small["tasks"]["ingest"] == quick["tasks"]["ingest"]
    assert small["tasks"]["select"]["seconds"] == 0.5


def test_the_cost_model_is_what_its_measurements_give() -> None:
    content = read_json(FILE)
    fitted = fit_costs(content["measurements"])
    assert list(fitted) == list(content["tasks"])
    for task, cost in fitted.items():
        assert cost._asdict() == pytest.approx(content["tasks"][task], rel=0.01, abs=0.01)
