"""Runs, and the parameters that a run takes."""

import json
from typing import Any

from tests.kfp_api.call import PAGING, Call, Route
from tests.kfp_api.experiments import enter_experiment
from tests.kfp_api.models import Refusal
from tests.kfp_api.spec_messages import list_unknown_platform_fields
from tests.kfp_api.state import describe_run, format_now

_TYPES: dict[str, type | tuple[type, ...]] = {
    "STRING": str,
    "NUMBER_INTEGER": (int, float),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


def _list_runs(call: Call) -> dict[str, Any]:
    experiment = call.query.get("experiment_id")
    if experiment is None:
        call.permit(call.query.get("namespace", ""), "list runs")
    else:
        enter_experiment(call, experiment, "list runs")
    runs = [run for run in call.api.runs.values() if experiment in (None, run["experiment_id"])]
    found = [_show({**run, **_get_picture(run)}) for run in runs]
    return call.make_page(found, "runs", ("run_id", "display_name", "experiment_id", "state"))


def _create_run(call: Call) -> dict[str, Any]:
    given = call.read("V2beta1Run")
    enter_experiment(call, given.get("experiment_id", ""), "create a run")
    check_spec(call, given)
    if not given.get("display_name"):
        raise Refusal(400, "The run name is empty. Please specify a valid name")
    key = call.api.make_id()
    script = call.api.scripts.pop(0) if call.api.scripts else [describe_run("SUCCEEDED")]
    made = {"run_id": key, "state": "PENDING", "created_at": format_now(), "script": script}
    call.api.runs[key] = {**given, **made}
    return _show(call.api.runs[key])


def _get_run(call: Call, key: str) -> dict[str, Any]:
    if key not in call.api.runs:
        raise Refusal(404, f"Failed to get run: run {key} not found")
    run = call.api.runs[key]
    run["looked_at"] = run["script"].pop(0) if len(run["script"]) > 1 else run["script"][0]
    return _show({**run, **run["looked_at"]})


def _get_workflow(call: Call, key: str) -> dict[str, Any]:
    """Return a run as the API v1beta1 does; its workflow is as new as the last look at the run."""
    run = call.api.runs.get(key)
    if run is None:
        raise Refusal(404, f"Failed to get a v1beta1 run: run {key} not found")
    manifest = _get_picture(run).get("manifest", "")
    shown = {"id": key, "metrics": run.get("metrics", [])}
    return {"run": shown, "pipeline_runtime": {"workflow_manifest": manifest}}


def _report_metrics(call: Call, key: str) -> dict[str, Any]:
    """Keep the metrics of a run, which the API v1beta1 shows with it; it has no model here."""
    if key not in call.api.runs:
        raise Refusal(404, f"Failed to report metrics: run {key} not found")
    metrics = json.loads(call.body)["metrics"]
    call.api.runs[key].setdefault("metrics", []).extend(metrics)
    return {"results": [{"metric_name": metric["name"], "status": "OK"} for metric in metrics]}


def _stop_run(call: Call, key: str) -> dict[str, Any]:
    if key not in call.api.runs:
        raise Refusal(404, f"Failed to terminate a run: run {key} not found")
    run = call.api.runs[key]
    if _get_picture(run)["state"] not in ("PENDING", "RUNNING"):
        # So the second of two who stop a run is refused.
        raise Refusal(400, f"Failed to terminate a run {key}. Row not found")
    # A run that was terminated ends as one that failed.
    run["script"] = [{"state": "CANCELING"}, {"state": "FAILED"}]
    run["looked_at"] = run["script"][0]
    return {}


def _get_picture(run: dict[str, Any]) -> dict[str, Any]:
    """Return what the last look at a run showed."""
    picture: dict[str, Any] = run.get("looked_at", run["script"][0])
    return picture


def _show(run: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in run.items()
        if name not in ("script", "looked_at", "manifest", "metrics")
    }


def check_spec(call: Call, given: dict[str, Any]) -> None:
    """Refuse a run with other parameters than its pipeline has, or whose settings are of a newer release."""
    reference = given.get("pipeline_version_reference") or {}
    version = call.api.versions.get(reference.get("pipeline_version_id", ""))
    if version is None or version["pipeline_id"] != reference.get("pipeline_id"):
        raise Refusal(404, "Failed to fetch a template: the pipeline version was not found")
    spec = version["pipeline_spec"].get("pipeline_spec", version["pipeline_spec"])
    defined = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    values = (given.get("runtime_config") or {}).get("parameters") or {}
    for name, definition in defined.items():
        if name not in values:
            if not definition.get("isOptional") and "defaultValue" not in definition:
                raise Refusal(400, f"parameter {name} is not optional")
        elif not isinstance(values[name], _TYPES[definition["parameterType"]]):
            raise Refusal(400, f"input parameter {name} requires type {definition['parameterType']}")
    if extra := sorted(set(values) - set(defined)):
        raise Refusal(400, f"parameter(s) provided are not required by pipeline: {', '.join(extra)}")
    platform = version["pipeline_spec"].get("platform_spec")
    if platform and (unknown := list_unknown_platform_fields(platform, call.api.release)):
        field = unknown[0].rpartition(".")[2]
        # The real one answers with a stack trace behind it, and no better status.
        raise Refusal(
            500,
            'Internal error: error creating executor for "ingest": failed to unmarshal kubernetes config: '
            f'proto: (line 1:2): unknown field "{field}"\nFailed to compile job\ngithub.com/kubeflow',
        )


_QUERIES = ("namespace", "experiment_id", *PAGING)
ROUTES = [
    Route("GET", "runs", _list_runs, "V2beta1ListRunsResponse", _QUERIES),
    Route("POST", "runs", _create_run, "V2beta1Run"),
    Route("GET", "runs/([^/]+)", _get_run, "V2beta1Run", ("experiment_id",)),
    Route("GET", "runs/([^/]+)", _get_workflow, "object", api="v1beta1"),
    Route("POST", "runs/([^/]+):reportMetrics", _report_metrics, "object", api="v1beta1"),
    Route("POST", "runs/([^/]+):terminate", _stop_run, "object"),
]
