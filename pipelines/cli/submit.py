"""Start a run on a cluster."""

import argparse
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSetting
from pipelines.catalogue import PIPELINES
from pipelines.cli.data_version import add_data_version, pin_source
from pipelines.cli.parser import CommandParser
from pipelines.cli.remote_options import (
    FAILED,
    add_connection_options,
    add_remote_run_options,
    check_images_pushed,
    choose_connection,
    describe_plan,
    read_parameters,
    read_spec_and_parameters,
    run_remote_command,
)
from pipelines.remote.cron import parse_interval

if TYPE_CHECKING:
    from pipelines.remote.kubeflow_connection import KubeflowConnection
    from pipelines.remote.spec import Spec

HELP = "start a run on a cluster"


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("pipeline", choices=PIPELINES, metavar="PIPELINE", help=f"which: {', '.join(PIPELINES)}")
    add_connection_options(parser)
    add_remote_run_options(parser)
    add_data_version(parser)
    add(
        "--from", dest="stage", metavar="STAGE", help="start an earlier run again from this stage: with --run"
    )
    add("--run", metavar="RUN", help="the earlier run: its id, or the address of its page")
    add("--name", help="name of the run (default: pipeline and time)")
    add("--wait", action="store_true", help="follow the run, and end with its verdict")
    add("--timeout", metavar="TIME", help="how long to wait, such as 90m or 6h (default: until it ends)")
    parser.epilog = "Without a source, training uses the sample, churn of customers."
    parser.set_defaults(command=lambda given: run_remote_command(lambda: _submit(given)), parser=parser)


def _submit(given: argparse.Namespace) -> int:
    connection = choose_connection(given)
    if given.stage or given.run:
        spec, parameters, restart = _prepare_restart(given, connection)
    else:
        spec, parameters = read_spec_and_parameters(given, has_sample=given.pipeline == "training")
        parameters, restart = pin_source(parameters, given.data_version), ""
    seconds = parse_interval(given.timeout, "timeout") if given.timeout else None
    name = given.name or f"{given.pipeline}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if given.dry_run:
        plan = describe_plan(connection, spec, given, parameters)
        sys.stdout.write(f"would start the run {name}\n{plan}\n{restart}Nothing was sent.\n")
        return 0
    check_images_pushed(spec)
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.submission import Submission, submit_run

    client = KubeflowClient(connection)
    submission = Submission(spec, parameters, given.experiment, name, given.service_account)
    submitted = submit_run(client, connection, submission)
    sys.stderr.write(submitted.note)
    upload = "uploaded" if submitted.is_version_new else "uploaded before"
    sys.stdout.write(f"{restart}version {submitted.version}, {upload}\nrun     {name}\n{submitted.url}\n")
    if not given.wait:
        return 0
    sys.stdout.flush()
    from pipelines.remote.run_progress import follow_run

    has_succeeded = follow_run(client, submitted, spec, sys.stdout, seconds=seconds)
    return 0 if has_succeeded else FAILED


def _prepare_restart(
    given: argparse.Namespace, connection: "KubeflowConnection"
) -> "tuple[Spec, dict[str, Any], str]":
    """Return the pipeline and the parameters of a restart, and the lines that say what it reuses."""
    if not (given.stage and given.run):
        raise InvalidSetting(
            "A restart needs a stage and a run.", "Give both, such as --from tune --run URL, or neither."
        )
    if given.no_cache:
        raise InvalidSetting(
            "A restart reuses results, and --no-cache forbids it.",
            "Leave --no-cache out, or --from and --run.",
        )
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.restart import fetch_earlier_run, inherit_parameters, plan_restart
    from pipelines.remote.spec import Spec

    spec = Spec.read(given.pipeline, given.compiled)
    earlier = fetch_earlier_run(KubeflowClient(connection), given.run)
    inherited = inherit_parameters(spec, earlier, given.stage)
    parameters = read_parameters(given, spec, inherited, is_complete=True)
    parameters = pin_source(parameters, given.data_version)
    restart = plan_restart(spec, parameters, earlier, given.stage)
    lines = [("restart", f"from {given.stage}, of the run {earlier.name}"), *restart.list_lines()]
    if parameters.get("study") == earlier.run_id:
        lines.append(("sweep", "continues with the trials of that run, if the sweeps' database has them"))
    text = "".join(f"{label:<10}{said}\n" for label, said in lines)
    return spec.disable_cache(restart.restarted), parameters, text
