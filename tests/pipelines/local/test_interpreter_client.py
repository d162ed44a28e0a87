import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.local import interpreter_client

OUTPUT = {"outputs": {"outputFile": "/runs/one/artifacts/p-1/tune/executor_output.json"}}


def start_client(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", interpreter_client.__file__, str(folder), *words]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.mark.parametrize("words", ["import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 15)"])
def test_without_a_server_the_plain_interpreter_runs_the_task(tmp_path: Path, words: str) -> None:
    done = start_client(tmp_path, "-c", words)
    assert done.returncode == (3 if "exit" in words else 128 + 15)
    assert list(tmp_path.iterdir()) == []


def test_the_interpreters_own_path_in_an_argument_is_what_kfp_made_of_python3(tmp_path: Path) -> None:
    word = f"s3://data/{tmp_path}/python/t.csv"
    assert (
        start_client(tmp_path, "-c", "import sys; print(sys.argv[1])", word).stdout
        == "s3://data/python3/t.csv\n"
    )


def test_start_and_end_of_the_task_are_events(tmp_path: Path) -> None:
    events = tmp_path / "events"
    words = ("-c", "import sys; sys.exit(7)", "--executor_input", json.dumps(OUTPUT))
    start_client(tmp_path, *words, KFP_TABULAR_EVENTS=str(events))
    first, last = (json.loads(line) for line in events.read_text().splitlines())
    assert (first["name"], first["state"]) == ("tune", "started")
    assert (last["name"], last["state"], last["status"]) == ("tune", "finished", 7)


@pytest.mark.parametrize(("answer", "status"), [(b"+\x05", 5), (b"+", 137)])
def test_a_server_is_given_the_task_with_its_streams(tmp_path: Path, answer: bytes, status: int) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        command = [sys.executable, "-I", "-S", interpreter_client.__file__, str(tmp_path), "-m", "job"]
        client = subprocess.Popen(command, cwd=tmp_path, env={"COLOUR": "red"})
        connection, _ = listener.accept()
        with connection:
            head, streams, _, _ = socket.recv_fds(connection, 4, 3)
            request = json.loads(connection.recv(int.from_bytes(head, "big")))
            for part in (answer[:1], answer[1:]):
                connection.sendall(part)
            for stream in streams:
                os.close(stream)
        assert client.wait(20) == status
    assert len(streams) == 3
    assert (request["words"], request["cwd"]) == (["-m", "job"], str(tmp_path))
    assert request["environment"]["COLOUR"] == "red"
