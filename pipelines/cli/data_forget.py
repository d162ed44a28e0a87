"""Find every table and every model version that contains a row, and write what to retrain and to delete.

Nothing is deleted. The exit status is 0 if everything was searched and nothing found, 1 if there is something
to do or something could not be searched, and 2 for wrong usage.
"""

import argparse
import sys
from pathlib import Path

from pipelines.cli.parser import CommandParser
from pipelines.local.run_folder import RUNS

HELP = "which versions and models contain a row"
_TO_DO = 1


def add_options(parser: CommandParser) -> None:
    """Add what the action is given."""
    add = parser.add_argument
    add(
        "key", nargs="+", metavar="COLUMN=VALUE", help="the row's key, as the table writes it; all must match"
    )
    add("--output", type=Path, metavar="LIST.md", help="also write the list, as Markdown")
    add("--runs", type=Path, default=RUNS, help="folder of all local runs")
    parser.set_defaults(command=_search, parser=parser)


def _search(given: argparse.Namespace) -> int:
    # Its libraries take a second to import.
    from pipelines.data.forget_list import render_list
    from pipelines.data.forget_search import search_rows
    from pipelines.data.row_search import parse_key
    from pipelines.files import check_place, replace_file

    key = parse_key(given.key)
    if given.output is not None:
        check_place(given.output)
    found = search_rows(given.runs, key)
    text = render_list(found)
    sys.stdout.write(text)
    if given.output is not None:
        replace_file(given.output, text)
        sys.stdout.write(f"\nlist: {given.output}\n")
    return 0 if found.is_clean else _TO_DO
