"""How the tasks of a local run are run; in this module, in processes of this machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from components.memory import resolve_memory
from pipelines.catalogue import OF_MODELS
from pipelines.local.interpreter import LIBRARIES, SCORING_LIBRARIES, use_warm_interpreter
from pipelines.local.run_folder import RunFolder
from pipelines.local.sandbox import find_tracking_database
from pipelines.local.tracking_database import prepare_tracking_database

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent


class TaskRunner(Protocol):
    """Runs the tasks of a run."""

    def choose_memory(self, stated: str) -> int:
        """Return the bytes of memory that a stage may use, given the parameter ``memory``."""

    def open_run(self, folder: RunFolder) -> AbstractContextManager[Callable[[], None]]:
        """Prepare for a run's tasks; the environment must already be that of the tasks.

        The context's value is a function that ends all tasks and lets no more start. Signal handlers may call
        it.
        """

    def build_kfp_runner(self) -> Any:
        """Return the runner that kfp's ``local.init`` takes."""

    def prepare_pipeline(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return the form of a pipeline that this runner runs."""


class ProcessRunner:
    """Runs tasks in processes of this machine, with the code of this checkout."""

    def choose_memory(self, stated: str) -> int:
        """Return what a stage takes by itself."""
        return resolve_memory(stated)

    @contextmanager
    def open_run(self, folder: RunFolder) -> Iterator[Callable[[], None]]:
        """Start a warm interpreter for the run's pipeline, and make MLflow's database if it needs one."""
        uses_model = folder.load_record()["pipeline"] in OF_MODELS
        libraries = SCORING_LIBRARIES if uses_model else LIBRARIES
        database = None if uses_model else find_tracking_database(os.environ)
        with prepare_tracking_database(database), use_warm_interpreter(libraries) as interpreter:
            yield interpreter.stop

    def build_kfp_runner(self) -> Any:
        """Return kfp's subprocess runner, which then accepts the command of our components."""
        from kfp import local
        from kfp.local.subprocess_task_handler import SubprocessTaskHandler

        # It takes every command for a container's that does not name kfp's own program.
        SubprocessTaskHandler.validate_not_container_component = _accept_command
        return local.SubprocessRunner(use_venv=False)

    def prepare_pipeline(self, pipeline: "BaseComponent") -> "BaseComponent":
        """Return the pipeline itself."""
        return pipeline


def _accept_command(self: object, full_command: list[str]) -> None:
    """Raise no error, whatever the command is."""
