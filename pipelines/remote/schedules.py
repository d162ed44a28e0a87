"""Runs that a cluster starts by itself, made to be as they are wanted."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.errors import InvalidSetting, suggest_name
from pipelines.remote.backend import check_backend
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient, find_or_create, list_all
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.pipeline_version import find_or_create_experiment, find_or_upload_spec
from pipelines.remote.spec import Spec

Change = Literal["created", "replaced", "unchanged"]
# The backend's own limits.
CONCURRENCY = (1, 10)


@dataclass(frozen=True)
class Schedule:
    """What is to run, and when.

    Attributes
    ----------
    name : str
        What people call it; a name is one schedule.
    spec : Spec
        The compiled pipeline.
    parameters : mapping
        Its parameters, checked.
    experiment : str
        The group of runs that its runs belong to.
    cron : str or None
        Six fields, as `pipelines.remote.cron.to_six_fields` writes them. None: it has an interval.
    seconds : int or None
        Time from one run to the next. None: it has a cron.
    catches_up : bool
        Whether runs that were missed are made up for.
    concurrency : int
        How many of its runs may run at a time, 1 to 10.
    service_account : str or None
        As whom its pods run. None: the installation's default.
    """

    name: str
    spec: Spec
    parameters: Mapping[str, Any]
    experiment: str
    cron: str | None
    seconds: int | None
    catches_up: bool
    concurrency: int
    service_account: str | None = None


@dataclass(frozen=True)
class ScheduleChange:
    """What became of a wanted schedule.

    Attributes
    ----------
    change : str
        What was done.
    differences : tuple of str
        What was different before, if it was replaced.
    is_enabled : bool
        Whether it starts runs.
    url : str
        Its page in the dashboard.
    """

    change: Change
    differences: tuple[str, ...]
    is_enabled: bool
    url: str


def apply_schedule(
    client: KubeflowClient, connection: KubeflowConnection, wanted: Schedule
) -> ScheduleChange:
    """Make a cluster's schedule of a name be as wanted; nothing changes where it already is.

    A schedule of the API cannot be edited: one that differs is replaced, and stays disabled if it was.

    Parameters
    ----------
    client : Client
        Of the connection.
    connection : Connection
        Where it is.
    wanted : Schedule
        The schedule.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or refuses. What was made before that is said.
    InvalidSetting
        The namespace or the experiment is none to run in.
    """
    namespace = check_backend(client, connection).namespace
    experiment = find_or_create_experiment(client, namespace, wanted.experiment)
    version = find_or_upload_spec(client, namespace, wanted.spec)
    reference = {"pipeline_id": version.pipeline_id, "pipeline_version_id": version.version_id}

    def list_same_named() -> list[Any]:
        return list_all(client.list_recurring_runs, "recurring_runs", wanted.name, namespace=namespace)

    def find_matching() -> Any | None:
        return next(
            (s for s in list_same_named() if not _list_differences(s, wanted, experiment, reference)), None
        )

    before = list_same_named()
    should_run = not before or any(is_enabled(schedule) for schedule in before)
    kept, is_made = find_or_create(
        client,
        find_matching,
        lambda: client.create_recurring_run(
            experiment,
            wanted.name,
            interval_second=wanted.seconds,
            cron_expression=wanted.cron,
            max_concurrency=wanted.concurrency,
            no_catchup=not wanted.catches_up,
            params=dict(wanted.parameters),
            pipeline_id=version.pipeline_id,
            version_id=version.version_id,
            enabled=should_run,
            service_account=wanted.service_account,
        ),
    )
    # Only now, so that there is never no schedule at all.
    others = [schedule for schedule in before if schedule.recurring_run_id != kept.recurring_run_id]
    for other in others:
        state = f"The schedule {wanted.name} is there twice, old and new; run this again to end that."
        _delete_by_id(client, namespace, other.recurring_run_id, state)
    differences = tuple(_list_differences(others[0], wanted, experiment, reference)) if others else ()
    return ScheduleChange(
        "unchanged" if not is_made and not others else "replaced" if others else "created",
        differences,
        is_enabled(kept),
        connection.build_page_url(f"recurringrun/details/{kept.recurring_run_id}"),
    )


def list_schedules(client: KubeflowClient, connection: KubeflowConnection) -> list[Any]:
    """Return the schedules of a cluster, by name.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or refuses.
    """
    return _fetch_schedules(client, check_backend(client, connection).namespace)


def set_enabled(
    client: KubeflowClient, connection: KubeflowConnection, name: str, *, should_run: bool
) -> bool:
    """Let a schedule start runs or not, and return whether that is a change.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or refuses.
    InvalidSetting
        There is no schedule of that name.
    """
    change = client.enable_recurring_run if should_run else client.disable_recurring_run
    changes = []
    for schedule in _find_named(client, check_backend(client, connection).namespace, name):
        key = schedule.recurring_run_id

        def confirm_state(key: str = key) -> bool | None:
            return True if is_enabled(client.get_recurring_run(key)) is should_run else None

        changes.append(
            find_or_create(client, confirm_state, functools.partial(_apply_change, change, key))[1]
        )
    return any(changes)


def delete_schedule(client: KubeflowClient, connection: KubeflowConnection, name: str) -> None:
    """Delete a schedule; its runs stay.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, or refuses.
    InvalidSetting
        There is no schedule of that name.
    """
    namespace = check_backend(client, connection).namespace
    for schedule in _find_named(client, namespace, name):
        _delete_by_id(client, namespace, schedule.recurring_run_id, f"The schedule {name} was not deleted.")


def describe_trigger(schedule: Any) -> str:
    """Return in words when a schedule of a cluster runs."""
    trigger = schedule.trigger
    if trigger is not None and trigger.cron_schedule is not None:
        return f"cron {trigger.cron_schedule.cron}"
    if trigger is not None and trigger.periodic_schedule is not None:
        return f"every {trigger.periodic_schedule.interval_second} s"
    return "never"


def is_enabled(schedule: Any) -> bool:
    """Return whether a schedule of a cluster starts runs."""
    return bool(schedule.status == "ENABLED" or schedule.mode == "ENABLE")


def _fetch_schedules(client: KubeflowClient, namespace: str) -> list[Any]:
    found = list_all(client.list_recurring_runs, "recurring_runs", namespace=namespace)
    return sorted(found, key=lambda schedule: str(schedule.display_name))


def _find_named(client: KubeflowClient, namespace: str, name: str) -> list[Any]:
    there = _fetch_schedules(client, namespace)
    found = [schedule for schedule in there if schedule.display_name == name]
    if not found:
        names = [str(schedule.display_name) for schedule in there]
        raise InvalidSetting(
            f"There is no schedule {name!r}.",
            suggest_name(name, names, "schedule") if names else "There is none at all.",
        )
    return found


def _delete_by_id(client: KubeflowClient, namespace: str, key: str, state: str) -> None:
    def is_gone() -> bool | None:
        return (
            None
            if key in {schedule.recurring_run_id for schedule in _fetch_schedules(client, namespace)}
            else True
        )

    try:
        find_or_create(client, is_gone, functools.partial(_apply_change, client.delete_recurring_run, key))
    except KubeflowError as error:
        raise KubeflowError(error.what, f"{error.remedy}\n{state}") from None


def _apply_change(change: Callable[[str], object], key: str) -> bool:
    change(key)
    return True


def _list_differences(
    there: Any, wanted: Schedule, experiment: str, reference: Mapping[str, str]
) -> list[str]:
    """Return in words what of a cluster's schedule is not as wanted."""
    found = there.pipeline_version_reference
    parameters = (there.runtime_config.parameters if there.runtime_config else None) or {}
    moment = f"cron {wanted.cron}" if wanted.cron else f"every {wanted.seconds} s"
    compared: dict[str, tuple[object, object]] = {
        "time": (describe_trigger(there), moment),
        "pipeline": (found.to_dict() if found else None, dict(reference)),
        "parameters": (parameters, dict(wanted.parameters)),
        "experiment": (there.experiment_id, experiment),
        "catch-up": (not there.no_catchup, wanted.catches_up),
        "concurrency": (int(there.max_concurrency or 0), wanted.concurrency),
    }
    if wanted.service_account is not None:
        compared["service account"] = (there.service_account, wanted.service_account)
    return [name for name, (one, other) in compared.items() if one != other]
