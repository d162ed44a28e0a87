"""The app of all models as one ASGI application: a page per model, their list, and who is signed in."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from components._app.application import (
    PATH,
    Application,
    Json,
    build_json_page,
    build_page_application,
    complete_description,
)
from components.app.prediction_proxy import build_proxy_routes
from components.app.remote_model import PredictorAway, RemoteModel
from components.app.same_origin import SameOriginGuard
from components.app.settings import Settings

# From a model's page to /app/.
_ROOT = "../../../"
_PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

# Returns the routes of a model beside its files and predictions, by paths that begin with /app/.
BuildModelRoutes = Callable[[RemoteModel], Sequence[BaseRoute]]


def build_namespace_app(
    models: Sequence[RemoteModel], settings: Settings, build_routes: BuildModelRoutes
) -> Application:
    """Return the app of several models.

    Parameters
    ----------
    models : sequence of RemoteModel
        The models; the first is the one that the app opens with.
    settings : Settings
        The limits, and the header with who is signed in.
    build_routes : callable
        Returns what the app answers about a model beside its files and predictions.
    """

    async def redirect(request: Request) -> Response:
        # Relative, because a gateway may have taken a prefix off the path.
        to_page = f"models/{models[0].name}/app/"
        way = {"/": f"{PATH[1:]}/{to_page}", PATH: f"{PATH[1:]}/{to_page}"}.get(request.url.path, to_page)
        return RedirectResponse(way, 307, _PRIVATE)

    async def list_models(request: Request) -> Response:
        listed = await asyncio.gather(*(_list_model(model, models[0]) for model in models))
        return JSONResponse(listed, headers=_PRIVATE)

    async def answer_session(request: Request) -> Response:
        return JSONResponse({"user": _find_user(request, settings)}, headers=_PRIVATE)

    async def answer_probe(request: Request) -> Response:
        return PlainTextResponse("alive\n")

    return SameOriginGuard(
        Starlette(
            routes=[
                Route("/healthz", answer_probe),
                Route("/", redirect),
                Route(PATH, redirect),
                Route(f"{PATH}/", redirect),
                Route(f"{PATH}/models.json", list_models),
                Route(f"{PATH}/session.json", answer_session),
                *(_build_mount(model, settings, build_routes(model)) for model in models),
            ]
        )
    )


def _build_mount(model: RemoteModel, settings: Settings, routes: Sequence[BaseRoute]) -> Mount:
    async def describe(request: Request) -> Response:
        try:
            description = await model.describe()
        except PredictorAway as error:
            return JSONResponse({"error": str(error)}, 503, _PRIVATE)
        content = complete_description(description.content, routes, _ROOT)
        return build_json_page({**content, "has_models": True}).answer(request)

    return Mount(
        f"{PATH}/models/{model.name}",
        routes=[
            *build_proxy_routes(model.name, model.client, settings.max_bytes),
            Mount("", app=build_page_application(describe, routes)),
        ],
    )


async def _list_model(model: RemoteModel, first: RemoteModel) -> Json:
    """Return what the choice of a model shows of one; only its name if its predictor is away."""
    try:
        content = (await model.describe()).content
    except PredictorAway:
        content = {}
    known = {name: content.get(name, "") for name in ("title", "target", "version")}
    address = f"models/{model.name}/app/"
    return {"name": model.name, **known, "address": address, "is_default": model is first}


def _find_user(request: Request, settings: Settings) -> str | None:
    """Return who is signed in, as the gateway says; None if it says nothing."""
    user = request.headers.get(settings.user_header, "").removeprefix(settings.user_prefix)
    return user or None
