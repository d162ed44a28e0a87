"""The app as an ASGI application: its files, the model's description, and the routes that a server adds."""

import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/app"

# In the page's order.
_TABS = ("predict", "batch", "model", "health", "runs")

_STATIC = Path(__file__).parent / "static"
# By the end of a file's name; browsers refuse modules of another type.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def _hash_script(page: str) -> str:
    """Return the hash by which a page's own script is allowed."""
    script = page.partition('<script type="module">')[2].partition("</script>")[0]
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()


# https://www.w3.org/TR/CSP3/
_POLICY = (
    "default-src 'self'; script-src 'self' 'sha256-{}'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
).format(_hash_script((_STATIC / "index.html").read_text(encoding="utf-8")))
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # A browser asks each time whether its copy still holds: the next model may come with another app.
    "cache-control": "no-cache",
}


class AppPage(NamedTuple):
    """A file of the app: its type, content and ETag."""

    content_type: str
    content: bytes
    etag: str

    def answer(self, request: Request) -> Response:
        """Return the response to a request, without the content if the browser has it."""
        headers = {**HEADERS, "etag": self.etag}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers={**headers, "content-type": self.content_type})


def read_files() -> dict[str, AppPage]:
    """Return the files of the app, by their paths in its folder; the page itself is also ``""``."""
    pages = {
        file.relative_to(_STATIC).as_posix(): _build_page(file.suffix, file.read_bytes())
        for file in sorted(_STATIC.rglob("*"))
        if file.suffix in _TYPES
    }
    return {"": pages["index.html"], **pages}


def build_json_page(content: Any) -> AppPage:
    """Return JSON values as a file."""
    return _build_page(".json", msgspec.json.encode(content))


def build_application(description: Json, routes: Sequence[BaseRoute] = (), root: str = "") -> Application:
    """Return the app of a model.

    Parameters
    ----------
    description : dict
        What ``describe_model`` returns, with ``model_name`` and ``max_rows``.
    routes : sequence of Starlette's routes
        What else the server answers, by paths that begin with ``/app/``. A route whose name is that of a
        tab, such as "batch", shows the tab; one of the name "models" shows the choice of a model.
    root : str
        The way from the page to the app of the server's first model, such as "../".
    """
    page = build_json_page(complete_description(description, routes, root))

    async def describe(request: Request) -> Response:
        return page.answer(request)

    return build_page_application(describe, routes)


def complete_description(description: Json, routes: Sequence[BaseRoute], root: str) -> Json:
    """Return a description with what the page must know of the server; see `build_application`."""
    names = {*description["tabs"], *(getattr(route, "name", "") for route in routes)}
    return {
        **description,
        "tabs": [tab for tab in _TABS if tab in names],
        "root": root,
        "has_models": "models" in names,
    }


def build_page_application(
    describe: Callable[[Request], Awaitable[Response]], routes: Sequence[BaseRoute]
) -> Application:
    """Return the app of a model whose description may change.

    Parameters
    ----------
    describe : callable
        Answers a request for the description.
    routes : sequence of Starlette's routes
        What else the server answers.
    """
    # Without a gateway in front, nobody is signed in.
    pages = {**read_files(), "session.json": build_json_page({"user": None})}

    async def answer(request: Request) -> Response:
        page = pages.get(request.path_params["path"])
        if page is None:
            raise HTTPException(404)
        return page.answer(request)

    async def redirect(request: Request) -> Response:
        # Relative, because a gateway may have taken a prefix off the path.
        return RedirectResponse(PATH.removeprefix("/") + "/", 307)

    return Starlette(
        routes=[
            Route(PATH, redirect),
            Route(f"{PATH}/description.json", describe),
            *routes,
            Route(f"{PATH}/{{path:path}}", answer),
        ]
    )


class AppRoutes:
    """An ASGI application that passes requests for the app to it, and all others to another application.

    Parameters
    ----------
    app : callable
        Answers below ``/app``.
    application : callable
        Answers the others.
    """

    def __init__(self, app: Application, application: Application) -> None:
        self._app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_app = scope["type"] == "http" and (scope["path"] == PATH or scope["path"].startswith(f"{PATH}/"))
        await (self._app if is_app else self._application)(scope, receive, send)


def _build_page(suffix: str, content: bytes) -> AppPage:
    digest = hashlib.sha256(content).hexdigest()[:32]
    return AppPage(_TYPES[suffix], content, f'"{digest}"')
