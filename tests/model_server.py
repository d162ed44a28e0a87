"""The server of a model, as a process on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.server_process import ServerProcess, start_server
from tests.sweeps_proxy import find_free_port


@dataclass(frozen=True)
class ModelServer(ServerProcess):
    """A model's server that answers; ``grpc`` is host and port of its gRPC."""

    grpc: str


@contextmanager
def run_model_server(
    folder: Path,
    *options: str,
    name: str = "small",
    port: int | None = None,
    module: str = "components.serve",
) -> Iterator[ModelServer]:
    """Serve a model's folder until the block ends, at a free port or a given one."""
    port, grpc_port = port or find_free_port(), find_free_port()
    words = [module, "--model_dir", str(folder), "--model_name", name]
    words += ["--http_port", str(port), "--grpc_port", str(grpc_port), "--drain_seconds", "0.5", *options]
    with _run(words, port, grpc_port) as server:
        yield server


@contextmanager
def run_app_of_runs(runs: Path, run: str, *options: str) -> Iterator[ModelServer]:
    """Serve the model of a run with the app, by the command for it, until the block ends."""
    port = find_free_port()
    words = ["pipelines", "serve", "--app", "--runs", str(runs), "--run", run, "--port", str(port), *options]
    with _run(words, port, 0) as server:
        yield server


@contextmanager
def _run(words: list[str], port: int, grpc_port: int) -> Iterator[ModelServer]:
    with start_server(words) as started:
        server = ModelServer(f"http://127.0.0.1:{port}", *started, f"127.0.0.1:{grpc_port}")
        server.wait_until(lambda: server.is_alive("/v2/health/ready"))
        yield server
