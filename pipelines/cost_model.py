"""What each task of a training costs, by the rows and the columns of its table.

The constants are in ``cost_model.json``, which ``benchmarks.size --write`` makes from what it measures.
"""

from pathlib import Path
from typing import NamedTuple

from components.json_file import read_json

FILE = Path(__file__).with_name("cost_model.json")
# The table that ``TaskCost.seconds`` is about.
ROWS, COLUMNS = 1_000_000, 20
# The cores of the machine that was measured.
CORES = 2
# Tasks that learn from as many rows as fit into memory.
LEARNING = ("engineer", "select", "tune-plan", "tune", "tune-result")


class TaskCost(NamedTuple):
    """What a task takes: ``fixed + seconds * (rows / ROWS)^a * (columns / COLUMNS)^b`` seconds on two cores.

    Attributes
    ----------
    fixed_seconds : float
        Seconds whatever the table.
    seconds : float
        Further seconds for a table of ``ROWS`` rows and ``COLUMNS`` columns.
    rows_exponent, columns_exponent : float
        How they grow.
    bytes_per_cell : float
        Bytes of its artifacts for each row and column.
    is_of_learned_rows : bool
        Whether the rows are those that the sweep learns from, and not all.
    """

    fixed_seconds: float
    seconds: float
    rows_exponent: float
    columns_exponent: float
    bytes_per_cell: float
    is_of_learned_rows: bool

    def estimate_seconds(self, n_rows: float, n_columns: float) -> float:
        """Return the seconds that the task takes."""
        rows, columns = n_rows / ROWS, n_columns / COLUMNS
        growing = self.seconds * float(rows**self.rows_exponent * columns**self.columns_exponent)
        return self.fixed_seconds + growing


def load_costs() -> dict[str, TaskCost]:
    """Return the cost of each task, in the order in which they run."""
    return {task: TaskCost(**constants) for task, constants in read_json(FILE)["tasks"].items()}
