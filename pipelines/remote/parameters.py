"""What a pipeline is asked to do: its parameters, checked against its spec before anything is sent."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from components.errors import InvalidSetting, suggest_name

_WORDS = {
    "STRING": "text",
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list",
    "STRUCT": "a mapping",
}


def read_parameters(
    file: Path | None, settings: Sequence[str], defined: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the parameters of a run, of the types that the pipeline asks for.

    Parameters
    ----------
    file : Path or None
        YAML or JSON file that maps names to values.
    settings : sequence of str
        ``name=value``, which come before those of the file. Text is taken as it is; numbers, booleans, lists
        and mappings are written as in YAML or JSON.
    defined : mapping of str to mapping
        The parameters by name, as in the spec.

    Returns
    -------
    dict
        What was given. The rest is left to the pipeline's defaults.

    Raises
    ------
    InvalidSetting
        The file cannot be read; or parameters are unknown, of another type or missing: all are named.
    """
    given = _read_file(file) if file is not None else {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign or not name:
            raise InvalidSetting(
                f"--set {setting} gives no parameter a value.", "Write it as name=value, such as trials=50."
            )
        kind = defined.get(name, {}).get("parameterType")
        given[name] = text if kind in (None, "STRING") else _parse_value(text, str(kind))
    faults, values = [], {}
    for name, value in given.items():
        if name not in defined:
            near = suggest_name(name, list(defined), "parameter")
            faults.append(f"The pipeline has no parameter {name!r}. {near}")
            continue
        values[name], fault = _convert_value(name, value, defined[name])
        faults.extend(fault)
    faults.extend(
        f"The parameter {name!r} is missing: {' '.join(str(definition.get('description', '')).split())}"
        for name, definition in defined.items()
        if name not in given and not definition.get("isOptional") and "defaultValue" not in definition
    )
    if faults:
        raise InvalidSetting(
            "\n".join(faults),
            "Give them with --set name=value, or in a file with --parameters; nothing was sent.",
        )
    return values


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting(
            f"The file of parameters {path} cannot be read: {error.strerror}.", "Name a YAML file."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidSetting(
            f"The file of parameters {path} is no YAML: {' '.join(str(error).split())}.", "Correct it there."
        ) from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise InvalidSetting(
            f"The file of parameters {path} does not map names to values.",
            "Write one parameter per line, such as trials: 50.",
        )
    return content


def _parse_value(text: str, kind: str) -> Any:
    # What type it should have been is said with all other faults, so what does not parse stays text.
    try:
        if kind.startswith("NUMBER"):
            # Not as YAML, where 1e1 is text, 010 is eight, and 1:30 is ninety.
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def _convert_value(name: str, value: Any, definition: Mapping[str, Any]) -> tuple[Any, list[str]]:
    kind = definition["parameterType"]
    fits: bool
    match kind:
        case "STRING":
            fits = isinstance(value, str)
        case "NUMBER_INTEGER" | "NUMBER_DOUBLE":
            fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if fits and kind == "NUMBER_INTEGER":
                fits = value == int(value)
                value = int(value) if fits else value
        case "BOOLEAN":
            fits = isinstance(value, bool)
        case "LIST":
            fits = isinstance(value, list) and _is_json(value)
        case _:
            fits = isinstance(value, dict) and _is_json(value)
    if not fits:
        quoted = " Quote it." if kind == "STRING" else ""
        return value, [
            f"The parameter {name!r} must be {_WORDS[kind]}, and is {_format_value(value)}.{quoted}"
        ]
    return value, []


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _format_value(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
