import json
import threading
import time
from collections.abc import Callable

from docker import DockerClient

from pipelines.local.containers import RunContainers
from pipelines.local.run_folder import RunFolder
from tests.pipelines.commands_of_tasks import build_command

SECONDS_TO_START = 30


def list_left_behind(client: DockerClient, folder: RunFolder) -> list[str]:
    # Runs of other tests may have the same name, and another folder.
    found = client.containers.list(all=True, filters={"label": f"kfp-tabular.run={folder.name}"})
    return [
        one.id for one in found if any(mount["Source"] == str(folder.path) for mount in one.attrs["Mounts"])
    ]


def read_events(folder: RunFolder) -> list[dict]:
    return [json.loads(line) for line in folder.events.read_text(encoding="utf-8").splitlines()]


def error(folder: RunFolder) -> dict:
    (found,) = [event for event in read_events(folder) if event["event"] == "error"]
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not condition():
        assert time.monotonic() < end, "nothing has begun"
        time.sleep(0.02)


class in_background:  # noqa: N801
    """Runs a script as the task tune, and lets the block begin when the script has."""

    def __init__(self, containers: RunContainers, image: str, folder: RunFolder, script: str) -> None:
        self._begun = folder.path / "begun"
        script = f"touch {self._begun}; {script}"
        self._containers = containers
        self._command = build_command("tune", folder.artifacts, "sh", "-ec", script)
        self._image = image
        self.status: int | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.status = self._containers.run(self._image, self._command, {})

    def __enter__(self) -> "in_background":
        self._thread.start()
        wait_for(self._begun.exists)
        return self

    def __exit__(self, *_: object) -> None:
        self._containers.stop()
        self._thread.join()
