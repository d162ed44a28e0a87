"""The parameters of a pipeline: declared once, by its signature, and read from what a person gives.

Options, variables of make, ``name=value`` words, files and the tables in the documents all follow from the
signature and its docstring.
"""

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from components.errors import InvalidSetting, suggest_name
from pipelines.catalogue import PIPELINES, ROOT
from pipelines.problem_file import read_mapping

# The names that specs have for the types of a signature.
_KINDS = {
    "str": "STRING",
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "bool": "BOOLEAN",
    "list": "LIST",
    "dict": "STRUCT",
}
_WORDS = {
    "STRING": "text",
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list",
    "STRUCT": "a mapping",
}
# Options and variables of make that are shorter than the parameter, or older.
SHORT_NAMES = {
    "training": {"budget_minutes": "minutes"},
    "scoring": {"model_name": "model"},
    "monitoring": {"model_name": "model", "budget_minutes": "minutes"},
}
_MOST_CHARACTERS = 60
# The image of submit does not have the sources of ingest, which refuse such an address, too.
_PASSWORD = re.compile(r"postgres(ql)?://([^?]*:[^?]*@|[^?]*\?(.*&)?(password|sslpassword)=)", re.IGNORECASE)


class Parameter(NamedTuple):
    """A parameter of a pipeline.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        Its type, as specs call it: STRING, NUMBER_INTEGER, NUMBER_DOUBLE, BOOLEAN, LIST or STRUCT.
    is_required : bool
        Whether it has no default.
    default : JSON value
        Its default; None if it has none.
    description : str
        What it is, in a sentence.
    """

    name: str
    kind: str
    is_required: bool
    default: Any
    description: str

    @classmethod
    def from_spec(cls, name: str, definition: Mapping[str, Any]) -> "Parameter":
        """Return the parameter that a compiled pipeline defines."""
        is_required = not definition.get("isOptional") and "defaultValue" not in definition
        description = " ".join(str(definition.get("description", "")).split())
        kind = str(definition["parameterType"])
        return cls(name, kind, is_required, definition.get("defaultValue"), description)


def read_signature(pipeline: str, root: Path = ROOT) -> dict[str, Parameter]:
    """Return the parameters that a pipeline declares, by name, without importing kfp.

    Parameters
    ----------
    pipeline : str
        Name of a pipeline of the catalogue.
    root : Path
        The folder with the suite's code.
    """
    from docstring_parser import parse

    path = root / f"{PIPELINES[pipeline].replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == pipeline)
    docstring = parse(ast.get_docstring(function) or "")
    described = {argument.arg_name: argument.description or "" for argument in docstring.params}
    names = function.args.args
    defaults = [None] * (len(names) - len(function.args.defaults)) + list(function.args.defaults)
    return {
        name.arg: Parameter(
            name.arg,
            _KINDS[ast.unparse(name.annotation)] if name.annotation else "STRING",
            default is None,
            None if default is None else ast.literal_eval(default),
            " ".join(described.get(name.arg, "").split()),
        )
        for name, default in zip(names, defaults, strict=True)
    }


def read_words(words: Iterable[str]) -> dict[str, str]:
    """Return texts by parameter, from words such as ``trials=50``.

    Raises
    ------
    InvalidSetting
        A word gives no parameter a value.
    """
    texts = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise InvalidSetting(
                f"{word!r} gives no parameter a value.", "Write it as name=value, such as trials=50."
            )
        texts[name] = text
    return texts


def format_words(values: Mapping[str, Any]) -> list[str]:
    """Return words such as ``trials=50`` that give parameters these values."""
    return [
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in values.items()
    ]


