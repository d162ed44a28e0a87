"""The commands, their options, and their exit status.

kfp is imported when a command needs it, not before: help and mistakes are answered at once.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from components.errors import InvalidSetting, SuiteError
from pipelines.catalogue import OF_CLUSTERS, PIPELINES
from pipelines.image_names import ImageNames
from pipelines.interface import Command, check_variables, get_make_target, reword
from pipelines.local.memory import Memory
from pipelines.models_command import add_models_commands
from pipelines.problem_file import build_sample_parameters, read_problem
from pipelines.remote.schedule_command import add_schedule_commands
from pipelines.remote.submit_command import add_submit_options
from pipelines.sizes import SIZES

if TYPE_CHECKING:
    from pipelines.local.task_runners import TaskRunner

WRONG_USAGE = 2
_MEMORY = "4g"
_RUNS = Path("runs")
_NOT_TYPED = ("command", "pipeline", "name", "resume")
_OF_SCORING = {"source", "model_name", "version", "shards", "identifiers", "output", "unreadable", "seed"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line. None: those of this process.

    Returns
    -------
    int
        0 for success; 1 for a run that failed or was rejected, and for all that stands in the way of one on a
        cluster; 2 for wrong usage; 130 for an interruption.
    """
    given = _build_parser().parse_args(arguments)
    try:
        check_variables()
        status: int = given.command(given)
    except SuiteError as error:
        sys.stderr.write(f"error: {reword(str(error))}\n")
        return WRONG_USAGE
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is short: the whole usage is asked for with --help."""

    def error(self, message: str) -> NoReturn:
        manual = "make help" if get_make_target() else f"{self.prog} --help"
        self.exit(WRONG_USAGE, f"error: {reword(message)}\nSee {manual}.\n")


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pipelines", description="Run the suite's pipelines, here and on a cluster."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_run_options(commands.add_parser("run", help="run a pipeline on this machine"))
    _add_serve_options(
        commands.add_parser("serve", help="answer requests with the model of a run on this machine")
    )
    _add_compile_options(commands.add_parser("compile", help="write the specs that Kubeflow Pipelines runs"))
    add_submit_options(commands.add_parser("submit", help="start a run on a cluster"))
    add_schedule_commands(commands.add_parser("schedule", help="make a cluster start runs by itself"))
    add_models_commands(
        commands.add_parser("models", help="the registry's models: list, show, promote, rollback")
    )
    doctor = commands.add_parser("doctor", help="say which services are reachable, and what is wrong")
    doctor.set_defaults(command=_run_doctor)
    return parser


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    whole, positive = _make_number_parser(int, 0), _make_number_parser(int, 1)
    add = parser.add_argument
    add("pipeline", help=f"which: {', '.join(name for name in PIPELINES if name not in OF_CLUSTERS)}")
    add("--source", help="CSV, gzip, Parquet or JSON-lines file, http(s) or s3 address, or sample:NAME")
    add("--target", help="column to predict")
    add("--task", help="auto, binary, multiclass or regression")
    add("--metric", help="what the sweep maximises: auto, value, or a metric such as auc, f1, rmse")
    add("--trials", type=positive, help="models to try")
    add("--workers", type=positive, help="workers that try them side by side")
    add("--minutes", type=_make_number_parser(float, 0), help="time of the sweep and of fitting its model")
    add("--max-models", type=positive, help="trials that the model may consist of")
    add(
        "--max-latency-ms",
        type=_make_number_parser(float, 0),
        help="processor time to predict a row (0: no limit)",
    )
    add("--weighs-time", action="store_true", default=None, help="search for models that predict fast, too")
    add("--seed", type=whole, help="seed of every random choice")
    add("--warm-start", metavar="RUN", help="earlier run of the same problem, to begin with its best trials")
    add("--study", help="name of the sweep's study (default: the run's name)")
    add("--resume", metavar="RUN", help="go on with a run that was stopped, failed, or needs more trials")
    add("--experiment", help="MLflow experiment to log to")
    add("--model-name", help="name in the model registry (default: the target's; to score: the only one)")
    add("--version", help="to score with: number of a version, or an alias (default: the champion)")
    add("--run", help="to score with: the model of this run, in place of a version")
    add("--shards", type=positive, help="shares in which rows are scored")
    add("--identifiers", metavar="A,B", help="columns to write beside the predictions")
    add("--output", metavar="s3://BUCKET/FOLDER", help="where to put the predictions, too")
    add("--unreadable", choices=("refuse", "null"), help="what becomes of values that do not fit the model's")
    add("--problem", help="the rest of the specification: a YAML file, or JSON", metavar="FILE|JSON")
    add("--name", help="name of the run (default: pipeline and time)")
    add("--runs", type=Path, default=_RUNS, help="folder of all runs (default: %(default)s)")
    add("-v", "--verbose", action="store_true", help="show kfp's own output")
    add("--docker", action="store_true", help="run each stage in a container of its image")
    add("--registry", help="where the images are (default: REGISTRY, else docker.io/kfptabular)")
    add("--tag", help="tag of the images (default: TAG, else git describe)")
    add("--memory", help=f"memory that a container may use, such as 512m (default: {_MEMORY})")
    parser.epilog = "With neither source nor target it runs the sample: customers who leave."
    parser.set_defaults(command=_run)


def _add_serve_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--run", help="the run (default: the last whose model passed its gates)")
    add("--runs", type=Path, default=_RUNS, help="folder of all runs (default: %(default)s)")
    add("--model-name", default="model", help="name of the model in addresses (default: %(default)s)")
    add(
        "--port",
        type=_make_number_parser(int, 1),
        default=8080,
        help="port of V1 and V2 (default: %(default)s)",
    )
    add("--grpc-port", type=_make_number_parser(int, 0), default=0, help="port of gRPC (default: none)")
    add(
        "--workers",
        type=_make_number_parser(int, 1),
        default=1,
        help="processes that answer (default: %(default)s)",
    )
    parser.set_defaults(command=_serve)


def _add_compile_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--registry", help="where the images are (default: REGISTRY, else docker.io/kfptabular)")
    add("--tag", help="tag of the images (default: TAG, else git describe)")
    add("--pin", action="store_true", help="name the images that make push pushed, by digest")
    add("--size", choices=SIZES, default=SIZES[0], help="how much tasks may use (default: %(default)s)")
    add("--output", default="dist", help="folder to write to (default: %(default)s)")
    parser.set_defaults(command=_compile)


def _make_number_parser(kind: Callable[[str], float], least: int) -> Callable[[str], float]:
    name = "whole number" if kind is int else "number"

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = -1
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} is no {name} of at least {least}")
        return value

    return parse


def _compile(given: argparse.Namespace) -> int:
    name = ImageNames.read_pushed if given.pin else ImageNames.choose
    images = name(given.registry, given.tag)
    from pipelines.spec_compiler import compile_all

    for path in compile_all(given.output, images, given.size):
        sys.stdout.write(f"{path}\n")
    return 0


def _serve(given: argparse.Namespace) -> int:
    from pipelines.local.local_server import choose_run_to_serve, serve

    run = choose_run_to_serve(given.runs, given.run)
    serve(run, given.model_name, given.port, given.grpc_port, given.workers)
    return 0


def _run_doctor(_: argparse.Namespace) -> int:
    from pipelines.health.doctor import examine, is_healthy, show_results

    findings = examine()
    show_results(findings)
    return 0 if is_healthy(findings) else 1


def _run(given: argparse.Namespace) -> int:
    if given.pipeline not in PIPELINES:
        raise InvalidSetting.from_unknown_name("pipeline", given.pipeline, PIPELINES)
    if given.pipeline in OF_CLUSTERS:
        raise InvalidSetting(
            f"The pipeline {given.pipeline} changes what a cluster serves.",
            f"Start it there: make submit PIPELINE={given.pipeline}. On this machine there is make serve.",
        )
    from pipelines.local.run_folder import RunFolder

    command = Command(("run", given.pipeline), get_typed_options(given))
    if given.resume is not None:
        from pipelines.local.resumption import prepare_resume

        folder, arguments = prepare_resume(given.runs, given.resume, _build_parameters(given), given.name)
        command = command.merge_options(folder.load_record().get("options", {}))
        runner = _choose_task_runner(given)
        folder.clear()
    else:
        name = given.name or f"{given.pipeline}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        is_scoring = given.pipeline == "scoring"
        arguments = _build_scoring_arguments(given) if is_scoring else build_pipeline_arguments(given)
        if given.pipeline == "training":
            # It comes with pydantic.
            from pipelines.precheck import check_training, check_warm_start

            check_training(arguments, command)
            if given.warm_start:
                check_warm_start(given.runs, given.warm_start)
        runner = _choose_task_runner(given)
        folder = RunFolder.create(given.runs, name)
    from pipelines.local.run_command import run_and_report

    return run_and_report(command, arguments, folder, runner, is_verbose=given.verbose)


def get_typed_options(given: argparse.Namespace) -> dict[str, str]:
    """Return the options that a person gave, as text, but those that are for one run only."""
    options = {}
    for name, value in vars(given).items():
        if name in _NOT_TYPED or value is None or value is False or (name == "runs" and value == _RUNS):
            continue
        whole = isinstance(value, float) and value.is_integer()
        options[name.replace("_", "-")] = "1" if value is True else str(int(value) if whole else value)
    return options


def _choose_task_runner(given: argparse.Namespace) -> "TaskRunner":
    if given.docker:
        return _build_container_runner(given)
    for option in ("registry", "tag", "memory"):
        if getattr(given, option) is not None:
            raise InvalidSetting(
                f"--{option} is for containers, and this run has none.",
                f"Add --docker, or leave --{option} out.",
            )
    from pipelines.local.task_runners import ProcessRunner

    return ProcessRunner()


def _build_container_runner(given: argparse.Namespace) -> "TaskRunner":
    images = ImageNames.choose(given.registry, given.tag)
    memory = Memory.parse(given.memory or _MEMORY)
    from pipelines.local.docker_client import connect_to_engine

    client = connect_to_engine()
    from pipelines.local.containers import ContainerRunner
    from pipelines.spec_compiler import load_pipeline

    containers = ContainerRunner(client, images, memory)
    containers.pull_images(load_pipeline(given.pipeline))
    return containers


def build_pipeline_arguments(given: argparse.Namespace) -> dict[str, Any]:
    """Return the pipeline's arguments; what was not given is left to the pipeline's defaults.

    Raises
    ------
    InvalidSetting
        There is a source without a target or the other way round, or the problem cannot be read.
    """
    if (given.source is None) != (given.target is None):
        missing, there = ("target", "source") if given.source else ("source", "target")
        raise InvalidSetting(f"There is a {there} and no {missing}.", f"Add --{missing}, or leave both out.")
    arguments = _build_parameters(given)
    _check_unsupported(
        given, sorted({"version", "shards", "identifiers", "output", "unreadable"} & set(arguments))
    )
    if given.source is None:
        arguments = {**build_sample_parameters(), **arguments}
    return arguments


def _build_scoring_arguments(given: argparse.Namespace) -> dict[str, Any]:
    if given.source is None:
        raise InvalidSetting("There is no table to score.", "Name it: --source FILE.")
    arguments = _build_parameters(given)
    _check_unsupported(given, sorted(set(arguments) - _OF_SCORING))
    from pipelines.precheck import check_source

    check_source(arguments["source"])
    from pipelines.local.scoring_version import choose_scoring_version

    return {**arguments, **choose_scoring_version(given.runs, given.model_name, given.version, given.run)}


def _check_unsupported(given: argparse.Namespace, parameters: Sequence[str]) -> None:
    """Refuse what the pipeline has no parameter for."""
    options = [parameter.removeprefix("budget_").replace("_", "-") for parameter in parameters]
    if options:
        raise InvalidSetting(f"The pipeline {given.pipeline} takes no --{options[0]}.", "Leave it out.")


def _build_parameters(given: argparse.Namespace) -> dict[str, Any]:
    """Return the pipeline's parameters that the command names."""
    named = {
        "source": resolve_source(given.source) if given.source is not None else None,
        "target": given.target,
        "task": given.task,
        "metric": given.metric,
        "trials": given.trials,
        "workers": given.workers,
        "budget_minutes": given.minutes,
        "max_models": given.max_models,
        "max_latency_ms": given.max_latency_ms,
        "weighs_time": given.weighs_time,
        "study": given.study,
        "warm_start": given.warm_start,
        "seed": given.seed,
        "experiment": given.experiment,
        "model_name": given.model_name,
        "version": given.version,
        "shards": given.shards,
        "identifiers": given.identifiers.split(",") if given.identifiers else None,
        "output": given.output,
        "unreadable": given.unreadable,
        "problem": read_problem(given.problem) if given.problem is not None else None,
    }
    return {key: value for key, value in named.items() if value is not None}


def resolve_source(source: str) -> str:
    """Return a source as it is found from any folder: a path absolute, an address as it is."""
    if re.match(r"[a-z][a-z0-9+.-]+:", source) and not Path(source).exists():
        return source
    return str(Path(source).expanduser().resolve())
