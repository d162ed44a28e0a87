"""Serve the app of several models: ``python -m components.app --models /models``."""

from collections.abc import Sequence

from components.app.settings import Settings
from components.command_line import parse_settings
from components.errors import print_user_errors


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line."""
    return parse_settings(Settings, "python -m components.app", __doc__, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal stops the server.

    Raises
    ------
    SuiteError
        The settings do not allow it.
    """
    settings = parse_arguments(arguments)
    # Imported after parsing, because pyarrow and pandas take seconds.
    from components.app.run import run

    run(settings)


if __name__ == "__main__":
    print_user_errors()
    main()
