"""Requests as bytes to answers as bytes, in both of KServe's protocols.

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
from components.errors import SHOWN
from components.serve.row_reader import InvalidRow, RowDeviations
from components.serve.served_model import RowPrediction, ServedModel
from components.serve.server_metrics import Outcome, Protocol, ServerMetrics

_Datatype = Literal[
    "BOOL", "BYTES", "FP16", "FP32", "FP64",
    "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64",
]  # fmt: skip


class _Parameters(msgspec.Struct):
    """What may be asked beside predictions."""

    explain: bool = False


class _V1Body(msgspec.Struct):
    """A body of V1."""

    instances: list[dict[str, Any]]
    parameters: _Parameters | None = None


class Tensor(msgspec.Struct, gc=False):
    """An input tensor of V2: a column."""

    name: str
    shape: list[int]
    datatype: _Datatype
    data: list[Any]


class OutputTensor(msgspec.Struct, gc=False, omit_defaults=True):
    """An output tensor of V2."""

    name: str
    shape: list[int]
    datatype: Literal["BYTES", "FP64"]
    data: list[Any]
    parameters: dict[str, Any] | None = None


class _OutputRequest(msgspec.Struct):
    """An output tensor of V2 that is wanted."""

    name: str


class _V2Body(msgspec.Struct):
    """A body of V2."""

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
    """A request that is not answered.

    Parameters
    ----------
    status : int
        HTTP status.
    outcome : str
        How it is counted.
    message : str
        What is wrong, and where.
    """

    def __init__(self, status: int, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome


class Request(NamedTuple):
    """A request as it came.

    Attributes
    ----------
    protocol : {"v1", "v2"}
        What its body is written in.
    body : bytes or bytearray
        The body.
    is_explained : bool
        Whether predictions are explained even if the body does not ask for it.
    """

    protocol: Protocol
    body: bytes | bytearray
    is_explained: bool = False


class _ParsedRequest(NamedTuple):
    """What a request asks: rows, checked, and of V2 its name and the outputs wanted."""

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
    served : Served
        The model.
    tally : Tally
        Where requests are counted.
    most_rows : int
        Rows of a request at most.
    """

    def __init__(self, name: str, served: ServedModel, metrics: ServerMetrics, most_rows: int) -> None:
        self.name = name
        self._served = served
        self._metrics = metrics
        self._most_rows = most_rows
        self._classes = {"classes": served.labels}

    def answer(self, requests: Sequence[Request]) -> list[tuple[int, bytes]]:
        """Return the status and the body of each answer, and count them.

        The rows of all requests are predicted together, which takes less time than one after another.
        """
        started = time.perf_counter()
        read = [self._parse_request(request) for request in requests]
        answers = iter(
            self._predict_requests([question for question in read if isinstance(question, _ParsedRequest)])
        )
        written = [
            question if isinstance(question, RequestError) else self._encode_answer(question, next(answers))
            for question in read
        ]
        seconds = time.perf_counter() - started
        return [
            self._count_request(request, content, seconds)
            for request, content in zip(requests, written, strict=True)
        ]

    def _predict_requests(
        self, questions: Sequence[_ParsedRequest]
    ) -> "list[list[RowPrediction] | RequestError]":
        """Return the answers to each question.

        Where predicting all together fails each is predicted alone, so that no request fails for another's
        fault.
        """
        try:
            answers = iter(self.predict([row for question in questions for row in question.rows]))
            return [list(islice(answers, len(question.rows))) for question in questions]
        except Exception:
            if len(questions) == 1:
                return [log_failure()]
            _log.exception("%d requests failed together; each is tried alone", len(questions))
            return [answers for question in questions for answers in self._predict_requests([question])]

    def _parse_request(self, request: Request) -> "_ParsedRequest | RequestError":
        try:
            body = decode_body(request.body, request.protocol)
            if isinstance(body, _V1Body):
                rows = self.convert_rows(body.instances)
            else:
                if body.outputs:
                    self._check_outputs(body.outputs)
                rows = self.convert_rows(to_rows(body.inputs))
        except RequestError as refused:
            return refused
        except Exception:
            return log_failure()
        is_explained = request.is_explained or (body.parameters is not None and body.parameters.explain)
        if isinstance(body, _V1Body):
            return _ParsedRequest(rows, is_explained, True)
        return _ParsedRequest(rows, is_explained, False, body.id, body.outputs)

    def _encode_answer(
        self, question: _ParsedRequest, answers: "list[RowPrediction] | RequestError"
    ) -> "bytes | RequestError":
        if isinstance(answers, RequestError):
            return answers
        try:
            return _encode(
                (self._build_v1_answer if question.is_v1 else self._build_v2_answer)(question, answers)
            )
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

    def _build_v1_answer(self, question: _ParsedRequest, answers: list[RowPrediction]) -> dict[str, Any]:
        predictions = [self._build_v1_prediction(answer) for answer in answers]
        if question.is_explained:
            for row, answer, prediction in zip(question.rows, answers, predictions, strict=True):
                prediction["contributions"] = self._served.explain(row, answer)
        return {
            "predictions": predictions,
            "model_name": self.name,
            "model_version": self._served.version,
        }

    def _build_v1_prediction(self, answer: RowPrediction) -> dict[str, Any]:
        if answer.likeliest is None or answer.decision is None:
            return {"value": answer.outputs[0]}
        classes = self._served.signature.classes
        return {
            "class": classes[answer.likeliest],
            "probabilities": dict(zip(self._served.labels, answer.outputs, strict=True)),
            "decision": classes[answer.decision],
        }

    def _build_v2_answer(self, question: _ParsedRequest, answers: list[RowPrediction]) -> dict[str, Any]:
        tensors = self.build_tensors(question.rows, answers, is_explained=question.is_explained)
        if question.outputs:
            by_name = {tensor.name: tensor for tensor in tensors}
            tensors = [by_name[wanted.name] for wanted in question.outputs if wanted.name in by_name]
        answer = {"model_name": self.name, "model_version": self._served.version, "outputs": tensors}
        return answer if question.id is None else {**answer, "id": question.id}

    def _check_outputs(self, outputs: list[_OutputRequest]) -> None:
        names = [*self._served.output_names, "contributions"]
        unknown = [output.name for output in outputs if output.name not in names]
        if unknown:
            raise _build_input_error(f"There is no output {unknown[0]!r}; there are {', '.join(names)}.")

    def convert_rows(self, instances: Sequence[dict[str, Any]]) -> list[Row]:
        """Return the rows' values in the model's order, and count where they differ from the training's.

        Raises
        ------
        Refused
            There is none, there are too many, or one cannot be predicted.
        """
        if not instances:
            raise _build_input_error("There is no row to predict.")
        if len(instances) > self._most_rows:
            raise RequestError(
                413,
                "too_large",
                f"There are {len(instances):,} rows; at most {self._most_rows:,} are taken at once.",
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
        """Return the answers for rows, and count them."""
        answers = self._served.predict(rows) if rows else []
        for answer in answers:
            self._metrics.count_prediction(answer.outputs[-1], answer.decision)
        return answers

    def build_tensors(
        self, rows: Sequence[Row], answers: Sequence[RowPrediction], *, is_explained: bool
    ) -> list[OutputTensor]:
        """Return the output tensors of V2."""
        n_rows, labels = [len(answers)], self._served.labels
        outputs = [value for answer in answers for value in answer.outputs]
        if not labels:
            tensors = [OutputTensor("value", n_rows, "FP64", outputs)]
        else:
            likeliest = [labels[answer.likeliest or 0] for answer in answers]
            decided = [labels[answer.decision or 0] for answer in answers]
            shape = [*n_rows, len(labels)]
            tensors = [
                OutputTensor("class", n_rows, "BYTES", likeliest),
                OutputTensor("probabilities", shape, "FP64", outputs, self._classes),
                OutputTensor("decision", n_rows, "BYTES", decided),
            ]
        if is_explained:
            columns = list(self._served.signature.columns)
            parts = [
                part
                for row, answer in zip(rows, answers, strict=True)
                for part in self._served.explain(row, answer).values()
            ]
            shape = [*n_rows, len(columns)]
            tensors.append(OutputTensor("contributions", shape, "FP64", parts, {"columns": columns}))
        return tensors


def decode_body(body: bytes | bytearray, protocol: Protocol | None = None) -> Any:
    """Return what a body says, as a request of a protocol if one is named.

    Raises
    ------
    Refused
        It is empty, no JSON, nested too deeply, or no request of the protocol.
    """
    if not body:
        raise RequestError(400, "invalid_json", "The body is empty.")
    try:
        return _DECODERS[protocol].decode(body)
    except msgspec.ValidationError as error:
        wanted = "valid JSON" if protocol is None else f"request of {protocol.upper()}"
        raise _build_input_error(f"The body is no {wanted}: {error}.") from None
    except RecursionError:
        raise RequestError(400, "invalid_json", "The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(400, "invalid_json", f"The body is no JSON: {error}.") from None


def to_rows(inputs: Sequence[Tensor]) -> list[dict[str, Any]]:
    """Return the rows of V2's input tensors, one tensor for each column.

    Raises
    ------
    Refused
        A tensor is no column, is there twice, or is not as long as the others.
    """
    row = _find_single_row(inputs)
    if row is not None:
        return [row]
    names = [tensor.name for tensor in inputs]
    columns = [tensor.data for tensor in inputs]
    if len(set(names)) < len(names):
        raise _build_input_error(
            f"The tensor {next(name for name in names if names.count(name) > 1)!r} is there twice."
        )
    if columns and [tensor.shape for tensor in inputs] != [[len(columns[0])]] * len(inputs):
        columns = [_flatten_tensor(tensor) for tensor in inputs]
    try:
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    except ValueError:
        sizes = ", ".join(f"{name} {len(data)}" for name, data in zip(names[:SHOWN], columns, strict=False))
        raise _build_input_error(f"The tensors are not of one length: {sizes}.") from None


def _find_single_row(inputs: Sequence[Tensor]) -> dict[str, Any] | None:
    """Return the row of tensors that hold one, as most requests do; None for all others."""
    row = {}
    for tensor in inputs:
        data = tensor.data
        if tensor.shape != _OF_ONE_ROW or len(data) != 1:
            return None
        row[tensor.name] = data[0]
    return row if row and len(row) == len(inputs) else None


def _flatten_tensor(tensor: Tensor) -> list[Any]:
    """Return a tensor's values, of which each may be in a list of its own."""
    name, shape, data = tensor.name, tensor.shape, tensor.data
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
        raise _build_input_error(
            f"The tensor {name!r} has the shape {shape}; a column's is [rows] or [rows, 1]."
        )
    if shape[0] != len(data):
        raise _build_input_error(f"The tensor {name!r} has the shape {shape} and {len(data)} values.")
    return [cell[0] if type(cell) is list and len(cell) == 1 else cell for cell in data]


def log_failure() -> RequestError:
    """Log the exception that is handled, of which the client is told nothing: data may be in its message."""
    _log.exception("a request failed")
    return RequestError(500, "failed", "The server failed; its log says why.")


def _build_input_error(message: str) -> RequestError:
    return RequestError(400, "invalid_input", message)
