"""Requests to Kubeflow Pipelines' API, with nothing but the standard library."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from components.network import explain_connection_error

ENDPOINT = "http://ml-pipeline.kubeflow:8888"
# What Kubeflow mounts into a pod of an installation with several users, if a PodDefault says so.
TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
_TIMEOUT = 10.0
_PAGE_SIZE = 100


class KubeflowApi:
    """The API. Its requests raise OSError or ValueError, which `explain_error` explains.

    Parameters
    ----------
    endpoint : str
        Address of the API.
    token_file : Path
        File with a bearer token, sent if it exists. It is read for each request, because it is renewed.
    """

    def __init__(self, endpoint: str, token_file: Path = TOKEN) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._token_file = token_file

    def get(self, path: str) -> dict[str, Any]:
        """Return the answer to a path such as ``v2beta1/runs/ID``."""
        return self._send(path, None)

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send an object to a path, and return the answer."""
        return self._send(path, json.dumps(content).encode())

    def list_run_ids(self, namespace: str, state: str) -> Iterator[str]:
        """Yield the ids of all runs in a state, such as ``RUNNING``.

        Parameters
        ----------
        namespace : str
            Their namespace. An installation without profiles ignores it.
        state : str
            The state.
        """
        predicate = {"key": "state", "operation": "EQUALS", "stringValue": state}
        query = {"namespace": namespace, "page_size": str(_PAGE_SIZE), "page_token": ""}
        query["filter"] = json.dumps({"predicates": [predicate]})
        while True:
            page = self.get(f"v2beta1/runs?{urlencode(query)}")
            yield from (str(run["run_id"]) for run in page.get("runs") or [])
            query["page_token"] = page.get("next_page_token") or ""
            if not query["page_token"]:
                return

    def _send(self, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self._token_file.exists():
            headers["Authorization"] = f"Bearer {self._token_file.read_text(encoding='utf-8').strip()}"
        request = urllib.request.Request(f"{self.endpoint}/apis/{path}", body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                found = json.load(answer)
        except http.client.HTTPException as error:
            raise ConnectionError("the connection broke off") from error
        if not isinstance(found, dict):
            raise ValueError("not an object")
        return found


def explain_error(error: OSError | ValueError) -> str:
    """Return why a request failed, as the second half of a sentence about the API."""
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    return explain_connection_error(error).reason if isinstance(error, OSError) else "it is something else"
