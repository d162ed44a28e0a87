"""The server's requests and answers as OpenAPI 3.1, with the model's columns as the schema of a row.

https://spec.openapis.org/oas/v3.1.0
"""

from typing import Any, get_args

from msgspec.json import schema_components

from components._table.datatypes import DATATYPES, Datatype
from components._table.schema import Column, Kind
from components.serve import messages
from components.serve.served_model import ServedModel

PATH = "/openapi.json"
# Behind the address of the model in V2.
DESCRIPTION = "description"

Json = dict[str, Any]

_MESSAGES = (
    messages.V1Request, messages.V1Answer, messages.V2Request, messages.V2Answer, messages.Error,
)  # fmt: skip
_REFERENCE = "#/components/schemas/{name}"
# Every column may be null, even if it never was in training.
_CELLS: dict[Kind, Json] = {
    "integer": {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "string": {"type": ["string", "null"]},
    "datetime": {
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "null"},
        ]
    },
}
_NUMBERS = [datatype for datatype in get_args(Datatype) if datatype not in ("BOOL", "BYTES")]
_REFUSALS = {
    "400": "The body is invalid; the error says what is wrong and where.",
    "413": "The body has too many rows or bytes.",
    "415": "The body is not JSON.",
    "500": "The server failed; see its log.",
}


def build_document(name: str, served: ServedModel, most_rows: int) -> Json:
    """Return the document of a server.

    Parameters
    ----------
    name : str
        The model's name in addresses.
    served : ServedModel
        The model.
    most_rows : int
        Most rows in a request.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": served.version,
            "description": f"{served.signature.title} for {served.signature.target}, "
            "with versions 1 and 2 of KServe's protocol.",
        },
        "paths": {**_build_prediction_paths(name), **_build_metadata_paths(name)},
        "components": {"schemas": _build_schemas(name, served, most_rows)},
    }


def _build_schemas(name: str, served: ServedModel, most_rows: int) -> Json:
    """Return the schemas of the messages, and what the model adds to them."""
    columns = served.row_reader.columns
    prediction = messages.ClassPrediction if served.labels else messages.ValuePrediction
    _, schemas = schema_components((*_MESSAGES, prediction), ref_template=_REFERENCE)
    tensor = schemas.pop("InputTensor")["properties"]
    fields = {message: schema["properties"] for message, schema in schemas.items()}
    fields["V1Request"]["instances"] |= {
        "minItems": 1,
        "maxItems": most_rows,
        "items": _build_reference("Row"),
    }
    fields["V2Request"]["inputs"] |= {
        "minItems": sum(column.n_null == 0 for column in columns) or 1,
        "maxItems": len(columns),
        "items": {"anyOf": [_build_tensor_schema(column, tensor) for column in columns]},
    }
    for message in ("RequestedOutput", "OutputTensor"):
        fields[message]["name"] = {"enum": [*served.output_names, "contributions"]}
    for message in ("V1Answer", "V2Answer"):
        fields[message] |= {"model_name": {"const": name}, "model_version": {"const": served.version}}
    fields["V1Answer"]["predictions"]["items"] = _build_reference(prediction.__name__)
    outputs = fields[prediction.__name__]
    _set_keys(outputs["contributions"], [column.name for column in columns])
    if served.labels:
        _set_keys(outputs["probabilities"], served.labels)
        outputs |= {key: {"enum": served.signature.classes} for key in ("class", "decision")}
    return {"Row": _build_row_schema(columns), **schemas}


def _set_keys(schema: Json, keys: list[str]) -> None:
    """Turn the schema of a mapping of any keys into that of a mapping of these."""
    schema |= _build_object_schema(dict.fromkeys(keys, schema["additionalProperties"]))


def _build_row_schema(columns: list[Column]) -> Json:
    return {
        "type": "object",
        "properties": {column.name: _build_cell_schema(column) for column in columns},
        "required": [column.name for column in columns if column.n_null == 0],
        "description": "Other columns are ignored. Texts are read as in training.",
    }


def _build_cell_schema(column: Column) -> Json:
    """Return the schema of a column's values, with the training rows' values as its description."""
    values = ""
    if column.minimum is not None:
        values = f"{column.minimum} to {column.maximum}"
    elif column.categories:
        values = ", ".join(column.categories)
    return {**_CELLS[column.kind], **({"description": f"In training: {values}."} if values else {})}


def _build_tensor_schema(column: Column, tensor: Json) -> Json:
    """Return the schema of a column's tensor; ``tensor`` has the fields of any."""
    cell = _build_cell_schema(column)
    list_of_one = {"type": "array", "items": cell, "minItems": 1, "maxItems": 1}
    datatype = DATATYPES[column.kind]
    of_column = {
        "name": {"const": column.name},
        "datatype": {"enum": _NUMBERS if datatype in _NUMBERS else [datatype]},
        "data": {"type": "array", "items": {"anyOf": [cell, list_of_one]}, "minItems": 1},
    }
    return {"type": "object", "properties": {**tensor, **of_column}, "required": list(tensor)}


