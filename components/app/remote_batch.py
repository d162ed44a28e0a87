"""The tab Batch in front of a predictor: files are read here, and only rows are sent on."""

import asyncio
import time
from itertools import chain

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from components._app.application import PATH, Application, Json, Receive, Scope, Send
from components._app.batch import LIMITS, build_batch_routes
from components._app.batch_model import BatchModel, FailedPrediction, Infer
from components._readings.model_columns import ModelColumns
from components.app.remote_model import PredictorAway, RemoteDescription, RemoteModel
from components.network import list_waits

# What a server answers that starts or stops, and what stands before it.
_AWAY = frozenset((502, 503, 504))
_HEADERS = {"content-type": "application/json"}
_PATH = f"{PATH}/batch/{{way}}"
# Seconds; a server that is moved to another node is back by then.
_PATIENCE = 90.0


class RemoteBatch:
    """An ASGI application that reads files for the version of a model that its predictor has now.

    Parameters
    ----------
    model : RemoteModel
        The model.
    upload_bytes : int
        Most bytes of a file.
    turn : asyncio.Lock
        Held while a file is worked on, so that memory and disk hold one at a time, of whichever model.
    """

    def __init__(self, model: RemoteModel, upload_bytes: int, turn: asyncio.Lock) -> None:
        self._model = model
        self._upload_bytes = upload_bytes
        self._turn = turn
        self._built: tuple[str, Application] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            description = await self._model.describe()
        except PredictorAway as error:
            await JSONResponse({"error": str(error)}, 503)(scope, receive, send)
            return
        if self._built is None or self._built[0] != description.version:
            self._built = description.version, self._build(description)
        application = self._built[1]
        if scope["method"] == "POST":
            async with self._turn:
                await application(scope, receive, send)
        else:
            await application(scope, receive, send)

    def _build(self, description: RemoteDescription) -> Application:
        columns = ModelColumns(description.schema, list(description.signature.columns), is_lenient=False)
        infer = build_infer(self._model)
        batch = BatchModel(description.signature, columns, description.version, infer)
        limits = LIMITS._replace(
            max_bytes=self._upload_bytes,
            chunk_rows=min(LIMITS.chunk_rows, description.content["max_rows"]),
        )
        return Starlette(routes=build_batch_routes(batch, limits))


def build_batch_route(model: RemoteModel, upload_bytes: int, turn: asyncio.Lock) -> BaseRoute:
    """Return the route of the tab Batch; the parameters are those of `RemoteBatch`."""
    return Route(_PATH, RemoteBatch(model, upload_bytes, turn), methods=["GET", "POST"], name="batch")


def build_infer(model: RemoteModel, patience: float = _PATIENCE) -> Infer:
    """Return a function that lets a predictor predict rows, and waits for one that restarts.

    Parameters
    ----------
    model : RemoteModel
        The model.
    patience : float
        Seconds for which it waits.
    """
    path = f"/v2/models/{model.name}/infer"

    async def infer(request: Json) -> Json:
        content = msgspec.json.encode(request)
        for wait in chain([0.0], list_waits(time.monotonic() + patience)):
            await asyncio.sleep(wait)
            try:
                answer = await model.client.post(path, content=content, headers=_HEADERS)
            except httpx.HTTPError:
                continue
            if answer.status_code == httpx.codes.OK:
                return dict(msgspec.json.decode(answer.content))
            if answer.status_code not in _AWAY:
                raise FailedPrediction(
                    f"The model's server refuses rows of the file: {_read_error(answer)}",
                    "Check the file again.",
                )
        raise FailedPrediction(
            "The model's server does not answer.", "Try again when it does; nothing was predicted."
        )

    return infer


def _read_error(answer: httpx.Response) -> str:
    """Return the words of an answer that is an error."""
    try:
        return str(answer.json()["error"])
    except (ValueError, TypeError, KeyError):
        return f"status {answer.status_code}."
