"""Compare the files here with a commit: both train the same small run, and the models are compared.

Exit status: 0, or 1 if the change's model is significantly worse, by more than the problem's margin.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from components.errors import InvalidSetting, format_list
from pipelines.catalogue import ROOT
from pipelines.cli.parser import CommandParser, list_option_names, resolve_given
from pipelines.cli.run import list_typed_options, resolve_source
from pipelines.comparison.given_parameters import NOT_COMPARED, TRIALS, GivenParameters
from pipelines.interface import Command
from pipelines.local.checkout import resolve_commit
from pipelines.local.run_folder import RUNS
from pipelines.problem_file import complete_from_sample

HELP = "compare the model of a change with that of a commit"


def add_options(parser: CommandParser) -> None:
    """Add the command's options, and the parameters of a training."""
    parser.add_parameters("training")
    add = parser.add_argument
    add("--base", default="main", help="the commit, branch or tag to compare with (default: %(default)s)")
    add("--parameters", type=Path, metavar="FILE", help="YAML file of the training's parameters")
    add("--output", type=Path, help="folder for both runs and the result (default: one in runs/)")
    parser.epilog = (
        f"Without source and target it trains on the sample. Without trials it runs {TRIALS} of them."
    )
    parser.set_defaults(command=_compare, pipeline="training", parser=parser)


def _compare(given: argparse.Namespace) -> int:
    parameters = _read_parameters(given)
    resolve_commit(given.base)
    output = _create_folder(given.output)
    # They import pandas and scikit-learn, and mistakes are answered before.
    from pipelines.comparison.change_comparison import compare_change
    from pipelines.comparison.report import show_comparison, write_report

    def print_line(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        comparison = compare_change(given.base, parameters, output, print_line)
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped; the logs so far are in {output}\n")
        return 130
    write_report(comparison, output)
    show_comparison(comparison, output)
    return 1 if comparison.verdict.is_loss else 0


def _read_parameters(given: argparse.Namespace) -> GivenParameters:
    """Return the checked parameters of both trainings."""
    declared = given.parser.parameters
    typed = resolve_given(given, declared)
    if refused := [name for name in NOT_COMPARED if name in typed]:
        options = format_list(f"--{list_option_names('training', name)[0]}" for name in refused)
        raise InvalidSetting(
            f"compare has no use for {options}.",
            "Leave it out. Both trainings end after the same number of trials, which --trials sets.",
        )
    for name in ("source", "test"):
        if typed.get(name):
            typed[name] = resolve_source(typed[name])
    given_texts = list_typed_options(given)
    texts = {name: given_texts[name] for name in ("problem", "expectations") if given_texts.get(name)}
    files = {
        name: Path(text).expanduser().resolve()
        for name, text in texts.items()
        if not text.lstrip().startswith("{")
    }
    file = None if given.parameters is None else given.parameters.expanduser().resolve()
    parameters = GivenParameters(typed, files, file)
    resolved, _ = parameters.resolve(file, declared, ROOT)
    if resolved["trials"] < 1:
        raise InvalidSetting.from_out_of_range("trials", resolved["trials"], "at least 1 for a comparison")
    from pipelines.cli.precheck import check_training

    check_training(complete_from_sample(resolved), Command(("compare",), given_texts))
    return parameters


def _create_folder(output: Path | None) -> Path:
    folder = output or RUNS / f"comparison-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise InvalidSetting(
            f"The folder {folder} cannot be used: {error.strerror}.", "Give another: --output DIR."
        ) from None
    if not is_empty:
        raise InvalidSetting(f"The folder {folder} is not empty.", "Give another: --output DIR.")
    return folder
