"""The app: its files and the model's description at ``/app``, in front of KServe's application."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from components._app.description import describe_model
from components.errors import InvalidSetting
from components.serve.prediction_middleware import Application, Receive, Scope, Send
from components.serve.served_model import UnusableModel
from components.serve.settings import Settings

PATH = "/app"

_STATIC = Path(__file__).parent.parent / "_app" / "static"
# By the end of a file's name; browsers refuse modules of another type.
_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
}
# https://www.w3.org/TR/CSP3/
_POLICY = (
    b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # A browser asks each time whether its copy still holds: the next model may come with another app.
    (b"cache-control", b"no-cache"),
]


class AppPage(NamedTuple):
    """A file of the app: its type, content and ETag."""

    content_type: bytes
    content: bytes
    etag: bytes


def read_pages(settings: Settings) -> dict[str, AppPage]:
    """Return the files of the app and the model's description, by path.

    Parameters
    ----------
    settings : Settings
        The model, its name and its card.

    Raises
    ------
    InvalidSetting
        The model card cannot be read.
    UnusableModel
        A file of the model's folder is damaged.
    """
    card = _read_card(settings.app_card) if settings.app_card else None
    try:
        described = describe_model(settings.model_dir, card, settings.model_version)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnusableModel(
            f"{settings.model_dir} has a file that the app cannot use: {type(error).__name__}: {error}.",
            "Copy the whole model folder again, or serve it without --app.",
        ) from error
    description = {**described, "model_name": settings.model_name, "max_rows": settings.max_rows}
    pages = {
        f"{PATH}/{file.relative_to(_STATIC).as_posix()}": _build_page(file.suffix, file.read_bytes())
        for file in sorted(_STATIC.rglob("*"))
        if file.suffix in _TYPES
    }
    pages[f"{PATH}/"] = pages[f"{PATH}/index.html"]
    pages[f"{PATH}/description.json"] = _build_page(".json", msgspec.json.encode(description))
    return pages


class AppRoutes:
    """An ASGI application that answers requests for the app, and passes on all others.

    Parameters
    ----------
    application : callable
        Answers the others.
    pages : mapping of str to AppPage
        The files, by path.
    """

    def __init__(self, application: Application, pages: Mapping[str, AppPage]) -> None:
        self._application = application
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD below ``/app``."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._application(scope, receive, send)
        elif scope["path"] == PATH:
            # Relative, because a gateway may have taken a prefix off the path.
            await _answer(send, 307, [(b"location", b"app/"), (b"content-length", b"0")], b"")
        elif (page := self._pages.get(scope["path"])) is None:
            await self._application(scope, receive, send)
        else:
            headers = [*_HEADERS, (b"etag", page.etag)]
            if dict(scope["headers"]).get(b"if-none-match") == page.etag:
                await _answer(send, 304, headers, b"")
                return
            length = b"%d" % len(page.content)
            headers += [(b"content-type", page.content_type), (b"content-length", length)]
            await _answer(send, 200, headers, page.content if scope["method"] == "GET" else b"")


def _read_card(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"The model card {path} cannot be read: {error}.", "Name the card that evaluate wrote."
        ) from None


def _build_page(suffix: str, content: bytes) -> AppPage:
    digest = hashlib.sha256(content).hexdigest()[:32]
    return AppPage(_TYPES[suffix], content, f'"{digest}"'.encode())


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
