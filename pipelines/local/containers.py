"""Containers as the place of a run's tasks: each in the image of its stage, and none sees more than it needs.

kfp's own handler has the engine remove a container as soon as it ends, and takes one that is gone for one
that ended well (``kfp/local/docker_task_handler.py``). So its place is taken by one that removes a container
only when its exit status and its outputs are known.
"""

import codecs
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from docker import DockerClient  # type: ignore[import-untyped]
from docker.errors import DockerException, NotFound  # type: ignore[import-untyped]
from docker.models.containers import Container  # type: ignore[import-untyped]
from docker.types import LogConfig, Mount  # type: ignore[import-untyped]
from kfp import local
from kfp.components import load_component_from_text
from kfp.dsl.base_component import BaseComponent
from kfp.local import docker_task_handler
from kfp.local.status import Status
from requests import RequestException  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from components.environment import emit
from components.errors import SuiteError
from pipelines.image_names import ImageNames
from pipelines.local.docker_client import explain_engine_error, pull_missing_images
from pipelines.local.kfp_task import KfpTask
from pipelines.local.memory import Memory
from pipelines.local.run_folder import RunFolder
from pipelines.local.sandbox import TEMPORARY, Sandbox, find_tracking_database
from pipelines.spec_compiler import compile_spec

_ENGINE_ERRORS = (DockerException, RequestException, HTTPError)
_FAILED = 1
_SIGNALLED = 128
# The label that names a container's run.
_RUN = "kfp-tabular.run"


class ContainerFailed(SuiteError):
    """A task failed for what became of its container, and not for what the stage says."""


class ContainerRunner:
    """Containers of one engine, as a ``Place``.

    Parameters
    ----------
    client : DockerClient
        A connection to the engine.
    images : ImageNames
        The images to run.
    memory : Memory
        What each container may use.
    """

    def __init__(self, client: DockerClient, images: ImageNames, memory: Memory) -> None:
        self._client = client
        self._images = images
        self._memory = memory

    def pull_images(self, pipeline: BaseComponent) -> None:
        """Make sure that the engine has the images of a pipeline.

        Raises
        ------
        InvalidSetting
            It lacks one and cannot pull it.
        """
        executors = pipeline.pipeline_spec.deployment_spec["executors"]
        names = [part["container"]["image"] for part in executors.values()]
        pull_missing_images(self._client, map(self._images.complete, names))

    @contextmanager
    def open_run(self, folder: RunFolder) -> Iterator[Callable[[], None]]:
        """Have kfp hand its tasks to the containers of one run."""
        if database := find_tracking_database(os.environ):
            # Only what is there can be mounted; elsewhere train makes the folder itself, or says why not.
            with suppress(OSError):
                database.parent.mkdir(parents=True, exist_ok=True)
        containers = RunContainers(self._client, folder, self._memory)
        handler = docker_task_handler.DockerTaskHandler
        docker_task_handler.DockerTaskHandler = partial(ContainerTaskHandler, containers)
        try:
            yield containers.stop
        finally:
            docker_task_handler.DockerTaskHandler = handler
            containers.close()

    def build_kfp_runner(self) -> Any:
        """Return kfp's Docker runner."""
        return local.DockerRunner()

    def prepare_pipeline(self, pipeline: BaseComponent) -> BaseComponent:
        """Return the spec that a cluster would get."""
        return load_component_from_text(compile_spec(pipeline, self._images))


class ContainerTaskHandler:
    """What kfp makes for every task of a run, in place of its own handler.

    Parameters
    ----------
    containers : RunContainers
        The run's containers.
    image : str
        Whole name of the image.
    full_command : sequence of str
        What to run in it.
    pipeline_root, runner
        What kfp's own handler needs to know.
    env_vars : mapping of str to str or None
        Variables that the pipeline sets.
    """

    def __init__(
        self,
        containers: "RunContainers",
        image: str,
        full_command: Sequence[str],
        pipeline_root: str,
        runner: object,
        env_vars: Mapping[str, str] | None = None,
    ) -> None:
        self._containers = containers
        self._image = image
        self._command = full_command
        self._variables = env_vars or {}

    def run(self) -> Status:
        """Run the task and say how it ended."""
        status = self._containers.run(self._image, self._command, self._variables)
        return Status.FAILURE if status else Status.SUCCESS


