"""Schedules: runs that a cluster starts by itself."""

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
    """A schedule as a person wants it.

    Attributes
    ----------
    name : str
        Its name, which is unique.
    spec : Spec
        The compiled pipeline.
    parameters : mapping
        The pipeline's checked parameters.
    experiment : str
        Name of the experiment of its runs.
    cron : str or None
        Six fields from `pipelines.remote.cron.to_six_fields`. None: the schedule has an interval.
    seconds : int or None
        Time from one run to the next. None: the schedule has a cron.
    catches_up : bool
        Whether missed runs run later.
    concurrency : int
        Number of its runs that may run at the same time, 1 to 10.
    service_account : str or None
        Service account of its pods. None: the installation's default.
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
    """What `apply_schedule` did.

    Attributes
    ----------
    change : str
        ``created``, ``replaced`` or ``unchanged``.
    differences : tuple of str
        What was different before, if the schedule was replaced.
    is_enabled : bool
        Whether the schedule starts runs.
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
    """Create a schedule, or replace the one with its name if it differs.

    The API cannot edit schedules, so a different one is replaced. The new one is disabled if the old one was.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses a request. The message says what was created before.
    InvalidSetting
        Runs cannot run in the namespace or the experiment.
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
    current, is_new = find_or_create(
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
    # Deleted only now, so that there is always a schedule.
    others = [schedule for schedule in before if schedule.recurring_run_id != current.recurring_run_id]
    for other in others:
        state = (
            f"The old and the new schedule {wanted.name} both exist. Run this again to delete the old one."
        )
        _delete_by_id(client, namespace, other.recurring_run_id, state)
    differences = tuple(_list_differences(others[0], wanted, experiment, reference)) if others else ()
    return ScheduleChange(
        "replaced" if others else "created" if is_new else "unchanged",
        differences,
        is_enabled(current),
        connection.build_page_url(f"recurringrun/details/{current.recurring_run_id}"),
    )


def list_schedules(client: KubeflowClient, connection: KubeflowConnection) -> list[Any]:
    """Return the schedules of a cluster, sorted by name.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses the request.
    """
    return _fetch_schedules(client, check_backend(client, connection).namespace)


def set_enabled(
    client: KubeflowClient, connection: KubeflowConnection, name: str, *, should_run: bool
) -> bool:
    """Enable or disable a schedule, and return whether that changed it.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses a request.
    InvalidSetting
        There is no schedule with this name.
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
    KubeflowError
        The cluster cannot be reached, or refuses a request.
    InvalidSetting
        There is no schedule with this name.
    """
    namespace = check_backend(client, connection).namespace
    for schedule in _find_named(client, namespace, name):
        _delete_by_id(client, namespace, schedule.recurring_run_id, f"The schedule {name} was not deleted.")


def describe_trigger(schedule: Any) -> str:
    """Return as text when a schedule of a cluster runs."""
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
    schedules = _fetch_schedules(client, namespace)
    found = [schedule for schedule in schedules if schedule.display_name == name]
    if not found:
        names = [str(schedule.display_name) for schedule in schedules]
        raise InvalidSetting(
            f"There is no schedule {name!r}.",
            suggest_name(name, names, "schedule") if names else "The cluster has no schedules.",
        )
    return found


def _delete_by_id(client: KubeflowClient, namespace: str, key: str, state: str) -> None:
    def is_deleted() -> bool | None:
        keys = {schedule.recurring_run_id for schedule in _fetch_schedules(client, namespace)}
        return None if key in keys else True

    try:
        find_or_create(client, is_deleted, functools.partial(_apply_change, client.delete_recurring_run, key))
    except KubeflowError as error:
        raise KubeflowError(error.what, f"{error.remedy}\n{state}") from None


def _apply_change(change: Callable[[str], object], key: str) -> bool:
    change(key)
    return True


def _list_differences(
    current: Any, wanted: Schedule, experiment: str, reference: Mapping[str, str]
) -> list[str]:
    """Return the names of what is different in a cluster's schedule."""
    version = current.pipeline_version_reference
    parameters = (current.runtime_config.parameters if current.runtime_config else None) or {}
    trigger = f"cron {wanted.cron}" if wanted.cron else f"every {wanted.seconds} s"
    pairs: dict[str, tuple[object, object]] = {
        "time": (describe_trigger(current), trigger),
        "pipeline": (version.to_dict() if version else None, dict(reference)),
        "parameters": (parameters, dict(wanted.parameters)),
        "experiment": (current.experiment_id, experiment),
        "catch-up": (not current.no_catchup, wanted.catches_up),
        "concurrency": (int(current.max_concurrency or 0), wanted.concurrency),
    }
    if wanted.service_account is not None:
        pairs["service account"] = (current.service_account, wanted.service_account)
    return [name for name, (one, other) in pairs.items() if one != other]
