"""Serve a model: ``python -m components.serve --model_dir runs/<run>/model``."""

from collections.abc import Sequence

from components.command_line import parse_settings
from components.errors import print_user_errors
from components.serve.settings import Settings


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line; options have the names of KServe's own servers."""
    return parse_settings(Settings, "python -m components.serve", __doc__, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal stops the server.

    Raises
    ------
    SuiteError
        The model cannot be served.
    """
    settings = parse_arguments(arguments)
    # Imported after parsing: it takes seconds, and KServe parses the command line at import too.
    from components.serve.run import run

    run(settings)


if __name__ == "__main__":
    print_user_errors()
    main()
