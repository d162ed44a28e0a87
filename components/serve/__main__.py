"""Serve a model: ``python -m components.serve --model_dir runs/<run>/model``."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from components.errors import SuiteError
from components.serve.settings import Settings


def parse_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings that a command line names, by the names that KServe's own servers take."""
    standard = {field.name: field.default for field in fields(Settings)}
    parser = argparse.ArgumentParser(prog="python -m components.serve", description=__doc__)
    for name, kind, text in (
        ("model_dir", Path, "the model's folder, as train wrote it"),
        ("model_name", str, "its name in addresses (%(default)s)"),
        ("model_version", str, "its version in a registry (the beginning of its file's SHA-256)"),
        ("http_port", int, "port of V1 and V2 (%(default)s)"),
        ("grpc_port", int, "port of gRPC, 0 for none (%(default)s)"),
        ("workers", int, "processes that answer (%(default)s)"),
        ("max_rows", int, "rows of a request at most (%(default)s)"),
        ("max_bytes", int, "bytes of a request at most (%(default)s)"),
        ("drain_seconds", float, "how long to go on answering after SIGTERM (%(default)s)"),
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, and return the exit status: 1 if the model cannot be served."""
    try:
        settings = parse_arguments(arguments)
        # After the arguments: its import takes seconds, and reads those of the command line too.
        from components.serve.run import run

        run(settings)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
