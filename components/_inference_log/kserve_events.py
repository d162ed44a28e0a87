"""Records from the events of KServe's logger, which logs the bodies of requests and responses.

Formats as in KServe's ``pkg/logger``, https://github.com/kserve/kserve: an event for each request and, with
the same id, one for its response, if that was a success. Each is a CloudEvent in binary mode,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from components._inference_log.record import PredictedRow, RecordBuilder
from components._problem.task import format_label
from components._table.row_reader import InvalidRow

Kind = Literal["request", "response"]

_KINDS: dict[str, Kind] = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
}
# The header that names a request for our server, too, as Go writes it.
ID_HEADER = "X-Request-Id"
# Bytes of an event beside its body.
_OVERHEAD = 1_000
# What JSON of any content raises where another shape is expected.
_MISSHAPEN = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    msgspec.MsgspecError,
)
# As the server reads it: strictly, so that a record can be written of everything that it accepts.
_decode = msgspec.json.Decoder().decode


class InvalidEvent(ValueError):
    """An event has no predictions that can be logged; the message says why."""


@dataclass(frozen=True)
class InferenceEvent:
    """The body of a request or of a response.

    Attributes
    ----------
    id : str
        The id of the request, which both have.
    kind : {"request", "response"}
        Which of them it is.
    time : datetime
        When, in UTC.
    body : bytes
        The body.
    request_id : str
        The header X-Request-Id of the request, if KServe passes it on; empty if not.
    """

    id: str
    kind: Kind
    time: datetime
    body: bytes
    request_id: str = ""

    @property
    def n_bytes(self) -> int:
        """Roughly what it takes in memory."""
        return len(self.body) + _OVERHEAD


def parse_cloud_event(headers: Mapping[str, str], body: bytes, received: datetime) -> InferenceEvent:
    """Return the event that KServe's logger sent.

    Parameters
    ----------
    headers : mapping of str to str
        The HTTP headers, with names in lower case.
    body : bytes
        The body.
    received : datetime
        When, in UTC. It is the event's time if that has none.

    Raises
    ------
    InvalidEvent
        It is another event.
    """
    name, kind = headers.get("ce-id"), headers.get("ce-type", "")
    if not name:
        raise InvalidEvent("the event has no id")
    if kind not in _KINDS:
        raise InvalidEvent(f"the event's type is {kind!r}, not {' or '.join(_KINDS)}")
    moment = _parse_time(headers.get("ce-time", "")) or received
    return InferenceEvent(name, _KINDS[kind], moment, body, _find_request_id(headers.get("ce-metadata", "")))


def _find_request_id(metadata: str) -> str:
    """Return the request's header from what KServe passes on: lists of values by name, as JSON."""
    try:
        return str(_decode(metadata)[ID_HEADER][0])
    except _MISSHAPEN:
        return ""


