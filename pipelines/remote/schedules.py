"""Schedules: runs that a cluster starts by itself."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from kfp_server_api import (
    RecurringRunMode,
    V2beta1CronSchedule,
    V2beta1PeriodicSchedule,
    V2beta1RecurringRun,
    V2beta1RuntimeConfig,
    V2beta1Trigger,
)

from components.errors import InvalidSetting, suggest_name
from pipelines.backend_versions import SCHEDULE_ACCOUNT, describe_omissions
from pipelines.remote.backend import check_backend, choose_namespace
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient, find_or_create, list_all
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.pipeline_version import PipelineVersion, find_or_create_experiment, find_or_upload_spec
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

    @property
    def trigger(self) -> V2beta1Trigger:
        """When it runs, as a cluster's schedule has it."""
        if self.cron:
            return V2beta1Trigger(cron_schedule=V2beta1CronSchedule(cron=self.cron))
        return V2beta1Trigger(periodic_schedule=V2beta1PeriodicSchedule(interval_second=self.seconds))


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
    note : str
        What the backend does not know, so that it was left out; may be empty.
    """

    change: Change
    differences: tuple[str, ...]
    is_enabled: bool
    url: str
    note: str = ""


def apply_schedule(
    client: KubeflowClient, connection: KubeflowConnection, wanted: Schedule
) -> ScheduleChange:
    """Create a schedule, or replace the one with its name if it differs in what the backend knows.

    The API cannot edit schedules, so a different one is replaced. The new one is disabled if the old one was.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses a request. The message says what was created before.
    InvalidSetting
        Runs cannot run in the namespace or the experiment.
    """
    backend = check_backend(client, connection)
    namespace = choose_namespace(backend, connection)
    spec, omitted = wanted.spec.adapt(backend.release)
    wanted = dataclasses.replace(wanted, spec=spec)
    if wanted.service_account is not None and backend.release < SCHEDULE_ACCOUNT.since:
        wanted = dataclasses.replace(wanted, service_account=None)
        omitted.append(SCHEDULE_ACCOUNT)
    experiment = find_or_create_experiment(client, namespace, wanted.experiment)
    version = find_or_upload_spec(client, namespace, wanted.spec)
    list_same_named = functools.partial(_fetch_schedules, client, namespace, wanted.name)
    before = list_same_named()
    should_run = not before or any(is_enabled(schedule) for schedule in before)
    new = _build_recurring_run(wanted, experiment, version, should_run=should_run)
    current, is_new = find_or_create(
        client,
        lambda: [schedule for schedule in list_same_named() if not _list_differences(schedule, new)],
        lambda: client.recurring_runs.recurring_run_service_create_recurring_run(new),
    )
    # Deleted only now, so that there is always a schedule.
    others = [schedule for schedule in before if schedule.recurring_run_id != current.recurring_run_id]
    for other in others:
        state = (
            f"The old and the new schedule {wanted.name} both exist. Run this again to delete the old one."
        )
        _delete_by_id(client, namespace, other.recurring_run_id, state)
    differences = tuple(_list_differences(others[0], new)) if others else ()
    return ScheduleChange(
        "replaced" if others else "created" if is_new else "unchanged",
        differences,
        is_enabled(current),
        connection.build_page_url(f"recurringrun/details/{current.recurring_run_id}"),
        describe_omissions(backend.release, omitted),
    )


def list_schedules(client: KubeflowClient, connection: KubeflowConnection) -> list[Any]:
    """Return the schedules of a cluster, sorted by name.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses the request.
    """
    return _fetch_schedules(client, _choose_namespace(client, connection))


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
    service = client.recurring_runs
    change = (
        service.recurring_run_service_enable_recurring_run
        if should_run
        else service.recurring_run_service_disable_recurring_run
    )
    found = _find_named(client, _choose_namespace(client, connection), name)
    differing = [schedule for schedule in found if is_enabled(schedule) is not should_run]
    for schedule in differing:
        client.repeat(functools.partial(change, schedule.recurring_run_id))
    return bool(differing)


def delete_schedule(client: KubeflowClient, connection: KubeflowConnection, name: str) -> None:
    """Delete a schedule; its runs stay.

    Raises
    ------
    KubeflowError
        The cluster cannot be reached, or refuses a request.
    InvalidSetting
        There is no schedule with this name.
    """
    namespace = _choose_namespace(client, connection)
    for schedule in _find_named(client, namespace, name):
        _delete_by_id(client, namespace, schedule.recurring_run_id, f"The schedule {name} was not deleted.")


def describe_trigger(schedule: Any) -> str:
    """Return as text when a schedule runs."""
    trigger = schedule.trigger
    if trigger is not None and trigger.cron_schedule is not None:
        return f"cron {trigger.cron_schedule.cron}"
    if trigger is not None and trigger.periodic_schedule is not None:
        return f"every {trigger.periodic_schedule.interval_second} s"
    return "never"


def is_enabled(schedule: Any) -> bool:
    """Return whether a schedule of a cluster starts runs."""
    return bool(schedule.status == "ENABLED" or schedule.mode == "ENABLE")


def _choose_namespace(client: KubeflowClient, connection: KubeflowConnection) -> str:
    return choose_namespace(check_backend(client, connection), connection)


def _fetch_schedules(client: KubeflowClient, namespace: str, name: str | None = None) -> list[Any]:
    list_page = client.recurring_runs.recurring_run_service_list_recurring_runs
    found = list_all(list_page, "recurring_runs", name, namespace=namespace)
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
    delete = functools.partial(client.recurring_runs.recurring_run_service_delete_recurring_run, key)
    try:
        client.repeat(delete)
    except KubeflowError as error:
        # It may be gone, if the answer to an earlier attempt was lost.
        if key in {schedule.recurring_run_id for schedule in _fetch_schedules(client, namespace)}:
            raise KubeflowError(error.what, f"{error.remedy}\n{state}") from None


def _build_recurring_run(
    wanted: Schedule, experiment: str, version: PipelineVersion, *, should_run: bool
) -> V2beta1RecurringRun:
    return V2beta1RecurringRun(
        display_name=wanted.name,
        experiment_id=experiment,
        pipeline_version_reference=version.to_reference(),
        runtime_config=V2beta1RuntimeConfig(parameters=dict(wanted.parameters)),
        trigger=wanted.trigger,
        mode=RecurringRunMode.ENABLE if should_run else RecurringRunMode.DISABLE,
        no_catchup=not wanted.catches_up,
        max_concurrency=wanted.concurrency,
        service_account=wanted.service_account,
    )


# The API leaves out what is empty, and writes whole numbers as text.
_COMPARED: dict[str, Callable[[V2beta1RecurringRun], object]] = {
    "time": describe_trigger,
    "pipeline": attrgetter("pipeline_version_reference"),
    "parameters": lambda schedule: (schedule.runtime_config and schedule.runtime_config.parameters) or {},
    "experiment": attrgetter("experiment_id"),
    "catch-up": lambda schedule: bool(schedule.no_catchup),
    "concurrency": lambda schedule: int(schedule.max_concurrency or 0),
}


def _list_differences(current: V2beta1RecurringRun, wanted: V2beta1RecurringRun) -> list[str]:
    """Return the names of what is different in a cluster's schedule."""
    differences = [name for name, read in _COMPARED.items() if read(current) != read(wanted)]
    if wanted.service_account not in (None, current.service_account):
        differences.append("service account")
    return differences
