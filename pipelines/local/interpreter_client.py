"""The program that kfp's local runner starts as its interpreter: the zygote then runs the task.

It emits the events of the task's start and end. It starts once per task, without site-packages, and imports
little, to start fast. Usage: ``python -I -S interpreter_client.py FOLDER [interpreter's arguments]``.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

_KILLED = 128 + signal.SIGKILL


def main(folder: str, words: list[str]) -> int:
    """Run a task and return its exit status.

    Parameters
    ----------
    folder : str
        Folder of the ``Interpreter``.
    words : list of str
        Arguments of the interpreter.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    # kfp replaces every "python3" in a task's arguments by its interpreter's path, even in data.
    words = [word.replace(f"{folder}/python", "python3") for word in words]
    task = _find_task_name(words)
    started = time.monotonic()
    _emit({"event": "task", "name": task, "state": "started"})
    status = _KILLED
    try:
        status = _run(folder, words)
    finally:
        seconds = time.monotonic() - started
        _emit({"event": "task", "name": task, "state": "finished", "seconds": seconds, "status": status})
    return status


def _run(folder: str, words: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(f"{folder}/socket")
            _send_task(connection, words)
            is_accepted = bool(connection.recv(1))
        except OSError:
            is_accepted = False
        if is_accepted:
            status = connection.recv(1)
            return status[0] if status else _KILLED
    return _run_plain(folder, words)


def _send_task(connection: socket.socket, words: list[str]) -> None:
    request = {"words": words, "environment": dict(os.environ), "cwd": os.getcwd()}  # noqa: PTH109
    body = json.dumps(request).encode()
    socket.send_fds(connection, [len(body).to_bytes(4, "big")], [0, 1, 2])
    connection.sendall(body)


def _run_plain(folder: str, words: list[str]) -> int:
    # Its own process group, so that the task and its processes can be killed together.
    task = subprocess.Popen([sys.executable, *words], start_new_session=True)
    mark = f"{folder}/{os.getpid()}"
    try:
        os.close(os.open(mark, os.O_CREAT, 0o600))
        status = task.wait()
    finally:
        if task.poll() is None:
            os.killpg(task.pid, signal.SIGKILL)
            task.wait()
        if os.path.exists(mark):  # noqa: PTH110
            os.unlink(mark)  # noqa: PTH108
    return status if status >= 0 else 128 - status


def _find_task_name(words: list[str]) -> str:
    # kfp keeps a task's files in a folder with the task's name.
    if "--executor_input" not in words:
        return ""
    executor_input = json.loads(words[words.index("--executor_input") + 1])
    output: str = executor_input["outputs"]["outputFile"]
    return output.split("/")[-2]


def _emit(event: dict[str, object]) -> None:
    # The same as components.events.emit, whose import takes longer than this program.
    path = os.environ.get("KFP_TABULAR_EVENTS")
    if path:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps({**event, "time": time.time()}) + "\n")


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
