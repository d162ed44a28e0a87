"""JSON files of a model's folder."""

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> Any:
    """Return the values in a JSON file."""
    return json.loads(file.read_text(encoding="utf-8"))


def write_json(file: Path, values: object) -> None:
    """Write strict JSON (no NaN, no infinity), the same text for the same values."""
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
