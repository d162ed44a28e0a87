"""What is asked of a table, and expected of it: read from a file, or the sample's."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from components.errors import InvalidSetting, format_list

_SAMPLE = {"source": "sample:churn", "target": "churned"}
# For each parameter that is a mapping: one in JSON, and how its file is written.
_EXAMPLES = {
    "problem": (
        '{"identifiers": ["id"]}',
        "Write it as in pipelines/samples/churn.yaml, one key a line: identifiers: [customer_id].",
    ),
    "expectations": (
        '{"rows": {"min": 100}}',
        "A first one is written by: python -m pipelines data infer.",
    ),
}
# What JSON without a file is called, if not by the name of its parameter.
_OWN_WORDS = {"expectations": "JSON of expectations"}
_SAMPLE_PROBLEM = Path(__file__).parent / "samples" / "churn.yaml"


def build_sample_parameters() -> dict[str, Any]:
    """Return the parameters of a run without a table of its own: customers who leave."""
    return {**_SAMPLE, "problem": read_problem(str(_SAMPLE_PROBLEM))}


def complete_from_sample(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a training; where they name no table, the rest is that of the sample.

    Raises
    ------
    InvalidSetting
        Only one of source and target is given.
    """
    if "source" in parameters and "target" in parameters:
        return dict(parameters)
    for present, missing in (("source", "target"), ("target", "source")):
        if present in parameters:
            raise InvalidSetting(
                f"There is a {present} but no {missing}.",
                f"Add the parameter {missing!r}, or leave both out to use the sample.",
            )
    return {**build_sample_parameters(), **parameters}


def read_problem(text: str) -> dict[str, Any]:
    """Return the details of a problem, as ``read_mapping`` reads them."""
    return read_mapping(text, "problem")


def read_mapping(text: str, name: str) -> dict[str, Any]:
    """Return the keys and values of a parameter, from a YAML or JSON file or from JSON itself.

    Parameters
    ----------
    text : str
        The file, or the JSON.
    name : str
        The parameter: ``problem`` or ``expectations``.

    Raises
    ------
    InvalidSetting
        There is no such file, or it is not a mapping of JSON values.
    """
    is_file = not text.lstrip().startswith("{")
    example, model = _EXAMPLES.get(name, _EXAMPLES["problem"])
    place = f"The {name} file {text}" if is_file else f"The {_OWN_WORDS.get(name, name)}"
    try:
        content = Path(text).expanduser().read_text(encoding="utf-8") if is_file else text
    except OSError as error:
        raise InvalidSetting(
            f"The {name} file {text} cannot be read: {error.strerror}.",
            f"Name a YAML file, or write JSON: --{name} '{example}'.",
        ) from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{place} is not text in UTF-8.", "Save it as UTF-8.") from None
    mapping = _parse_yaml(content, place) if is_file else _parse_json(content, place)
    if not isinstance(mapping, dict):
        raise InvalidSetting(f"{place} contains {_describe_value(mapping)}, not keys with values.", model)
    return mapping


def replace_nulls(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys and values that mean the same without a null, which kfp's compiler refuses.

    ``unreadable: null`` is a word. A column with nothing behind its name has no settings, and any other key
    with nothing behind it is as if it were not there.
    """
    replaced: dict[str, Any] = {}
    for key, value in details.items():
        if key == "columns" and isinstance(value, dict):
            replaced[key] = {name: replace_nulls(settings or {}) for name, settings in value.items()}
        elif isinstance(value, dict):
            replaced[key] = replace_nulls(value)
        elif value is not None or key == "unreadable":
            replaced[key] = "null" if value is None else value
    return replaced


def _parse_json(text: str, place: str) -> Any:
    def as_mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _check_unique_keys([key for key, _ in pairs], place)
        return dict(pairs)

    def refuse(word: str) -> None:
        raise InvalidSetting(
            f"{place} contains {word}, which is not a number.", "Write a number, or leave it out."
        )

    try:
        return json.loads(text, object_pairs_hook=as_mapping, parse_constant=refuse)
    except ValueError as error:
        try:
            # Braces are a mapping in YAML, too: {identifiers: [id]}.
            return _parse_yaml(text, place)
        except InvalidSetting:
            raise InvalidSetting(f"{place} is not JSON: {error}.", "Correct it there.") from None


def _parse_yaml(text: str, place: str) -> Any:
    import yaml

    try:
        value = yaml.load(text, _make_loader_class(place))  # noqa: S506 (it is a safe one)
        json.dumps(value, allow_nan=False)
    except yaml.MarkedYAMLError as error:
        raise InvalidSetting(
            f"{place} is not YAML: {_describe_yaml_error(error, text)}.", _choose_yaml_remedy(error)
        ) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise InvalidSetting(f"{place} is not valid: {error}.", "Correct it there.") from None
    return value


def _make_loader_class(place: str) -> Any:
    """Return a loader of YAML whose values are those of JSON: yes and 2024-01-31 are texts, as in a table."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            _check_unique_keys([self.construct_object(key, deep=True) for key, _ in node.value], place)
            mapping = super().construct_mapping(node, deep=deep)
            # A column may be called 2024.
            return {key if isinstance(key, str) else json.dumps(key): value for key, value in mapping.items()}

    for kind, form, first in _VALUES:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(form), list(first))
    # A value that is left out is null, too.
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
    return Loader


# What a word without quotes may be but text, with the characters that it may begin with.
_VALUES = (
    ("bool", r"^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$", "tTfF"),
    ("null", r"^(?:~|[Nn]ull|NULL)$", "~nN"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$",
        "-+.0123456789",
    ),
)


def _describe_yaml_error(error: Any, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return str(error.problem or error)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    what = "there is a tab" if _is_tab(error) else error.problem
    return f"line {mark.line + 1}, column {mark.column + 1} ({line.strip()[:60]!r}): {what}"


def _is_tab(error: Any) -> bool:
    return "'\\t'" in str(error.problem)


def _choose_yaml_remedy(error: Any) -> str:
    if _is_tab(error):
        return "Indent with blanks: YAML takes no tabs."
    return "Correct it there; put texts with : # , [ ] { } in quotes."


def _check_unique_keys(keys: list[Any], place: str) -> None:
    repeated = [repr(key) for key, count in Counter(map(str, keys)).items() if count > 1]
    if repeated:
        noun = "key" if len(repeated) == 1 else "keys"
        raise InvalidSetting(
            f"{place} has the {noun} {format_list(repeated)} more than once.",
            "Keep one of each, with all its values.",
        )


def _describe_value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    return f"only {str(value)[:60]!r}"
