"""Run a pipeline on this machine."""

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.environment import Environment
from components.errors import InvalidSetting, format_list
from components.memory import Memory
from pipelines.catalogue import OF_CLUSTERS, OF_MODELS, PIPELINES
from pipelines.cli.data_version import add_data_version, pin_source
from pipelines.cli.parser import CommandParser, list_option_names, resolve_given
from pipelines.image_names import ImageNames
from pipelines.interface import FLAGS, Command
from pipelines.local.run_folder import RUNS, RunFolder, resolve_runs
from pipelines.parameters import format_words, limit_by_time, read_file
from pipelines.problem_file import complete_from_sample

if TYPE_CHECKING:
    from pipelines.local.task_runners import TaskRunner

HELP = "run a pipeline on this machine"
_MEMORY = "4g"
# How a flag is written that is not set.
_OFF = ("false", "0")
# Options that a later command does not repeat: they are for one run only.
_OF_ONE_RUN = ("command", "parser", "pipeline", "settings", "name", "resume", "from_run")


def add_options(parser: CommandParser) -> None:
    """Add a parser for each pipeline."""
    pipelines = parser.add_subparsers(metavar="PIPELINE", required=True, parser_class=CommandParser)
    for name in PIPELINES:
        if name in OF_CLUSTERS:
            child = pipelines.add_parser(name, help="on a cluster only")
            child.set_defaults(command=_refuse_here)
        else:
            child = pipelines.add_parser(name, help=f"run the {name} pipeline")
            child.add_parameters(name)
            _add_run_options(child, name)
            child.set_defaults(command=_run)
        child.set_defaults(pipeline=name, parser=child)


def _add_run_options(parser: CommandParser, pipeline: str) -> None:
    add = parser.add_argument
    if pipeline in OF_MODELS:
        add("--run", metavar="RUN", help="use the model of this run instead of a version")
    else:
        add("--resume", metavar="RUN", help="continue a run that was stopped, failed, or needs more trials")
        add("--results", metavar="DIR", help="also write metrics, plots and model here, for DVC")
        add_data_version(parser)
        add(
            "--from",
            dest="from_run",
            metavar="LINK",
            help="run a training of a cluster again, by its link or id",
        )
        parser.epilog = "Without source and target it trains on the sample, churn of customers."
    add("--parameters", type=Path, metavar="FILE", help="YAML file of the pipeline's parameters")
    add("--name", help="name of the run (default: pipeline and time)")
    add("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")
    add("-v", "--verbose", action="store_true", help="show kfp's own output")
    add("--docker", action="store_true", help="run each stage in a container of its image")
    add("--registry", help="where the images are (default: REGISTRY, else docker.io/kfptabular)")
    add("--tag", help="tag of the images (default: TAG, else git describe)")


def _refuse_here(given: argparse.Namespace) -> int:
    raise InvalidSetting(
        f"The pipeline {given.pipeline} changes what a cluster serves.",
        f"Start it there: make submit PIPELINE={given.pipeline}. On this machine, use make serve.",
    )


def _repeat_cluster_run(given: argparse.Namespace) -> int:
    """Run a training of a cluster on this machine, with its own code, parameters and data."""
    names = [f"--{name}" for name in list_typed_options(given) if name != "runs"]
    if names:
        raise InvalidSetting(
            f"A run of a cluster has settings of its own, so {format_list(names)} cannot be given.",
            "Give its link only, with --name and --runs if you like.",
        )
    from pipelines.local.checkout import open_checkout
    from pipelines.local.run_origin import restore_variables
    from pipelines.remote.cluster_run import RunLink, build_local_parameters, read_cluster_run
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.kubeflow_connection import KubeflowConnection

    link = RunLink.parse(given.from_run)
    run = read_cluster_run(KubeflowClient(KubeflowConnection.choose(link.host)), link.run_id)
    parameters, notes = build_local_parameters(run, Environment.read())
    variables = restore_variables({})
    notes += [
        f"{name} is not set: it changes the last digits, and the images of the cluster do not set it."
        for name in variables
    ]
    name = given.name or f"from-{link.run_id[:8]}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    with open_checkout(run.revision) as checkout:
        sys.stdout.write(
            f"The run {run.name} of the cluster, {run.state}, at commit {checkout.commit[:12]}\n"
        )
        sys.stdout.writelines(f"  {note}\n" for note in notes)
        sys.stdout.flush()
        words = ["run", "training", "--name", name, "--runs", str(resolve_runs(given.runs))]
        return checkout.run([*words, *format_words(parameters)], variables)


def _run(given: argparse.Namespace) -> int:
    if getattr(given, "from_run", None) is not None:
        return _repeat_cluster_run(given)
    values = read_file(given.parameters) if given.parameters else {}
    parameters = resolve_given(given, given.parser.parameters, values)
    parameters = pin_source(parameters, getattr(given, "data_version", None))
    for name in ("source", "test", "truth", "folder"):
        if parameters.get(name):
            parameters[name] = resolve_source(parameters[name])
    command = Command(("run", given.pipeline), list_typed_options(given))
    if "results" in command.options:
        from pipelines.local.results_folder import check_results_folder

        check_results_folder(Path(command.options["results"]))
    if getattr(given, "resume", None) is not None:
        from pipelines.local.resumption import prepare_resume

        folder, arguments = prepare_resume(given.runs, given.resume, parameters, given.name)
        command = command.merge_options(folder.load_record().get("options", {}))
        runner = _build_task_runner(given, str(arguments.get("memory", "")))
        folder.clear()
    else:
        complete = _COMPLETIONS.get(given.pipeline)
        arguments = complete(parameters, given, command) if complete else parameters
        runner = _build_task_runner(given, str(arguments.get("memory", "")))
        name = given.name or f"{given.pipeline}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        folder = RunFolder.create(given.runs, name)
    from pipelines.local.run_report import run_and_report

    status = run_and_report(command, arguments, folder, runner, is_verbose=given.verbose)
    if given.pipeline == "monitoring" and status == 0:
        return _follow_decision(folder, parameters, command, given, runner)
    return status


