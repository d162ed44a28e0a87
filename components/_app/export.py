"""A model in one HTML file: the compiled model, the app and its card, without a network."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from components._app.description import describe_model
from components._app.evaluated_model import read_evaluated_model
from components._app.modules import STATIC, join_modules
from components.errors import InvalidSetting
from components.json_file import read_json

_TEMPLATE = Path(__file__).parent / "exported.html"
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


def export_page(model: Path, file: Path, card: str | None, version: str | None) -> ExportedPage:
    """Write a model's page.

    The file is written beside its place and then renamed, so that nobody finds a part of it.

    Parameters
    ----------
    model : Path
        The model folder that train wrote.
    file : Path
        Where the page goes; its folder must exist.
    card : str or None
        The model card that evaluate wrote, as Markdown.
    version : str or None
        The version in a registry. None: the first 12 digits of the model file's SHA-256.

    Raises
    ------
    NotCompiled
        The model has no compiled form.
    DamagedModelFolder, DamagedModel
        A file is missing, damaged, or of another model.
    InvalidSetting
        The file cannot be written.
    """
    evaluated = read_evaluated_model(model)
    content = render_exported_page(describe_model(model, card, version), evaluated).encode()
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


def render_exported_page(description: dict[str, Any], model: dict[str, Any]) -> str:
    """Return the HTML of a page.

    Its content security policy allows its own script and style and nothing else, so no row can leave it.
    """
    script = join_modules("exported.js")
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    texts = {file.stem: read_json(file) for file in sorted((STATIC / "texts").glob("*.json"))}
    return template.substitute(
        title=escape(description["target"]),
        script_hash=_hash(script),
        style_hash=_hash(style),
        style=style,
        script=script,
        description=_to_script_json(description),
        model=_to_script_json(model),
        texts=_to_script_json(texts),
    )


def _has_training_rows(form: dict[str, Any]) -> bool:
    inner = [*form.get("members", []), *form.get("steps", []), *([form["of"]] if "of" in form else [])]
    return form["kind"] in _WITH_ROWS or any(map(_has_training_rows, inner))


def _hash(text: str) -> str:
    """Return a text's hash in the notation of a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _to_script_json(values: Any) -> str:
    """Return JSON in which "<" is escaped so that it cannot end the script."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
