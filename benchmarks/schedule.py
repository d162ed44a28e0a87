"""What a training costs by its rows, and how long a billion rows would take on several machines.

``python -m benchmarks.schedule`` prints the tables of docs/scale.md from ``pipelines/cost_model.json``. The
first has what was measured. The second is a simulation: the tasks of a training one after another, as each
reads what the one before it found, with the partitions of those that are divided handed to the workers that
are free.
"""

import heapq
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from components._dask.partitions import PARTITION_ROWS
from components.json_file import read_json
from pipelines.cost_model import COLUMNS, FILE, LEARNING, TaskCost, load_costs

N_ROWS = 1_000_000_000
WORKERS = (1, 2, 4, 8, 16, 32, 64)
# What a scheduler of Dask takes to hand a partition to a worker
# (https://distributed.dask.org/en/stable/efficiency.html).
DISPATCH_SECONDS = 1e-3
# What workers of Dask do in a training, and what could be divided, too, because it passes a table in batches.
DIVIDED = ("preprocess", "train")
STREAMED = ("ingest", "validate", "split", "eda", *DIVIDED, "evaluate")
_SWEEP, _SWEEP_MINUTES = "tune", 10.0
# Tasks that take as long whatever the table.
_SHORTEST = 0.1


def main() -> None:
    """Print both tables."""
    content = read_json(FILE)
    sys.stdout.write(
        f"{describe_costs(content['measurements'], load_costs())}\n\n{describe_schedule(load_costs())}\n"
    )


def describe_costs(measurements: Sequence[dict[str, Any]], costs: dict[str, TaskCost]) -> str:
    """Return a table, in Markdown, of the seconds of each task that depend on the table, and their growth."""
    largest = max(measurements, key=lambda each: each["rows"] * each["columns"])
    sizes = [f"{_format_power(each['rows'])} x {each['columns']}" for each in measurements]
    lines = [["task", *sizes, "s, fixed", "s, 10^6 x 20", "rows^", "columns^", "bytes", "MB"]]
    for task, cost in costs.items():
        if cost.seconds < _SHORTEST:
            continue
        seconds = [f"{each['tasks'][task]['seconds']:.1f}" for each in measurements]
        name = f"{task} *" if task in LEARNING else task
        constants = [f"{cost.fixed_seconds:.1f}", f"{cost.seconds:.1f}"]
        constants += [f"{cost.rows_exponent:.2f}", f"{cost.columns_exponent:.2f}"]
        if task == _SWEEP:
            # Its time is what it is given.
            constants = [""] * len(constants)
        peak = f"{largest['tasks'][task]['megabytes']:,}"
        lines.append([name, *seconds, *constants, f"{cost.bytes_per_cell:.1f}", peak])
    return _format_table(lines)


def describe_schedule(costs: dict[str, TaskCost]) -> str:
    """Return a table, in Markdown, of the hours that ``N_ROWS`` rows take on each number of workers."""
    learned = max(each["learned_rows"] for each in read_json(FILE)["measurements"])
    lines = [["workers", "hours, as it is", "of which divided", "hours, if all passes were divided"]]
    for n_workers in WORKERS:
        now, divided = simulate(costs, N_ROWS, learned, n_workers, DIVIDED)
        later, _ = simulate(costs, N_ROWS, learned, n_workers, STREAMED)
        lines.append([str(n_workers), *(f"{seconds / 3600:.2g}" for seconds in (now, divided, later))])
    return _format_table(lines)


def simulate(
    costs: dict[str, TaskCost], n_rows: int, n_learned: int, n_workers: int, divided: Collection[str]
) -> tuple[float, float]:
    """Return the seconds of a training, and of these the seconds of its divided tasks.

    Parameters
    ----------
    costs : dict of str to TaskCost
        The cost of each task, in their order.
    n_rows : int
        Rows of the table, with ``COLUMNS`` columns.
    n_learned : int
        Rows that the sweep learns from.
    n_workers : int
        Workers, each with the cores of the machine that was measured.
    divided : collection of str
        Tasks whose partitions the workers share; the others run on one machine.
    """
    total = of_divided = 0.0
    for task, cost in costs.items():
        rows = n_learned if cost.is_of_learned_rows else n_rows
        seconds = 60 * _SWEEP_MINUTES if task == _SWEEP else cost.estimate_seconds(rows, COLUMNS)
        if task in divided:
            n_full, rest = divmod(n_rows, PARTITION_ROWS)
            shares = [PARTITION_ROWS / n_rows] * n_full + ([rest / n_rows] if rest else [])
            growing = seconds - cost.fixed_seconds
            seconds = cost.fixed_seconds + _schedule((growing * share for share in shares), n_workers)
            of_divided += seconds
        total += seconds
    return total, of_divided


def _schedule(partitions: Iterable[float], n_workers: int) -> float:
    """Return when the last partition is done if each goes to the worker that is free first."""
    free = [0.0] * n_workers
    for number, seconds in enumerate(partitions, start=1):
        started = max(heapq.heappop(free), number * DISPATCH_SECONDS)
        heapq.heappush(free, started + seconds)
    return max(free)


def _format_power(n: int) -> str:
    return f"10^{len(str(n)) - 1}"


def _format_table(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, f"|{'---|' * len(lines[0])}", *rows])


if __name__ == "__main__":
    main()
