"""Answers to requests in both of KServe's protocols."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from components._compiled.recipe import Value
from components._inference_log.writer import LogWriter
from components._table.row_reader import InvalidRow, RowDeviations
from components.errors import suggest_name
from components.serve.messages import (
    ClassPrediction,
    OutputLabels,
    OutputTensor,
    RequestedOutput,
    V1Answer,
    V1Request,
    V2Answer,
    V2Request,
    ValuePrediction,
)
from components.serve.request_decoder import RequestError, decode_body, to_rows
from components.serve.served_model import RowPrediction, ServedModel
from components.serve.server_metrics import Protocol, ServerMetrics

Row = tuple[Value, ...]
Answer = V1Answer | V2Answer
Content = TypeVar("Content")

# Headers with the id of a request, the one that counts first.
_ID_HEADERS = (b"x-request-id", b"ce-id")

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """A request.

    Attributes
    ----------
    protocol : {"v1", "v2", "grpc"}
        How the request came.
    body : bytes, bytearray or V2Request
        The body, as JSON of its protocol or parsed.
    is_explained : bool
        Whether to explain predictions even if the body does not ask for it.
    headers : iterable of (bytes, bytes)
        Names in lower case, and values.
    """

    protocol: Protocol
    body: bytes | bytearray | V2Request
    is_explained: bool = False
    headers: Iterable[tuple[bytes, bytes]] = ()


class _ParsedRequest(NamedTuple):
    """A request with its checked rows."""

    body: V1Request | V2Request
    instances: Sequence[dict[str, Any]]
    rows: list[Row]
    is_explained: bool
    headers: Iterable[tuple[bytes, bytes]]

    def find_id(self) -> str:
        """Return the request's id: V2's, a header's, or a new one."""
        if isinstance(self.body, V2Request) and self.body.id:
            return self.body.id
        headers = dict(self.headers)
        given = next((headers[name] for name in _ID_HEADERS if headers.get(name)), b"")
        return given.decode("latin-1") or uuid.uuid4().hex


