"""Make a cluster start runs by itself."""

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from components.errors import InvalidSetting
from pipelines.catalogue import PIPELINES
from pipelines.cli.parser import CommandParser
from pipelines.cli.remote_options import (
    add_connection_options,
    add_remote_run_options,
    check_images_pushed,
    choose_connection,
    describe_plan,
    read_spec_and_parameters,
    run_remote_command,
)
from pipelines.remote.cron import convert_to_utc, parse_interval, to_six_fields

if TYPE_CHECKING:
    from pipelines.remote.schedules import Schedule

# Commands that change a schedule, with their results.
_CHANGES = {"enable": "enabled", "disable": "disabled", "delete": "deleted"}


HELP = "make a cluster start runs by itself"


def add_options(parser: CommandParser) -> None:
    """Add a parser for each pipeline to schedule, and for each change."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    for pipeline in PIPELINES:
        _add_apply_options(commands.add_parser(pipeline, help="run it regularly"), pipeline)
    listing = commands.add_parser("list", help="show the schedules")
    add_connection_options(listing)
    listing.set_defaults(command=lambda given: run_remote_command(lambda: _list(given)), parser=listing)
    for verb in _CHANGES:
        change = commands.add_parser(verb, help=f"{verb} a schedule")
        change.add_argument("name", help="name of the schedule")
        add_connection_options(change)
        change.set_defaults(
            command=lambda given: run_remote_command(lambda: _change(given)), verb=verb, parser=change
        )


def _add_apply_options(parser: CommandParser, pipeline: str) -> None:
    add = parser.add_argument
    add_connection_options(parser)
    add_remote_run_options(parser)
    add("--name", default=pipeline, help="name of the schedule (default: %(default)s)")
    add("--cron", help='minute, hour, day, month and day of the week: "0 6 * * 1" is Monday at 6')
    add("--every", metavar="TIME", help="time from one run to the next, such as 30m, 6h or 1d")
    add("--timezone", metavar="ZONE", help="time zone of the cron (default: the installation's, usually UTC)")
    add("--catch-up", action="store_true", help="run missed runs later")
    add("--concurrency", type=int, default=1, help="runs at the same time, 1 to 10 (default: %(default)s)")
    parser.set_defaults(
        command=lambda given: run_remote_command(lambda: _apply(given)), pipeline=pipeline, parser=parser
    )


def _apply(given: argparse.Namespace) -> int:
    connection = choose_connection(given)
    wanted = _build_schedule(given)
    from pipelines.remote.schedules import apply_schedule, describe_trigger

    if given.dry_run:
        plan = describe_plan(connection, wanted.spec, given, dict(wanted.parameters))
        sys.stdout.write(
            f"would schedule {wanted.name}: {describe_trigger(wanted)}\n{plan}\nNothing was sent.\n"
        )
        return 0
    check_images_pushed(wanted.spec)
    from pipelines.remote.kubeflow_client import KubeflowClient

    applied = apply_schedule(KubeflowClient(connection), connection, wanted)
    sys.stderr.write(applied.note)
    reason = f": {', '.join(applied.differences)} differed" if applied.differences else ""
    state = "" if applied.is_enabled else f"\nIt is disabled: schedule enable {wanted.name}"
    sys.stdout.write(f"schedule {wanted.name} {applied.change}{reason}\n{applied.url}{state}\n")
    return 0


def _build_schedule(given: argparse.Namespace) -> "Schedule":
    from pipelines.remote.schedules import CONCURRENCY, Schedule

    if (given.cron is None) == (given.every is None):
        raise InvalidSetting(
            "The schedule has neither a cron nor an interval."
            if given.cron is None
            else "The schedule has both a cron and an interval.",
            'Give either --cron "0 6 * * 1" or --every 6h.',
        )
    if given.every is not None and given.timezone is not None:
        raise InvalidSetting("An interval has no time zone.", "Leave --timezone out, or give --cron.")
    least, most = CONCURRENCY
    if not least <= given.concurrency <= most:
        raise InvalidSetting.from_out_of_range("concurrency", given.concurrency, f"from {least} to {most}")
    cron = given.cron
    if cron is not None and given.timezone is not None:
        cron = convert_to_utc(cron, given.timezone, datetime.now(UTC))
    spec, parameters = read_spec_and_parameters(given)
    return Schedule(
        name=given.name,
        spec=spec,
        parameters=parameters,
        experiment=given.experiment,
        cron=None if cron is None else to_six_fields(cron),
        seconds=None if given.every is None else parse_interval(given.every, "every"),
        catches_up=given.catch_up,
        concurrency=given.concurrency,
        service_account=given.service_account,
    )


def _list(given: argparse.Namespace) -> int:
    connection = choose_connection(given)
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.schedules import describe_trigger, is_enabled, list_schedules

    schedules = list_schedules(KubeflowClient(connection), connection)
    for schedule in schedules:
        state = "enabled" if is_enabled(schedule) else "disabled"
        sys.stdout.write(f"{schedule.display_name:<24}{state:<10}{describe_trigger(schedule)}\n")
    if not schedules:
        sys.stdout.write("there are no schedules\n")
    return 0


def _change(given: argparse.Namespace) -> int:
    connection = choose_connection(given)
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.schedules import delete_schedule, set_enabled

    client, is_changed = KubeflowClient(connection), True
    if given.verb == "delete":
        delete_schedule(client, connection, given.name)
    else:
        is_changed = set_enabled(client, connection, given.name, should_run=given.verb == "enable")
    already = "" if is_changed else "was already "
    sys.stdout.write(f"schedule {given.name} {already}{_CHANGES[given.verb]}\n")
    return 0
