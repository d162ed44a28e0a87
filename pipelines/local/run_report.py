"""Runs a pipeline on this machine and reports the result."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.interface import Command, reword
from pipelines.local.local_run import RunOutcome, find_defect_lines, run_locally
from pipelines.local.results_folder import write_results
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_plan import announce_plan
from pipelines.local.run_result import read_run_result
from pipelines.local.summary import show_summary
from pipelines.local.task_runners import TaskRunner

_EXIT_STATUS = {"succeeded": 0, "rejected": 1, "failed": 1, "stopped": 130}


def run_and_report(
    command: Command, arguments: Mapping[str, Any], folder: RunFolder, runner: TaskRunner, *, is_verbose: bool
) -> int:
    """Run a pipeline and return the exit status of the command."""
    console = Console(file=sys.stdout)
    announcements = {}
    if command.words[-1] == "training":
        memory = runner.choose_memory(str(arguments.get("memory", "")))
        announcements = announce_plan(arguments, memory, folder, console)
    outcome = run_locally(
        command, arguments, folder, console, runner, is_verbose=is_verbose, announcements=announcements
    )
    if outcome.status in ("succeeded", "rejected"):
        # Imported after the run, because the import of plotly would delay it.
        from pipelines.local.index import write_index
        from pipelines.local.notebook import write_notebook
        from pipelines.local.prediction_files import write_prediction_files

        write_prediction_files(folder)
        result = read_run_result(folder, outcome)
        if result.has_model and result.evaluation is not None:
            write_notebook(folder, result)
        write_index(folder, result)
        show_summary(result, folder.index, console)
        if "results" in command.options:
            _write_results(folder, Path(command.options["results"]), console)
    elif outcome.status == "failed":
        sys.stderr.write(_describe_failure(outcome, folder))
    else:
        sys.stderr.write(f"stopped; the results so far are in {folder.path}\n")
    if outcome.status in ("failed", "stopped") and outcome.state.trial is not None:
        resume = Command(command.words, {"resume": folder.name}).merge_options(
            command.keep_options((), "runs", "docker").options
        )
        sys.stderr.write(f"resume it: {resume}\n")
    from pipelines.local.runs_page import write_runs_page

    write_runs_page(folder.path.parent)
    return _EXIT_STATUS[outcome.status]


def _write_results(folder: RunFolder, target: Path, console: Console) -> None:
    if write_results(folder, target):
        console.print(Text(f"results  {target.absolute()}"), soft_wrap=True)
    else:
        console.print(Text(f"No results were written to {target}: no model was evaluated."), soft_wrap=True)


def _describe_failure(outcome: RunOutcome, folder: RunFolder) -> str:
    error = outcome.state.error
    if error:
        message = reword(f"error: {error['what']}\n{error['remedy']}\n")
    else:
        lines = find_defect_lines(folder.log.read_text(encoding="utf-8"))
        task = f" in {outcome.state.failed_task}" if outcome.state.failed_task else ""
        message = "\n".join([f"defect{task}:", *lines, ""])
    return f"{message}log: {folder.log}\n"
