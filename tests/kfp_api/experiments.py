"""Experiments."""

from typing import Any

from tests.kfp_api.call import PAGING, Call, Route
from tests.kfp_api.models import Refusal


def _list_experiments(call: Call) -> dict[str, Any]:
    namespace = call.permit(call.query.get("namespace", ""), "list experiments")
    found = [e for e in call.api.experiments.values() if e.get("namespace", "") == namespace]
    return call.make_page(found, "experiments", ("experiment_id", "display_name"))


def _create_experiment(call: Call) -> dict[str, Any]:
    given = call.read("V2beta1Experiment")
    namespace = call.permit(given.get("namespace", ""), "create an experiment")
    if not given.get("display_name"):
        raise Refusal(400, "Experiment name is empty")
    key = call.api.make_id()
    made = {"experiment_id": key, "namespace": namespace, "storage_state": "AVAILABLE"}
    call.api.experiments[key] = {**given, **made}
    return call.api.experiments[key]


def enter_experiment(call: Call, key: str, what: str) -> str:
    """Return the namespace of an experiment in which something is asked for."""
    if key not in call.api.experiments:
        raise Refusal(404, f"Failed to {what}: experiment {key!r} not found")
    return call.permit(call.api.experiments[key]["namespace"], what)


_EXPERIMENTS = "V2beta1ListExperimentsResponse"
ROUTES = [
    Route("GET", "experiments", _list_experiments, _EXPERIMENTS, ("namespace", *PAGING)),
    Route("POST", "experiments", _create_experiment, "V2beta1Experiment"),
]
