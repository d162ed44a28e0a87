"""The app of several models, as a process on loopback."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.server_process import ServerProcess, start_server
from tests.sweeps_proxy import find_free_port


def write_addresses(folder: Path, models: Mapping[str, str]) -> Path:
    """Write the models' list as Kubernetes mounts a ConfigMap, and return its folder."""
    data = folder / "..2026_11_30"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, url in models.items():
        (data / name).write_text(url, encoding="utf-8")
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@contextmanager
def run_app_server(models: Mapping[str, str], *options: str) -> Iterator[ServerProcess]:
    """Serve the app of models, by their predictors' addresses, until the block ends."""
    port = find_free_port()
    with tempfile.TemporaryDirectory() as folder:
        addresses = write_addresses(Path(folder) / "models", models)
        words = ["components.app", "--models", str(addresses), "--port", str(port)]
        with start_server([*words, "--drain_seconds", "0.1", *options]) as started:
            server = ServerProcess(f"http://127.0.0.1:{port}", *started)
            server.wait_until(lambda: server.is_alive("/healthz"))
            # It is written when the server heeds signals, too.
            server.wait_until(lambda: "The app of" in server.read_output())
            yield server
