"""Recurring runs and their triggers."""

import calendar
from typing import Any

from pipelines.backend_versions import BackendRelease
from tests.kfp_api.call import PAGING, Call, Route
from tests.kfp_api.experiments import enter_experiment
from tests.kfp_api.models import Refusal
from tests.kfp_api.runs import check_spec
from tests.kfp_api.state import format_now


def _list_recurring_runs(call: Call) -> dict[str, Any]:
    namespace = call.permit(call.query.get("namespace", ""), "list recurring runs")
    found = [r for r in call.api.recurringruns.values() if r["namespace"] == namespace]
    return call.make_page(found, "recurringRuns", ("recurring_run_id", "display_name"))


def _create_recurring_run(call: Call) -> dict[str, Any]:
    given = call.read("V2beta1RecurringRun")
    namespace = enter_experiment(call, given.get("experiment_id", ""), "create a recurring run")
    check_spec(call, given)
    _check_trigger(given)
    key = call.api.make_id()
    # Before 2.17, the account of the installation is set before that of the request is looked at.
    ignored = {"service_account"} if call.api.release < BackendRelease(2, 17) else set()
    made = {
        "service_account": "pipeline-runner",
        **{name: value for name, value in given.items() if name not in ignored},
        "max_concurrency": str(given["max_concurrency"]),
        "recurring_run_id": key,
        "namespace": namespace,
        "status": "ENABLED" if given["mode"] == "ENABLE" else "DISABLED",
        "created_at": format_now(),
    }
    if periodic := made["trigger"].get("periodic_schedule"):
        periodic["interval_second"] = str(periodic["interval_second"])
    if not (given.get("runtime_config") or {}).get("parameters"):
        # The backend leaves an empty configuration out of its answers.
        made.pop("runtime_config")
    call.api.recurringruns[key] = made
    return made


def _check_trigger(given: dict[str, Any]) -> None:
    if not 1 <= int(given.get("max_concurrency", 0)) <= 10:
        raise Refusal(400, "Max concurrency of a recurring run must be at least 1 and at most 10.")
    trigger = given.get("trigger") or {}
    if "cron_schedule" in trigger:
        if not is_cron(trigger["cron_schedule"]["cron"]):
            raise Refusal(400, "Schedule cron is not a supported format")
    elif int(trigger.get("periodic_schedule", {}).get("interval_second", 0)) < 1:
        raise Refusal(400, "Found invalid period schedule interval")


def is_cron(text: str) -> bool:
    """Tell whether the backend's parser takes a cron, of six fields: five would mean another time to it."""
    fields = text.split()
    limits = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    names = {name.lower() for name in (*calendar.month_abbr, *calendar.day_abbr) if name}
    if len(fields) != len(limits):
        return False
    for field, (least, most) in zip(fields, limits, strict=True):
        for part in field.split(","):
            bounds, _, step = part.partition("/")
            ends = [] if bounds in ("*", "?") else bounds.lower().split("-")
            numbers = [int(end) for end in ends if end.isdigit()]
            if not all(end.isdigit() or end in names for end in ends) or (step and not step.isdigit()):
                return False
            if any(not least <= number <= most for number in numbers) or numbers != sorted(numbers):
                return False
    return True


def _get_recurring_run(call: Call, key: str) -> dict[str, Any]:
    if key not in call.api.recurringruns:
        raise Refusal(404, f"recurring run {key} not found")
    call.permit(call.api.recurringruns[key]["namespace"], "access a recurring run")
    return call.api.recurringruns[key]


def _delete_recurring_run(call: Call, key: str) -> dict[str, Any]:
    _get_recurring_run(call, key)
    del call.api.recurringruns[key]
    return {}


def _change_recurring_run(call: Call, key: str, verb: str) -> dict[str, Any]:
    _get_recurring_run(call, key).update(mode=verb.upper(), status=f"{verb.upper()}D")
    return {}


_LIST = "V2beta1ListRecurringRunsResponse"
_QUERIES = ("namespace", "experiment_id", *PAGING)
_ONE = "recurringruns/([^/:]+)"
ROUTES = [
    Route("GET", "recurringruns", _list_recurring_runs, _LIST, _QUERIES),
    Route("POST", "recurringruns", _create_recurring_run, "V2beta1RecurringRun"),
    Route("GET", _ONE, _get_recurring_run, "V2beta1RecurringRun"),
    Route("DELETE", _ONE, _delete_recurring_run, "object", ("propagation_policy",)),
    Route("POST", f"{_ONE}:(enable|disable)", _change_recurring_run, "object"),
]
