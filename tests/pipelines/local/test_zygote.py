import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tasks are forked on Linux only")


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a process that has imported decimal, and knows no no_such_module."""
    path = tmp_path_factory.mktemp("zygote") / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        command = [sys.executable, "-m", "pipelines.local.zygote", str(listener.fileno())]
        process = subprocess.Popen(
            [*command, "no_such_module", "decimal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    yield path
    assert process.stdin is not None
    # It ends with its standard input.
    process.stdin.close()
    assert process.wait(20) == 0


def send_task(zygote: Path, folder: Path, job: str, *words: str, stdout: int) -> bytes:
    """Send a task as the client does, and return what is answered."""
    (folder / "job.py").write_text(job)
    request = {"words": ["-m", "job", *words], "environment": {"COLOUR": "red"}, "cwd": str(folder)}
    body = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection, Path(os.devnull).open() as null:
        connection.connect(str(zygote))
        streams = [null.fileno(), stdout, stdout]
        socket.send_fds(connection, [len(body).to_bytes(4, "big")], streams)
        connection.sendall(body)
        answer = b""
        while part := connection.recv(10):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("job", "status", "output"),
    [
        ("import os, sys; print(sys.argv[1:], dict(os.environ)['COLOUR'])", 0, "['a b'] red\n"),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit(263)", 7, ""),
        ("import sys; sys.exit('no good')", 1, "no good\n"),
        ("import os; os.kill(os.getpid(), 9)", 137, ""),
        ("import atexit; atexit.register(print, 'bye')", 0, "bye\n"),
    ],
)
def test_a_task_is_run_as_by_an_interpreter(
    zygote: Path, tmp_path: Path, job: str, status: int, output: str
) -> None:
    with (tmp_path / "output").open("w") as file:
        assert send_task(zygote, tmp_path, job, "a b", stdout=file.fileno()) == b"+" + bytes([status])
    assert (tmp_path / "output").read_text() == output


def test_an_error_shows_the_tasks_own_frames(zygote: Path, tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as file:
        answer = send_task(zygote, tmp_path, "raise ValueError('wrong')", stdout=file.fileno())
    assert answer == b"+\x01"
    assert "zygote" not in (tmp_path / "output").read_text()
    assert (tmp_path / "output").read_text().endswith("ValueError: wrong\n")


def test_a_request_that_breaks_off_starts_nothing(zygote: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(zygote))
        connection.sendall((100).to_bytes(4, "big") + b"{")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
