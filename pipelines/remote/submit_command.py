"""The command that starts a run on a cluster."""

import argparse
import sys
from datetime import datetime

from pipelines.remote.cron import seconds_of
from pipelines.remote.options import (
    FAILED,
    add_connection,
    add_run,
    check_images,
    chosen_connection,
    chosen_run,
    pipeline_help,
    plan,
    status_of,
)


def add_submit(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``submit``."""
    add = parser.add_argument
    add("pipeline", help=pipeline_help())
    add_connection(parser)
    add_run(parser)
    add("--name", help="name of the run (default: pipeline and time)")
    add("--wait", action="store_true", help="follow the run, and end with its verdict")
    add("--timeout", metavar="TIME", help="how long to wait, such as 90m or 6h (default: until it ends)")
    parser.epilog = "Without any parameter training runs the sample: customers who leave."
    parser.set_defaults(command=lambda given: status_of(lambda: _submit(given)))


def _submit(given: argparse.Namespace) -> int:
    connection = chosen_connection(given)
    from pipelines.problems import sample_run

    spec, parameters = chosen_run(given, sample_run() if given.pipeline == "training" else None)
    seconds = seconds_of(given.timeout, "timeout") if given.timeout else None
    name = given.name or f"{given.pipeline}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    if given.dry_run:
        where = plan(connection, spec, given, parameters)
        sys.stdout.write(f"would start the run {name}\n{where}\nNothing was sent.\n")
        return 0
    check_images(spec)
    from pipelines.remote.client import Client
    from pipelines.remote.submitting import Submission, submit

    client = Client(connection)
    submission = Submission(spec, parameters, given.experiment, name, given.service_account)
    submitted = submit(client, connection, submission)
    upload = "uploaded" if submitted.is_version_new else "already there"
    sys.stdout.write(f"version {spec.version}, {upload}\nrun     {name}\n{submitted.url}\n")
    if not given.wait:
        return 0
    sys.stdout.flush()
    from pipelines.remote.following import follow

    has_succeeded = follow(client, submitted.run_id, spec.titles, sys.stdout, seconds=seconds)
    return 0 if has_succeeded else FAILED
