"""What KServe's objects may hold, by the classes of its own SDK."""

import re
from collections.abc import Iterator
from typing import Any

import kserve
from kubernetes import client

_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "object": (object,),
    # Classes of strings that mean a number.
    "ResourceQuantity": (str, int),
    "V1beta1MetricQuantity": (str, int),
    "IntstrIntOrString": (str, int),
}
_KINDS = {
    "ServingRuntime": ("serving.kserve.io/v1alpha1", "V1alpha1ServingRuntime"),
    "InferenceService": ("serving.kserve.io/v1beta1", "V1beta1InferenceService"),
}


def find_faults(item: dict[str, Any]) -> list[str]:
    """Return what is wrong with an object: unknown and missing fields, and values of another type."""
    version, kind = _KINDS[item["kind"]]
    wrong = [] if item["apiVersion"] == version else [f"apiVersion is {item['apiVersion']}, not {version}"]
    return [*wrong, *find_faults_of_value(item, kind, item["kind"])]


def find_faults_of_value(value: Any, kind: str, place: str) -> Iterator[str]:
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for i, entry in enumerate(value):
            yield from find_faults_of_value(entry, inner[1], f"{place}[{i}]")
    elif inner := re.fullmatch(r"dict\(str, (.+)\)", kind):
        if not isinstance(value, dict):
            yield f"{place} is no mapping"
            return
        for name, entry in value.items():
            yield from find_faults_of_value(entry, inner[1], f"{place}.{name}")
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind in ("int", "float")):
            yield f"{place} is {value!r}, not {kind}"
    else:
        yield from _find_faults_of_object(value, kind, place)


def _find_faults_of_object(value: Any, kind: str, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    model = getattr(kserve, kind, None) or getattr(client, kind)
    types = {model.attribute_map[name]: of for name, of in model.openapi_types.items()}
    for name, entry in value.items():
        if name not in types:
            yield f"{place}.{name} is unknown"
        else:
            yield from find_faults_of_value(entry, types[name], f"{place}.{name}")
    try:
        model(**{name: value.get(field) for name, field in model.attribute_map.items()})
    except ValueError as error:
        # "Invalid value for `name`, must not be `None`"
        yield f"{place}: {error}"
