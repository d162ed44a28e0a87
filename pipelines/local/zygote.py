"""The process that imports the libraries and forks itself for each task.

Usage: ``python -m pipelines.local.zygote DESCRIPTOR MODULE ...``, with the descriptor of a listening Unix
socket. It imports one module after another and serves clients in between. It ends when its standard input
ends, and kills its tasks then.

It starts no thread and calls no function of the libraries before a fork, because locks and thread pools do
not survive one (https://docs.python.org/3/library/os.html#os.fork).
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

_STREAMS = 3
# Nothing is written to standard input: it becomes readable when the process at its other end ends.
_LIFELINE = 0


class TaskRequest(NamedTuple):
    """The task that a client asks for.

    Attributes
    ----------
    words : list of str
        Arguments of an interpreter: ``-m``, a module, its arguments.
    environment : dict of str to str
        The whole environment.
    cwd : str
        Working folder.
    streams : list of int
        File descriptors of standard input, output and error.
    """

    words: list[str]
    environment: dict[str, str]
    cwd: str
    streams: list[int]


class TaskProcess(NamedTuple):
    """A forked process: its id, a descriptor that is readable when it has ended, and its client."""

    pid: int
    descriptor: int
    client: socket.socket


class Zygote:
    """Listens on a Unix socket, imports ``modules``, and keeps every running task."""

    def __init__(self, listener: socket.socket, modules: list[str]) -> None:
        self._listener = listener
        self._modules = modules
        self._tasks: list[TaskProcess] = []
        signal.signal(signal.SIGTERM, self._end)
        # Where such descriptors are not allowed, this process ends, and each task starts an interpreter.
        os.close(os.pidfd_open(os.getpid()))

    def serve(self) -> TaskRequest:
        """Fork for every client; return only in a child, with the child's task."""
        while True:
            sources: list[int | socket.socket] = [_LIFELINE, self._listener]
            for task in self._tasks:
                sources += (task.descriptor, task.client)
            ready, _, _ = select.select(sources, [], [], 0 if self._modules else None)
            if _LIFELINE in ready:
                self._end()
            if self._listener in ready and (request := self._accept()):
                return request
            for task in [task for task in self._tasks if task.descriptor in ready]:
                self._report_end(task)
            # A client sends nothing after its request: it is readable only when it has ended.
            for task in self._tasks:
                if task.client in ready:
                    _kill(task.pid)
            if not ready and self._modules:
                _import(self._modules.pop(0))

    def _accept(self) -> TaskRequest | None:
        client, _ = self._listener.accept()
        request = _receive(client)
        if request is None:
            client.close()
            return None
        # Garbage collections in children would copy the memory of existing objects.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for open_socket in (self._listener, client, *(task.client for task in self._tasks)):
                open_socket.close()
            return request
        # Both processes set the group, because each may need it first.
        with suppress(OSError):
            os.setpgid(pid, pid)
        for stream in request.streams:
            os.close(stream)
        self._tasks.append(TaskProcess(pid, os.pidfd_open(pid), client))
        with suppress(OSError):
            client.send(b"+")
        return None

    def _report_end(self, task: TaskProcess) -> None:
        self._tasks.remove(task)
        _, status = os.waitpid(task.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with suppress(OSError):
            task.client.send(bytes([code if code >= 0 else 128 - code]))
        task.client.close()
        os.close(task.descriptor)

    def _end(self, *_: object) -> None:
        for task in self._tasks:
            _kill(task.pid)
        os._exit(0)


def become(task: TaskRequest) -> int:
    """Run a task in this process as ``python -m`` would, and return its exit status."""
    for target, stream in enumerate(task.streams):
        os.dup2(stream, target)
        os.close(stream)
    os.chdir(task.cwd)
    os.environ.clear()
    os.environ.update(task.environment)
    _, module, *arguments = task.words
    sys.argv = [module, *arguments]
    sys.path[0] = task.cwd
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        return _get_exit_status(error)
    except BaseException as error:
        # The traceback does not show this function's frame.
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    return 0


def _get_exit_status(error: SystemExit) -> int:
    if isinstance(error.code, int):
        return error.code & 0xFF
    if error.code is not None:
        sys.stderr.write(f"{error.code}\n")
    return 0 if error.code is None else 1


def _receive(client: socket.socket) -> TaskRequest | None:
    head, streams, _, _ = socket.recv_fds(client, 4, _STREAMS)
    size = int.from_bytes(head, "big")
    with client.makefile("rb") as reader:
        body = reader.read(size)
    if len(streams) == _STREAMS and len(body) == size:
        return TaskRequest(**json.loads(body), streams=streams)
    for stream in streams:
        os.close(stream)
    return None


def _import(name: str) -> None:
    # A task that needs a missing or broken library reports it.
    with suppress(Exception):
        import_module(name)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Serve; in a child, run the task and end like an interpreter: threads, exit functions, streams."""
    descriptor, *modules = sys.argv[1:]
    task = Zygote(socket.socket(fileno=int(descriptor)), modules).serve()
    status = become(task)
    # Like forked processes of multiprocessing: without the slow tear-down of every module.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
