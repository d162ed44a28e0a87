import pytest

from benchmarks.schedule import DISPATCH_SECONDS, describe_costs, describe_schedule, simulate
from components._dask.partitions import PARTITION_ROWS
from components.json_file import read_json
from pipelines.catalogue import ROOT
from pipelines.cost_model import FILE, TaskCost, load_costs

COSTS = {
    "ingest": TaskCost(2.0, 10.0, 1.0, 1.0, 4.0, False),
    "preprocess": TaskCost(1.0, 20.0, 1.0, 1.0, 0.0, False),
    "select": TaskCost(0.0, 5.0, 1.0, 1.0, 0.0, True),
}
N_ROWS = 8 * PARTITION_ROWS


def test_the_tables_of_the_docs_are_those_of_the_script() -> None:
    docs = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    costs = load_costs()
    for table in (describe_costs(read_json(FILE)["measurements"], costs), describe_schedule(costs)):
        assert table in docs, "copy what python -m benchmarks.schedule prints"


def test_one_worker_takes_the_sum_of_all_tasks() -> None:
    total, divided = simulate(COSTS, N_ROWS, 1_000_000, 1, ["preprocess"])
    of_preprocess = 1 + 20 * N_ROWS / 1e6
    assert total == pytest.approx(2 + 10 * N_ROWS / 1e6 + of_preprocess + 5, abs=2 * DISPATCH_SECONDS)
    assert divided == pytest.approx(of_preprocess, abs=2 * DISPATCH_SECONDS)


@pytest.mark.parametrize(("n_workers", "n_rounds"), [(2, 4), (3, 3), (8, 1), (64, 1)])
def test_workers_share_the_partitions_of_divided_tasks_alone(n_workers: int, n_rounds: int) -> None:
    total, divided = simulate(COSTS, N_ROWS, 1_000_000, n_workers, ["preprocess"])
    assert divided == pytest.approx(1 + n_rounds * 20 * PARTITION_ROWS / 1e6, abs=16 * DISPATCH_SECONDS)
    assert total - divided == pytest.approx(2 + 10 * N_ROWS / 1e6 + 5)


def test_the_scheduler_limits_many_small_partitions() -> None:
    quick = {"preprocess": TaskCost(0.0, 1e-6, 1.0, 1.0, 0.0, False)}
    n_partitions = 5000
    seconds, _ = simulate(quick, n_partitions * PARTITION_ROWS, 1, 64, ["preprocess"])
    assert seconds == pytest.approx(n_partitions * DISPATCH_SECONDS, rel=0.01)
