"""What the app answers about the health of a model in use."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components._app.application import HEADERS, PATH
from components._app.prometheus import WINDOWS, Prometheus
from components.errors import SuiteError

Json = dict[str, Any]
# The window of the server's own counts.
_SINCE_START = "start"


def build_health_routes(
    count: Callable[[], Json] | None,
    prometheus: Prometheus | None,
    read_report: Callable[[], Json | None] | None = None,
) -> list[Route]:
    """Return the routes of the tab Health.

    Parameters
    ----------
    count : callable or None
        Returns what the server has counted since its start, as ``ServerMetrics.describe``. None: the server
        of the app does not predict itself.
    prometheus : Prometheus or None
        Knows the past.
    read_report : callable or None
        Returns the newest monitoring report; None if there is none. It is called in a thread. Without it the
        figures are those that Prometheus has of the exporter.
    """
    windows = [*([_SINCE_START] if count else []), *(WINDOWS if prometheus else [])]

    async def answer_health(request: Request) -> Response:
        if not windows:
            return _reply({"windows": []})
        chosen, now = request.query_params.get("window", windows[0]), time.time()
        answer: Json = {"windows": windows, "window": chosen, "now": now}
        if chosen == _SINCE_START and count is not None:
            return _reply({**answer, **count(), "history": None})
        if chosen not in WINDOWS or prometheus is None:
            text = f"There is no window {chosen[:20]!r}; choose one of {', '.join(windows)}."
            return _reply({"error": text}, 400)
        window = WINDOWS[chosen]
        try:
            counts = await prometheus.read_counts(window)
            history = await prometheus.read_history(window, now)
        except SuiteError as error:
            return _reply({"error": str(error)}, 500)
        return _reply({**answer, "since": now - window.seconds, **counts, "history": history})

    async def answer_monitoring(request: Request) -> Response:
        try:
            report = await run_in_threadpool(read_report) if read_report else None
            if report is None and prometheus is not None:
                report = await prometheus.read_monitoring()
        except SuiteError as error:
            return _reply({"error": str(error)}, 500)
        return _reply({"report": report})

    return [
        Route(f"{PATH}/health.json", answer_health, name="health"),
        Route(f"{PATH}/monitoring.json", answer_monitoring),
    ]


def _reply(content: Json, status: int = 200) -> Response:
    headers = {**HEADERS, "content-type": "application/json"}
    return Response(msgspec.json.encode(content), status, headers=headers)
