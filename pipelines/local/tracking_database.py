"""MLflow's own database, made while the first stages run, because MLflow takes seconds to make one.

Usage: ``python -m pipelines.local.tracking_database FOLDER FILE``, see ``make_database``.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def prepare_tracking_database(file: Path | None) -> Iterator[None]:
    """Make an empty database at a path in the background.

    It appears there when it is complete, and never replaces another. If it does not appear, or too late, the
    stage that needs it makes its own.

    Parameters
    ----------
    file : Path or None
        The database; nothing is made if it exists, or for None.
    """
    if file is None or file.exists() or not file.parent.is_dir():
        yield
        return
    with tempfile.TemporaryDirectory(prefix=".mlflow-", dir=file.parent) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.local.tracking_database", folder, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for the run, which ends this process.
            start_new_session=True,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def make_database(folder: Path, file: Path) -> None:
    """Make an empty database in a folder, and give it a second name unless there is such a file."""
    # MLflow takes seconds to import.
    from components._tracking.mlflow_connection import connect_to_mlflow

    new = folder / file.name
    with connect_to_mlflow(f"sqlite:///{new}", "make its database"):
        pass
    # In one step, so that nobody opens a half-made one.
    with suppress(FileExistsError):
        os.link(new, file)


if __name__ == "__main__":
    make_database(*map(Path, sys.argv[1:]))
