from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.local.run_folder import RunFolder
from pipelines.local.task_runners import ProcessRunner


@pytest.mark.parametrize(("pipeline", "has_mlflow"), [("training", True), ("scoring", False)])
def test_libraries_are_those_of_the_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: str, has_mlflow: bool
) -> None:
    given: list[Any] = []

    @contextmanager
    def start_nothing(libraries: tuple[str, ...]) -> Iterator[SimpleNamespace]:
        given.extend(libraries)
        yield SimpleNamespace(stop=lambda: None)

    monkeypatch.setattr("pipelines.local.task_runners.use_warm_interpreter", start_nothing)
    folder = RunFolder(tmp_path)
    folder.save_record({"pipeline": pipeline})
    with ProcessRunner().open_run(folder):
        pass
    assert ("mlflow" in given, "pyarrow.parquet" in given) == (has_mlflow, True)
