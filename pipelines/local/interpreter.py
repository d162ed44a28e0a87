"""A warm interpreter for the tasks of a local run.

kfp's local runner starts one Python process per task, and each would import pandas, scikit-learn
and more again, which takes longer than the work of most stages. Inside ``use_warm_interpreter`` the runner
starts a small client instead (``interpreter_client``). The client sends its task to a process that has
imported the libraries and forks itself once per task (``zygote``). Every task still has its own process,
arguments, environment, folder, streams and exit status.

If forking is not safe (https://docs.python.org/3/library/os.html#os.fork) or the zygote has ended, the client
runs the plain interpreter.
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

# The libraries of the stages, in the order in which the stages need them; the zygote serves tasks between two
# imports. Of libraries that import lazily, the parts that every run uses are named.
_EXECUTOR_LIBRARIES = (
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
LIBRARIES = (
    *_EXECUTOR_LIBRARIES,
    "jinja2",
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
# A compiled model predicts without scikit-learn. What other models need comes last, in small parts, because
# tasks wait for the part that is being imported.
SCORING_LIBRARIES = (
    *_EXECUTOR_LIBRARIES,
    "scipy.special",
    "jinja2",
    "scipy.sparse",
    "scipy.stats",
    "sklearn.utils",
    "sklearn.pipeline",
    "skops.io",
    "sklearn.linear_model",
    "lightgbm",
)
# The path of a socket has at most 103 bytes (macOS; Linux: 107), with the names of its folder and its own.
_LONGEST_PARENT = 103 - len("/kfp-tabular-12345678/socket")
_CLIENT = Path(__file__).with_name("interpreter_client.py")
_STOP_SECONDS = 5.0


class Interpreter:
    """The programs that run tasks, and the folder through which they find each other.

    ::

        folder/           only this user can read it
          python          the program that kfp's runner starts as its interpreter
          socket          the zygote listens here
          <pid>           marks a client that runs the plain interpreter

    Parameters
    ----------
    folder : Path
        Empty folder, whose path needs no quotes in a shell.
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
            # It listens before the zygote starts, so that an early client waits.
            listener.bind(str(self.folder / "socket"))
            listener.listen()
            # Nothing is written to its standard input: the input's end tells the zygote that this process
            # has ended. Its own session protects it from Ctrl-C; stop() ends it.
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
        # Without it, no more clients start.
        self.executable.unlink(missing_ok=True)
        if self._zygote is None:
            return
        self._zygote.terminate()
        try:
            self._zygote.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        if self._zygote.stdin is not None:
            self._zygote.stdin.close()


@contextmanager
def use_warm_interpreter(libraries: Sequence[str] = LIBRARIES) -> Iterator[Interpreter]:
    """Let kfp's local runner use a warm interpreter, through ``sys.executable``.

    The environment must already be that of the tasks, because libraries may read it at their import.
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
    # kfp puts sys.executable into a shell command without quotes. Only the owner can read what mkdtemp makes.
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108
        is_short = len(parent) <= _LONGEST_PARENT
        if is_short and shlex.quote(parent) == parent and Path(parent).is_dir():
            return Path(tempfile.mkdtemp(prefix="kfp-tabular-", dir=parent))
    raise OSError(
        "There is no temporary folder whose path is short and needs no quotes in a shell. Set TMPDIR to one."
    )
