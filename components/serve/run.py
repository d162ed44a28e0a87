"""The server: KServe's application behind our middleware, and gRPC, in one process or several."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable

import uvloop
from kserve.constants.constants import MAX_GRPC_MESSAGE_LENGTH
from kserve.model_repository import ModelRepository
from kserve.model_server import app
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.rest.server import RESTServer
from prometheus_client import REGISTRY

from components._app.application import PATH, Application, Json
from components._inference_log.writer import LogWriter
from components._server.http_server import HttpServer
from components._server.port import open_socket
from components.errors import InvalidSetting
from components.serve.app import (
    AppParts,
    BuildRoutes,
    add_app,
    build_served_health,
    describe_served,
    encode_description,
)
from components.serve.documentation import JSON, ServedDocument, build_documents
from components.serve.documentation import PATH as DOCUMENTATION
from components.serve.model_log import build_record_builder, open_log
from components.serve.openapi import DESCRIPTION
from components.serve.prediction_middleware import PredictionMiddleware
from components.serve.predictor import FixedModelRepository, Predictor
from components.serve.request_batcher import RequestBatcher, build_protocol
from components.serve.request_handler import RequestHandler
from components.serve.sagemaker import build_aliases
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics, ServerMetricsCollector
from components.serve.settings import Settings

# Seconds. Longer than proxies keep a connection, or they would send requests into closing connections.
_KEEP_ALIVE = 75
_GRACE = 20
_GRPC_THREADS = 4
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_RESTART_SECONDS = 1.0


def run(settings: Settings, build_routes: BuildRoutes = build_served_health) -> None:
    """Load the model, and serve it until a signal stops the server.

    Parameters
    ----------
    settings : Settings
        The model, and how to serve it.
    build_routes : callable
        Returns what the app answers beside its files; called in each worker. By default it is the health.

    Raises
    ------
    SuiteError
        The model cannot be served, or the port is in use.
    """
    served = ServedModel.load(settings.model_dir, settings.model_version)
    metrics = ServerMetrics(
        list(served.signature.columns), served.output_bounds, served.labels, settings.workers
    )
    builder = build_record_builder(settings.model_dir, served) if settings.log_dir else None
    description = describe_served(settings) if settings.app else None
    encoded = encode_description(settings)
    listening = open_socket(settings.http_port)
    # Routes of KServe cause it. Who serves a model can do nothing about it.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")

    def announce() -> None:
        sys.stdout.write(
            f"Ready: {settings.model_name}, version {served.version} ({served.form}), answers at "
            f"http://127.0.0.1:{settings.http_port}/v1/models/{settings.model_name}:predict\n"
            f"Its columns and addresses are at http://127.0.0.1:{settings.http_port}{DOCUMENTATION}\n"
        )
        if settings.app:
            sys.stdout.write(f"The app is at http://127.0.0.1:{settings.http_port}{PATH}\n")
        sys.stdout.flush()

    def work(number: int) -> None:
        metrics.set_worker(number)
        with (
            open_log(builder, settings, served.log_name, metrics, number) as log,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            worker = _Worker(settings, served, metrics, listening, log, description, encoded, build_routes)
            runner.run(worker.answer(announce if number == 0 else lambda: None))

    if settings.workers == 1:
        work(0)
    else:
        _keep_running(work, settings.workers)


class _Worker:
    def __init__(
        self,
        settings: Settings,
        served: ServedModel,
        metrics: ServerMetrics,
        listening: socket.socket,
        log: LogWriter | None,
        description: Json | None,
        encoded: bytes | None,
        build_routes: BuildRoutes,
    ) -> None:
        self._settings = settings
        self._listening = listening
        handler = RequestHandler(settings.model_name, served, metrics, settings.max_rows, log)
        self._predictor = Predictor(handler, served)
        self._predictor.load()
        repository = ModelRepository()
        repository.update(self._predictor)
        plane, extension = DataPlane(model_registry=repository), FixedModelRepository(repository)
        RESTServer("kserve.model_server:app", plane, extension, settings.http_port).create_application()
        documents = build_documents(settings.model_name, served, settings.max_rows)
        if encoded is not None:
            # For an app that another process serves.
            documents[f"/v2/models/{settings.model_name}/{DESCRIPTION}"] = ServedDocument(JSON, encoded)
        aliases = build_aliases(settings)
        self._middleware = PredictionMiddleware(app, handler, metrics, settings.max_bytes, documents, aliases)
        application: Application = self._middleware
        if description is not None:
            parts = AppParts(settings, served, handler, metrics)
            application = add_app(application, description, build_routes(parts))
        self._server = HttpServer(
            application, _KEEP_ALIVE, _GRACE, http=build_protocol(self._middleware, RequestBatcher(handler))
        )
        limits = dict.fromkeys(
            ("grpc_max_send_message_length", "grpc_max_receive_message_length"),
            min(settings.max_bytes, MAX_GRPC_MESSAGE_LENGTH),
        )
        self._grpc = GRPCServer(settings.grpc_port, plane, extension, limits, _GRACE)
        signature = served.signature
        info = {
            "name": settings.model_name,
            "version": served.version,
            "task": signature.task,
            "family": signature.family,
            "form": served.form,
        }
        REGISTRY.register(ServerMetricsCollector(metrics, info))

    async def answer(self, announce: Callable[[], None]) -> None:
        # The loaded model never becomes garbage, and requests leave no cycles. A collection after every 700
        # new objects, which are a few requests, would take more time than the predictions.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        others = [self._grpc.start(_GRPC_THREADS)] if self._settings.grpc_port else []
        try:
            await self._server.answer(self._listening, self._drain, announce, others)
        except RuntimeError as error:
            # gRPC raises it if it cannot use the address.
            port = self._settings.grpc_port
            raise InvalidSetting(
                f"gRPC cannot listen on port {port}: {error}.", "Choose another port."
            ) from None

    async def _drain(self) -> None:
        """Stop, but first answer the requests of clients that Kubernetes has not yet told of the stop."""
        self._predictor.stop()
        self._middleware.is_closing = True
        await asyncio.sleep(self._settings.drain_seconds)
        # Beside the end of HTTP, or the times that both grant to their last requests would add up.
        self._ending = asyncio.create_task(self._grpc.stop())


def _keep_running(work: Callable[[int], None], workers: int) -> None:
    """Run a process for each worker, and replace those that die, until a signal stops the server."""
    running = {_fork_worker(work, number): number for number in range(workers)}
    is_stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal is_stopping
        is_stopping = True
        for process in running:
            os.kill(process, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while running:
        process, status = os.wait()
        worker = running.pop(process)
        if not is_stopping:
            logging.getLogger(__name__).error("worker %d ended with status %d", worker, status)
            # Workers that die at once must not take the processor from the others.
            time.sleep(_RESTART_SECONDS)
            running[_fork_worker(work, worker)] = worker


def _fork_worker(work: Callable[[int], None], number: int) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, signal.SIG_DFL)
        work(number)
        status = 0
    except BaseException:
        # Print the error as an interpreter does at its end; a forked copy must not end the usual way.
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)
