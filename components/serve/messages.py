"""Requests and answers in both of KServe's protocols: what is parsed, and what OpenAPI describes.

V1: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
V2: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol

Docstrings and descriptions stand in the OpenAPI document too.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from components._problem.task import Label
from components._table.datatypes import Datatype

# The bounds are described only: the server's own messages about rows and shapes say more than a parser's.
Length = Annotated[int, Meta(extra_json_schema={"minimum": 1})]
ColumnShape = Annotated[
    list[Length], Meta(description="[rows] or [rows, 1]", extra_json_schema={"minItems": 1, "maxItems": 2})
]
Probability = Annotated[float, Meta(extra_json_schema={"minimum": 0, "maximum": 1})]
Contributions = Annotated[
    dict[str, float],
    Meta(description="How far each column moves the prediction, compared with the column's usual value."),
]


class Parameters(Struct):
    """The options of a request."""

    explain: Annotated[bool, Meta(description="Whether to explain each prediction.")] = False


class V1Request(Struct):
    """Rows to predict."""

    instances: list[dict[str, Any]]
    parameters: Parameters | None = None


class ClassPrediction(Struct, gc=False, forbid_unknown_fields=True):
    """The likeliest class, the probability of each, and the decision at the model's threshold."""

    likeliest: Label = field(name="class")
    probabilities: dict[str, Probability]
    decision: Label
    contributions: Contributions | UnsetType = UNSET


class ValuePrediction(Struct, gc=False, forbid_unknown_fields=True):
    """The value that a regression predicts."""

    value: float
    contributions: Contributions | UnsetType = UNSET


class V1Answer(Struct, gc=False, forbid_unknown_fields=True):
    """The predictions, in the order of the rows."""

    predictions: list[Any]
    model_name: str
    model_version: str


class InputTensor(Struct, gc=False):
    """A column of the rows to predict."""

    name: str
    shape: ColumnShape
    datatype: Datatype
    data: list[Any]


class RequestedOutput(Struct):
    """An output tensor that is wanted."""

    name: str


class V2Request(Struct):
    """Columns of rows to predict, all of one length, which a schema cannot say."""

    inputs: list[InputTensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[RequestedOutput] | None = None


class OutputLabels(Struct, gc=False, forbid_unknown_fields=True):
    """What the columns of an output tensor mean."""

    classes: list[str] | UnsetType = UNSET
    columns: list[str] | UnsetType = UNSET


class OutputTensor(Struct, gc=False, forbid_unknown_fields=True):
    """An output for every row, row after row."""

    name: str
    shape: list[int]
    datatype: Literal["BYTES", "FP64"]
    data: Sequence[str | float]
    parameters: OutputLabels | UnsetType = UNSET


class V2Answer(Struct, gc=False, forbid_unknown_fields=True):
    """The predictions as tensors."""

    model_name: str
    model_version: str
    outputs: list[OutputTensor]
    id: str | UnsetType = UNSET


class Error(Struct, forbid_unknown_fields=True):
    """What is wrong with a request, and where."""

    error: str
