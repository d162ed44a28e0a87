"""Where the tasks of a run are carried out: here, by processes of this machine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.local.interpreter import LIBRARIES, SCORING_LIBRARIES, use_warm_interpreter
from pipelines.local.run_folder import RunFolder

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent


class TaskRunner(Protocol):
    """Where the tasks of a run are carried out."""

    def open_run(self, folder: RunFolder) -> AbstractContextManager[Callable[[], None]]:
        """Make ready for a run's tasks, within the environment that they are to have.

        What is entered is a function that ends all tasks at once and lets none begin any more; a signal's
        handler may call it.
        """

    def build_kfp_runner(self) -> Any:
        """Return kfp's name for the place."""

    def prepare_pipeline(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return a pipeline as it is run here."""


class ProcessRunner:
    """Processes of this machine, which find the suite's code in its checkout."""

    @contextmanager
    def open_run(self, folder: RunFolder) -> Iterator[Callable[[], None]]:
        """Warm an interpreter up for the pipeline of the run."""
        is_scoring = folder.load_record()["pipeline"] == "scoring"
        with use_warm_interpreter(SCORING_LIBRARIES if is_scoring else LIBRARIES) as interpreter:
            yield interpreter.stop

    def build_kfp_runner(self) -> Any:
        """Return kfp's subprocess runner."""
        from kfp import local

        return local.SubprocessRunner(use_venv=False)

    def prepare_pipeline(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return the pipeline itself."""
        return pipeline
