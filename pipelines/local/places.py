"""Where the tasks of a run are carried out: here, by processes of this machine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.local.folder import RunFolder
from pipelines.local.interpreter import LIBRARIES, SCORING_LIBRARIES, warm_interpreter

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent


class Place(Protocol):
    """Where the tasks of a run are carried out."""

    def opened(self, folder: RunFolder) -> AbstractContextManager[Callable[[], None]]:
        """Make ready for a run's tasks, within the environment that they are to have.

        What is entered is a function that ends all tasks at once and lets none begin any more; a signal's
        handler may call it.
        """

    def runner(self) -> Any:
        """Return kfp's name for the place."""

    def runnable(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return a pipeline as it is run here."""


class Processes:
    """Processes of this machine, which find the suite's code in its checkout."""

    @contextmanager
    def opened(self, folder: RunFolder) -> Iterator[Callable[[], None]]:
        """Warm an interpreter up for the pipeline of the run."""
        is_scoring = folder.load_record()["pipeline"] == "scoring"
        with warm_interpreter(SCORING_LIBRARIES if is_scoring else LIBRARIES) as interpreter:
            yield interpreter.stop

    def runner(self) -> Any:
        """Return kfp's subprocess runner."""
        from kfp import local

        return local.SubprocessRunner(use_venv=False)

    def runnable(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return the pipeline itself."""
        return pipeline
