"""Requests to a service: does it answer, as it should, and as fast."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from components.errors import SuiteError

# As allowed between the compiled model and the pipeline that it was made of.
TOLERANCE = 1e-6
_ROWS_OF_REQUEST = 100
_SECONDS = 10.0
_BETWEEN = 0.2
_ANSWERED = 200


class ModelCheckError(SuiteError):
    """A model does not answer as it must before it gets requests."""


@dataclass(frozen=True)
class HeldOutRows:
    """Rows that no training saw, and what the pipeline predicts for them.

    Attributes
    ----------
    rows : list of dict
        Values by column, as JSON has them.
    predictions : list
        For each row the probability of each class, or the value of a regression.
    spread : float
        Standard deviation of a regression's predictions, else 1: what differences are measured by.
    """

    rows: list[dict[str, Any]]
    predictions: list[Any]
    spread: float


@dataclass(frozen=True)
class CanaryMetrics:
    """What was seen of a service for some time.

    Attributes
    ----------
    n_requests, n_failed : int
        Requests that were sent for this purpose, and those without an answer.
    p95_ms : float
        Time in which 95 of 100 were answered, in milliseconds.
    n_others, n_others_failed : int
        Requests of others that its pods counted, and those that they could not answer.
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
        Where it is: http://host:port.
    model : str
        Its name in addresses.
    """

    def __init__(self, address: str, model: str) -> None:
        self._address = address.rstrip("/")
        self._model = model
        # A service that sleeps is awake by now: its pods had to be ready first.
        self._http = urllib3.PoolManager(timeout=_SECONDS, retries=False)

    def fetch_version(self, row: dict[str, Any]) -> str:
        """Return the version of the model that answers a row.

        Raises
        ------
        Unproven
            None does.
        """
        return str(self._request_predictions([row])["model_version"])

    def predict(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        """Return the predictions for rows: probabilities by class, or values.

        Raises
        ------
        Unproven
            There is no answer.
        """
        return [_extract_output(of) for of in self._request_predictions(rows)["predictions"]]

    def check_predictions(self, held_out: HeldOutRows) -> float:
        """Compare what is predicted with what the pipeline predicted; returns the largest difference.

        Raises
        ------
        Unproven
            A prediction differs by more than 1e-6.
        """
        largest = 0.0
        for first in range(0, len(held_out.rows), _ROWS_OF_REQUEST):
            part = slice(first, first + _ROWS_OF_REQUEST)
            predicted = self.predict(held_out.rows[part])
            for number, (of_row, expected) in enumerate(
                zip(predicted, held_out.predictions[part], strict=True), first
            ):
                difference = _compute_difference(of_row, expected) / held_out.spread
                # A difference that is no number is no small one.
                if not difference <= TOLERANCE:
                    raise ModelCheckError(
                        f"The served model predicts held-out row {number} otherwise than the pipeline, by "
                        f"{difference:.1e}: {of_row} and not {expected}.",
                        "Deploy it with the image of the versions that trained it, or train it again.",
                    )
                largest = max(largest, difference)
        return largest

    def measure_requests(
        self, held_out: HeldOutRows, seconds: float, scraped: Sequence[str]
    ) -> CanaryMetrics:
        """Send held-out rows, one at a time, for some seconds.

        Parameters
        ----------
        held_out : HeldOut
            The rows, taken in turns.
        seconds : float
            For how long.
        scraped : sequence of str
            Addresses of the pods' metrics, by which others' requests are known.
        """
        before = self._count_requests(scraped)
        times, n_failed, turn = [], 0, 0
        ends = time.monotonic() + seconds
        while turn == 0 or time.monotonic() < ends:
            row = held_out.rows[turn % len(held_out.rows)]
            started = time.monotonic()
            try:
                self.predict([row])
            except ModelCheckError:
                n_failed += 1
            times.append(time.monotonic() - started)
            turn += 1
            time.sleep(min(_BETWEEN, seconds / 10))
        after = self._count_requests(scraped)
        n_all, n_all_failed = (max(0, now - then) for now, then in zip(after, before, strict=True))
        times.sort()
        return CanaryMetrics(
            turn,
            n_failed,
            times[int(0.95 * (len(times) - 1))] * 1_000,
            # Ours are among those that the pods counted.
            max(0, n_all - turn),
            max(0, n_all_failed - n_failed),
        )

    def _count_requests(self, scraped: Sequence[str]) -> tuple[int, int]:
        """Return how many requests pods have counted, and how many of them failed."""
        n_all = n_failed = 0.0
        for address in scraped:
            try:
                answer = self._http.request("GET", address)
            except urllib3.exceptions.HTTPError:
                # A pod may be gone since it was listed.
                continue
            if answer.status != _ANSWERED:
                continue
            for family in text_string_to_metric_families(answer.data.decode("utf-8")):
                for sample in family.samples:
                    if sample.name == "tabular_requests_total":
                        n_all += sample.value
                        n_failed += sample.value if sample.labels["outcome"] == "failed" else 0
        return int(n_all), int(n_failed)

    def _request_predictions(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        url = f"{self._address}/v1/models/{self._model}:predict"
        remedy = "See the log of the service's pods."
        try:
            answer = self._http.request("POST", url, json={"instances": list(rows)})
            told = json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ModelCheckError(f"{url} gives no answer: {error}.", remedy) from error
        if answer.status != _ANSWERED:
            raise ModelCheckError(f"{url} answers {answer.status}: {told.get('error', told)}", remedy)
        return dict(told)


def to_internal_url(url: str, namespace: str) -> str:
    """Return the address within the cluster of what is known outside by another.

    Parameters
    ----------
    url : str
        As a service's status tells it. Its host's first label is the name of a service of Kubernetes, which
        Knative makes for each tag too.
    namespace : str
        Where the service is.
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
