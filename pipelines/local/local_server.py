"""Serving the model of a run on this machine, by the server that KServe runs on a cluster."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from components.errors import InvalidSetting, suggest_name
from pipelines.local.run_folder import RunFolder


class ServedRun(NamedTuple):
    """A run whose model is served.

    Attributes
    ----------
    name : str
        The run.
    model : Path
        Its model's folder.
    """

    name: str
    model: Path


def choose_run_to_serve(runs: Path, name: str | None) -> ServedRun:
    """Return the run of a name, or the last one whose model passed its gates.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    name : str or None
        The run.

    Raises
    ------
    InvalidSetting
        There is no such run, or it has no model.
    """
    place = runs.expanduser().absolute()
    records = {path.parent.name: RunFolder(path.parent) for path in sorted(place.glob("*/run.json"))}
    if name is not None and name not in records:
        remedy = suggest_name(name, list(records), "run") if records else "Run one: make run."
        raise InvalidSetting(f"There is no run {name!r} in {place}.", remedy)
    if name is None:
        approved = [
            (folder.load_record()["started"], run)
            for run, folder in records.items()
            # A run that scored a table has no model of its own.
            if folder.load_record()["status"] == "succeeded" and folder.find_output("train", "model")
        ]
        if not approved:
            raise InvalidSetting(f"No run in {place} has an approved model.", "Run one: make run.")
        _, name = max(approved)
    model = records[name].find_output("train", "model")
    if model is None:
        raise InvalidSetting(
            f"The run {name!r} has no model.", f"See {records[name].path}; to go on: make run RESUME={name}."
        )
    return ServedRun(name, model)


def serve(run: ServedRun, model_name: str, port: int, grpc_port: int, workers: int) -> None:
    """Become the server of a run's model; does not return.

    Parameters
    ----------
    run : ServedRun
        The run.
    model_name : str
        Name of the model in addresses.
    port, grpc_port : int
        Ports; gRPC's is 0 for none.
    workers : int
        Processes that answer.
    """
    golden = json.loads((run.model / "golden.json").read_text(encoding="utf-8"))
    body = json.dumps({"instances": golden["rows"][:1]}, ensure_ascii=False)
    sys.stdout.write(
        f"Serving the model of {run.name}. To ask it, once it says that it is ready:\n\n"
        f"curl http://127.0.0.1:{port}/v1/models/{model_name}:predict "
        f"-H 'content-type: application/json' -d {shlex.quote(body)}\n\n"
    )
    sys.stdout.flush()
    words = ["--model_dir", str(run.model), "--model_name", model_name, "--model_version", run.name]
    words += ["--http_port", str(port), "--grpc_port", str(grpc_port), "--workers", str(workers)]
    # Ctrl-C ends it at once: nobody else sends requests here.
    words += ["--drain_seconds", "0"]
    os.execv(sys.executable, [sys.executable, "-m", "components.serve", *words])  # noqa: S606
