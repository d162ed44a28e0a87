"""What the MLflow of the cluster knows of a model."""

import json
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

from components._problem.registration import HELD_OUT
from tests.cluster.kubectl import Kubectl


class TrainedModel(NamedTuple):
    """A registered model.

    Attributes
    ----------
    name, version : str
        Its name, and its version's number.
    """

    name: str
    version: str


def fetch_json(url: str, body: object = None) -> dict[str, Any]:
    """Return the answer to a request: a POST of a body, or a GET."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: dict[str, Any] = json.load(answer)
    return content


def fetch_version(kubectl: Kubectl, model: str, alias: str = "") -> dict[str, Any]:
    """Return the newest version of a registered model, or the one with an alias; tags as a mapping."""
    with kubectl.forward_port("mlflow", "kfp-tabular", 5000) as address:
        api = f"http://{address}/api/2.0/mlflow"
        if alias:
            version = fetch_json(f"{api}/registered-models/alias?name={model}&alias={alias}")["model_version"]
        else:
            words = urllib.parse.urlencode({"filter": f"name='{model}'", "order_by": "version_number DESC"})
            version = fetch_json(f"{api}/model-versions/search?{words}")["model_versions"][0]
    return {**version, "tags": {tag["key"]: tag["value"] for tag in version.get("tags", [])}}


def copy_version(kubectl: Kubectl, version: dict[str, Any]) -> str:
    """Register a version's model once more, and return the number of the new version."""
    body = {
        **{name: version[name] for name in ("name", "source", "run_id")},
        # MLflow's search does not return it; register names the source by it.
        "model_id": version["source"].removeprefix("models:/"),
        "tags": [{"key": name, "value": value} for name, value in version["tags"].items()],
    }
    with kubectl.forward_port("mlflow", "kfp-tabular", 5000) as address:
        created = fetch_json(f"http://{address}/api/2.0/mlflow/model-versions/create", body)
    return str(created["model_version"]["version"])


def fetch_evaluation(kubectl: Kubectl, model: str) -> Any:
    """Return the measurements of a model's newest version, as register kept them."""
    return json.loads(fetch_version(kubectl, model)["tags"]["evaluation"])


def fetch_held_out(kubectl: Kubectl, model: TrainedModel) -> dict[str, Any]:
    """Return the test rows that register kept with a model, and the pipeline's predictions for them."""
    with kubectl.forward_port("mlflow", "kfp-tabular", 5000) as address:
        words = urllib.parse.urlencode({"name": model.name, "version": model.version})
        found = fetch_json(f"http://{address}/api/2.0/mlflow/model-versions/get?{words}")["model_version"]
        words = urllib.parse.urlencode({"path": HELD_OUT, "run_uuid": found["run_id"]})
        return fetch_json(f"http://{address}/get-artifact?{words}")
