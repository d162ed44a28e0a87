"""Records from the events of KServe's logger, which logs the bodies of requests and responses.

Formats as in KServe's ``pkg/logger``, https://github.com/kserve/kserve: an event for each request and, with
the same id, one for its response, if that was a success. Sent to a URL it is a CloudEvent in binary mode,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md; for an object
storage it is a JSON file ``<id>-request.json`` or ``<id>-response.json`` of one object, or, if KServe batches
them, of a list. The file is in ``<logger.url>/<namespace>/<service>/<component>/<logger.storage.path>/``.
"""

import base64
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from components._inference_log.record import LogRecord, PredictedRow, RecordBuilder
from components._inference_log.seen_ids import SeenIds
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
    try:
        metadata = _decode(headers.get("ce-metadata", "null"))
    except _MISSHAPEN:
        metadata = None
    event = _build_event(headers.get("ce-id"), headers.get("ce-type"), headers.get("ce-time"), body, received)
    return replace(event, request_id=_find_request_id(metadata))


def split_stored_events(content: bytes) -> list[Any]:
    """Return the events in a file of an object storage, unread.

    Raises
    ------
    InvalidEvent
        The file is not JSON, as when it was half written.
    """
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"it is not JSON: {type(error).__name__}: {error}") from error
    return parsed if isinstance(parsed, list) else [parsed]


def parse_stored_event(fields: Any, stored: datetime) -> InferenceEvent:
    """Return an event of a file of an object storage.

    Parameters
    ----------
    fields : JSON value
        The event, as ``split_stored_events`` returns it.
    stored : datetime
        When the file was written, in UTC. It is the event's time if that has none, as in KServe 0.16.

    Raises
    ------
    InvalidEvent
        It is another event, or none.
    """
    try:
        # KServe 0.16 writes the names of the fields with a capital letter.
        found = {name[:1].lower() + name[1:]: value for name, value in fields.items()}
        body = base64.b64decode(found["bytes"], validate=True)
    except _MISSHAPEN as error:
        raise InvalidEvent(
            f"it is not an event of KServe's logger: {type(error).__name__}: {error}"
        ) from error
    event = _build_event(found.get("id"), found.get("reqType"), found.get("occurrenceTime"), body, stored)
    return replace(event, request_id=_find_request_id(found.get("metadata")))


def _build_event(name: Any, event_type: Any, time: Any, body: bytes, otherwise: datetime) -> InferenceEvent:
    if not isinstance(name, str) or not name:
        raise InvalidEvent("the event has no id")
    if str(event_type) not in _KINDS:
        raise InvalidEvent(f"the event's type is {event_type!r}, not {' or '.join(_KINDS)}")
    return InferenceEvent(name, _KINDS[str(event_type)], _parse_time(time) or otherwise, body)


def _find_request_id(metadata: Any) -> str:
    """Return the request's header from those that KServe passes on: lists of values by name."""
    try:
        return str(metadata[ID_HEADER][0])
    except _MISSHAPEN:
        return ""


