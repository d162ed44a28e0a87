"""Collect the log of model servers: ``python -m components.log_sink --folder s3://monitoring/models``."""

from collections.abc import Sequence

from components.command_line import parse_settings
from components.errors import print_user_errors
from components.log_sink.settings import Settings


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line."""
    return parse_settings(Settings, "python -m components.log_sink", __doc__, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect until a signal stops the server.

    Raises
    ------
    SuiteError
        The settings or the environment do not allow it.
    """
    settings = parse_arguments(arguments)
    # Imported after parsing, because MLflow takes seconds.
    from components.log_sink.run import run

    run(settings)


if __name__ == "__main__":
    print_user_errors()
    main()
