"""Requests to a service that check its version, its predictions and its speed."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from components._problem.registration import CHECK_ID
from components.errors import SuiteError
from components.network import explain_connection_error

# The same as between the compiled model and its pipeline.
TOLERANCE = 1e-6
_ROWS_PER_REQUEST = 100
_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
_OK = 200


class ModelCheckError(SuiteError):
    """A new model failed the checks of its rollout."""


@dataclass(frozen=True)
class HeldOutRows:
    """Test rows, and the pipeline's predictions for them.

    Attributes
    ----------
    rows : list of dict
        JSON values by column.
    predictions : list
        For each row the probability of each class, or the value of a regression.
    spread : float
        The unit of differences: the standard deviation of a regression's predictions, else 1.
    """

    rows: list[dict[str, Any]]
    predictions: list[Any]
    spread: float


@dataclass(frozen=True)
class CanaryMetrics:
    """Measurements of a service in one step.

    Attributes
    ----------
    n_requests, n_failed : int
        Requests that deploy sent, and how many of them failed.
    p95_ms : float
        Time in which 95 of 100 were answered, in milliseconds.
    n_others, n_others_failed : int
        Clients' requests that the pods counted, and how many of them failed.
    """

    n_requests: int
    n_failed: int
    p95_ms: float
    n_others: int = 0
    n_others_failed: int = 0

    @property
    def error_rate(self) -> float:
        """Share of all requests that failed."""
        return (self.n_failed + self.n_others_failed) / max(1, self.n_requests + self.n_others)


class ModelEndpoint:
    """A model behind an address.

    Parameters
    ----------
    address : str
        http://host:port.
    model : str
        The model's name in addresses.
    """

    def __init__(self, address: str, model: str) -> None:
        self._address = address.rstrip("/")
        self._model = model
        # No retries: even a service that scales to zero has ready pods by now.
        self._http = urllib3.PoolManager(timeout=_TIMEOUT_SECONDS, retries=False)

    def fetch_version(self, row: dict[str, Any]) -> str:
        """Return the version of the model that predicts a row.

        Raises
        ------
        ModelCheckError
            The service does not answer.
        """
        return str(self._request_predictions([row])["model_version"])

    def predict(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        """Return the predictions for rows: probabilities by class, or values.

        Raises
        ------
        ModelCheckError
            The service does not answer.
        """
        predictions = self._request_predictions(rows)["predictions"]
        return [_extract_output(prediction) for prediction in predictions]

    def check_predictions(self, held_out: HeldOutRows) -> float:
        """Compare the served predictions with the pipeline's; returns the largest difference.

        Raises
        ------
        ModelCheckError
            A prediction differs by more than 1e-6.
        """
        largest = 0.0
        for first in range(0, len(held_out.rows), _ROWS_PER_REQUEST):
            part = slice(first, first + _ROWS_PER_REQUEST)
            predicted = self.predict(held_out.rows[part])
            for number, (prediction, expected) in enumerate(
                zip(predicted, held_out.predictions[part], strict=True), first
            ):
                difference = _compute_difference(prediction, expected) / held_out.spread
                # Written so that NaN fails, too.
                if not difference <= TOLERANCE:
                    raise ModelCheckError(
                        f"The served prediction of held-out row {number} is {prediction}, the pipeline's is "
                        f"{expected}; they differ by {difference:.1e}.",
                        "Deploy the model with the server image of its training's versions, or train again.",
                    )
                largest = max(largest, difference)
        return largest

    def measure_requests(
        self, held_out: HeldOutRows, seconds: float, metric_urls: Sequence[str]
    ) -> CanaryMetrics:
        """Send held-out rows, one at a time, for some seconds.

        Parameters
        ----------
        held_out : HeldOutRows
            The rows to send, in turn.
        seconds : float
            How long to send them.
        metric_urls : sequence of str
            Addresses of the pods' metrics, which count the requests of others.
        """
        before = self._count_requests(metric_urls)
        times, n_failed, turn = [], 0, 0
        end = time.monotonic() + seconds
        while turn == 0 or time.monotonic() < end:
            row = held_out.rows[turn % len(held_out.rows)]
            started = time.monotonic()
            try:
                self.predict([row])
            except ModelCheckError:
                n_failed += 1
            times.append(time.monotonic() - started)
            turn += 1
            time.sleep(min(_PAUSE_SECONDS, seconds / 10))
        after = self._count_requests(metric_urls)
        n_all, n_all_failed = (max(0, new - old) for new, old in zip(after, before, strict=True))
        times.sort()
        return CanaryMetrics(
            turn,
            n_failed,
            times[int(0.95 * (len(times) - 1))] * 1_000,
            # The pods counted ours, too.
            max(0, n_all - turn),
            max(0, n_all_failed - n_failed),
        )

    def _count_requests(self, metric_urls: Sequence[str]) -> tuple[int, int]:
        """Return how many requests the pods have counted, and how many of them failed."""
        n_all = n_failed = 0.0
        for url in metric_urls:
            try:
                answer = self._http.request("GET", url)
            except urllib3.exceptions.HTTPError:
                # The pod may have ended since it was listed.
                continue
            if answer.status != _OK:
                continue
            for family in text_string_to_metric_families(answer.data.decode("utf-8")):
                for sample in family.samples:
                    if sample.name == "tabular_requests_total":
                        n_all += sample.value
                        n_failed += sample.value if sample.labels["outcome"] == "failed" else 0
        return int(n_all), int(n_failed)

    def _request_predictions(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        url = f"{self._address}/v1/models/{self._model}:predict"
        remedy = "See the logs of the service's pods."
        try:
            # The log sink knows by the id that this is no traffic; KServe's logger takes it from this header.
            headers = {"ce-id": f"{CHECK_ID}{uuid4()}"}
            answer = self._http.request("POST", url, json={"instances": list(rows)}, headers=headers)
            content = json.loads(answer.data)
        except urllib3.exceptions.HTTPError as error:
            reason = explain_connection_error(error).reason
            raise ModelCheckError(f"{url} does not answer: {reason}.", remedy) from error
        except ValueError as error:
            raise ModelCheckError(f"{url} does not answer in JSON: {error}.", remedy) from error
        if answer.status != _OK:
            message = content.get("error", content)
            raise ModelCheckError(f"{url} answers {answer.status}: {message}", remedy)
        return dict(content)


def to_internal_url(url: str, namespace: str) -> str:
    """Return the address within the cluster of a service with an external address.

    Parameters
    ----------
    url : str
        The address in the service's status. The first label of its host is the name of a Kubernetes service;
        Knative creates one for each tag, too.
    namespace : str
        The service's namespace.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith((".svc", ".svc.cluster.local")) or host.replace(".", "").isdigit():
        return url
    first = host.partition(".")[0].removesuffix(f"-{namespace}")
    return f"http://{first}.{namespace}.svc.cluster.local"


def _extract_output(prediction: Any) -> Any:
    if not isinstance(prediction, dict):
        return prediction
    if "value" in prediction:
        return prediction["value"]
    probabilities = prediction["probabilities"]
    return list(probabilities.values()) if isinstance(probabilities, dict) else probabilities


def _compute_difference(predicted: Any, expected: Any) -> float:
    if isinstance(expected, list):
        return max(_compute_difference(one, other) for one, other in zip(predicted, expected, strict=True))
    return abs(float(predicted) - float(expected))
