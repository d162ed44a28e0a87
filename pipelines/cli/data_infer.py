"""Write the first file of expectations of a table, for a team to go on with."""

import argparse
import sys
from pathlib import Path

from components.errors import InvalidSetting
from pipelines.cli.parser import CommandParser
from pipelines.files import check_place, replace_file
from pipelines.problem_file import read_problem

HELP = "write the first file of expectations of a table"


def add_options(parser: CommandParser) -> None:
    """Add the action's options."""
    add = parser.add_argument
    add("source", help="path or address of the table, as for a training")
    add("--output", type=Path, required=True, metavar="FILE", help="the YAML file to write")
    add("--target", help="column to predict, whose cells a training reads with more care")
    add("--problem", help="file of the problem, which says how the table is read")
    parser.set_defaults(command=_infer, parser=parser)


def _infer(given: argparse.Namespace) -> int:
    if given.output.exists():
        raise InvalidSetting(
            f"The file {given.output} exists already, perhaps with your corrections.",
            "Name another file with --output, and compare the two.",
        )
    check_place(given.output)
    details = read_problem(given.problem) if given.problem else {}
    # It imports pyarrow and pandas, which take long.
    from pipelines.local.first_expectations import infer_from_source, name_source

    guess, text = infer_from_source(given.source, given.target, details)
    replace_file(given.output, text)
    name = name_source(given.source)
    sys.stdout.write(
        f"{given.output} expects {guess.expectations.summary} of {name}, by {guess.n_rows:,} rows.\n"
        f"Check it, keep it in git, and train with --expectations {given.output}\n"
    )
    if given.target is None and "target" not in details:
        sys.stderr.write(
            "note: no --target was given. A training reads the cells of its target in its own way, so name "
            "it here, too, if the table has it.\n"
        )
    return 0
