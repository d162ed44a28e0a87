"""The app in a server that is started with ``--app``."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from components._app.application import Application, AppRoutes, Json, build_application
from components._app.description import describe_model
from components._app.health import build_health_routes
from components._app.model_folder import DamagedModelFolder
from components._app.prometheus import Prometheus
from components.errors import InvalidSetting
from components.json_file import read_json
from components.serve.documentation import build_documents
from components.serve.prediction_middleware import PredictionMiddleware
from components.serve.request_handler import RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings

_log = logging.getLogger(__name__)


class AppParts(NamedTuple):
    """What a server's routes of the app may use.

    Attributes
    ----------
    settings : Settings
        The server's settings.
    served : ServedModel
        The model.
    handler : RequestHandler
        Answers requests for predictions.
    metrics : ServerMetrics
        What the server counts.
    """

    settings: Settings
    served: ServedModel
    handler: RequestHandler
    metrics: ServerMetrics


BuildRoutes = Callable[[AppParts], Sequence[BaseRoute]]


def describe_served(settings: Settings) -> Json:
    """Return the description of the model, with what the app needs to know of the server.

    Parameters
    ----------
    settings : Settings
        The model, its name and its card.

    Raises
    ------
    InvalidSetting
        The model card cannot be read.
    DamagedModelFolder
        A file of the model's folder is damaged.
    """
    card = _read_card(settings.app_card) if settings.app_card else None
    described = describe_model(settings.model_dir, card, settings.model_version)
    return {**described, "model_name": settings.model_name, "max_rows": settings.max_rows}


def encode_description(settings: Settings) -> bytes | None:
    """Return the description, signature and schema as JSON, for an app that another process serves.

    Only the app needs all of its files, so a damaged one does not stop a server without the app: it is
    logged, and there is no description.

    Parameters
    ----------
    settings : Settings
        The model, its name and its card.
    """
    try:
        described = describe_served(settings)
    except DamagedModelFolder as error:
        _log.warning("The app cannot show this model. %s", error.what)
        return None
    files = {name: read_json(settings.model_dir / f"{name}.json") for name in ("signature", "schema")}
    return msgspec.json.encode({**described, **files})


def build_served_health(parts: AppParts, read_report: Callable[[], Json | None] | None = None) -> list[Route]:
    """Return the routes of the tab Health; ``read_report`` is that of ``build_health_routes``."""
    settings = parts.settings
    url = settings.app_prometheus
    prometheus = Prometheus(url, settings.model_name) if url else None
    return build_health_routes(parts.metrics.describe, prometheus, read_report)


def add_app(
    application: Application, description: Json, routes: Sequence[BaseRoute], root: str = ""
) -> Application:
    """Return an application that answers for the app, too; the parameters are those of the app."""
    return AppRoutes(build_application(description, routes, root), application)


def build_model_application(parts: AppParts, routes: Sequence[BaseRoute], root: str) -> Application:
    """Return an application with the app and the predictions of one more model of a server.

    Parameters
    ----------
    parts : AppParts
        The model.
    routes : sequence of Starlette's routes
        What the app answers beside its files.
    root : str
        The way from its page to the app of the server's first model.

    Raises
    ------
    InvalidSetting, UnusableModel
        As ``describe_served``.
    """
    settings, served, handler, metrics = parts
    documents = build_documents(settings.model_name, served, settings.max_rows)
    predictions = PredictionMiddleware(Starlette(), handler, metrics, settings.max_bytes, documents)
    return add_app(predictions, describe_served(settings), routes, root)


def _read_card(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"The model card {path} cannot be read: {error}.", "Name the card that evaluate wrote."
        ) from None
