"""The app as a process: answers until a signal stops it."""

import asyncio
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

import uvloop
from starlette.routing import BaseRoute

from components._app.application import PATH
from components._app.health import build_health_routes
from components._app.prometheus import Prometheus
from components._server.http_server import HttpServer
from components._server.port import open_socket
from components.app.model_addresses import ModelAddress, read_addresses
from components.app.namespace_app import build_namespace_app
from components.app.prediction_proxy import build_client
from components.app.remote_batch import build_batch_route
from components.app.remote_model import RemoteModel
from components.app.settings import Settings
from components.errors import format_count

# Seconds. Longer than gateways keep an idle connection, or they would send requests into closing ones.
_KEEP_ALIVE = 75
_GRACE = 20


def run(settings: Settings) -> None:
    """Answer until a signal stops the server.

    Parameters
    ----------
    settings : Settings
        The models, and what stands around the server.

    Raises
    ------
    InvalidSetting
        The list of models cannot be used, or the port is in use.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # It would log the address of every request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    addresses = read_addresses(settings.models)
    listening = open_socket(settings.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_answer(addresses, listening, settings))


async def _answer(addresses: Sequence[ModelAddress], listening: socket.socket, settings: Settings) -> None:
    async with AsyncExitStack() as clients:
        models = [
            RemoteModel(address, await clients.enter_async_context(build_client(address.url)))
            for address in addresses
        ]
        turn = asyncio.Lock()

        def build_routes(model: RemoteModel) -> list[BaseRoute]:
            prometheus = (
                Prometheus(settings.prometheus, model.name, settings.namespace)
                if settings.prometheus
                else None
            )
            batch = build_batch_route(model, settings.upload_bytes, turn)
            return [batch, *build_health_routes(None, prometheus)]

        app = build_namespace_app(models, settings, build_routes)

        def announce() -> None:
            count = format_count(len(models), "model")
            sys.stdout.write(f"The app of {count} is at http://127.0.0.1:{settings.port}{PATH}/\n")
            sys.stdout.flush()

        # Gateways learn only after a moment that this server ends.
        server = HttpServer(app, _KEEP_ALIVE, _GRACE, ws="none")
        await server.answer(listening, partial(asyncio.sleep, settings.drain_seconds), announce)
