"""Answer requests with the model of a run on this machine."""

import argparse
from pathlib import Path

from pipelines.cli.parser import CommandParser, make_number_type
from pipelines.local.run_folder import RUNS

HELP = "answer requests with the model of a run on this machine"


def add_options(parser: CommandParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--run", help="the run (default: the last whose model passed its gates)")
    add("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")
    add("--model-name", default="model", help="name of the model in addresses (default: %(default)s)")
    add("--port", type=make_number_type(1), default=8080, help="port of V1 and V2 (default: %(default)s)")
    add("--grpc-port", type=make_number_type(0), default=0, help="port of gRPC (default: none)")
    add("--workers", type=make_number_type(1), default=1, help="processes that answer (default: %(default)s)")
    add("--app", action="store_true", help="also serve the app, in which people use the model, at /app")
    log = "whether to log requests and predictions in monitoring/ (default: yes, but no with --app)"
    add("--log", action=argparse.BooleanOptionalAction, help=log)
    parser.set_defaults(command=_serve, parser=parser)


def _serve(given: argparse.Namespace) -> int:
    from pipelines.local.local_server import choose_run_to_serve, serve

    run = choose_run_to_serve(given.runs, given.run)
    # Values that people try in the app are no requests that a monitoring should compare with training.
    is_logged = not given.app if given.log is None else given.log
    ports = given.port, given.grpc_port
    app_runs = given.runs if given.app else None
    serve(run, given.model_name, *ports, given.workers, is_logged=is_logged, app_runs=app_runs)
    return 0