def _parse_time(text: str) -> datetime | None:
    """Return a time of RFC 3339; None for none, and for Go's zero time."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


class EventPairs:
    """Joins requests with their responses, which may arrive in any order.

    Parameters
    ----------
    longest_seconds : float
        How long an event waits for the other one. A request that failed has no response.
    clock : callable
        Returns seconds that never go back.

    Attributes
    ----------
    n_bytes : int
        Bytes of the events that wait.
    n_dropped : int
        Events that waited in vain, or came twice.
    """

    def __init__(self, longest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.n_bytes = 0
        self.n_dropped = 0
        self._longest_seconds = longest_seconds
        self._clock = clock
        # The oldest first.
        self._waiting: dict[str, tuple[float, InferenceEvent]] = {}

    def __len__(self) -> int:
        """Return the number of events that wait."""
        return len(self._waiting)

    def add(self, event: InferenceEvent) -> tuple[InferenceEvent, InferenceEvent] | None:
        """Return the request and the response, once there are both."""
        self.drop_old()
        other = self._remove(event.id) if event.id in self._waiting else None
        if other is not None and other.kind != event.kind:
            return (event, other) if event.kind == "request" else (other, event)
        self.n_dropped += other is not None
        self._waiting[event.id] = (self._clock(), event)
        self.n_bytes += event.n_bytes
        return None

    def drop_old(self) -> None:
        """Drop the events that have waited for too long."""
        earliest = self._clock() - self._longest_seconds
        while self._waiting:
            name, (arrived, _) = next(iter(self._waiting.items()))
            if arrived >= earliest:
                return
            self._remove(name)
            self.n_dropped += 1

    def _remove(self, name: str) -> InferenceEvent:
        _, event = self._waiting.pop(name)
        self.n_bytes -= event.n_bytes
        return event


class _Prediction(NamedTuple):
    outputs: list[float]
    decision: int | None


class EventConverter:
    """Finds the predicted rows in requests and responses.

    Parameters
    ----------
    builder : RecordBuilder
        The model's own, which checks the rows.
    labels : sequence of str
        The model's classes as texts, in the order of their probabilities; empty for a regression.
    """

    def __init__(self, builder: RecordBuilder, labels: Sequence[str]) -> None:
        self._builder = builder
        self._labels = list(labels)

    def convert(self, request: InferenceEvent, response: InferenceEvent) -> list[PredictedRow]:
        """Return the rows with their predictions; the builder can make a record of each.

        Raises
        ------
        InvalidEvent
            A body is not JSON of V1 or V2, the response has no probabilities or values, or the rows are not
            those of this model.
        """
        try:
            if not request.body:
                raise InvalidEvent("it has no body, so it asks for no prediction")
            asked, answered = _decode(request.body), _decode(response.body)
            rows = _list_rows(asked)
            predictions = list(self._iterate_predictions(answered))
            if len(rows) != len(predictions):
                raise InvalidEvent(f"{len(rows)} rows have {len(predictions)} predictions")
            name = str((asked.get("id") if "inputs" in asked else None) or request.request_id or request.id)
            moment = response.time.timestamp()
            predicted = [
                PredictedRow(moment, name, i, row, prediction)
                for i, (row, prediction) in enumerate(zip(rows, predictions, strict=True))
            ]
            for each in predicted:
                self._builder.build(each)
            return predicted
        except (InvalidEvent, InvalidRow) as error:
            raise InvalidEvent(f"the request {request.id!r} cannot be logged: {error}") from error
        except _MISSHAPEN as error:
            reason = f"{type(error).__name__}: {error}"
            raise InvalidEvent(f"the request {request.id!r} cannot be logged: {reason}") from error

    def _iterate_predictions(self, answered: dict[str, Any]) -> Iterator[_Prediction]:
        if "predictions" in answered:
            for prediction in answered["predictions"]:
                if self._labels:
                    outputs = [float(prediction["probabilities"][label]) for label in self._labels]
                    yield _Prediction(outputs, self._find_number(prediction["decision"]))
                else:
                    yield _Prediction([float(prediction["value"])], None)
            return
        tensors = {tensor["name"]: tensor["data"] for tensor in answered["outputs"]}
        if not self._labels:
            yield from (_Prediction([float(value)], None) for value in tensors["value"])
            return
        probabilities, width = tensors["probabilities"], len(self._labels)
        for i, decision in enumerate(tensors["decision"]):
            outputs = [float(value) for value in probabilities[i * width : (i + 1) * width]]
            yield _Prediction(outputs, self._find_number(decision))

    def _find_number(self, decision: Any) -> int:
        """Return the number of a class, which is a text in V2, and any label in V1."""
        return self._labels.index(format_label(decision))


def _list_rows(asked: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    if "instances" in asked:
        return asked["instances"]  # type: ignore[no-any-return]
    names = [tensor["name"] for tensor in asked["inputs"]]
    columns: Iterable[list[Any]] = (_flatten_tensor(tensor["data"]) for tensor in asked["inputs"])
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _flatten_tensor(data: list[Any]) -> list[Any]:
    """Return a tensor's values; each may be in a list of its own."""
    return [cell[0] if isinstance(cell, list) else cell for cell in data]
