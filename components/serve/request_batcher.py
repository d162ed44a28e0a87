"""uvicorn's HTTP, without a task for each request for predictions."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from components.serve.prediction_middleware import Operation, PredictionMiddleware
from components.serve.request_handler import Request, RequestHandler

Reply = Callable[[int, bytes], None]

_STATUS_LINES = {end.value: f"HTTP/1.1 {end} {end.phrase}\r\n".encode() for end in HTTPStatus}


class RequestBatcher:
    """Answers all requests that the event loop has read in one turn together.

    Each return from the kernel empties the processor's caches of our code, so this is more than twice as fast
    as one request at a time. No request waits for later ones.

    Parameters
    ----------
    handler : RequestHandler
        Answers requests.
    """

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._waiting: list[tuple[Request, Reply]] = []

    def submit(self, request: Request, reply: Reply) -> None:
        """Answer a request before the event loop waits again."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        self._waiting.append((request, reply))

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        answers = self._handler.answer([request for request, _ in waiting])
        for (_, reply), answer in zip(waiting, answers, strict=True):
            reply(*answer)


def build_protocol(middleware: PredictionMiddleware, batcher: RequestBatcher) -> type[HttpToolsProtocol]:
    """Return the class of uvicorn's connections.

    Parameters
    ----------
    middleware : PredictionMiddleware
        Decides which requests are batched, and answers all others.
    batcher : RequestBatcher
        Answers the batched requests.
    """

    class BatchingProtocol(HttpToolsProtocol):
        """A connection that submits requests to the batcher where uvicorn would start a task for them."""

        _unread: tuple[RequestResponseCycle, Operation] | None = None

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
            operation = None if cycle.waiting_for_100_continue else middleware.match_fast_path(cycle.scope)
            if operation is None:
                super()._start_asgi_task(cycle, app)
                return
            self._unread = cycle, operation
            # The body of a request that waited for the previous answer has been read.
            if not cycle.more_body:
                self._submit(*self._unread)

        def on_message_complete(self) -> None:
            super().on_message_complete()
            if self._unread is not None and self._unread[0] is self.cycle:
                self._submit(*self._unread)

        def _submit(self, cycle: RequestResponseCycle, operation: Operation) -> None:
            self._unread = None
            request = Request(operation[0], cycle.body, operation[1], cycle.scope["headers"])
            batcher.submit(request, lambda status, content: self._reply(cycle, status, content))

        def _reply(self, cycle: RequestResponseCycle, status: int, content: bytes) -> None:
            if cycle.disconnected:
                return
            is_last = middleware.is_closing or not cycle.keep_alive
            head = b"content-type: application/json\r\ncontent-length: %d\r\n%s\r\n" % (
                len(content),
                b"connection: close\r\n" if is_last else b"",
            )
            self.transport.write(b"".join((_STATUS_LINES[status], head, content)))
            cycle.response_started = cycle.response_complete = True
            if is_last:
                self.transport.close()
            cycle.on_response()

    return BatchingProtocol
