"""The server's requests and answers as OpenAPI 3.1, with the model's columns as the schema of a row.

https://spec.openapis.org/oas/v3.1.0
"""

from typing import Any, get_args

from components._table.schema import Column, Kind
from components.serve.request_handler import DATATYPES, Datatype
from components.serve.served_model import ServedModel

PATH = "/openapi.json"

Json = dict[str, Any]

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
_LABELS = {"type": "array", "items": {"type": "string"}}
_PARAMETERS: Json = {
    "type": ["object", "null"],
    "description": "explain: whether to return how far each column moves the prediction.",
    "properties": {"explain": {"type": "boolean", "default": False}},
}
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
    columns = served.row_reader.columns
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": served.version,
            "description": f"{served.signature.title} for {served.signature.target}, "
            "with versions 1 and 2 of KServe's protocol.",
        },
        "paths": {**_build_prediction_paths(name), **_build_metadata_paths(name)},
        "components": {
            "schemas": {
                "Row": _build_row_schema(columns),
                "V1Request": _build_v1_request(most_rows),
                "V1Answer": _build_v1_answer(name, served, columns),
                "V2Request": _build_v2_request(columns, served),
                "V2Answer": _build_v2_answer(name, served),
                "Error": _build_object_schema({"error": {"type": "string"}}),
            }
        },
    }


def _build_prediction_paths(name: str) -> Json:
    paths = {}
    for version, verb, what in (
        ("V1", ":predict", "Predict rows"),
        ("V1", ":explain", "Predict rows and return how far each column moves the prediction"),
        ("V2", "/infer", "Predict columns of rows"),
        ("V2", "/explain", "Predict columns of rows and return how far each moves the prediction"),
    ):
        answers = {"200": _build_response(f"{version}Answer", "The predictions.")}
        answers |= {status: _build_response("Error", text) for status, text in _REFUSALS.items()}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{version}Request"}}}
        paths[f"/{version.lower()}/models/{name}{verb}"] = {
            "post": {
                "summary": f"{what}.",
                "operationId": f"{version}-{verb.strip(':/')}",
                "requestBody": {"required": True, "content": content},
                "responses": answers,
            }
        }
    return paths


def _build_metadata_paths(name: str) -> Json:
    tensors = {
        "type": "array",
        "items": _build_object_schema({key: {} for key in ("name", "datatype", "shape")}),
    }
    text, flag = {"type": "string"}, {"type": "boolean"}
    of_model = {"name": {"const": name}, "platform": text, "versions": {}, "inputs": tensors}
    schemas: dict[str, tuple[str, Json]] = {
        "/v1/models": ("Models", _build_object_schema({"models": {"type": "array", "items": text}})),
        f"/v1/models/{name}": (
            "Whether the model is ready",
            _build_object_schema({"name": text, "ready": {"anyOf": [flag, text]}}),
        ),
        "/v2": ("The server", _build_object_schema({"name": text, "version": text, "extensions": {}})),
        "/v2/health/live": ("Whether the server runs", _build_object_schema({"live": flag})),
        "/v2/health/ready": ("Whether the server takes requests", _build_object_schema({"ready": flag})),
        f"/v2/models/{name}": (
            "The model's columns and outputs",
            _build_object_schema({**of_model, "outputs": tensors}, optional=("versions",)),
        ),
        f"/v2/models/{name}/ready": (
            "Whether the model takes requests",
            _build_object_schema({"name": text, "ready": flag}),
        ),
    }
    paths: Json = {
        path: {"get": {"summary": f"{what}.", "responses": _build_responses(schema)}}
        for path, (what, schema) in schemas.items()
    }
    metrics = {
        "description": "The metrics in Prometheus' text format.",
        "content": {"text/plain": {"schema": text}},
    }
    paths["/metrics"] = {"get": {"summary": "The server's metrics.", "responses": {"200": metrics}}}
    return paths


def _build_responses(schema: Json) -> Json:
    return {
        "200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}},
        "503": {"description": "The server is starting or stopping."},
    }


