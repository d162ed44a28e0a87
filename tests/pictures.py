"""The pictures of the documents, and what is recorded of them.

``make screenshots`` writes them again. Pixels are not compared, because fonts differ between machines; the
texts of headings, labels, buttons and tabs are, which are stored beside the pictures.
"""

import hashlib
import io
import json
import os
import struct
from typing import TYPE_CHECKING, Any

from pipelines.catalogue import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = ROOT / "docs" / "images"
RECORD = IMAGES / "pictures.json"
WIDTH = 1400
_SIZE = (WIDTH, 900)
_MOST_BYTES = 150_000
_COLORS = 128
_IS_WRITTEN = os.environ.get("WRITE_SCREENSHOTS") == "1"
# Numbers change with each training.
_LIST_TEXTS = """() => [...document.querySelectorAll("h1, h2, h3, label, button, thead th, dt")]
    .filter((element) => element.checkVisibility())
    .map((element) => element.innerText.trim().replace(/\\d+/g, "#"))"""


def check_picture(name: str, page: "Page") -> None:
    """Check that a picture shows a page as it is, or write the picture if the environment says so."""
    texts = page.evaluate(_LIST_TEXTS)
    if _IS_WRITTEN:
        _write_picture(name, page.screenshot(), texts)
    content = (IMAGES / f"{name}.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == _SIZE
    assert len(content) < _MOST_BYTES
    stored = _read_record()[name]
    assert stored["sha256"] == hashlib.sha256(content).hexdigest(), "The record is of another picture."
    assert stored["texts"] == texts, "The page has changed: make screenshots writes its pictures again."


def _read_record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return record


def _write_picture(name: str, screenshot: bytes, texts: list[str]) -> None:
    """Write a picture with few colours, and what is recorded of it."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(screenshot)).convert("RGB")
    image.quantize(_COLORS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    (IMAGES / f"{name}.png").write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    record = {**_read_record(), name: {"sha256": digest, "texts": texts}}
    text = json.dumps(dict(sorted(record.items())), indent=2, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")