def _build_prediction_paths(name: str) -> Json:
    paths = {}
    for version, verb, what in (
        ("V1", ":predict", "Predict rows"),
        ("V1", ":explain", "Predict rows and return how far each column moves the prediction"),
        ("V2", "/infer", "Predict columns of rows"),
        ("V2", "/explain", "Predict columns of rows and return how far each moves the prediction"),
    ):
        answers = {"200": _build_response("The predictions.", _build_reference(f"{version}Answer"))}
        answers |= {
            status: _build_response(text, _build_reference("Error")) for status, text in _REFUSALS.items()
        }
        paths[f"/{version.lower()}/models/{name}{verb}"] = {
            "post": {
                "summary": f"{what}.",
                "operationId": f"{version}-{verb.strip(':/')}",
                "requestBody": {
                    "required": True,
                    "content": _build_content(_build_reference(f"{version}Request")),
                },
                "responses": answers,
            }
        }
    return paths


def _build_metadata_paths(name: str) -> Json:
    """Return the paths that KServe's own application answers."""
    text, flag = {"type": "string"}, {"type": "boolean"}
    tensors = {"type": "array", "items": _build_object_schema({"name": {}, "datatype": {}, "shape": {}})}
    model = {"name": {"const": name}, "platform": text, "versions": {}, "inputs": tensors, "outputs": tensors}
    schemas: dict[str, tuple[str, Json]] = {
        "/v1/models": ("Models", {"models": {"type": "array", "items": text}}),
        f"/v1/models/{name}": (
            "Whether the model is ready",
            {"name": text, "ready": {"anyOf": [flag, text]}},
        ),
        "/v2": ("The server", {"name": text, "version": text, "extensions": {}}),
        "/v2/health/live": ("Whether the server runs", {"live": flag}),
        "/v2/health/ready": ("Whether the server takes requests", {"ready": flag}),
        f"/v2/models/{name}": ("The model's columns and outputs", model),
        f"/v2/models/{name}/ready": ("Whether the model takes requests", {"name": text, "ready": flag}),
    }
    stopping = {"503": {"description": "The server is starting or stopping."}}
    paths = {
        path: {
            "get": {
                "summary": f"{what}.",
                "responses": {
                    "200": _build_response("The answer.", _build_object_schema(fields)),
                    **stopping,
                },
            }
        }
        for path, (what, fields) in schemas.items()
    }
    metrics = {
        "description": "The metrics in Prometheus' text format.",
        "content": {"text/plain": {"schema": text}},
    }
    paths[f"/v2/models/{name}/{DESCRIPTION}"] = {
        "get": {
            "summary": "What the app shows of the model: its columns, schema, problem, lineage and card.",
            "responses": {
                "200": _build_response("The description.", {"type": "object"}),
                "404": {"description": "A file of the model's folder is damaged; the server's log names it."},
            },
        }
    }
    paths["/metrics"] = {"get": {"summary": "The server's metrics.", "responses": {"200": metrics}}}
    return paths


def _build_object_schema(properties: Json) -> Json:
    closed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **closed}


def _build_response(text: str, schema: Json) -> Json:
    return {"description": text, "content": _build_content(schema)}


def _build_content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _build_reference(message: str) -> Json:
    return {"$ref": _REFERENCE.format(name=message)}
