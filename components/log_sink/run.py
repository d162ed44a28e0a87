"""The sink as a process: takes events until a signal stops it, then writes and uploads what is left."""

import asyncio
import logging
import socket
import sys
from functools import partial
from pathlib import Path

import uvloop

from components._server.http_server import HttpServer
from components._server.port import open_socket
from components._store.folder import open_folder
from components.environment import Environment
from components.errors import InvalidSetting
from components.log_sink.event_app import EventApp
from components.log_sink.logged_model import fetch_model
from components.log_sink.settings import Settings
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.uploader import Uploader
from components.log_sink.version_collectors import VersionCollectors

# Seconds. Longer than KServe's client keeps an idle connection, or it would lose events in closing ones.
_KEEP_ALIVE = 120
# How long the events that wait may take at the end.
_GRACE = 15


def run(settings: Settings) -> None:
    """Take events until a signal stops the sink.

    Parameters
    ----------
    settings : Settings
        Where the log goes, and how much of it.

    Raises
    ------
    SuiteError
        A variable of the environment is missing or wrong, the spool is no folder that can be written, or the
        port is in use.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    environment = Environment.read()
    if environment.tracking_uri is None:
        raise InvalidSetting(
            "There is no registry to fetch models from: MLFLOW_TRACKING_URI is not set.",
            "Set it; on a cluster, it comes from the ConfigMap kfp-tabular.",
        )
    # The uploader itself tries again, so that the end does not wait for a storage that is away.
    folder = open_folder(settings.folder, environment, waits=())
    _create_spool(settings.spool)
    listening = open_socket(settings.port)
    metrics = SinkMetrics()
    collectors = VersionCollectors(settings, partial(fetch_model, environment.tracking_uri), metrics)
    with Uploader(settings.spool, folder, collectors.list_open_files, metrics) as uploader:
        metrics.watch(lambda: collectors.n_bytes, uploader.count_bytes)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                app = EventApp(collectors, metrics, settings.max_bytes)
                runner.run(_answer(app, listening, settings))
        finally:
            collectors.close(_GRACE)


def _create_spool(spool: Path) -> None:
    try:
        spool.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidSetting(
            f"The spool {spool} cannot be created: {error.strerror}.", "Choose another folder (spool)."
        ) from None


async def _answer(app: EventApp, listening: socket.socket, settings: Settings) -> None:
    def announce() -> None:
        sys.stdout.write(f"Taking events at http://127.0.0.1:{settings.port}/<model>/<version>\n")
        sys.stdout.flush()

    # Model servers learn only after a moment that the sink ends.
    server = HttpServer(app, _KEEP_ALIVE, _GRACE, ws="none")
    await server.answer(listening, partial(asyncio.sleep, settings.drain_seconds), announce)
