"""List the runs on this machine, or compare two of them.

The list is also written as a page, ``index.html`` in the folder of the runs. A comparison says which
parameters and data differ, and which model is better on the test rows that both runs have.
"""

import argparse
import sys
from pathlib import Path

from components.errors import InvalidSetting
from pipelines.cli.parser import CommandParser
from pipelines.local.run_folder import RUNS, find_run

HELP = "list the runs on this machine, or compare two of them"
_PAIR = 2


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("names", nargs="*", metavar="RUN", help="two trainings to compare (default: list all runs)")
    add("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")
    parser.set_defaults(command=_show_runs, parser=parser)


def _show_runs(given: argparse.Namespace) -> int:
    if given.names:
        return _compare(given)
    # They take a while to import, and mistakes are answered before.
    from rich.console import Console

    from pipelines.local.run_list import RunList
    from pipelines.local.run_table import show_runs
    from pipelines.local.runs_page import write_runs_page

    runs = RunList(given.runs).read()
    if not runs:
        raise InvalidSetting(f"There are no runs in {given.runs}.", "Run one: make run.")
    show_runs(runs, Console(file=sys.stdout))
    sys.stdout.write(f"page  {write_runs_page(given.runs)}\n")
    return 0


def _compare(given: argparse.Namespace) -> int:
    if len(given.names) != _PAIR or given.names[0] == given.names[1]:
        raise InvalidSetting("A comparison needs two different runs.", "Give the names of two: runs A B.")
    base, other = (find_run(given.runs, name) for name in given.names)
    from pipelines.comparison.run_comparison import compare_runs
    from pipelines.comparison.run_comparison_report import show_run_comparison, write_run_report

    comparison = compare_runs(base, other)
    show_run_comparison(comparison, write_run_report(comparison, given.runs))
    return 0
