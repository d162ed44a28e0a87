"""Requests and answers as bytes, in both of KServe's protocols.

V1: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
V2: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

import logging
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import msgspec

from components._compiled.recipe import Value
from components._table.schema import Kind
from components.errors import SHOWN, suggest_name
from components.serve.row_reader import InvalidRow, RowDeviations
from components.serve.served_model import RowPrediction, ServedModel
from components.serve.server_metrics import Outcome, Protocol, ServerMetrics

Datatype = Literal[
    "BOOL", "BYTES", "FP16", "FP32", "FP64",
    "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64",
]  # fmt: skip
# The datatype of a column, by its kind.
DATATYPES: dict[Kind, Datatype] = {
    "integer": "INT64",
    "float": "FP64",
    "boolean": "BOOL",
    "string": "BYTES",
    "datetime": "BYTES",
}


class _Parameters(msgspec.Struct):
    """The options of a request."""

    explain: bool = False


class _V1Body(msgspec.Struct):
    """The body of a V1 request."""

    instances: list[dict[str, Any]]
    parameters: _Parameters | None = None


class Tensor(msgspec.Struct, gc=False):
    """An input tensor of V2, which holds a column."""

    name: str
    shape: list[int]
    datatype: Datatype
    data: list[Any]


class OutputTensor(msgspec.Struct, gc=False, omit_defaults=True):
    """An output tensor of V2."""

    name: str
    shape: list[int]
    datatype: Literal["BYTES", "FP64"]
    data: list[Any]
    parameters: dict[str, Any] | None = None


class _OutputRequest(msgspec.Struct):
    """An output tensor that a V2 request asks for."""

    name: str


class _V2Body(msgspec.Struct):
    """The body of a V2 request."""

    inputs: list[Tensor]
    id: str | None = None
    parameters: _Parameters | None = None
    outputs: list[_OutputRequest] | None = None


_DECODERS: dict[Protocol | None, Any] = {
    "v1": msgspec.json.Decoder(_V1Body),
    "v2": msgspec.json.Decoder(_V2Body),
    None: msgspec.json.Decoder(),
}
_encode = msgspec.json.Encoder().encode

Row = tuple[Value, ...]

_OF_ONE_ROW = [1]

_log = logging.getLogger(__name__)


class RequestError(Exception):
    """A request that is refused, or that failed.

    Parameters
    ----------
    status : int
        HTTP status.
    outcome : str
        The outcome to count it under.
    message : str
        What is wrong, and where.
    """

    def __init__(self, status: int, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome


class Request(NamedTuple):
    """A request before it is parsed.

    Attributes
    ----------
    protocol : {"v1", "v2"}
        Protocol of the body.
    body : bytes or bytearray
        The body.
    is_explained : bool
        Whether to explain predictions even if the body does not ask for it.
    """

    protocol: Protocol
    body: bytes | bytearray
    is_explained: bool = False


class _ParsedRequest(NamedTuple):
    """A request's checked rows and options; ``id`` and ``outputs`` only for V2."""

    rows: list[Row]
    is_explained: bool
    is_v1: bool
    id: str | None = None
    outputs: list[_OutputRequest] | None = None


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
    """

    def __init__(self, name: str, served: ServedModel, metrics: ServerMetrics, most_rows: int) -> None:
        self.name = name
        self._served = served
        self._metrics = metrics
        self._most_rows = most_rows
        self._classes = {"classes": served.labels}

    def answer(self, requests: Sequence[Request]) -> list[tuple[int, bytes]]:
        """Return the status and the body of each answer, and count them.

        The rows of all requests are predicted together, which takes less time than one request at a time.
        """
        started = time.perf_counter()
        parsed = [self._parse_request(request) for request in requests]
        results = iter(
            self._predict_requests([request for request in parsed if isinstance(request, _ParsedRequest)])
        )
        contents = [
            request if isinstance(request, RequestError) else self._encode_answer(request, next(results))
            for request in parsed
        ]
        seconds = time.perf_counter() - started
        return [
            self._count_request(request, content, seconds)
            for request, content in zip(requests, contents, strict=True)
        ]

    def _predict_requests(
        self, requests: Sequence[_ParsedRequest]
    ) -> "list[list[RowPrediction] | RequestError]":
        """Return the predictions of each request.

        If predicting all together fails, each request is predicted alone, so that one bad request does not
        fail the others.
        """
        try:
            predictions = iter(self.predict([row for request in requests for row in request.rows]))
            return [list(islice(predictions, len(request.rows))) for request in requests]
        except Exception:
            if len(requests) == 1:
                return [log_failure()]
            _log.exception("%d requests failed together; each is tried alone", len(requests))
            return [result for request in requests for result in self._predict_requests([request])]

    def _parse_request(self, request: Request) -> "_ParsedRequest | RequestError":
        try:
            body = decode_body(request.body, request.protocol)
            if isinstance(body, _V1Body):
                rows = self.convert_rows(body.instances)
            else:
                if body.outputs:
                    self._check_outputs(body.outputs)
                rows = self.convert_rows(to_rows(body.inputs))
        except RequestError as error:
            return error
        except Exception:
            return log_failure()
        is_explained = request.is_explained or (body.parameters is not None and body.parameters.explain)
        if isinstance(body, _V1Body):
            return _ParsedRequest(rows, is_explained, True)
        return _ParsedRequest(rows, is_explained, False, body.id, body.outputs)

    def _encode_answer(
        self, request: _ParsedRequest, predictions: "list[RowPrediction] | RequestError"
    ) -> "bytes | RequestError":
        if isinstance(predictions, RequestError):
            return predictions
        build = self._build_v1_answer if request.is_v1 else self._build_v2_answer
        try:
            return _encode(build(request, predictions))
        except Exception:
            return log_failure()

    def _count_request(
        self, request: Request, content: "bytes | RequestError", seconds: float
    ) -> tuple[int, bytes]:
        if isinstance(content, RequestError):
            self._metrics.count_request(request.protocol, content.outcome, seconds)
            return content.status, _encode({"error": str(content)})
        self._metrics.count_request(request.protocol, "answered", seconds)
        return 200, content

    def _build_v1_answer(self, request: _ParsedRequest, predictions: list[RowPrediction]) -> dict[str, Any]:
        built = [self._build_v1_prediction(prediction) for prediction in predictions]
        if request.is_explained:
            for row, prediction, values in zip(request.rows, predictions, built, strict=True):
                values["contributions"] = self._served.explain(row, prediction)
        return {
            "predictions": built,
            "model_name": self.name,
            "model_version": self._served.version,
        }

    def _build_v1_prediction(self, prediction: RowPrediction) -> dict[str, Any]:
        if prediction.likeliest is None or prediction.decision is None:
            return {"value": prediction.outputs[0]}
        classes = self._served.signature.classes
        return {
            "class": classes[prediction.likeliest],
            "probabilities": dict(zip(self._served.labels, prediction.outputs, strict=True)),
            "decision": classes[prediction.decision],
        }

    def _build_v2_answer(self, request: _ParsedRequest, predictions: list[RowPrediction]) -> dict[str, Any]:
        tensors = self.build_tensors(request.rows, predictions, is_explained=request.is_explained)
        if request.outputs:
            by_name = {tensor.name: tensor for tensor in tensors}
            tensors = [by_name[output.name] for output in request.outputs if output.name in by_name]
        answer = {"model_name": self.name, "model_version": self._served.version, "outputs": tensors}
        return answer if request.id is None else {**answer, "id": request.id}

    def _check_outputs(self, outputs: list[_OutputRequest]) -> None:
        names = [*self._served.output_names, "contributions"]
        unknown = [output.name for output in outputs if output.name not in names]
        if unknown:
            raise _build_input_error(
                f"There is no output {unknown[0]!r}. {suggest_name(unknown[0], names, 'output')}"
            )

    def convert_rows(self, instances: Sequence[dict[str, Any]]) -> list[Row]:
        """Return the rows' values in the model's order, and count how they differ from the training rows.

        Raises
        ------
        RequestError
            There are no rows or too many, or a row cannot be predicted.
        """
        if not instances:
            raise _build_input_error("The request has no rows.")
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
                raise _build_input_error(f"Row {len(rows)}: {error}") from None
        self._metrics.count_rows(observed, len(rows))
        return rows

    def predict(self, rows: Sequence[Sequence[Value]]) -> list[RowPrediction]:
        """Return the predictions for rows, and count them."""
        predictions = self._served.predict(rows) if rows else []
        for prediction in predictions:
            self._metrics.count_prediction(prediction.outputs[-1], prediction.decision)
        return predictions

    def build_tensors(
        self, rows: Sequence[Row], predictions: Sequence[RowPrediction], *, is_explained: bool
    ) -> list[OutputTensor]:
        """Return the output tensors of V2."""
        n_rows, labels = len(predictions), self._served.labels
        outputs = [value for prediction in predictions for value in prediction.outputs]
        if not labels:
            tensors = [OutputTensor("value", [n_rows], "FP64", outputs)]
        else:
            classes = [labels[prediction.likeliest or 0] for prediction in predictions]
            decisions = [labels[prediction.decision or 0] for prediction in predictions]
            tensors = [
                OutputTensor("class", [n_rows], "BYTES", classes),
                OutputTensor("probabilities", [n_rows, len(labels)], "FP64", outputs, self._classes),
                OutputTensor("decision", [n_rows], "BYTES", decisions),
            ]
        if is_explained:
            columns = list(self._served.signature.columns)
            contributions = [
                value
                for row, prediction in zip(rows, predictions, strict=True)
                for value in self._served.explain(row, prediction).values()
            ]
            shape = [n_rows, len(columns)]
            tensors.append(OutputTensor("contributions", shape, "FP64", contributions, {"columns": columns}))
        return tensors


def decode_body(body: bytes | bytearray, protocol: Protocol | None = None) -> Any:
    """Return a parsed body: a request of a protocol, or any JSON if none is named.

    Raises
    ------
    RequestError
        The body is empty, not JSON, nested too deeply, or not a request of the protocol.
    """
    if not body:
        raise RequestError(400, "invalid_json", "The body is empty.")
    try:
        return _DECODERS[protocol].decode(body)
    except msgspec.ValidationError as error:
        expected = "valid JSON" if protocol is None else f"a {protocol.upper()} request"
        raise _build_input_error(f"The body is not {expected}: {error}.") from None
    except RecursionError:
        raise RequestError(400, "invalid_json", "The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(400, "invalid_json", f"The body is not JSON: {error}.") from None


def to_rows(inputs: Sequence[Tensor]) -> list[dict[str, Any]]:
    """Return the rows of V2's input tensors, one tensor for each column.

    Raises
    ------
    RequestError
        A tensor is not a column, a name occurs twice, or the tensors differ in length.
    """
    row = _find_single_row(inputs)
    if row is not None:
        return [row]
    names = [tensor.name for tensor in inputs]
    columns = [tensor.data for tensor in inputs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _build_input_error(f"The request has two tensors for {twice!r}.")
    if columns and [tensor.shape for tensor in inputs] != [[len(columns[0])]] * len(inputs):
        columns = [_flatten_tensor(tensor) for tensor in inputs]
    try:
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    except ValueError:
        sizes = ", ".join(f"{name} {len(data)}" for name, data in zip(names[:SHOWN], columns, strict=False))
        raise _build_input_error(f"The tensors differ in length: {sizes}.") from None


def _find_single_row(inputs: Sequence[Tensor]) -> dict[str, Any] | None:
    """Return the row if every tensor has one value, as in most requests; None otherwise."""
    row = {}
    for tensor in inputs:
        data = tensor.data
        if tensor.shape != _OF_ONE_ROW or len(data) != 1:
            return None
        row[tensor.name] = data[0]
    return row if row and len(row) == len(inputs) else None


def _flatten_tensor(tensor: Tensor) -> list[Any]:
    """Return a tensor's values; each may be in a list of its own."""
    name, shape, data = tensor.name, tensor.shape, tensor.data
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
        raise _build_input_error(
            f"The tensor {name!r} has the shape {shape}; it must be [rows] or [rows, 1]."
        )
    if shape[0] != len(data):
        raise _build_input_error(f"The tensor {name!r} has the shape {shape}, but {len(data)} values.")
    return [cell[0] if type(cell) is list and len(cell) == 1 else cell for cell in data]


def log_failure() -> RequestError:
    """Log the current exception; the client does not get its message, which may contain data."""
    _log.exception("a request failed")
    return RequestError(500, "failed", "The server failed; see its log.")


def _build_input_error(message: str) -> RequestError:
    return RequestError(400, "invalid_input", message)
