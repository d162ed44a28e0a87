"""Bodies of requests, from bytes to rows of names and cells."""

from collections.abc import Sequence
from typing import Any

import msgspec

from components.errors import SHOWN
from components.serve.messages import Error, InputTensor, V1Request, V2Request
from components.serve.server_metrics import Outcome, Protocol

_DECODERS: dict[Protocol | None, Any] = {
    "v1": msgspec.json.Decoder(V1Request),
    "v2": msgspec.json.Decoder(V2Request),
    None: msgspec.json.Decoder(),
}
_OF_ONE_ROW = [1]


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

    @classmethod
    def from_input(cls, message: str) -> "RequestError":
        """Return the error for an invalid input."""
        return cls(400, "invalid_input", message)

    def encode(self) -> bytes:
        """Return the body of the answer."""
        return msgspec.json.encode(Error(str(self)))


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
        raise RequestError.from_input(f"The body is not {expected}: {error}.") from None
    except RecursionError:
        raise RequestError(400, "invalid_json", "The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(400, "invalid_json", f"The body is not JSON: {error}.") from None


def to_rows(inputs: Sequence[InputTensor]) -> list[dict[str, Any]]:
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
        raise RequestError.from_input(f"The request has two tensors for {twice!r}.")
    if columns and [tensor.shape for tensor in inputs] != [[len(columns[0])]] * len(inputs):
        columns = [_flatten_tensor(tensor) for tensor in inputs]
    try:
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    except ValueError:
        sizes = ", ".join(f"{name} {len(data)}" for name, data in zip(names[:SHOWN], columns, strict=False))
        raise RequestError.from_input(f"The tensors differ in length: {sizes}.") from None


def _find_single_row(inputs: Sequence[InputTensor]) -> dict[str, Any] | None:
    """Return the row if every tensor has one value, as in most requests; None otherwise."""
    row = {}
    for tensor in inputs:
        data = tensor.data
        if tensor.shape != _OF_ONE_ROW or len(data) != 1:
            return None
        row[tensor.name] = data[0]
    return row if row and len(row) == len(inputs) else None


def _flatten_tensor(tensor: InputTensor) -> list[Any]:
    """Return a tensor's values; each may be in a list of its own."""
    name, shape, data = tensor.name, tensor.shape, tensor.data
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
        raise RequestError.from_input(
            f"The tensor {name!r} has the shape {shape}; it must be [rows] or [rows, 1]."
        )
    if shape[0] != len(data):
        raise RequestError.from_input(f"The tensor {name!r} has the shape {shape}, but {len(data)} values.")
    return [cell[0] if type(cell) is list and len(cell) == 1 else cell for cell in data]
