"""An HTTP server that answers until a signal stops it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from socket import socket
from typing import Any

import uvicorn


class HttpServer:
    """uvicorn, without its log and its own ways to stop.

    Parameters
    ----------
    application : callable
        An ASGI application.
    keep_alive : int
        Seconds that an idle connection is kept. Longer than its clients keep it, or they would send requests
        into closing connections.
    grace : int
        Seconds that requests may take once the server has stopped.
    options : Any
        Of ``uvicorn.Config``.
    """

    def __init__(self, application: Any, keep_alive: int, grace: int, **options: Any) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=keep_alive,
                timeout_graceful_shutdown=grace,
                **options,
            )
        )

    async def answer(
        self,
        listening: socket,
        drain: Callable[[], Awaitable[None]],
        announce: Callable[[], None] = lambda: None,
        others: Sequence[Awaitable[None]] = (),
    ) -> None:
        """Answer requests until SIGTERM or SIGINT, or until a server that stands beside it ends.

        Parameters
        ----------
        listening : socket
            Where to listen.
        drain : callable
            Awaited after the signal, while requests are still answered: clients learn only later of the stop.
        announce : callable
            Called once requests are answered.
        others : sequence of awaitable
            Servers that run beside this one, and end after ``drain``. Their errors are raised.
        """
        serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        beside = [asyncio.ensure_future(other) for other in others]
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        # uvicorn has now set its own handlers, which would stop at once; these replace them.
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        stopping = asyncio.create_task(stopped.wait())
        if self._server.started:
            announce()
        await asyncio.wait([stopping, serving, *beside], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await drain()
        self._server.should_exit = True
        await asyncio.gather(serving, *beside)
