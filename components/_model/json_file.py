"""JSON files of a model's folder."""

import json
from pathlib import Path


def write_json(file: Path, values: object) -> None:
    """Write strict JSON (no NaN, no infinity), the same text for the same values."""
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
