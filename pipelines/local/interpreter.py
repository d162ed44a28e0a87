"""A warm interpreter for the tasks of a local run.

kfp's local runner starts one Python process per task, and each would import pandas, scikit-learn, plotly
and more again, which takes longer than most stages' work. Inside ``use_warm_interpreter`` the runner starts a
small client instead (``interpreter_client``), which hands its task to a process that has the libraries
imported and forks itself once per task (``zygote``). A task cannot tell the difference: it is a process of
its own with its own arguments, environment, folder, streams and exit status.

Where processes are not forked safely (https://docs.python.org/3/library/os.html#os.fork), and whenever the
zygote is gone, the client runs the plain interpreter.
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

# What the pipelines' stages need, in the order in which they come to need it; the zygote serves tasks between
# two imports. Where a library imports lazily, the parts that every run uses are named.
_OF_EXECUTOR = (
    "pydantic.main",
    "pydantic.json_schema",
    "kfp.dsl.executor",
    "kfp.dsl.kfp_config",
    "numpy",
    "pandas",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "charset_normalizer",
)
_OF_PAGES = (
    "plotly.graph_objects",
    "plotly.graph_objs._figure",
    "plotly.graph_objs._bar",
    "plotly.graph_objs._scatter",
    "plotly.graph_objs._heatmap",
    "plotly.offline",
    "plotly.io",
)
LIBRARIES = (
    *_OF_EXECUTOR,
    *_OF_PAGES,
    "scipy.stats",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.model_selection",
    "sklearn.metrics",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "skops.io",
    "lightgbm",
    "optuna",
    "mlflow",
    "mlflow.sklearn",
    "mlflow.store.tracking.sqlalchemy_store",
    "alembic.command",
)
# A model in its fast form predicts without scikit-learn; what another needs comes last, in small pieces,
# since tasks wait for the piece that is being imported.
SCORING_LIBRARIES = (
    *_OF_EXECUTOR,
    "scipy.special",
    *_OF_PAGES,
    "scipy.sparse",
    "scipy.stats",
    "sklearn.utils",
    "sklearn.pipeline",
    "skops.io",
    "sklearn.linear_model",
    "lightgbm",
)
_CLIENT = Path(__file__).with_name("interpreter_client.py")
_SECONDS_TO_END = 5.0


class Interpreter:
    """The programs that run tasks, and the folder through which they find each other.

    ::

        folder/           read by nobody else
          python          what kfp's runner takes for the interpreter
          socket          where the zygote listens
          <pid>           a client that runs the plain interpreter

    Parameters
    ----------
    folder : Path
        Empty folder, whose path means nothing special to a shell.
    libraries : sequence of str
        Modules to import beforehand.
    """

    def __init__(self, folder: Path, libraries: Sequence[str]) -> None:
        self.folder = folder
        self.executable = folder / "python"
        words = (sys.executable, "-I", "-S", str(_CLIENT), str(folder))
        self.executable.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        self.executable.chmod(0o700)
        self._zygote = self._start(libraries) if sys.platform == "linux" else None

    def _start(self, libraries: Sequence[str]) -> "subprocess.Popen[bytes]":
        with socket.socket(socket.AF_UNIX) as listener:
            # Listening from now on, so that a client which is early waits for the zygote.
            listener.bind(str(self.folder / "socket"))
            listener.listen()
            # Its standard input is never written to: its end tells the zygote that this process is gone.
            # A session of its own keeps an interruption at the terminal from it; stop() ends it.
            return subprocess.Popen(
                [sys.executable, "-m", "pipelines.local.zygote", str(listener.fileno()), *libraries],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "_KFP_RUNTIME": "true"},
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the zygote and every task that still runs; may be called twice."""
        for client in self.folder.glob("[0-9]*"):
            with suppress(ProcessLookupError):
                os.kill(int(client.name), signal.SIGTERM)
        # Without it no client starts any more.
        self.executable.unlink(missing_ok=True)
        if self._zygote is None:
            return
        self._zygote.terminate()
        try:
            self._zygote.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        if self._zygote.stdin is not None:
            self._zygote.stdin.close()


@contextmanager
def use_warm_interpreter(libraries: Sequence[str] = LIBRARIES) -> Iterator[Interpreter]:
    """Let kfp's local runner use a warm interpreter, by way of ``sys.executable``.

    The environment must be that of the tasks already: a library may look at it when it is imported.
    """
    folder = _make_shell_safe_folder()
    interpreter = Interpreter(folder, libraries)
    plain = sys.executable
    sys.executable = str(interpreter.executable)
    try:
        yield interpreter
    finally:
        sys.executable = plain
        interpreter.stop()
        shutil.rmtree(folder)


def _make_shell_safe_folder() -> Path:
    # kfp puts sys.executable into a shell's text without quotes; mkdtemp lets only its owner in.
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108
        if shlex.quote(place) == place and Path(place).is_dir():
            return Path(tempfile.mkdtemp(prefix="kfp-tabular-", dir=place))
    raise OSError("There is no temporary folder whose path a shell takes as it is; set TMPDIR.")