def read_file(path: Path) -> dict[str, Any]:
    """Return values by parameter, from a YAML or JSON file.

    Raises
    ------
    InvalidSetting
        The file cannot be read, or does not map names to values.
    """
    import yaml

    title = f"The parameter file {path}"
    try:
        content = yaml.safe_load(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting(f"{title} cannot be read: {error.strerror}.", "Give a YAML file.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidSetting(f"{title} is not YAML: {' '.join(str(error).split())}.", "Correct it.") from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise InvalidSetting(
            f"{title} does not map names to values.", "Write one parameter per line, such as trials: 50."
        )
    return content


def resolve_parameters(
    values: Mapping[str, Any],
    texts: Mapping[str, str],
    declared: Mapping[str, Parameter],
    *,
    is_complete: bool = True,
) -> dict[str, Any]:
    """Return the parameters of a run, of the types that the pipeline asks for.

    Parameters
    ----------
    values : mapping
        Values by name, from a file.
    texts : mapping of str to str
        Texts by name, which override the file. A STRING is taken as it is; numbers, booleans, lists and
        mappings are written as in YAML or JSON. A list may be written ``a,b``; a mapping may be the path of a
        YAML file.
    declared : mapping of str to Parameter
        The pipeline's parameters.
    is_complete : bool
        Whether a required parameter that is not given is a mistake.

    Returns
    -------
    dict
        What was given. The rest is left to the pipeline's defaults.

    Raises
    ------
    InvalidSetting
        Parameters are unknown, of another type or missing; all are named.
    """
    faults: list[str] = []
    resolved: dict[str, Any] = {}
    for name, value in {**values, **texts}.items():
        if name not in declared:
            near = suggest_name(name, list(declared), "parameter")
            faults.append(f"The pipeline has no parameter {name!r}. {near}")
            continue
        if isinstance(value, str) and _PASSWORD.match(value):
            faults.append(
                f"The parameter {name!r} is the address of a database with a password, which runs show. "
                "Leave it out, and set PGPASSWORD; on a cluster it is a key of the Secret kfp-tabular."
            )
            continue
        kind = declared[name].kind
        resolved[name], fits = _convert(
            _parse_text(texts[name], kind, name) if name in texts else value, kind
        )
        if not fits:
            quoted = " Quote it." if kind == "STRING" else ""
            shown = _shorten(resolved[name])
            faults.append(f"The parameter {name!r} must be {_WORDS[kind]}, but is {shown}.{quoted}")
    if is_complete:
        faults += [
            f"The parameter {name!r} is missing: {parameter.description}"
            for name, parameter in declared.items()
            if parameter.is_required and name not in {**values, **texts}
        ]
    if faults:
        raise InvalidSetting("\n".join(faults), "Correct them; nothing was started.")
    return resolved


def limit_by_time(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a new run, in which time ends a sweep that is given minutes but no trials."""
    if "budget_minutes" in parameters:
        return {"trials": 0, **parameters}
    return dict(parameters)


def _parse_text(text: str, kind: str, name: str) -> Any:
    """Return the value that a text stands for; the text itself if it is of another type."""
    import yaml

    if kind == "STRING":
        return text
    if kind == "STRUCT":
        return read_mapping(text, name)
    if kind == "LIST" and not text.startswith("["):
        return text.split(",")
    try:
        if kind.startswith("NUMBER"):
            # Not as YAML, where 1e1 is text, 010 is eight, and 1:30 is ninety.
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
        return {"1": True, "0": False}[text] if text in ("0", "1") else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def _convert(value: Any, kind: str) -> tuple[Any, bool]:
    """Return a value in its parameter's type, and whether it is of that type."""
    match kind:
        case "STRING":
            return value, isinstance(value, str)
        case "BOOLEAN":
            return value, isinstance(value, bool)
        case "LIST":
            return value, isinstance(value, list) and _is_json(value)
        case "STRUCT":
            return value, isinstance(value, dict) and _is_json(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or (kind == "NUMBER_INTEGER" and value != int(value)):
        return value, False
    # kfp refuses an int where a NUMBER_DOUBLE is declared.
    return (int if kind == "NUMBER_INTEGER" else float)(value), True


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
