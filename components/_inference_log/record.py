"""The format of the log: one JSON object per line, for one row of a request.

::

    logs/<version of the model>-<hash of its file>/<start in UTC>-<worker>-<8 hex digits>.jsonl
    {"time":"2026-11-29T17:44:22.123456Z","id":"req-7","row":0,"values":{"age":41,"city":"Bern"},
     "outputs":[0.31],"decision":0,"keys":{"customer_id":"C-17"},"unreadable":[],"weight":1.0,"format":1}
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from components._table.reading import Value
from components._table.row_reader import RowDeviations, RowReader

if TYPE_CHECKING:
    from components._problem.spec import Problem

FORMAT = 1


class LogRecord(msgspec.Struct, gc=False):
    """A row that was predicted.

    Attributes
    ----------
    time : datetime
        When, in UTC.
    id : str
        The request's id.
    row : int
        The row's position in the request, from 0.
    values : dict of str to value
        The model's columns as the model read them, without the masked ones.
    outputs : list of float
        What the compiled model returns: the probability of the second of two classes, that of each of more,
        or the value of a regression.
    decision : int or None
        Number of the predicted class; None for a regression.
    keys : dict of str to str
        The request's identifiers, by which the truth finds the row: texts as they are, other cells as JSON.
    unreadable : list of str
        Columns whose cell could not be read and became null.
    weight : float
        How many rows of the traffic the row stands for.
    format : int
        Version of this format.
    """

    time: datetime
    id: str
    row: int
    values: dict[str, Value]
    outputs: list[float]
    decision: int | None
    keys: dict[str, str] = {}
    unreadable: list[str] = []
    weight: float = 1.0
    format: int = FORMAT


class _Format(msgspec.Struct):
    """The one field that says whether the others mean what is expected."""

    format: int = FORMAT


_encode = msgspec.json.Encoder().encode
_read_format = msgspec.json.Decoder(_Format).decode


def encode_record(record: LogRecord) -> bytes:
    """Return a record as a line."""
    return _encode(record) + b"\n"


def is_record(line: bytes) -> bool:
    """Return whether a line is one whole JSON object of this format; its fields are not checked."""
    try:
        return _read_format(line).format == FORMAT
    except (msgspec.DecodeError, RecursionError):
        return False


class Prediction(Protocol):
    """The prediction for a row, as the server has it."""

    @property
    def outputs(self) -> list[float]:
        """The probability of each class, or the value of a regression."""

    @property
    def decision(self) -> int | None:
        """Number of the predicted class; None for a regression."""


class PredictedRow(NamedTuple):
    """A row of a request that was answered.

    Attributes
    ----------
    time : float
        When, in seconds since 1970.
    id : str
        The request's id.
    number : int
        The row's position in the request.
    cells : mapping of str
        The row's cells as they were sent.
    prediction : Prediction
        The prediction.
    """

    time: float
    id: str
    number: int
    cells: Mapping[str, Any]
    prediction: Prediction


class RecordBuilder:
    """Makes records of a model's predicted rows.

    Parameters
    ----------
    row_reader : RowReader
        The model's own reading.
    n_classes : int
        The model's classes; 0 for a regression.
    identifiers : iterable of str
        Columns that name a row.
    masked : iterable of str
        Columns that must not be in the log.
    """

    def __init__(
        self,
        row_reader: RowReader,
        n_classes: int,
        identifiers: Iterable[str] = (),
        masked: Iterable[str] = (),
    ) -> None:
        self._row_reader = row_reader
        self._names = [column.name for column in row_reader.columns]
        hidden = frozenset(masked)
        self._identifiers = [name for name in identifiers if name not in hidden]
        self._logged = [(i, name) for i, name in enumerate(self._names) if name not in hidden]
        # Of two probabilities the second says all.
        self._first_output = 1 if n_classes == 2 else 0

    @classmethod
    def from_problem(cls, row_reader: RowReader, n_classes: int, problem: "Problem") -> "RecordBuilder":
        """Return the builder that logs and masks the columns as a problem says."""
        return cls(row_reader, n_classes, problem.identifiers, problem.sensitive)

    def build(self, row: PredictedRow, weight: float = 1.0) -> LogRecord:
        """Return the record of a row.

        Raises
        ------
        InvalidRow
            The row cannot be read, so it is not one that the model predicted.
        """
        observed = RowDeviations([], [], [])
        values = self._row_reader.read(row.cells, observed)
        return LogRecord(
            datetime.fromtimestamp(row.time, UTC),
            row.id,
            row.number,
            {name: values[i] for i, name in self._logged},
            row.prediction.outputs[self._first_output :],
            row.prediction.decision,
            {
                name: _format_key(cell)
                for name in self._identifiers
                if (cell := row.cells.get(name)) is not None
            },
            [self._names[i] for i in observed.unreadable],
            weight,
        )


def _format_key(cell: Any) -> str:
    return cell if isinstance(cell, str) else _encode(cell).decode()
