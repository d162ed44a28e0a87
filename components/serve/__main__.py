"""Serve a model: ``python -m components.serve --model_dir runs/<run>/model``."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from components.errors import print_user_errors
from components.serve.settings import Settings


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line; options have the names of KServe's own servers."""
    standard = {field.name: field.default for field in fields(Settings)}
    parser = argparse.ArgumentParser(prog="python -m components.serve", description=__doc__)
    for name, kind, text in (
        ("model_dir", Path, "the model folder that train wrote"),
        ("model_name", str, "the model's name in addresses (%(default)s)"),
        ("model_version", str, "the version in a registry (the first 12 digits of the model file's SHA-256)"),
        ("http_port", int, "port for V1 and V2 (%(default)s)"),
        ("grpc_port", int, "port for gRPC, 0 for none (%(default)s)"),
        ("workers", int, "server processes (%(default)s)"),
        ("max_rows", int, "most rows in a request (%(default)s)"),
        ("max_bytes", int, "most bytes in a request (%(default)s)"),
        ("drain_seconds", float, "how long to answer new requests after SIGTERM (%(default)s)"),
    ):
        is_required = name == "model_dir"
        parser.add_argument(
            f"--{name}",
            type=kind,
            required=is_required,
            default=None if is_required else standard[name],
            help=text,
        )
    return Settings(**vars(parser.parse_args(arguments)))


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