class RunContainers:
    """The containers of one run.

    Parameters
    ----------
    client : DockerClient
        A connection to the engine.
    folder : RunFolder
        The run's folder.
    memory : Memory
        What each container may use.
    """

    def __init__(self, client: DockerClient, folder: RunFolder, memory: Memory) -> None:
        self._client = client
        self._folder = folder
        self._memory = memory
        self._identity = build_user_settings(client.info())
        self._remove_leftovers()
        # A signal interrupts the main thread, and must not tear it out of a word with the engine: it would
        # never be known what became of a container that was being made.
        self._threads = ThreadPoolExecutor(thread_name_prefix="container")
        # Held while a container starts, so that each starts either before all are ended or never.
        self._lock = threading.Lock()
        self._running: dict[str, Container] = {}
        self._is_stopped = False

    def run(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> int:
        """Run a task in a container of its own and return its exit status.

        Parameters
        ----------
        image : str
            Whole name of the image.
        command : sequence of str
            What to run in it, with kfp's executor input.
        variables : mapping of str to str
            Variables that the pipeline sets.

        Returns
        -------
        int
            0 only if the command ended well and left all outputs behind.
        """
        if self._is_stopped:
            return _FAILED
        result = self._threads.submit(self._run_task, image, command, variables)
        try:
            return result.result()
        finally:
            # An interruption comes through only when the container is gone and its last words are read.
            wait([result])

    def stop(self) -> None:
        """End every container, and start none any more; may be called twice."""
        with self._lock:
            self._is_stopped = True
            for container in self._running.values():
                # It may have ended by itself.
                with suppress(*_ENGINE_ERRORS):
                    container.kill()

    def close(self) -> None:
        """End and remove what is left, and wait until that is done."""
        self.stop()
        self._threads.shutdown()

    def _remove_leftovers(self) -> None:
        """Remove what runs on of an earlier attempt that was killed before it could end its containers."""
        wanted = {"label": f"{_RUN}={self._folder.name}"}
        for container in self._client.containers.list(all=True, filters=wanted, ignore_removed=True):
            # A run in another folder may have the same name.
            if any(mount["Source"] == str(self._folder.path) for mount in container.attrs["Mounts"]):
                with suppress(NotFound):
                    container.remove(force=True)

    def _run_task(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> int:
        task = KfpTask.from_command(command)
        started = time.monotonic()
        emit("task", name=task.name, state="started")
        status = _FAILED
        try:
            status = self._check_status(task, *self._run_container(task, image, command, variables))
        except ContainerFailed as error:
            _print_output(f"{error}\n")
            emit("error", what=error.what, remedy=error.remedy, container=True)
        finally:
            seconds = time.monotonic() - started
            emit("task", name=task.name, state="finished", seconds=seconds, status=status)
        return status

    def _run_container(
        self, task: KfpTask, image: str, command: Sequence[str], variables: Mapping[str, str]
    ) -> tuple[int, bool]:
        """Return the exit status, and whether the container asked for more memory than it may have."""
        settings = self._build_settings(task, variables)
        with _translate_engine_errors(task):
            container = self._client.containers.create(image, list(command), **settings)
            try:
                self._start(container)
                for text in _decode_output(container.logs(stream=True, follow=True)):
                    _print_output(text)
                _print_output("\n")
                status = int(container.wait()["StatusCode"])
                container.reload()
                return status, bool(container.attrs["State"]["OOMKilled"])
            finally:
                with self._lock:
                    self._running.pop(container.id, None)
                with suppress(NotFound):
                    container.remove(force=True)

    def _start(self, container: Container) -> None:
        with self._lock:
            if self._is_stopped:
                raise ContainerFailed("The run was stopped.", "Run it again.")
            container.start()
            self._running[container.id] = container

    def _check_status(self, task: KfpTask, status: int, is_out_of_memory: bool) -> int:
        if status and is_out_of_memory:
            raise ContainerFailed(
                f"The container of {task.name} was ended for using more than its {self._memory} of memory.",
                f"Give it more: --memory {self._memory.doubled}, or MEMORY={self._memory.doubled}.",
            )
        missing = task.list_missing_outputs() if status == 0 else []
        if missing:
            raise ContainerFailed(
                f"The container of {task.name} ended without an error, "
                f"but has not left behind: {', '.join(missing)}.",
                "Its image may be that of another version: build it anew with make images.",
            )
        if status > _SIGNALLED:
            _print_output(f"The container of {task.name} was ended by signal {status - _SIGNALLED}.\n")
        return status

    def _build_settings(self, task: KfpTask, variables: Mapping[str, str]) -> dict[str, Any]:
        sandbox = Sandbox.from_task(task, self._folder.path, os.environ)
        return {
            **self._identity,
            "network_mode": sandbox.network,
            # The proxies that Docker is configured with are of use there only.
            "use_config_proxy": sandbox.network != "none",
            "mounts": [
                Mount(str(path), str(path), type="bind", read_only=not is_writable)
                for path, is_writable in sandbox.mounts.items()
            ],
            "environment": {**variables, **sandbox.environment},
            "read_only": True,
            "tmpfs": {} if TEMPORARY in sandbox.mounts else {str(TEMPORARY): ""},
            "cap_drop": ["ALL"],
            # Where there is SELinux, it would keep the container from the mounts, unless the user's own files
            # were labelled anew.
            "security_opt": ["no-new-privileges:true", "label=disable"],
            "mem_limit": self._memory.n_bytes,
            "memswap_limit": self._memory.n_bytes,
            # The log is read back, which not every driver lets one do.
            "log_config": LogConfig(type=LogConfig.types.JSON),
            "labels": {_RUN: self._folder.name, "kfp-tabular.task": task.name},
        }


def build_user_settings(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by which a container's files belong to whoever runs this.

    Parameters
    ----------
    info : mapping
        What the engine says of itself.
    """
    if "name=rootless" in (info.get("SecurityOptions") or ()):
        # There this user is root inside, and every other number is somebody else's.
        return {"user": "0:0"}
    return {
        "user": f"{os.getuid()}:{os.getgid()}",
        "group_add": [str(group) for group in sorted({*os.getgroups()} - {os.getgid()})],
    }


@contextmanager
def _translate_engine_errors(task: KfpTask) -> Iterator[None]:
    try:
        yield
    except _ENGINE_ERRORS as error:
        raise ContainerFailed(
            f"The Docker Engine could not run the container of {task.name}: {explain_engine_error(error)}",
            "See whether it is well: docker info. Then run again.",
        ) from error


def _print_output(text: str) -> None:
    # kfp indents what tasks write, by way of print.
    print(text, end="")  # noqa: T201


def _decode_output(pieces: Iterable[bytes]) -> Iterator[str]:
    # A piece is a line, or what there is of it after so many bytes, which may be within a letter.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield from (decoder.decode(piece) for piece in pieces)
