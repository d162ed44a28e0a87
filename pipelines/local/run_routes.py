"""What the app answers about the runs on this machine: their list, and their pages."""

import re
from pathlib import Path
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from components._app.application import HEADERS, PATH
from pipelines.local.run_folder import RunFolder, resolve_runs
from pipelines.local.run_list import ListedRun, RunList

Json = dict[str, object]

# The pages draw themselves with scripts of their own. These have an origin of their own, without the app's
# storage, and reach no network: only frames of the run's other pages are loaded.
_POLICY = (
    "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
_RUN = re.compile(r"\w[\w.-]*")
_FILE = re.compile(r"(pages/)?\w[\w-]*\.html")


def build_run_routes(runs: Path, listed: RunList) -> list[Route]:
    """Return the routes of the list of runs and of their pages.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    listed : RunList
        Reads it.
    """

    # Starlette calls functions that are not coroutines in a thread, because these read files.
    def answer_list(request: Request) -> Response:
        content = msgspec.json.encode([describe_run(run) for run in listed.read()])
        return Response(content, headers={**HEADERS, "content-type": "application/json"})

    def answer_page(request: Request) -> Response:
        page = find_page(runs, request.path_params["run"], request.path_params["file"])
        if page is None:
            raise HTTPException(404)
        return FileResponse(page, headers={**HEADERS, "content-security-policy": _POLICY})

    return [
        Route(f"{PATH}/runs.json", answer_list, name="runs"),
        Route(f"{PATH}/runs/{{run}}/pages/{{file:path}}", answer_page),
    ]


def describe_run(run: ListedRun) -> Json:
    """Return a run as JSON values, its pages with their addresses below the app's."""
    described: Json = msgspec.to_builtins(run)
    described["pages"] = [
        {"title": page.title, "address": f"runs/{quote(run.name)}/pages/{page.path}"} for page in run.pages
    ]
    return described


def find_page(runs: Path, run: str, file: str) -> Path | None:
    """Return a page of a run: its index or a stage's page; None for any other file."""
    if not _RUN.fullmatch(run) or not _FILE.fullmatch(file):
        return None
    folder = RunFolder(resolve_runs(runs) / run)
    page = folder.path / file
    # A link may lead out of the run.
    is_own = page.resolve().is_relative_to(folder.path.resolve())
    return page if is_own and page.is_file() and (folder.path / "run.json").exists() else None
