"""The datatypes of tensors in KServe's V2 protocol."""

from typing import Literal

from components._table.kinds import Kind

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
