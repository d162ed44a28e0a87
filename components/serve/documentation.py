"""What a server says of itself: its OpenAPI document, and /docs, the same as a page that sends a request."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

import msgspec

from components._compiled.recipe import Value
from components._table.schema import Kind
from components.serve.openapi import PATH as OPENAPI
from components.serve.openapi import build_document
from components.serve.served_model import ServedModel

PATH = "/docs"
JSON, _HTML = b"application/json", b"text/html; charset=utf-8"

_STYLE = """
:root { color-scheme: light dark; }
html { background: light-dark(#FFFFFF, #171D25); color: light-dark(#1F2937, #E6EAF0); }
a { color: light-dark(#005F96, #79B8F0); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
textarea { width: 100%; box-sizing: border-box; font: 14px/1.4 ui-monospace, monospace; }
pre { overflow: auto; border: 1px solid #8884; padding: .6rem; min-height: 1.4em; }
div { overflow-x: auto; }
"""
# It sends to the address from which the page came, which a proxy may have changed.
_SCRIPT = """
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(event.target.dataset.path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: document.querySelector("textarea").value,
  });
  const text = await answer.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON: shown as it is. */ }
  document.querySelector("output").textContent = `${answer.status}\\n${shown}`;
});
"""


class ServedDocument(NamedTuple):
    """What a server answers at an address: its type, and its bytes."""

    content_type: bytes
    content: bytes


def build_documents(name: str, served: ServedModel, most_rows: int) -> dict[str, ServedDocument]:
    """Return the documents of a server by their paths; the parameters are those of ``build_document``."""
    document = build_document(name, served, most_rows)
    columns = served.signature.columns
    usual_row = {
        name: _to_cell(value, kind)
        for (name, kind), value in zip(columns.items(), served.usual_row, strict=True)
    }
    return {
        OPENAPI: ServedDocument(JSON, msgspec.json.encode(document)),
        PATH: ServedDocument(_HTML, render_documentation(document, usual_row)),
    }


def render_documentation(document: Mapping[str, Any], usual_row: Mapping[str, object]) -> bytes:
    """Return the page of a server as HTML, which needs no other file.

    Parameters
    ----------
    document : mapping
        The server's OpenAPI document.
    usual_row : mapping of str to object
        A cell for each column of the model, for the request that the page begins with.
    """
    info, paths, row = document["info"], document["paths"], document["components"]["schemas"]["Row"]
    predict = next(path for path in paths if path.endswith(":predict"))
    request = json.dumps({"instances": [usual_row]}, indent=2, ensure_ascii=False)
    columns = [
        (
            name,
            _describe_type(schema),
            "yes" if name in row["required"] else "no",
            schema.get("description", ""),
        )
        for name, schema in row["properties"].items()
    ]
    operations = [
        (method.upper(), path, operation["summary"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]
    title = escape(f"{info['title']}, version {info['version']}")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
<main>
<h1>{title}</h1>
<p>{escape(info["description"])} The same as <a href="openapi.json">OpenAPI</a>.</p>
<h2>Try it</h2>
<form data-path="{escape(predict[1:])}">
<label for="request">POST {escape(predict)}</label>
<textarea id="request" rows="14" spellcheck="false">{escape(request)}</textarea>
<button>Send</button>
</form>
<pre tabindex="0"><output></output></pre>
<h2>Columns of a row</h2>
{_render_table(("column", "value", "needed", "what it had"), columns)}
<h2>Addresses</h2>
{_render_table(("method", "path", "what it does"), operations)}
</main>
<script>{_SCRIPT}</script>
</html>
""".encode()


def _to_cell(value: Value, kind: Kind) -> object:
    """Return a usual value, in which all but texts and dates are numbers, as a cell of its kind."""
    if value is None or kind in ("float", "string"):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return bool(value) if kind == "boolean" else int(value)


def _render_table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{header}</th>' for header in headers)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<div tabindex="0"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>'


def _describe_type(schema: Mapping[str, Any]) -> str:
    """Return the type of a column's cells in JSON, in words."""
    if "anyOf" in schema:
        return "a date or a time, as text"
    words = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "string": "a text",
    }
    return words[schema["type"][0]]
