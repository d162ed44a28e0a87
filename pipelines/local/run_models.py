"""The models of the runs on this machine, each served below a path of its own as soon as somebody asks."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from components._app.application import HEADERS, PATH, Application, Receive, Scope, Send
from components.errors import SuiteError
from components.serve.app import AppParts, BuildRoutes, build_model_application
from components.serve.request_handler import RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.run_list import RunList

# Models in memory beside the first one; a compiled ensemble takes some megabytes.
MOST_MODELS = 4
_PREFIX = f"{PATH}/models"
# From the page of a model, .../models/<run>/app/, to that of the first one.
_ROOT = "../../../"


class _LoadedModel(NamedTuple):
    """A model's application, its file, and when the file was written."""

    application: Application
    file: Path
    written: int


class RunModels:
    """An ASGI application that serves ``/<run>/app/`` and the predictions that its page asks for.

    A model is loaded at its first request, in a thread. Those that nobody has asked for longest are dropped.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    settings : Settings
        The server's.
    build_routes : callable
        Returns what the app of a model answers beside its files.
    """

    def __init__(self, runs: Path, settings: Settings, build_routes: BuildRoutes) -> None:
        self._runs = runs
        self._settings = settings
        self._build_routes = build_routes
        self._loaded: OrderedDict[str, _LoadedModel] = OrderedDict()
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a model; the mount's path was taken off."""
        name, _, rest = scope["path"].removeprefix(scope["root_path"]).removeprefix("/").partition("/")
        try:
            model = await self._find(name)
        except (SuiteError, OSError, ValueError, TypeError, KeyError) as error:
            await _refuse(str(error), scope)(scope, receive, send)
            return
        path = f"/{rest}"
        await model.application({**scope, "path": path, "root_path": ""}, receive, send)

    async def _find(self, name: str) -> _LoadedModel:
        """Return a model, and load it if need be.

        Raises
        ------
        SuiteError, OSError, ValueError, TypeError, KeyError
            There is no such run, or its model cannot be loaded.
        """
        if not self._has(name):
            # One at a time: two tabs must not load a model twice.
            async with self._lock:
                if not self._has(name):
                    self._loaded[name] = await asyncio.to_thread(self._load, name)
                    self._loaded.move_to_end(name)
                    while len(self._loaded) > MOST_MODELS:
                        self._loaded.popitem(last=False)
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def _has(self, name: str) -> bool:
        model = self._loaded.get(name)
        # A run that was resumed has another model.
        return model is not None and _find_time(model.file) == model.written

    def _load(self, name: str) -> _LoadedModel:
        run = choose_run_to_serve(self._runs, name)
        settings = replace(
            self._settings,
            model_dir=run.model,
            model_name=name,
            model_version=name,
            app_card=run.card,
            log_dir=None,
            # It knows the server's first model only.
            app_prometheus=None,
        )
        served = ServedModel.load(run.model, name)
        metrics = ServerMetrics(list(served.signature.columns), served.output_bounds, served.labels)
        handler = RequestHandler(name, served, metrics, settings.max_rows)
        parts = AppParts(settings, served, handler, metrics)
        file = run.model / "model.skops"
        application = build_model_application(parts, self._build_routes(parts), _ROOT)
        return _LoadedModel(application, file, _find_time(file))


def build_models_routes(
    parts: AppParts, runs: Path, listed: RunList, build_routes: Callable[[AppParts], Sequence[BaseRoute]]
) -> list[BaseRoute]:
    """Return the routes of the list of models, and of those that are not the server's first.

    Parameters
    ----------
    parts : AppParts
        The server, with its first model.
    runs : Path
        The folder of all runs.
    listed : RunList
        Reads it.
    build_routes : callable
        Returns what the app of any model answers beside its files and the list of models.
    """

    def answer_models(request: Request) -> Response:
        content = msgspec.json.encode(list_models(parts, listed))
        return Response(content, headers={**HEADERS, "content-type": "application/json"})

    models = Route(f"{PATH}/models.json", answer_models, name="models")
    others = RunModels(runs, parts.settings, lambda other: [*build_routes(other), models])
    return [models, Mount(_PREFIX, others)]


def list_models(parts: AppParts, listed: RunList) -> list[dict[str, object]]:
    """Return the server's models as JSON values: the first one, and those of the runs, the newest first."""
    first = parts.served
    described: list[dict[str, object]] = [
        {
            "name": first.version,
            "title": first.signature.title,
            "target": first.signature.target,
            "version": first.version,
            "address": "",
            "is_default": True,
        }
    ]
    described += [
        {
            "name": run.name,
            "title": run.model,
            "target": run.target,
            "version": run.name,
            "address": f"models/{quote(run.name)}/app/",
            "is_default": False,
        }
        for run in listed.read()
        if run.model and run.name != first.version
    ]
    return described


def _find_time(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


def _refuse(reason: str, scope: Scope) -> Response:
    """Return why there is no model: as text for a page, else as the servers' protocol has it."""
    if scope["method"] == "GET" and not scope["path"].endswith(".json"):
        return PlainTextResponse(reason, 404, headers=HEADERS)
    return JSONResponse({"error": reason}, 404, headers=HEADERS)
