"""HTTP for plain requests: as uvicorn speaks it, but without a task for each."""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from components.serve.prediction_middleware import Asked, PredictionMiddleware
from components.serve.request_handler import Request, RequestHandler

Reply = Callable[[int, bytes], None]


class RequestBatcher:
    """Answers the requests that the event loop reads in one go, in one go.

    Each return from the kernel costs the processor what it knew of the code: answering many at once is more
    than twice as fast as one after another, and waits for nobody.

    Parameters
    ----------
    answering : Answering
        What answers.
    """

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._waiting: list[tuple[Request, Reply]] = []

    def submit(self, request: Request, reply: Reply) -> None:
        """Answer a request before the event loop next waits."""
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
    middleware : Front
        What says which requests are plain, and takes all others.
    batcher : Together
        What answers those.
    """

    class QuickProtocol(HttpToolsProtocol):
        """A connection: plain requests leave uvicorn's way where it would start a task for them."""

        _plain: tuple[RequestResponseCycle, Asked] | None = None

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
            operation = None if cycle.waiting_for_100_continue else middleware.match_fast_path(cycle.scope)
            if operation is None:
                super()._start_asgi_task(cycle, app)
                return
            self._plain = cycle, operation
            # A request that waited for the answer to the one before has its body already.
            if not cycle.more_body:
                self._submit(*self._plain)

        def on_message_complete(self) -> None:
            super().on_message_complete()
            if self._plain is not None and self._plain[0] is self.cycle:
                self._submit(*self._plain)

        def _submit(self, cycle: RequestResponseCycle, operation: Asked) -> None:
            self._plain = None
            request = Request(operation[0], cycle.body, operation[1])
            batcher.submit(request, lambda status, content: self._reply(cycle, status, content))

        def _reply(self, cycle: RequestResponseCycle, status: int, content: bytes) -> None:
            if cycle.disconnected:
                return
            is_last = middleware.is_closing or not cycle.keep_alive
            head = b"content-type: application/json\r\ncontent-length: %d\r\n%s\r\n" % (
                len(content),
                b"connection: close\r\n" if is_last else b"",
            )
            self.transport.write(b"".join((STATUS_LINE[status], head, content)))
            cycle.response_started = cycle.response_complete = True
            if is_last:
                self.transport.close()
            cycle.on_response()

    return QuickProtocol
