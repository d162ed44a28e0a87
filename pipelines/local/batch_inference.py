"""Predictions for the tab Batch by the model of this process."""

from typing import Any

import msgspec

from components._app.batch_model import FailedPrediction, Infer
from components.serve.messages import V2Request
from components.serve.request_decoder import RequestError
from components.serve.request_handler import Request, RequestHandler

Json = dict[str, Any]


def build_infer(handler: RequestHandler) -> Infer:
    """Return a function that predicts with a handler, without JSON texts in between.

    It predicts in the event loop, as all requests are: a handler and its counters are not made for threads.
    Its requests should therefore be short.
    """

    async def infer(request: Json) -> Json:
        parsed = Request("v2", msgspec.convert(request, V2Request))
        (answer,) = handler.process([parsed], msgspec.to_builtins)
        if isinstance(answer, RequestError):
            raise FailedPrediction(str(answer), "Check the file again.")
        return dict(answer)

    return infer
