"""Refusal of requests that pages of other sites send with a signed-in person's browser."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from components._app.application import Application, Receive, Scope, Send

# These change nothing, and a browser does not show their answers to other sites' pages.
_SAFE = ("GET", "HEAD", "OPTIONS")
_REFUSAL = "This request comes from another site's page. Open the app itself."


class SameOriginGuard:
    """An ASGI application that refuses what a page of another site sends.

    Browsers say where a request comes from (https://www.w3.org/TR/fetch-metadata/); where there is no TLS
    they say only the Origin. Other clients say neither, and are let through.

    Parameters
    ----------
    application : callable
        Answers all others.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            if is_foreign(headers):
                await JSONResponse({"error": _REFUSAL}, 403)(scope, receive, send)
                return
        await self._application(scope, receive, send)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Return whether a browser says that a request comes from another origin.

    Parameters
    ----------
    headers : mapping of str to str
        The request's headers, by names in lower case.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    # A gateway may have changed the Host, and then names the one that the browser used.
    hosts = {headers.get("host"), headers.get("x-forwarded-host")}
    return urlsplit(origin).netloc not in hosts
