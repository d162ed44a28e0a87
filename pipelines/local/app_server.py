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


def build_model_routes(parts: "AppParts") -> "list[BaseRoute]":
    """Return what the app answers about a model, beside its files and predictions."""
    # Imported late, because it takes seconds.
    from pipelines.local.batch_inference import build_local_batch

    return build_local_batch(parts)


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

    run(settings, build_model_routes)


if __name__ == "__main__":
    print_user_errors()
    main()
