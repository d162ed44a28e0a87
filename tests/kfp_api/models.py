"""The models of kfp-server-api, which describe what the API takes and answers."""

import re
from typing import Any

import kfp_server_api

# Whole numbers of 64 bits are text in the models, and JSON may write them either way.
_LONG = ("max_concurrency", "interval_second")
_PLAIN: dict[str, type] = {"str": str, "bool": bool, "int": int, "datetime": str}


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_model(value: Any, model: str, place: str) -> None:
    """Refuse what a model does not describe: unknown fields, other types.

    Raises
    ------
    Refusal
        With status 400 and the place of the fault.
    """
    if model == "object":
        return
    if found := re.fullmatch(r"list\[(.+)\]", model):
        _demand(isinstance(value, list), place, model)
        for number, item in enumerate(value):
            check_model(item, found[1], f"{place}[{number}]")
    elif found := re.fullmatch(r"dict\(str, (.+)\)", model):
        _demand(isinstance(value, dict), place, model)
        for key, item in value.items():
            check_model(item, found[1], f"{place}.{key}")
    elif model in _PLAIN:
        is_long = place.rpartition(".")[2] in _LONG and isinstance(value, int) and not isinstance(value, bool)
        _demand(isinstance(value, _PLAIN[model]) or is_long, place, model)
    elif not (described := getattr(kfp_server_api.models, model)).openapi_types:
        _demand(value in described.allowable_values, place, model)
    else:
        _demand(isinstance(value, dict), place, model)
        types = {described.attribute_map[name]: kind for name, kind in described.openapi_types.items()}
        for key, item in value.items():
            _demand(key in types, f"{place}.{key}", "a field of the model")
            check_model(item, types[key], f"{place}.{key}")


def _demand(is_so: bool, place: str, expected: str) -> None:
    if not is_so:
        raise Refusal(400, f"invalid value at {place}: must be {expected}")
