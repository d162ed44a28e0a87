"""A real Prometheus on loopback, and promtool, its checker of rules."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests.docker_engine import skip_or_fail
from tests.sweeps_proxy import find_free_port

T = TypeVar("T")

_PATIENCE = 60.0


class LocalPrometheus:
    """A Prometheus that answers.

    Parameters
    ----------
    url : str
        Its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression, each with ``metric`` and ``value``.

        Raises
        ------
        AssertionError
            Prometheus does not accept it.
        """
        return list(self._get("query", query=expression)["result"])

    def list_labels(self, name: str, metric: str) -> list[str]:
        """Return the values that a label of a metric has."""
        words = urllib.parse.urlencode({"match[]": metric})
        return list(self._get(f"label/{name}/values?{words}"))

    def list_alerts(self) -> dict[str, dict[str, Any]]:
        """Return the alerts that fire, by name."""
        alerts = self._get("alerts")["alerts"]
        return {each["labels"]["alertname"]: each for each in alerts if each["state"] == "firing"}

    def _get(self, path: str, **words: str) -> Any:
        question = f"?{urllib.parse.urlencode(words)}" if words else ""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}{question}") as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {words}: {error.read().decode()}") from None


@contextmanager
def run_prometheus(
    folder: Path, targets: Mapping[str, dict[str, str]], groups: list[dict[str, Any]]
) -> Iterator[LocalPrometheus]:
    """Run a Prometheus that looks every second, for the length of a block.

    Parameters
    ----------
    folder : Path
        For its files.
    targets : mapping of str to dict
        Labels that its configuration gives to each target, by host and port. ``job`` is among them.
    groups : list of dict
        Rules.
    """
    program = _find_program("prometheus")
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    jobs = [
        {
            "job_name": labels["job"],
            "honor_labels": True,
            "static_configs": [{"targets": [target], "labels": labels}],
        }
        for target, labels in targets.items()
    ]
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yaml")],
        "scrape_configs": jobs,
    }
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    port = find_free_port()
    command = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}"]
    command.append(f"--web.listen-address=127.0.0.1:{port}")
    log = folder / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _is_ready(url, process, log), "Prometheus is ready")
        yield LocalPrometheus(url)
    finally:
        process.terminate()
        process.wait(20)


def check_rules(folder: Path, groups: list[dict[str, Any]]) -> str:
    """Return what ``promtool check rules`` says about rules.

    Raises
    ------
    AssertionError
        It finds a fault.
    """
    return _run_promtool(folder, "check", groups, [])


def try_rules(folder: Path, groups: list[dict[str, Any]], tests: list[dict[str, Any]]) -> str:
    """Run tests of promtool, and return what it says; raises as ``check_rules``."""
    return _run_promtool(folder, "test", groups, tests)


def wait_until(look: Callable[[], T], what: str, seconds: float = _PATIENCE) -> T:
    """Look until there is something, and return it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"it did not come to this: {what}"
        time.sleep(0.2)
    return found


def _run_promtool(
    folder: Path, action: str, groups: list[dict[str, Any]], tests: list[dict[str, Any]]
) -> str:
    rules, cases = folder / "rules.yaml", folder / "tests.yaml"
    rules.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    # Rules of days are tried less often, or a test of them would take minutes.
    lasting = {"rule_files": [rules.name], "evaluation_interval": "5m", "tests": tests}
    cases.write_text(yaml.safe_dump(lasting), encoding="utf-8")
    file = rules if action == "check" else cases
    command = [_find_program("promtool"), action, "rules", file.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def _find_program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        skip_or_fail(f"{name} is missing: install Debian's package prometheus")
    return program


def _is_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        with urllib.request.urlopen(f"{url}/-/ready"):
            return True
    except OSError:
        return False
