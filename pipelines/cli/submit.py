"""Start a run on a cluster."""

import argparse
import sys
from datetime import datetime

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
    read_spec_and_parameters,
    run_remote_command,
)
from pipelines.remote.cron import parse_interval

HELP = "start a run on a cluster"


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("pipeline", choices=PIPELINES, metavar="PIPELINE", help=f"which: {', '.join(PIPELINES)}")
    add_connection_options(parser)
    add_remote_run_options(parser)
    add_data_version(parser)
    add("--name", help="name of the run (default: pipeline and time)")
    add("--wait", action="store_true", help="follow the run, and end with its verdict")
    add("--timeout", metavar="TIME", help="how long to wait, such as 90m or 6h (default: until it ends)")
    parser.epilog = "Without a source, training uses the sample, churn of customers."
    parser.set_defaults(command=lambda given: run_remote_command(lambda: _submit(given)), parser=parser)


def _submit(given: argparse.Namespace) -> int:
    connection = choose_connection(given)
    spec, parameters = read_spec_and_parameters(given, has_sample=given.pipeline == "training")
    parameters = pin_source(parameters, given.data_version)
    seconds = parse_interval(given.timeout, "timeout") if given.timeout else None
    name = given.name or f"{given.pipeline}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if given.dry_run:
        plan = describe_plan(connection, spec, given, parameters)
        sys.stdout.write(f"would start the run {name}\n{plan}\nNothing was sent.\n")
        return 0
    check_images_pushed(spec)
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.submission import Submission, submit_run

    client = KubeflowClient(connection)
    submission = Submission(spec, parameters, given.experiment, name, given.service_account)
    submitted = submit_run(client, connection, submission)
    sys.stderr.write(submitted.note)
    upload = "uploaded" if submitted.is_version_new else "uploaded before"
    sys.stdout.write(f"version {submitted.version}, {upload}\nrun     {name}\n{submitted.url}\n")
    if not given.wait:
        return 0
    sys.stdout.flush()
    from pipelines.remote.run_progress import follow_run

    has_succeeded = follow_run(client, submitted, spec, sys.stdout, seconds=seconds)
    return 0 if has_succeeded else FAILED
