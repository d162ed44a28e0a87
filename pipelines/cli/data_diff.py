"""Compare two versions of a table: schema, rows added, removed and rewritten, and values.

The exit status is 0 if the content is the same in any order, 1 if it differs, and 2 for wrong usage.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from components.errors import InvalidSetting, is_full
from pipelines.cli.parser import CommandParser
from pipelines.local.run_folder import RUNS

HELP = "what differs between two versions of a table"
_DIFFERENT = 1
_WORDS = "a path, an address, sample:NAME, a run, or the number or alias of a registered version"


def add_options(parser: CommandParser) -> None:
    """Add what the action is given."""
    add = parser.add_argument
    add("old", metavar="A", help=f"the old table: {_WORDS}")
    add("new", metavar="B", help="the new table, given likewise")
    add("--key", metavar="COLUMN,COLUMN", help="the columns that name a row (default: chosen, and said)")
    add("--output", type=Path, metavar="PAGE.html", help="also write a page")
    add("--model", help="the registered model of a version (default: the only one)")
    add("--runs", type=Path, default=RUNS, help="folder of all local runs")
    parser.set_defaults(command=_compare, parser=parser)


def _compare(given: argparse.Namespace) -> int:
    # Its libraries take a second to import.
    from pipelines.data.diff_report import render_diff_page, render_text
    from pipelines.data.table_diff import compare_tables
    from pipelines.data.training_validity import judge_training
    from pipelines.data.version_search import open_both
    from pipelines.files import check_place, replace_file

    if given.output is not None:
        check_place(given.output)
    key = [name.strip() for name in given.key.split(",")] if given.key else []
    try:
        with tempfile.TemporaryDirectory(prefix="data-diff-") as folder:
            old, new = open_both(given.old, given.new, Path(folder), given.runs, given.model)
            diff = compare_tables(old, new, key)
            validity = judge_training(diff)
    except OSError as error:
        if not is_full(error):
            raise
        raise InvalidSetting(
            f"There is no space left in {tempfile.gettempdir()}, where both tables are stored as Parquet.",
            "Free some, or set TMPDIR to a folder with more.",
        ) from None
    sys.stdout.write(render_text(diff, validity))
    if given.output is not None:
        replace_file(given.output, render_diff_page(diff, validity))
        sys.stdout.write(f"\npage: {given.output}\n")
    return 0 if diff.is_same else _DIFFERENT
