"""A model in one HTML file: the compiled model, its form, its answers and its card, without a network."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from components._app.evaluated_model import read_evaluated_model
from components._app.modules import STATIC, join_modules
from components._model.signature import Signature
from components._table.schema import Column, Schema
from components.errors import InvalidSetting
from components.json_file import read_json

_FOLDER = STATIC / "exported"
# Estimators that compare a row with training rows, which are arrays of the form.
_WITH_ROWS = ("kernel", "neighbours")


class ExportedPage(NamedTuple):
    """A page that was written.

    Attributes
    ----------
    n_bytes : int
        Its size.
    has_training_rows : bool
        Whether its model holds training rows, as features.
    """

    n_bytes: int
    has_training_rows: bool


def export_page(model: Path, file: Path, version: str, card: str) -> ExportedPage:
    """Write a model's page.

    The file is written beside its place and then renamed, so that nobody finds a part of it.

    Parameters
    ----------
    model : Path
        The model folder that train wrote.
    file : Path
        Where the page goes; its folder must exist.
    version : str
        What the page says the model is, such as "version 3 of churn".
    card : str
        The model card, as HTML.

    Raises
    ------
    NotCompiled
        The model has no compiled form.
    DamagedModel
        The compiled form cannot be read.
    InvalidSetting
        The file cannot be written.
    """
    evaluated = read_evaluated_model(model)
    content = render_exported_page(describe_page(model, version), evaluated, card).encode()
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_bytes(content)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise InvalidSetting(
            f"The page {file} cannot be written: {error.strerror}.", "Give a file that you may write."
        ) from None
    return ExportedPage(len(content), _has_training_rows(evaluated["form"]))


def describe_page(model: Path, version: str) -> dict[str, Any]:
    """Return what the page shows of a model, besides its answers."""
    signature = Signature(**read_json(model / "signature.json"))
    schema = Schema.load(model / "schema.json")
    return {
        "title": signature.title,
        "target": signature.target,
        "version": version,
        "task": signature.task,
        "threshold": signature.threshold,
        # Not the last key of an object: JavaScript puts keys such as "0" and "1" into their own order.
        "positive": signature.labels[-1] if signature.task == "binary" else None,
        "columns": [_describe_input(schema[name]) for name in signature.columns],
    }


def render_exported_page(description: dict[str, Any], model: dict[str, Any], card: str) -> str:
    """Return the HTML of a page.

    Its content security policy allows its own script and style and nothing else, so no row can leave it.
    """
    script = join_modules("exported/page.js")
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    template = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(description["title"]),
        target=escape(description["target"]),
        version=escape(description["version"]),
        script_hash=_hash(script),
        style_hash=_hash(style),
        style=style,
        script=script,
        description=_to_script_json(description),
        model=_to_script_json(model),
        card=card,
    )


def _describe_input(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "categories": list(column.categories),
    }


def _has_training_rows(form: dict[str, Any]) -> bool:
    inner = [*form.get("members", []), *form.get("steps", []), *([form["of"]] if "of" in form else [])]
    return form["kind"] in _WITH_ROWS or any(map(_has_training_rows, inner))


def _hash(text: str) -> str:
    """Return a text's hash in the notation of a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _to_script_json(values: Any) -> str:
    """Return JSON in which "<" is escaped so that it cannot end the script."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
