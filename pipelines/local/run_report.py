"""Runs a pipeline on this machine and reports the result."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.catalogue import OF_MODELS
from pipelines.interface import Command, reword
from pipelines.local.local_run import RunOutcome, find_defect_lines, run_locally
from pipelines.local.prediction_files import write_prediction_files
from pipelines.local.results_folder import write_results
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_plan import announce_plan
from pipelines.local.run_result import RunResult, read_run_result, read_unfinished_result
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
        write_prediction_files(folder)
        result = read_run_result(folder, outcome)
        _write_pages(folder, result)
        show_summary(result, folder.index, console)
        if "results" in command.options:
            _write_results(folder, Path(command.options["results"]), console)
    else:
        _report_unfinished(command, folder, outcome)
    return _EXIT_STATUS[outcome.status]


def _report_unfinished(command: Command, folder: RunFolder, outcome: RunOutcome) -> None:
    """Write the pages of a run that failed or was stopped, and say how to go on with it."""
    resumption = _find_resumption(command, folder, outcome)
    if outcome.status == "failed":
        message = _describe_failure(outcome, folder)
        reason = message.splitlines()
    else:
        message = f"stopped; the results so far are in {folder.path}\n"
        reason = ["A person stopped the run."]
    _write_pages(folder, read_unfinished_result(folder, outcome, reason, resumption))
    sys.stderr.write(message)
    if resumption is not None:
        sys.stderr.write(f"resume it: {resumption}\n")


def _find_resumption(command: Command, folder: RunFolder, outcome: RunOutcome) -> Command | None:
    """Return the command that goes on with a run; None if it would do no more than a new one."""
    if command.words[-1] in OF_MODELS or (outcome.status == "failed" and outcome.state.trial is None):
        return None
    return Command(command.words, {"resume": folder.name}).merge_options(
        command.keep_options((), "runs", "docker").options
    )


def _write_pages(folder: RunFolder, result: RunResult) -> None:
    """Write the run's own page, and that of all runs."""
    # Imported after the run, because they would delay it.
    from pipelines.local.index import write_index
    from pipelines.local.notebook import write_notebook
    from pipelines.local.runs_page import write_runs_page

    if result.has_model and result.evaluation is not None:
        write_notebook(folder, result)
    write_index(folder, result)
    write_runs_page(folder.path.parent)


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
