"""A run of a pipeline as small as possible, in a folder of the test's own."""

from pathlib import Path

import pytest

from pipelines.catalogue import PIPELINES
from pipelines.local.interpreter import use_warm_interpreter
from tests.pipelines.local.tiny_run import TINY


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(PIPELINES, "tiny", TINY)
    # Its tasks need no more, and a dozen starts of all the libraries would take the processors.
    monkeypatch.setattr(
        "pipelines.local.task_runners.use_warm_interpreter",
        lambda _: use_warm_interpreter(["kfp.dsl.executor"]),
    )
    # Commands that are offered begin like that of this process, however the tests were started.
    monkeypatch.setattr("sys.orig_argv", ["python"])
    monkeypatch.chdir(tmp_path)
    for variable in ("MLFLOW_TRACKING_URI", "KFP_TABULAR_EVENTS", "PYTHONPATH"):
        monkeypatch.delenv(variable, raising=False)
