"""Run a training again from its commit, data and parameters, and compare what both made, bit by bit."""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import InvalidSetting, SuiteError, format_count, suggest_name
from pipelines.cli.parser import CommandParser
from pipelines.local.run_folder import RUNS, list_runs, resolve_runs

if TYPE_CHECKING:
    from components._tracking.registry_version import RegistryVersion
    from pipelines.local.recorded_run import RecordedRun
    from pipelines.local.reproduction import Reproduction

HELP = "run a training again from its commit, and compare every output"
_INTERRUPTED = 130
_SHOWN, _SHOWN_METRICS = 5, 3


def add_options(parser: CommandParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("what", nargs="?", metavar="WHAT", help="a run, or a version of the registry: its number or an alias")
    add("--all", action="store_true", help="every version of the registry, one after another")
    add("--model", help="the registered model of the version (default: the only one; with --all: all)")
    add("--runs", type=Path, default=RUNS, help="folder of all local runs (default: %(default)s)")
    add("--keep", action="store_true", help="keep the repetition also if nothing differs")
    parser.set_defaults(command=_reproduce, parser=parser)


def _reproduce(given: argparse.Namespace) -> int:
    if given.all == (given.what is not None):
        what = "Nothing says what to reproduce." if not given.all else "--all already says what to reproduce."
        raise InvalidSetting(what, "Give a run, a version of the registry such as champion, or --all.")
    from pipelines.local.reproduction import RepetitionFailed

    try:
        if given.all:
            return _reproduce_all(given)
        result = _reproduce_one(given)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return _INTERRUPTED
    except RepetitionFailed as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    _show_result(result)
    return 0 if result.is_equal else 1


def _reproduce_one(given: argparse.Namespace) -> "Reproduction":
    runs = list_runs(given.runs)
    if given.model is None and given.what in runs:
        from pipelines.local.recorded_run import read_run

        return _repeat(given, given.what, lambda _: read_run(runs[given.what]))
    from pipelines.local.model_registry import open_registry

    try:
        with open_registry(given.runs, given.model) as registry:
            version = registry.get_version(given.what)
    except InvalidSetting as error:
        near = suggest_name(given.what, list(runs), "run") if runs else ""
        raise InvalidSetting(
            f"There is no run {given.what!r} in {resolve_runs(given.runs)}. {error.what}",
            f"{near} {error.remedy}".strip(),
        ) from None
    return _reproduce_version(given, version)


def _reproduce_version(given: argparse.Namespace, version: "RegistryVersion") -> "Reproduction":
    from pipelines.local.recorded_run import find_run_of_version, read_run, read_version

    def read(scratch: Path) -> "RecordedRun":
        folder = find_run_of_version(given.runs, version)
        title = f"version {version.number} of {version.model}"
        if folder is not None:
            return replace(read_run(folder), title=f"{title} (the run {folder.name})")
        from pipelines.local.model_registry import open_registry

        with open_registry(given.runs, version.model) as registry:
            return read_version(registry, version, scratch)

    return _repeat(given, f"{version.model}-{version.number}", read)


def _repeat(given: argparse.Namespace, name: str, read: Callable[[Path], "RecordedRun"]) -> "Reproduction":
    """Repeat the run that a function reads, given a folder for what it downloads."""
    from pipelines.local.reproduction import RepetitionFailed, make_folder, remove_folder, reproduce

    folder = make_folder(given.runs, re.sub(r"[^\w.-]", "-", name))
    is_needed = False
    try:
        (folder / "recorded").mkdir()
        result = reproduce(read(folder / "recorded"), folder, _show)
        is_needed = given.keep or not result.is_equal
    except RepetitionFailed:
        is_needed = True
        raise
    finally:
        if not is_needed:
            remove_folder(folder)
    return result


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _show_result(result: "Reproduction") -> None:
    for task in result.tasks:
        compared, n_differ = format_count(task.n_files, "file"), len(task.differences)
        if n_differ:
            compared += f", {n_differ} {'differs' if n_differ == 1 else 'differ'}"
        _show(f"{'✗' if n_differ else '✓'} {task.task:15} {compared}")
    metrics = ", ".join(f"{name} {value!r}" for name, value in [*result.metrics.items()][:_SHOWN_METRICS])
    if metrics:
        _show(f"metrics on the test rows: {metrics}")
    if result.is_equal:
        known = "metrics and predictions" if result.run.is_complete else "model, metrics and predictions"
        _show(f"reproduced in {result.seconds:.0f} s: bit-equal {known}")
        return
    for note in result.notes:
        _show(note)
    if result.differences:
        first = result.differences[0]
        _show(f"NOT reproduced: the first stage whose output differs is {first.stage}")
        own = [difference for difference in result.differences if difference.stage == first.stage]
        for difference in own[:_SHOWN]:
            _show(f"  {difference.task}/{difference.file}: {difference.what}")
        if len(own) > _SHOWN:
            _show(f"  and {len(own) - _SHOWN} more")
    else:
        _show("NOT reproduced: it ended otherwise")
    _show(f"all differences: {result.folder / 'reproduction.json'}")


def _reproduce_all(given: argparse.Namespace) -> int:
    from pipelines.local.model_registry import open_registries

    with open_registries(given.runs, given.model) as registries:
        versions = [version for registry in registries for version in reversed(registry.list_versions())]
    if not versions:
        raise InvalidSetting("The registry has no models.", "Train one that passes its gates: make run.")
    rows = []
    n_equal = 0
    for version in versions:
        try:
            result = _reproduce_version(given, version)
        except SuiteError as error:
            # The whole message, now: the table has one line for each version.
            sys.stderr.write(f"error: {error}\n")
            reason = error.what.splitlines()[0].rstrip(":")
            rows.append((version.model, version.number, "cannot be reproduced", reason))
            continue
        n_equal += result.is_equal
        stage = result.differences[0].stage if result.differences else "the end"
        rows.append(
            (version.model, version.number, "reproduced", f"{result.seconds:.0f} s")
            if result.is_equal
            else (version.model, version.number, "differs", f"from {stage} on: {result.folder}")
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _show(line.rstrip())
    _show(f"{n_equal} of {len(versions)} reproduced")
    return 0 if n_equal == len(versions) else 1
