"""Runs each task in a container of its stage's image, which sees only what the task needs.

kfp's own handler lets the engine remove a container as soon as it ends, and counts a missing container as a
success (``kfp/local/docker_task_handler.py``). Here it is replaced by one that removes a container only when
its exit status and its outputs are known.
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

from docker import DockerClient
from docker.errors import DockerException, NotFound
from docker.models.containers import Container
from docker.types import LogConfig, Mount
from kfp import local
from kfp.components import load_component_from_text
from kfp.dsl.base_component import BaseComponent
from kfp.local import docker_task_handler
from kfp.local.status import Status
from requests import RequestException
from urllib3.exceptions import HTTPError

from components.errors import SuiteError
from components.events import emit
from components.memory import Memory
from pipelines.image_names import ImageNames
from pipelines.local.docker_client import explain_engine_error, pull_missing_images
from pipelines.local.kfp_task import KfpTask
from pipelines.local.run_folder import RunFolder
from pipelines.local.sandbox import TEMPORARY, Sandbox, find_tracking_database
from pipelines.spec_compiler import compile_spec

_ENGINE_ERRORS = (DockerException, RequestException, HTTPError)
_FAILED = 1
_SIGNALLED = 128
_RUN_LABEL = "kfp-tabular.run"


class ContainerFailed(SuiteError):
    """A task failed because of its container, not because of the stage's own error."""


class ContainerRunner:
    """A ``TaskRunner`` that runs tasks in containers of one engine, each limited to ``memory``."""

    def __init__(self, client: DockerClient, images: ImageNames, memory: Memory) -> None:
        self._client = client
        self._images = images
        self._memory = memory

    def choose_memory(self, stated: str) -> int:
        """Return the limit of a container, which is the stated memory if any is."""
        return self._memory.n_bytes

    def pull_images(self, pipeline: BaseComponent) -> None:
        """Pull the images of a pipeline that the engine does not have.

        Raises
        ------
        InvalidSetting
            The engine cannot pull an image.
        """
        executors = pipeline.pipeline_spec.deployment_spec["executors"]
        names = [executor["container"]["image"] for executor in executors.values()]
        pull_missing_images(self._client, map(self._images.complete, names))

    @contextmanager
    def open_run(self, folder: RunFolder) -> Iterator[Callable[[], None]]:
        """Let kfp run its tasks in containers until the run ends."""
        if database := find_tracking_database(os.environ):
            # Only an existing folder can be mounted. If this fails, train reports why.
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
        """Return the pipeline as compiled for a cluster."""
        return load_component_from_text(compile_spec(pipeline, self._images))