def _parse_time(text: Any) -> datetime | None:
    """Return a time of RFC 3339; None for none, and for Go's zero time."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


class EventPairs:
    """Joins requests with their responses, which come later, or in another file.

    Parameters
    ----------
    most_waiting, most_bytes : int
        Most events that wait for the other one, and most bytes of them; the oldest are dropped.

    Attributes
    ----------
    n_duplicates : int
        Events that came again.
    """

    def __init__(self, most_waiting: int = 10_000, most_bytes: int = 128 << 20) -> None:
        self.n_duplicates = 0
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._n_bytes = 0
        self._waiting: dict[str, InferenceEvent] = {}
        self._joined = SeenIds()
        self._n_dropped: Counter[Kind] = Counter()

    def add(self, event: InferenceEvent) -> tuple[InferenceEvent, InferenceEvent] | None:
        """Return the request and the response, once there are both."""
        other = self._waiting.get(event.id)
        if event.id in self._joined or (other is not None and other.kind == event.kind):
            self.n_duplicates += 1
            return None
        if other is not None:
            self._n_bytes -= self._waiting.pop(event.id).n_bytes
            self._joined.add(event.id)
            return (event, other) if event.kind == "request" else (other, event)
        self._waiting[event.id] = event
        self._n_bytes += event.n_bytes
        # The newest waits in any case.
        while len(self._waiting) > 1 and (
            len(self._waiting) > self._most_waiting or self._n_bytes > self._most_bytes
        ):
            oldest = self._waiting.pop(next(iter(self._waiting)))
            self._n_bytes -= oldest.n_bytes
            self._n_dropped[oldest.kind] += 1
        return None

    def count_single(self, kind: Kind) -> int:
        """Return the number of requests or responses whose other event has not come."""
        return self._n_dropped[kind] + sum(event.kind == kind for event in self._waiting.values())


class _Prediction(NamedTuple):
    outputs: list[float]
    decision: int | None


class EventConverter:
    """Makes records of requests and responses.

    Parameters
    ----------
    builder : RecordBuilder
        The model's own.
    labels : sequence of str
        The model's classes as texts, in the order of their probabilities; empty for a regression.
    versions : collection of str
        The names that the model's version may have in responses.
    """

    def __init__(self, builder: RecordBuilder, labels: Sequence[str], versions: Collection[str]) -> None:
        self._builder = builder
        self._labels = list(labels)
        self._versions = versions

    def convert(self, request: InferenceEvent, response: InferenceEvent) -> list[LogRecord]:
        """Return a record for each row.

        Raises
        ------
        InvalidEvent
            As from ``find_rows``.
        """
        return [record for _, record in self._convert_rows(request, response)]

    def find_rows(self, request: InferenceEvent, response: InferenceEvent) -> list[PredictedRow]:
        """Return the rows with their predictions; the builder can make a record of each.

        Raises
        ------
        InvalidEvent
            A body is not JSON of V1 or V2, the response has no probabilities or values, or the rows are not
            those of this model. The message has no cells, which may be of a masked column.
        """
        return [row for row, _ in self._convert_rows(request, response)]

    def _convert_rows(
        self, request: InferenceEvent, response: InferenceEvent
    ) -> list[tuple[PredictedRow, LogRecord]]:
        """Return each row with its record."""
        try:
            if not request.body:
                raise InvalidEvent("it has no body, so it asks for no prediction")
            asked, answered = _decode(request.body), _decode(response.body)
            version = answered.get("model_version")
            if version not in self._versions:
                raise InvalidEvent(f"it was answered by the version {version!r}")
            rows = _list_rows(asked)
            predictions = list(self._iterate_predictions(answered))
            if len(rows) != len(predictions):
                raise InvalidEvent(f"{len(rows)} rows have {len(predictions)} predictions")
            name = str((asked.get("id") if "inputs" in asked else None) or request.request_id or request.id)
            time = response.time.timestamp()
            predicted = [
                PredictedRow(time, name, i, row, prediction)
                for i, (row, prediction) in enumerate(zip(rows, predictions, strict=True))
            ]
            return [(row, self._builder.build(row)) for row in predicted]
        except InvalidRow as error:
            raise InvalidEvent(
                f"the request {request.id!r} cannot be logged: the model cannot read its rows"
            ) from error
        except InvalidEvent as error:
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
        return self._labels.index(decision if isinstance(decision, str) else json.dumps(decision))


def _list_rows(asked: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    if "instances" in asked:
        return asked["instances"]  # type: ignore[no-any-return]
    names = [tensor["name"] for tensor in asked["inputs"]]
    columns: Iterable[list[Any]] = (_flatten_tensor(tensor["data"]) for tensor in asked["inputs"])
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _flatten_tensor(data: list[Any]) -> list[Any]:
    """Return a tensor's values; each may be in a list of its own."""
    return [cell[0] if isinstance(cell, list) else cell for cell in data]
