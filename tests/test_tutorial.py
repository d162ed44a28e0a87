"""The tutorial's commands, one after another, as a person types them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pandas as pd
import pytest

from pipelines.catalogue import ROOT
from tests.own_checkout import make_checkout
from tests.sweeps_proxy import find_free_port

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
# Each command that does not end has a port of its own.
PORT = re.compile(r"\b809\d\b")


class Terminal:
    """A shell in a checkout that has the environment of this one."""

    def __init__(self, checkout: Path, port: str) -> None:
        self.checkout, self.port = checkout, port
        (checkout / ".venv").symlink_to(Path(sys.prefix))
        # The environment is older than the files of the checkout, and make would install it anew.
        for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
            os.utime(checkout / name, (0, 0))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def run(self, code: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", PORT.sub(self.port, code)],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def serve(self, code: str, path: str = "") -> Iterator[None]:
        """Run a command that does not end for the length of a block, from the moment that it answers."""
        process = subprocess.Popen(
            ["bash", "-c", PORT.sub(self.port, code)],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{self.port}/{path}", process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            with urlopen(address) as answer:
                assert answer.status == 200
            return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail("the server does not answer")


@pytest.mark.slow
def test_its_commands_do_what_it_says(tmp_path: Path) -> None:
    terminal = Terminal(make_checkout(tmp_path / "suite"), str(find_free_port()))
    table, first, second, score, serve, request, monitor, dashboard, mlflow = BLOCKS
    terminal.run(table)
    assert "Passed, but no better than a linear model" in terminal.run(first)
    assert "recall" in terminal.run(second)
    printed = terminal.run(score)
    (csv,) = re.findall(r"^predictions +(\S+\.csv)$", printed, re.MULTILINE)
    assert len(pd.read_csv(csv)) == 69
    with terminal.serve(serve, "v2/health/ready"):
        assert terminal.run(request).count('"probabilities"') == 2
    assert "2 logged" in terminal.run(monitor)
    for command in (dashboard, mlflow):
        with terminal.serve(command):
            pass