class ContainerTaskHandler:
    """Replaces kfp's handler of a task; has the parameters of kfp's own after ``containers``.

    ``env_vars`` are the variables that the pipeline sets.
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
        """Run the task and return how it ended."""
        status = self._containers.run(self._image, self._command, self._variables)
        return Status.FAILURE if status else Status.SUCCESS


class RunContainers:
    """The containers of one run, each limited to ``memory``."""

    def __init__(self, client: DockerClient, folder: RunFolder, memory: Memory) -> None:
        self._client = client
        self._folder = folder
        self._memory = memory
        self._identity = build_user_settings(client.info())
        self._remove_leftovers()
        # A signal interrupts the main thread. It must not interrupt a call to the engine, or a container that
        # is just being created would be lost.
        self._threads = ThreadPoolExecutor(thread_name_prefix="container")
        # Held while a container starts, so that none starts after stop().
        self._lock = threading.Lock()
        self._running: dict[str, Container] = {}
        self._is_stopped = False

    def run(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> int:
        """Run a task in its own container and return its exit status.

        Parameters
        ----------
        image : str
            Full name of the image.
        command : sequence of str
            The command, with kfp's executor input.
        variables : mapping of str to str
            Variables that the pipeline sets.

        Returns
        -------
        int
            0 only if the command succeeded and wrote all outputs.
        """
        if self._is_stopped:
            return _FAILED
        result = self._threads.submit(self._run_task, image, command, variables)
        try:
            return result.result()
        finally:
            # An interruption is raised only when the container is removed and its output is read.
            wait([result])

    def stop(self) -> None:
        """Kill every container and start no more; may be called twice."""
        with self._lock:
            self._is_stopped = True
            for container in self._running.values():
                # It may have ended already.
                with suppress(*_ENGINE_ERRORS):
                    container.kill()

    def close(self) -> None:
        """Kill and remove the containers that are left, and wait for that."""
        self.stop()
        self._threads.shutdown()

    def _remove_leftovers(self) -> None:
        """Remove containers of an earlier attempt that was killed before it could remove them."""
        filters = {"label": f"{_RUN_LABEL}={self._folder.name}"}
        for container in self._client.containers.list(all=True, filters=filters, ignore_removed=True):
            # A run in another folder may have the same name.
            if any(mount["Source"] == str(self._folder.path) for mount in container.attrs["Mounts"]):
                with suppress(NotFound):
                    container.remove(force=True, v=True)

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
        """Return the exit status, and whether the container ran out of memory."""
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
                    container.remove(force=True, v=True)

    def _start(self, container: Container) -> None:
        with self._lock:
            if self._is_stopped:
                raise ContainerFailed("The run was stopped.", "Run it again.")
            container.start()
            self._running[container.id] = container

    def _check_status(self, task: KfpTask, status: int, is_out_of_memory: bool) -> int:
        if status and is_out_of_memory:
            raise ContainerFailed(
                f"The container of {task.name} was killed: it used more than its {self._memory} of memory.",
                f"Give it more: --memory {self._memory.doubled}, or MEMORY={self._memory.doubled}.",
            )
        missing = task.list_missing_outputs() if status == 0 else []
        if missing:
            raise ContainerFailed(
                f"The container of {task.name} ended without an error, "
                f"but did not write these outputs: {', '.join(missing)}.",
                "Its image may be of another version. Build it again: make images.",
            )
        if status > _SIGNALLED:
            _print_output(f"Signal {status - _SIGNALLED} ended the container of {task.name}.\n")
        return status

    def _build_settings(self, task: KfpTask, variables: Mapping[str, str]) -> dict[str, Any]:
        sandbox = Sandbox.from_task(task, self._folder.path, os.environ)
        return {
            **self._identity,
            "network_mode": sandbox.network,
            # Docker's configured proxies are useless without a network.
            "use_config_proxy": sandbox.network != "none",
            "mounts": [
                *(
                    Mount(str(path), str(path), type="bind", read_only=not is_writable)
                    for path, is_writable in sandbox.mounts.items()
                ),
                # On disk: stages write there what does not fit into memory.
                *([] if TEMPORARY in sandbox.mounts else [Mount(str(TEMPORARY), None, type="volume")]),
            ],
            "environment": {**variables, **sandbox.environment},
            "read_only": True,
            "cap_drop": ["ALL"],
            # SELinux would block the mounts unless the user's own files were relabelled.
            "security_opt": ["no-new-privileges:true", "label=disable"],
            "mem_limit": self._memory.n_bytes,
            "memswap_limit": self._memory.n_bytes,
            # Not every log driver can be read.
            "log_config": LogConfig(type=LogConfig.types.JSON),
            "labels": {_RUN_LABEL: self._folder.name, "kfp-tabular.task": task.name},
        }


def build_user_settings(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that make this process's user the owner of a container's files.

    Parameters
    ----------
    info : mapping
        The answer of ``docker info``.
    """
    if "name=rootless" in (info.get("SecurityOptions") or ()):
        # A rootless engine maps root in the container to this user.
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
            "Check it with docker info, then run again.",
        ) from error


def _print_output(text: str) -> None:
    # kfp redirects print to indent what tasks write.
    print(text, end="")  # noqa: T201


def _decode_output(pieces: Iterable[bytes]) -> Iterator[str]:
    # A long line comes in pieces, which may end within a character.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield from (decoder.decode(piece) for piece in pieces)
