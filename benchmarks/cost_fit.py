"""The cost model of the tasks, fitted to what ``benchmarks.size`` measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from components.json_file import read_json, write_json
from pipelines.cost_model import COLUMNS, LEARNING, ROWS, TaskCost

# Seconds by which tasks of the same work differ from one run to the next, on a busy machine.
_NOISE = 1.0
# How much exponents are drawn to 1: a difference of 0.2 counts as much as seconds that are off by 20 %.
_DRAW = 1.0
_STEEPEST = 2.0


def update_cost_model(file: Path, measurement: Mapping[str, Any]) -> None:
    """Add what was measured of one table to a file, and fit the cost of each task again.

    Parameters
    ----------
    file : Path
        The file, which may not exist yet. If it has the same measurement from before, each task keeps its
        fewest seconds: other work on the machine only adds to them.
    measurement : mapping
        ``rows``, ``columns`` and ``bytes`` of the table, ``learned_rows``, ``memory``, ``minutes``, and
        ``tasks``: the ``MeasuredCost`` of each.
    """
    known = read_json(file)["measurements"] if file.exists() else []
    same = [other for other in known if _describe(other) == _describe(measurement)]
    others = [other for other in known if other not in same]
    merged = {**measurement, "tasks": _keep_fewest([each["tasks"] for each in [measurement, *same]])}
    measurements = sorted([*others, merged], key=_describe)
    costs = {task: cost._asdict() for task, cost in fit_costs(measurements).items()}
    write_json(file, {"tasks": costs, "measurements": measurements})


def _describe(measurement: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what two measurements must have in common to be of the same work."""
    return tuple(measurement[name] for name in ("columns", "rows", "learned_rows", "memory", "minutes"))


def _keep_fewest(runs: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """Return the costs of each task in the run in which it took the fewest seconds."""
    return {
        task: min((run[task] for run in runs if task in run), key=lambda cost: float(cost["seconds"]))
        for task in runs[0]
    }


def fit_costs(measurements: Sequence[Mapping[str, Any]]) -> dict[str, TaskCost]:
    """Return the cost of each task that fits the measurements best, by the ratios of seconds."""
    tasks = dict.fromkeys(task for measurement in measurements for task in measurement["tasks"])
    return {task: _fit_cost([each for each in measurements if task in each["tasks"]], task) for task in tasks}


def _fit_cost(measurements: Sequence[Mapping[str, Any]], task: str) -> TaskCost:
    is_learning = task in LEARNING
    rows = np.array([each["learned_rows" if is_learning else "rows"] for each in measurements]) / ROWS
    columns = np.array([each["columns"] for each in measurements]) / COLUMNS
    costs = [each["tasks"][task] for each in measurements]
    seconds = np.array([cost["seconds"] for cost in costs])

    def compute_residuals(constants: np.ndarray) -> np.ndarray:
        fixed, scale, of_rows, of_columns = constants
        expected = fixed + scale * rows**of_rows * columns**of_columns
        return np.array(
            [
                *np.log((expected + _NOISE) / (seconds + _NOISE)),
                _DRAW * (of_rows - 1),
                _DRAW * (of_columns - 1),
            ]
        )

    start = [seconds.min() / 2, seconds.max() / (2 * rows.max()), 1, 1]
    found = least_squares(
        compute_residuals, start, bounds=([0, 0, 0, 0], [np.inf, np.inf, _STEEPEST, _STEEPEST])
    )
    fixed, scale, of_rows, of_columns = map(float, found.x)
    cells = rows * ROWS * columns * COLUMNS
    per_cell = max(cost["bytes"] / n for cost, n in zip(costs, cells, strict=True) if n == cells.max())
    return TaskCost(
        fixed_seconds=round(fixed, 3),
        seconds=round(scale, 3),
        rows_exponent=round(of_rows, 2),
        columns_exponent=round(of_columns, 2),
        bytes_per_cell=round(per_cell, 2),
        is_of_learned_rows=is_learning,
    )
