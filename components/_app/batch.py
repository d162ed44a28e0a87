"""The routes of the tab Batch.

Nothing is kept between requests: the browser keeps the file, and sends it again. A process works on one file
at a time. The next request waits before its body is read, so a second person's upload stands still until
then.
"""

import asyncio
import base64
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from components._app.application import HEADERS, PATH
from components._app.batch_model import BatchModel, ChangedVersion, FailedPrediction
from components._app.limits import MOST_UPLOAD_BYTES
from components._app.result_file import FORMATS, choose_format
from components._app.table_check import TableCheck, filter_remedy
from components._app.table_prediction import ResultOptions, TablePrediction, iterate_in_thread
from components._app.uploads import TooLargeUpload, open_upload, receive_upload, shorten_name
from components.errors import InvalidSetting, SuiteError

Json = dict[str, Any]

_NAME = "batch"
_PIECE = 3 << 18
_CLIENT_IS_GONE = 499

_log = logging.getLogger(__name__)


class BatchLimits(NamedTuple):
    """Limits of the tab Batch.

    Attributes
    ----------
    max_bytes : int
        Most bytes of a file.
    chunk_rows : int
        Rows that are predicted at a time. Less than 1,000 take more time each.
    """

    max_bytes: int = MOST_UPLOAD_BYTES
    chunk_rows: int = 2_000


LIMITS = BatchLimits()


def build_batch_routes(model: BatchModel, limits: BatchLimits = LIMITS) -> list[Route]:
    """Return the routes that check an uploaded table and predict it.

    Parameters
    ----------
    model : BatchModel
        The model.
    limits : BatchLimits
        The limits.
    """
    turn = asyncio.Lock()

    async def check(request: Request) -> Response:
        name = shorten_name(request.query_params.get("name", ""))
        try:
            async with turn, receive_upload(request, limits.max_bytes) as path:
                rows = await run_in_threadpool(open_upload, path, name, model)
                found = TableCheck(model, rows, name)
                async for _ in iterate_in_thread(found.iterate_steps()):
                    if await request.is_disconnected():
                        raise ClientDisconnect
                return JSONResponse(await run_in_threadpool(found.build_answer, path), headers=HEADERS)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_IS_GONE)
        except Exception as error:
            return _build_error_response(error, name)

    async def predict(request: Request) -> Response:
        name = shorten_name(request.query_params.get("name", ""))
        resources = AsyncExitStack()
        try:
            is_lenient = _read_choice(request, "unreadable", ("refuse", "null"), "refuse") == "null"
            format_ = _read_choice(request, "format", ("", *FORMATS), "")
            _check_version(request, model)
            await resources.enter_async_context(turn)
            path = await resources.enter_async_context(receive_upload(request, limits.max_bytes))
            rows = await run_in_threadpool(open_upload, path, name, model)
        except BaseException as error:
            await resources.aclose()
            if isinstance(error, ClientDisconnect):
                return Response(status_code=_CLIENT_IS_GONE)
            if isinstance(error, Exception):
                return _build_error_response(error, name)
            raise
        options = ResultOptions(
            next((one for one in FORMATS if one == format_), choose_format(rows)), is_lenient
        )
        prediction = TablePrediction(model, rows, name, options, limits.chunk_rows)
        return _ResultResponse(_iterate_lines(prediction, name), resources)

    async def answer_limits(request: Request) -> Response:
        return JSONResponse({"max_bytes": limits.max_bytes}, headers=HEADERS)

    return [
        Route(f"{PATH}/batch/limits.json", answer_limits, name=_NAME),
        Route(f"{PATH}/batch/check", check, methods=["POST"]),
        Route(f"{PATH}/batch/predict", predict, methods=["POST"]),
    ]


class _ResultResponse(StreamingResponse):
    """Streams lines of JSON, and releases what they are made from even if the client is gone at once."""

    def __init__(self, lines: AsyncIterator[bytes], resources: AsyncExitStack) -> None:
        super().__init__(lines, media_type="application/x-ndjson", headers=HEADERS)
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._resources.aclose()


async def _iterate_lines(prediction: TablePrediction, name: str) -> AsyncIterator[bytes]:
    """Yield the progress, then the results in pieces, then their name; or, as the last line, an error."""
    try:
        with tempfile.TemporaryFile() as file:
            async with aclosing(prediction.write(file)) as steps:
                async for progress in steps:
                    yield _encode(progress)
            n_bytes = file.seek(0, 2)
            file.seek(0)
            while piece := await run_in_threadpool(file.read, _PIECE):
                yield _encode({"content": base64.b64encode(piece).decode()})
        yield _encode(
            {"end": True, "name": prediction.name_file(), "bytes": n_bytes, **prediction.summarise()}
        )
    except Exception as error:
        yield _encode(_describe_error(error, name))


def _encode(line: Json) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def _read_choice(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = request.query_params.get(name, default)
    if value not in allowed:
        raise InvalidSetting.from_out_of_range(name, value, " or ".join(filter(None, allowed)))
    return value


def _check_version(request: Request, model: BatchModel) -> None:
    """Refuse to predict a file that was checked for another version."""
    version = request.query_params.get("version", model.version)
    if version != model.version:
        raise ChangedVersion(
            f"The model has changed from version {version} to {model.version}.", "Check the file again."
        )


def _build_error_response(error: Exception, name: str) -> Response:
    statuses: dict[type[Exception], int] = {TooLargeUpload: 413, ChangedVersion: 409, FailedPrediction: 502}
    return JSONResponse(_describe_error(error, name), statuses.get(type(error), 422), headers=HEADERS)


def _describe_error(error: Exception, name: str) -> Json:
    if isinstance(error, SuiteError):
        described = {"error": error.what, "remedy": filter_remedy(error.remedy)}
        return {**described, "is_changed": isinstance(error, ChangedVersion)}
    # A file that no reader foresaw is the person's problem, and the server's log has ours.
    _log.error("a file could not be read", exc_info=error)
    what = f"{name} cannot be read."
    return {
        "error": what,
        "remedy": "Save the table as CSV in UTF-8, and choose that file.",
        "is_changed": False,
    }