def _follow_decision(
    folder: RunFolder,
    parameters: dict[str, Any],
    command: Command,
    given: argparse.Namespace,
    runner: "TaskRunner",
) -> int:
    """Start the training that a monitoring run decided on, or say how, and return the exit status."""
    from pipelines.local.retraining import build_training_command, find_retraining, retrain

    wanted = find_retraining(folder)
    if wanted is None:
        return 0
    if parameters.get("retrain", True):
        return retrain(wanted, parameters, command.options, given.runs, runner, is_verbose=given.verbose)
    sys.stdout.write(f"To train it: {build_training_command(wanted, command.options)}\n")
    return 0


def complete_training(
    parameters: dict[str, Any], given: argparse.Namespace, command: Command
) -> dict[str, Any]:
    """Return the checked parameters of a training; without a table, those of the sample.

    Raises
    ------
    SuiteError
        Only one of source and target is given, or the run could not succeed.
    """
    parameters = complete_from_sample(parameters)
    if parameters.get("deploy"):
        raise InvalidSetting(
            "--deploy works only on a cluster.",
            "Leave it out, and serve the model on this machine with make serve.",
        )
    parameters = limit_by_time(parameters)
    # It imports pydantic, which takes long.
    from pipelines.cli.precheck import check_training, check_warm_start

    check_training(parameters, command)
    if parameters.get("warm_start"):
        check_warm_start(given.runs, parameters["warm_start"])
    return parameters


def _complete_scoring(parameters: dict[str, Any], given: argparse.Namespace, _: Command) -> dict[str, Any]:
    if "source" not in parameters:
        raise InvalidSetting("There is no table to score.", "Give one: --source FILE.")
    from pipelines.cli.precheck import check_scoring

    check_scoring(parameters)
    from pipelines.local.scoring_version import choose_scoring_version

    model, version = parameters.get("model_name"), parameters.get("version")
    return {**parameters, **choose_scoring_version(given.runs, model, version, given.run)}


def _complete_monitoring(parameters: dict[str, Any], given: argparse.Namespace, _: Command) -> dict[str, Any]:
    from pipelines.cli.precheck import check_monitoring
    from pipelines.local.local_server import choose_run_to_serve, find_monitoring

    if parameters.get("deploy"):
        raise InvalidSetting(
            "--deploy works only on a cluster.",
            "Leave it out, and serve the new model on this machine with make serve.",
        )
    parameters = {"folder": str(find_monitoring(given.runs)), **parameters}
    check_monitoring(parameters)
    from pipelines.local.scoring_version import choose_scoring_version

    model, version, run = parameters.get("model_name"), parameters.get("version"), given.run
    if model is None and version is None:
        # The one that make serve serves.
        run = choose_run_to_serve(given.runs, run).name
    chosen = choose_scoring_version(given.runs, model, version, run)
    # Here a training is a run of its own, which can be resumed and served.
    return {**parameters, **chosen, "retrain": False}


# Functions that complete and check a pipeline's parameters.
_COMPLETIONS = {
    "training": complete_training,
    "scoring": _complete_scoring,
    "monitoring": _complete_monitoring,
}


def list_typed_options(given: argparse.Namespace) -> dict[str, str]:
    """Return the options and parameters that a person gave, as text, except those for one run only."""
    options = {}
    for name, value in vars(given).items():
        if name in _OF_ONE_RUN or value is None or value is False or (name == "runs" and value == RUNS):
            continue
        options[list_option_names(given.pipeline, name)[0]] = "1" if value in (True, "true") else str(value)
    for word in given.settings:
        name, _, text = word.partition("=")
        options[list_option_names(given.pipeline, name)[0]] = text
    return {name: text for name, text in options.items() if name not in FLAGS or text.lower() not in _OFF}


def resolve_source(source: str) -> str:
    """Return a source that is valid in every folder: a path becomes absolute, an address is unchanged."""
    # The image of submit has the command line without the stages.
    from components.ingest.sources.dvc_address import DvcAddress
    from components.ingest.sources.kind import find_kind
    from components.ingest.sources.lakehouse_address import LakehouseAddress

    match find_kind(source):
        case "":
            return str(Path(source).expanduser().resolve())
        case "dvc":
            return str(DvcAddress.parse(source).make_absolute())
        case "delta" | "iceberg":
            return str(LakehouseAddress.parse(source).make_absolute())
    return source


def _build_task_runner(given: argparse.Namespace, memory: str) -> "TaskRunner":
    if given.docker:
        return _build_container_runner(given, memory)
    for option in ("registry", "tag"):
        if getattr(given, option) is not None:
            raise InvalidSetting(
                f"--{option} is for containers, but this run does not use them.",
                f"Add --docker, or leave --{option} out.",
            )
    from pipelines.local.task_runners import ProcessRunner

    return ProcessRunner()


def _build_container_runner(given: argparse.Namespace, memory: str) -> "TaskRunner":
    images = ImageNames.choose(given.registry, given.tag)
    limit = Memory.parse(memory or _MEMORY)
    from pipelines.local.docker_client import connect_to_engine

    client = connect_to_engine()
    from pipelines.local.containers import ContainerRunner
    from pipelines.spec_compiler import load_pipeline

    containers = ContainerRunner(client, images, limit)
    containers.pull_images(load_pipeline(given.pipeline))
    return containers
