"""The tab Batch with the model of this process."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from components._app.batch import LIMITS, build_batch_routes
from components._app.batch_model import BatchModel, FailedPrediction, Infer
from components.serve.app import AppParts
from components.serve.messages import V2Request
from components.serve.request_decoder import RequestError
from components.serve.request_handler import Request, RequestHandler

Json = dict[str, Any]


def build_local_batch(parts: AppParts) -> list[BaseRoute]:
    """Return the routes of the tab for the model of a server."""
    settings, served = parts.settings, parts.served
    # A handler of its own, because it works in a thread. The inference log is not made for two threads.
    handler = RequestHandler(
        settings.model_name, served, parts.metrics.copy_for_thread(), settings.max_rows, log=None
    )
    model = BatchModel.load(settings.model_dir, served.version, build_infer(handler))
    limits = LIMITS._replace(chunk_rows=min(LIMITS.chunk_rows, settings.max_rows))
    return [*build_batch_routes(model, limits)]


def build_infer(handler: RequestHandler) -> Infer:
    """Return a function that predicts with a handler in a thread, without JSON texts in between.

    Parameters
    ----------
    handler : RequestHandler
        A handler that nothing else uses.
    """

    def process(request: Json) -> Json:
        parsed = Request("v2", msgspec.convert(request, V2Request))
        (answer,) = handler.process([parsed], msgspec.to_builtins)
        if isinstance(answer, RequestError):
            raise FailedPrediction(str(answer), "Check the file again.")
        return dict(answer)

    async def infer(request: Json) -> Json:
        return await run_in_threadpool(process, request)

    return infer