def _build_row_schema(columns: list[Column]) -> Json:
    required = [column.name for column in columns if column.n_null == 0]
    return {
        "type": "object",
        "properties": {column.name: _build_column_schema(column) for column in columns},
        "required": required,
        "description": "Other columns are ignored. Texts are read as in training.",
    }


def _build_column_schema(column: Column) -> Json:
    """Return the schema of a column's values, with the training rows' values as its description."""
    values = ""
    if column.minimum is not None:
        values = f"{column.minimum} to {column.maximum}"
    elif column.categories:
        values = ", ".join(column.categories)
    return {**_CELLS[column.kind], **({"description": f"In training: {values}."} if values else {})}


def _build_v1_request(most_rows: int) -> Json:
    rows = {
        "type": "array",
        "minItems": 1,
        "maxItems": most_rows,
        "items": {"$ref": "#/components/schemas/Row"},
    }
    return {
        "type": "object",
        "properties": {"instances": rows, "parameters": _PARAMETERS},
        "required": ["instances"],
    }


def _build_v1_answer(name: str, served: ServedModel, columns: list[Column]) -> Json:
    classes = served.signature.classes
    outputs: Json = {"value": {"type": "number"}}
    if classes:
        probability = {"type": "number", "minimum": 0, "maximum": 1}
        outputs = {
            "class": {"enum": classes},
            "probabilities": _build_object_schema(dict.fromkeys(served.labels, probability)),
            "decision": {"enum": classes},
        }
    contributions = _build_object_schema({column.name: {"type": "number"} for column in columns})
    prediction = _build_object_schema(
        {**outputs, "contributions": contributions}, optional=("contributions",)
    )
    return _build_object_schema(
        {"predictions": {"type": "array", "items": prediction}, **_build_model_properties(name, served)},
    )


def _build_v2_request(columns: list[Column], served: ServedModel) -> Json:
    """Return the schema of V2's bodies. A schema cannot say that all tensors must have one length."""
    output = _build_object_schema({"name": {"enum": [*served.output_names, "contributions"]}})
    return {
        "type": "object",
        "properties": {
            "id": {"type": ["string", "null"]},
            "parameters": _PARAMETERS,
            "inputs": {
                "type": "array",
                "minItems": sum(column.n_null == 0 for column in columns) or 1,
                "maxItems": len(columns),
                "items": {"anyOf": [_build_tensor_schema(column) for column in columns]},
            },
            "outputs": {"anyOf": [{"type": "array", "items": output}, {"type": "null"}]},
        },
        "required": ["inputs"],
    }


def _build_tensor_schema(column: Column) -> Json:
    cell = _build_column_schema(column)
    list_of_one = {"type": "array", "items": cell, "minItems": 1, "maxItems": 1}
    datatype = DATATYPES[column.kind]
    return {
        "type": "object",
        "properties": {
            "name": {"const": column.name},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "minItems": 1,
                "maxItems": 2,
                "description": "[rows] or [rows, 1]",
            },
            "datatype": {"enum": _NUMBERS if datatype in _NUMBERS else [datatype]},
            "data": {"type": "array", "items": {"anyOf": [cell, list_of_one]}, "minItems": 1},
        },
        "required": ["name", "shape", "datatype", "data"],
    }


def _build_v2_answer(name: str, served: ServedModel) -> Json:
    tensor = _build_object_schema(
        {
            "name": {"enum": [*served.output_names, "contributions"]},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "datatype": {"enum": ["BYTES", "FP64"]},
            "data": {"type": "array", "items": {"type": ["number", "string"]}},
            "parameters": _build_object_schema(
                {"columns": _LABELS, "classes": _LABELS}, optional=("columns", "classes")
            ),
        },
        optional=("parameters",),
    )
    properties = {
        "outputs": {"type": "array", "items": tensor},
        **_build_model_properties(name, served),
        "id": {"type": "string"},
    }
    return _build_object_schema(properties, optional=("id",))


def _build_model_properties(name: str, served: ServedModel) -> Json:
    return {"model_name": {"const": name}, "model_version": {"const": served.version}}


def _build_object_schema(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _build_response(schema: str, text: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}