class RequestHandler:
    """Answers the requests for one model.

    Parameters
    ----------
    name : str
        The model's name.
    served : ServedModel
        The model.
    metrics : ServerMetrics
        Counts requests, rows and predictions.
    most_rows : int
        Most rows in a request.
    log : LogWriter or None
        Gets the rows and their predictions.
    """

    def __init__(
        self,
        name: str,
        served: ServedModel,
        metrics: ServerMetrics,
        most_rows: int,
        log: LogWriter | None = None,
    ) -> None:
        self.name = name
        self._served = served
        self._metrics = metrics
        self._most_rows = most_rows
        self._log = log
        self._labels = OutputLabels(classes=served.labels)

    def answer(self, requests: Sequence[Request]) -> list[tuple[int, bytes]]:
        """Return the status and the body of each answer, and count them."""
        return [
            (answer.status, answer.encode()) if isinstance(answer, RequestError) else (200, answer)
            for answer in self.process(requests, _encode)
        ]

    def process(
        self, requests: Sequence[Request], convert: Callable[[Answer], Content]
    ) -> list[Content | RequestError]:
        """Return each answer, converted, and count them.

        The rows of all requests are predicted together, which takes less time than one request at a time.
        """
        started = time.perf_counter()
        parsed = [self._parse_request(request) for request in requests]
        sound = [request for request in parsed if isinstance(request, _ParsedRequest)]
        predicted = self._predict_requests(sound)
        if self._log is not None:
            for parsed_request, of_rows in zip(sound, predicted, strict=True):
                if not isinstance(of_rows, RequestError):
                    self._log.offer(parsed_request.instances, of_rows, parsed_request.find_id)
        predictions = iter(predicted)
        answers = [
            request
            if isinstance(request, RequestError)
            else self._build_answer(request, next(predictions), convert)
            for request in parsed
        ]
        seconds = time.perf_counter() - started
        for request, answer in zip(requests, answers, strict=True):
            outcome = answer.outcome if isinstance(answer, RequestError) else "answered"
            self._metrics.count_request(request.protocol, outcome, seconds)
        return answers

    def _parse_request(self, request: Request) -> _ParsedRequest | RequestError:
        body = request.body
        try:
            if not isinstance(body, V2Request):
                body = decode_body(body, request.protocol)
            if isinstance(body, V2Request):
                if body.outputs:
                    self._check_outputs(body.outputs)
                instances = to_rows(body.inputs)
            else:
                instances = body.instances
            rows = self._convert_rows(instances)
        except RequestError as error:
            return error
        except Exception:
            return _log_failure()
        is_explained = request.is_explained or (body.parameters is not None and body.parameters.explain)
        return _ParsedRequest(body, instances, rows, is_explained, request.headers)

    def _check_outputs(self, outputs: Sequence[RequestedOutput]) -> None:
        names = [*self._served.output_names, "contributions"]
        for output in outputs:
            if output.name not in names:
                raise RequestError.from_input(
                    f"There is no output {output.name!r}. {suggest_name(output.name, names, 'output')}"
                )

    def _convert_rows(self, instances: Sequence[dict[str, Any]]) -> list[Row]:
        """Return the rows' values in the model's order, and count how they differ from the training rows.

        Raises
        ------
        RequestError
            There are no rows or too many, or a row cannot be predicted.
        """
        if not instances:
            raise RequestError.from_input("The request has no rows.")
        if len(instances) > self._most_rows:
            raise RequestError(
                413,
                "too_large",
                f"The request has {len(instances):,} rows; at most {self._most_rows:,} are allowed.",
            )
        observed = RowDeviations([], [], [])
        rows: list[Row] = []
        for instance in instances:
            try:
                rows.append(self._served.row_reader.read(instance, observed))
            except InvalidRow as error:
                raise RequestError.from_input(f"Row {len(rows)}: {error}") from None
        self._metrics.count_rows(observed, len(rows))
        return rows

    def _predict_requests(
        self, requests: Sequence[_ParsedRequest]
    ) -> list[list[RowPrediction] | RequestError]:
        """Return the predictions of each request, and count them.

        If predicting all together fails, each request is predicted alone, so that one bad request does not
        fail the others.
        """
        rows = [row for request in requests for row in request.rows]
        try:
            predictions = self._served.predict(rows) if rows else []
            for prediction in predictions:
                self._metrics.count_prediction(prediction.outputs[-1], prediction.decision)
        except Exception:
            if len(requests) == 1:
                return [_log_failure()]
            _log.exception("%d requests failed together; each is tried alone", len(requests))
            return [result for request in requests for result in self._predict_requests([request])]
        remaining = iter(predictions)
        return [list(islice(remaining, len(request.rows))) for request in requests]

    def _build_answer(
        self,
        request: _ParsedRequest,
        predictions: list[RowPrediction] | RequestError,
        convert: Callable[[Answer], Content],
    ) -> Content | RequestError:
        if isinstance(predictions, RequestError):
            return predictions
        try:
            contributions = []
            if request.is_explained:
                contributions = list(map(self._served.explain, request.rows, predictions))
            if isinstance(request.body, V2Request):
                return convert(self._build_v2_answer(request.body, predictions, contributions))
            return convert(self._build_v1_answer(predictions, contributions))
        except Exception:
            return _log_failure()

    def _build_v1_answer(
        self, predictions: list[RowPrediction], contributions: list[dict[str, float]]
    ) -> V1Answer:
        built = [self._build_v1_prediction(prediction) for prediction in predictions]
        if contributions:
            for prediction, of_row in zip(built, contributions, strict=True):
                prediction.contributions = of_row
        return V1Answer(built, self.name, self._served.version)

    def _build_v1_prediction(self, prediction: RowPrediction) -> ClassPrediction | ValuePrediction:
        outputs, likeliest, decision = prediction
        if likeliest is None or decision is None:
            return ValuePrediction(outputs[0])
        served, classes = self._served, self._served.signature.classes
        probabilities = dict(zip(served.labels, outputs, strict=True))
        return ClassPrediction(classes[likeliest], probabilities, classes[decision])

    def _build_v2_answer(
        self,
        request: V2Request,
        predictions: Sequence[RowPrediction],
        contributions: Sequence[dict[str, float]],
    ) -> V2Answer:
        tensors = self._build_tensors(predictions)
        if contributions:
            columns = list(self._served.signature.columns)
            values = [value for of_row in contributions for value in of_row.values()]
            shape = [len(contributions), len(columns)]
            tensors.append(
                OutputTensor("contributions", shape, "FP64", values, OutputLabels(columns=columns))
            )
        if request.outputs:
            wanted = [output.name for output in request.outputs]
            tensors = [tensor for name in wanted for tensor in tensors if tensor.name == name]
        return V2Answer(self.name, self._served.version, tensors, UNSET if request.id is None else request.id)

    def _build_tensors(self, predictions: Sequence[RowPrediction]) -> list[OutputTensor]:
        n_rows, labels = len(predictions), self._served.labels
        outputs = [value for prediction in predictions for value in prediction.outputs]
        if not labels:
            return [OutputTensor("value", [n_rows], "FP64", outputs)]
        classes = [labels[prediction.likeliest or 0] for prediction in predictions]
        decisions = [labels[prediction.decision or 0] for prediction in predictions]
        return [
            OutputTensor("class", [n_rows], "BYTES", classes),
            OutputTensor("probabilities", [n_rows, len(labels)], "FP64", outputs, self._labels),
            OutputTensor("decision", [n_rows], "BYTES", decisions),
        ]


def _log_failure() -> RequestError:
    """Log the current exception; the client does not get its message, which may contain data."""
    _log.exception("a request failed")
    return RequestError(500, "failed", "The server failed; see its log.")
