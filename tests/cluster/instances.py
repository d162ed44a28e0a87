"""Rows of the sample, as a client of a model server sends them."""

import json
from typing import Any

from components.ingest.samples import open_sample


def list_instances(count: int) -> list[dict[str, Any]]:
    """Return the first rows of the sample, as JSON values."""
    rows = next(iter(open_sample("sample:churn", 0).batches)).slice(0, count).to_pylist()
    instances: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    return instances
