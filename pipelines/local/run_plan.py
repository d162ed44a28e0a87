"""What a training will do with a table, said before it begins: which rows it learns from, and how long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from components._problem.reading_options import FileOptions
from components._sweep.time_plan import LEAST_SHARE
from components.events import format_bytes
from components.split.settings import Settings as SplitSettings
from components.tune.settings import Settings as TuneSettings
from pipelines.cost_model import CORES, TaskCost, load_costs
from pipelines.local.run_folder import RunFolder
from pipelines.local.table_size import TableSize, measure_table

# Time of the sweep itself is given, not estimated.
_SWEEP = "tune"
# Shorter times are said in seconds.
_FEW_SECONDS = 90


@dataclass(frozen=True)
class RunPlan:
    """How a training deals with a table.

    Attributes
    ----------
    memory : int
        Bytes that a stage may use.
    minutes : float
        Time for the run.
    trials : int
        Number of trials of the sweep; 0 for as many as the time allows.
    test_fraction : float
        Share of the rows that are for the test.
    """

    memory: int
    minutes: float
    trials: int
    test_fraction: float

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], memory: int) -> "RunPlan":
        """Return the plan of a training with these arguments, and defaults for those that are missing."""
        return cls(
            memory,
            float(arguments.get("budget_minutes", TuneSettings.budget_minutes)),
            int(arguments.get("trials", TuneSettings.trials)),
            float(arguments.get("test_fraction", SplitSettings.test_fraction)),
        )

    def describe(self, size: TableSize) -> str:
        """Return what happens with a table of a size, in a line or two."""
        rows = f"about {_round(size.n_rows):,}" if size.is_estimate else f"{size.n_rows:,}"
        table = f"{rows} rows x {size.n_columns}, {format_bytes(size.n_bytes)}"
        within = f"{self.memory / 2**30:.3g} GiB"
        time = self._describe_time(size)
        n_learned = self._count_learned_rows(size)
        if n_learned == self._count_training_rows(size):
            return f"{table}: fits into {within}; {time}"
        return (
            f"{table}: streams in {within}; the sweep learns from about {_round(n_learned):,} rows, "
            f"LightGBM's last fit from all; {time}"
        )

    def estimate_seconds(self, size: TableSize) -> float:
        """Return the most seconds that the run will take."""
        costs = load_costs()
        tasks = list(costs)
        place = tasks.index(_SWEEP)
        before, after = (
            sum(self._estimate_task(costs[task], size) for task in part)
            for part in (tasks[:place], tasks[place + 1 :])
        )
        given = 60 * self.minutes
        # The sweep ends early enough for what follows it, but gets some of the time in any case.
        return max(given, before + LEAST_SHARE * given + after)

    def _estimate_task(self, cost: TaskCost, size: TableSize) -> float:
        n_rows = self._count_learned_rows(size) if cost.is_of_learned_rows else size.n_rows
        return cost.estimate_seconds(n_rows, size.n_columns)

    def _count_training_rows(self, size: TableSize) -> int:
        return int(size.n_rows * (1 - self.test_fraction))

    def _count_learned_rows(self, size: TableSize) -> int:
        # It imports pyarrow, which no command should wait for that only says what is wrong with it.
        from components._table.row_bytes import count_rows_that_fit

        return min(self._count_training_rows(size), count_rows_that_fit(size.row_bytes, self.memory))

    def _describe_time(self, size: TableSize) -> str:
        time = f"{format_seconds(self.estimate_seconds(size))} on {CORES} cores"
        return f"{self.trials} trials, at most {time}" if self.trials else f"about {time}"


def announce_plan(
    arguments: Mapping[str, Any], memory: int, folder: RunFolder, console: Console
) -> dict[str, Callable[[], list[str]]]:
    """Print the plan of a training, or return what to print when ingest has found the size of its table.

    Parameters
    ----------
    arguments : mapping of str to JSON values
        The arguments of the pipeline.
    memory : int
        Bytes that a stage may use.
    folder : RunFolder
        The folder of the run.
    console : Console
        Where to print it.

    Returns
    -------
    dict of str to callable
        For ``Progress``: what returns the lines to print after a task.
    """
    plan = RunPlan.from_arguments(arguments, memory)
    details = arguments.get("problem", {})
    named = {name: details[name] for name in FileOptions.model_fields if name in details}
    size = measure_table(arguments["source"], FileOptions(**named), arguments["target"])
    if size is not None:
        console.print(plan.describe(size), markup=False, highlight=False)
        return {}

    def describe_ingested_table() -> list[str]:
        table = folder.find_output("ingest", "dataset")
        ingested = measure_table(str(table), FileOptions(), arguments["target"])
        return [] if ingested is None else [plan.describe(ingested)]

    return {"ingest": describe_ingested_table}


def format_seconds(seconds: float) -> str:
    """Return a time as people say it: ``40 s``, ``25 min``, ``3.5 h``."""
    if seconds < _FEW_SECONDS:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < _FEW_SECONDS else f"{minutes / 60:.2g} h"


def _round(n: int) -> int:
    """Return a number with its first three digits."""
    digits = max(0, len(str(n)) - 3)
    return round(n, -digits)
