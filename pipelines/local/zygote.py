"""The process that has the libraries imported and becomes a task by forking.

Used as ``python -m pipelines.local.zygote DESCRIPTOR MODULE ...``, with the descriptor of a listening Unix
socket. It imports one module after the other and serves whoever waits in between. It ends with its
standard input, and takes every task along.

It starts no thread and calls nothing of the libraries before a fork: locks and thread pools do not survive
one (https://docs.python.org/3/library/os.html#os.fork).
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
from types import FrameType
from typing import NamedTuple

_STREAMS = 3
# Nothing is ever written to standard input: it becomes readable when the process at its other end is gone.
_LIFELINE = 0


class TaskRequest(NamedTuple):
    """What a client wants to be run, and where.

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


class Zygote:
    """The listening socket, and the client of every task that runs.

    Parameters
    ----------
    listener : socket
        A Unix socket that listens.
    modules : list of str
        What to import.
    """

    def __init__(self, listener: socket.socket, modules: list[str]) -> None:
        self._listener = listener
        self._modules = modules
        self._clients: dict[int, socket.socket] = {}
        self._ended_children, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        self._wakeup = wakeup
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.signal(signal.SIGTERM, self._end)

    def serve(self) -> TaskRequest:
        """Fork for every client; return, in a child only, the task that the child has become."""
        while True:
            watched: list[int | socket.socket] = [_LIFELINE, self._listener, self._ended_children]
            watched += self._clients.values()
            ready, _, _ = select.select(watched, [], [], 0 if self._modules else None)
            if _LIFELINE in ready:
                self._end()
            if self._listener in ready and (task := self._accept()):
                return task
            if self._ended_children in ready:
                self._ended_children.recv(4096)
                self._report_ended()
            # A client says nothing after its request; readable means that it is gone.
            for pid, client in self._clients.items():
                if client in ready:
                    _kill(pid)
            if not ready and self._modules:
                _import(self._modules.pop(0))

    def _accept(self) -> TaskRequest | None:
        client, _ = self._listener.accept()
        task = _receive(client)
        if task is None:
            client.close()
            return None
        # What is there already stays out of the children's garbage collections, which would copy its pages.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self._leave(client)
            return task
        # Both sides set the group, for either may need it first.
        with suppress(OSError):
            os.setpgid(pid, pid)
        for stream in task.streams:
            os.close(stream)
        self._clients[pid] = client
        with suppress(OSError):
            client.send(b"+")
        return None

    def _leave(self, client: socket.socket) -> None:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for part in (self._listener, self._ended_children, self._wakeup, client, *self._clients.values()):
            part.close()

    def _report_ended(self) -> None:
        for pid in list(self._clients):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                client = self._clients.pop(pid)
                code = os.waitstatus_to_exitcode(status)
                with suppress(OSError):
                    client.send(bytes([code if code >= 0 else 128 - code]))
                client.close()

    def _end(self, *_: object) -> None:
        for pid in self._clients:
            _kill(pid)
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
        # The frame of this function means nothing to the reader of a traceback.
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
    # A library that is missing or broken is the task's to report, if it needs it.
    with suppress(Exception):
        import_module(name)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Let the wake-up descriptor tell of a child's end."""


def main() -> None:
    """Serve, and in a child end as an interpreter does: threads, exit functions, streams."""
    descriptor, *modules = sys.argv[1:]
    task = Zygote(socket.socket(fileno=int(descriptor)), modules).serve()
    status = become(task)
    # As multiprocessing's forked processes do it, which leave out the slow tear-down of every module.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
