"""Serves the model of a run on this machine, with the server that KServe runs on a cluster."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from components.errors import InvalidSetting
from pipelines.interface import get_make_target
from pipelines.local.run_folder import find_run, list_runs, resolve_runs


class ServedRun(NamedTuple):
    """A run, its model's folder, the folder of the model's log, and the model card, if there is one."""

    name: str
    model: Path
    log: Path
    card: Path | None = None


def choose_run_to_serve(runs: Path, name: str | None) -> ServedRun:
    """Return a run by its name; without a name, the last run whose model passed its gates.

    Raises
    ------
    InvalidSetting
        There is no such run, or it has no model.
    """
    if name is not None:
        folder = find_run(runs, name)
    else:
        approved = [
            (record["started"], name, folder)
            for name, folder in list_runs(runs).items()
            # A scoring run has no model of its own.
            if (record := folder.load_record())["status"] == "succeeded"
            and folder.find_output("train", "model")
        ]
        if not approved:
            raise InvalidSetting(
                f"No run in {resolve_runs(runs)} has an approved model.", "Run one: make run."
            )
        *_, folder = max(approved, key=lambda run: run[:2])
    model = folder.find_output("train", "model")
    if model is None:
        raise InvalidSetting(
            f"The run {name!r} has no model.", f"See {folder.path}; to resume it: make run RESUME={name}."
        )
    registered = folder.read_registration("register")
    log = find_monitoring(runs) / (registered.model if registered is not None else "model") / "logs"
    return ServedRun(folder.name, model, log, folder.find_output("evaluate", "card"))


def find_monitoring(runs: Path) -> Path:
    """Return the folder of the logs and monitoring reports of all models, beside that of the runs."""
    return resolve_runs(runs).parent / "monitoring"


def serve(
    run: ServedRun,
    model_name: str,
    port: int,
    grpc_port: int,
    workers: int,
    *,
    is_logged: bool,
    app_runs: Path | None = None,
) -> None:
    """Replace this process by the server of a run's model; does not return.

    Parameters
    ----------
    run : ServedRun
        The run.
    model_name : str
        Name of the model in URLs.
    port, grpc_port : int
        Ports; 0 for no gRPC.
    workers : int
        Number of server processes.
    is_logged : bool
        Whether to log requests and predictions in the checkout.
    app_runs : Path or None
        The folder of all runs, to serve the app, too.
    """
    if app_runs:
        sys.stdout.write(
            f"Once the server says that it is ready, open the app: http://127.0.0.1:{port}/app\n\n"
        )
    golden = json.loads((run.model / "golden.json").read_text(encoding="utf-8"))
    body = json.dumps({"instances": golden["rows"][:1]}, ensure_ascii=False)
    sys.stdout.write(
        f"Starting a server of the model of {run.name}. Once it says that it is ready, send it a request:\n\n"
        f"curl http://127.0.0.1:{port}/v1/models/{model_name}:predict "
        f"-H 'content-type: application/json' -d {shlex.quote(body)}\n\n"
    )
    if is_logged:
        off = "LOG=0" if get_make_target() else "--no-log"
        sys.stdout.write(f"Requests and predictions are logged in {run.log}; {off} turns this off.\n\n")
    sys.stdout.flush()
    words = ["--model_dir", str(run.model), "--model_name", model_name, "--model_version", run.name]
    words += ["--http_port", str(port), "--grpc_port", str(grpc_port), "--workers", str(workers)]
    # Ctrl-C ends it at once: there are no other clients to wait for.
    words += ["--drain_seconds", "0"]
    words += ["--log_dir", str(run.log)] * is_logged
    module = "components.serve"
    if app_runs:
        # The same server, with what the app knows of this machine.
        module = "pipelines.local.app_server"
        words += ["--runs", str(resolve_runs(app_runs)), "--app"]
        words += ["--app_card", str(run.card)] if run.card else []
    os.execv(sys.executable, [sys.executable, "-m", module, *words])  # noqa: S606
