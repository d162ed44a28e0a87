"""Try whether monitoring finds a fault."""

import argparse
from pathlib import Path

from pipelines.cli.parser import CommandParser
from pipelines.local.run_folder import RUNS

HELP = "put a fault into rows, and see which alert fires, when, and what is decided"


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    kinds = "covariate, label, concept, missing, unit-change or category"
    add("--kind", default="unit-change", help=f"the fault: {kinds} (default: %(default)s)")
    add("--run", help="the run whose model is monitored (default: the last whose model passed its gates)")
    add("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")
    parser.set_defaults(command=_run_drill, parser=parser)


def _run_drill(given: argparse.Namespace) -> int:
    from pipelines.local.drill import show_drill
    from pipelines.local.local_server import choose_run_to_serve

    show_drill(given.runs, choose_run_to_serve(given.runs, given.run), given.kind)
    return 0
