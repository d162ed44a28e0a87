"""Mirrors a version into Kubeflow Hub's model registry, one way: nothing is read from there.

https://www.kubeflow.org/docs/components/model-registry/reference/rest-api/
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from components._tracking.registry_version import RegistryVersion
from components._tracking.tracking_server import TrackingError, strip_credentials
from components.network import explain_connection_error

_API = "/api/model_registry/v1alpha3"
_TIMEOUT = 10.0
# The ServingRuntime of deploy reads this format.
_FORMAT = {"modelFormatName": "kfp-tabular", "modelFormatVersion": "1"}
_LONGEST = 300


def mirror_version(address: str, version: RegistryVersion, package: str) -> None:
    """Create a version in Kubeflow Hub, or update the one with the same model and number.

    Parameters
    ----------
    address : str
        The server, such as ``http://model-registry-service.kubeflow:8080``.
    version : RegistryVersion
        The version; its tags become properties.
    package : str
        Address of the model folder.

    Raises
    ------
    TrackingError
        The server did not answer, or refused.
    """
    properties = {
        name: {"metadataType": "MetadataStringValue", "string_value": value}
        for name, value in {**version.facts, **({"mlflow_run": version.run} if version.run else {})}.items()
    }
    hub = _HubClient(address)
    model = hub.put("registered_model", "registered_models", {"name": version.model})
    number = hub.put(
        "model_version",
        "model_versions",
        {"name": version.number, "registeredModelId": model, "customProperties": properties},
        parent=model,
    )
    artifact = {
        "artifactType": "model-artifact",
        "name": f"{version.model}-{version.number}",
        "uri": package,
        "state": "LIVE",
    }
    hub.put("model_artifact", f"model_versions/{number}/artifacts", {**artifact, **_FORMAT}, parent=number)


class _HubClient:
    """Requests to Kubeflow Hub."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def put(self, kind: str, place: str, values: Mapping[str, Any], parent: str | None = None) -> str:
        """Create an object at a place, or update that of the same kind, parent and name; return its id."""
        names = {"name": values["name"], **({"parentResourceId": parent} if parent else {})}
        found = self._request("GET", f"{kind}?{urllib.parse.urlencode(names)}")
        if found is None:
            made = self._request("POST", place, values) or {}
            return str(made["id"])
        # Neither the name nor the parent of an object can change.
        rest = {key: value for key, value in values.items() if key not in ("name", "registeredModelId")}
        if rest:
            self._request("PATCH", f"{kind}s/{found['id']}", rest)
        return str(found["id"])

    def _request(self, method: str, path: str, values: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a request; None if there is no such object."""
        request = urllib.request.Request(  # noqa: S310
            f"{self._address}{_API}/{path}",
            None if values is None else json.dumps(values).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND and method == "GET":
                return None
            words = error.read().decode(errors="replace").strip()[:_LONGEST]
            why = f"it answered {error.code}: {words}"
        except OSError as error:
            why = explain_connection_error(error).reason
        except ValueError:
            why = "it did not answer with JSON"
        raise TrackingError(
            f"Kubeflow Hub at {strip_credentials(self._address)} did not take the version: {why}.",
            "Check MODEL_REGISTRY_URL, and that no network policy blocks it.",
        )
