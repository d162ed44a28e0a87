"""The app in a server that is started with ``--app``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from starlette.routing import BaseRoute

from components._app.application import Application, AppRoutes, Json, build_application
from components._app.description import describe_model
from components.errors import InvalidSetting
from components.serve.request_handler import RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings


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


def add_app(application: Application, description: Json, parts: AppParts, build: BuildRoutes) -> Application:
    """Return an application that answers for the app, too."""
    return AppRoutes(build_application(description, build(parts)), application)


def _read_card(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"The model card {path} cannot be read: {error}.", "Name the card that evaluate wrote."
        ) from None
