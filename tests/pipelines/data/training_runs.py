"""Runs of a training as this machine keeps them, with no more files than a comparison of tables reads."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from components._problem.registration import RegisteredModel
from components._problem.spec import Problem
from components._table.storage import write_table
from pipelines.local.run_folder import RunFolder

PROBLEM = Problem(target="y", task="binary", metric="roc_auc", identifiers=("id",), classes=("no", "yes"))


def write_training(
    runs: Path,
    name: str,
    columns: dict[str, list],
    *,
    n_test: int = 0,
    registered: RegisteredModel | None = None,
    source: str = "table.csv",
) -> RunFolder:
    """Write a run that ingested a table, whose last rows are its test rows."""
    folder = RunFolder(runs / name)
    artifacts = folder.artifacts / "training-1"
    table = pa.table(columns)
    n_train = table.num_rows - n_test
    parts = {"dataset": table, "train": table.slice(0, n_train), "test": table.slice(n_train)}
    for what, task in (("dataset", "ingest"), ("train", "split"), ("test", "split")):
        info = write_table(parts[what].to_batches(), table.schema, artifacts / task / what)
        _add_metadata(artifacts / task, what, {**info.to_metadata(), "source": source})
    (artifacts / "validate").mkdir()
    PROBLEM.save(artifacts / "validate" / "problem")
    if registered is not None:
        registered.save(artifacts / "register" / "registration")
    options = {"source": source, "target": PROBLEM.target}
    folder.save_record(
        {"pipeline": "training", "status": "succeeded", "started": "2026-11-24T10:00:00+00:00",
         "parameters": options, "options": options}
    )  # fmt: skip
    return folder


def _add_metadata(task: Path, name: str, metadata: dict[str, Any]) -> None:
    file = task / "executor_output.json"
    output = json.loads(file.read_text()) if file.exists() else {"artifacts": {}}
    output["artifacts"][name] = {"artifacts": [{"name": name, "metadata": metadata}]}
    file.write_text(json.dumps(output))
