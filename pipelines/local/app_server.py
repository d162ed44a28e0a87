"""The server of a run's model, with all of the app: ``python -m pipelines.local.app_server``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from components.command_line import parse_settings
from components.errors import print_user_errors
from components.serve.settings import Settings
from pipelines.local.run_folder import RUNS

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from components.serve.app import AppParts


@dataclass(frozen=True)
class AppServerSettings(Settings):
    """The settings of the server, and where the runs are."""

    runs: Annotated[Path, "folder of all runs (%(default)s)"] = RUNS


def build_routes(parts: "AppParts", runs: Path) -> "list[BaseRoute]":
    """Return what the app on this machine answers, beside its files and predictions.

    Parameters
    ----------
    parts : AppParts
        The server, with its first model.
    runs : Path
        The folder of all runs.
    """
    # Imported late, because it takes seconds.
    from components.serve.app import build_served_health
    from pipelines.local.batch_inference import build_local_batch
    from pipelines.local.health_report import describe_newest_report
    from pipelines.local.run_list import RunList
    from pipelines.local.run_models import build_models_routes
    from pipelines.local.run_routes import build_run_routes

    listed = RunList(runs)
    of_runs = build_run_routes(runs, listed)

    def build_any(parts: "AppParts") -> "list[BaseRoute]":
        """Return the routes of the first model, or of another one that was chosen."""
        name = parts.served.version
        health = build_served_health(parts, lambda: describe_newest_report(runs, name, listed))
        return [*build_local_batch(parts), *health, *of_runs]

    return [*build_any(parts), *build_models_routes(parts, runs, listed, build_any)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal stops the server.

    Raises
    ------
    SuiteError
        The model cannot be served.
    """
    settings = parse_settings(AppServerSettings, "python -m pipelines.local.app_server", __doc__, arguments)
    # Imported after parsing: it takes seconds, and KServe parses the command line at import too.
    from components.serve.run import run

    run(settings, lambda parts: build_routes(parts, settings.runs))


if __name__ == "__main__":
    print_user_errors()
    main()
