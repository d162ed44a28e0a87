"""The server beside KServe's stock one for scikit-learn: ``make bench-serve``; needs wrk and two processors.

Both serve the same model, a boosted one on the churn sample, each alone on the first processor, and wrk asks
from the second, or ghz by gRPC, where it is installed. The stock server does what KServe's sklearnserver does
on the same SDK: it makes a table of each request and calls the pipeline's predict.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.stages import run_stages
from components._compiled.model import CompiledModel, ServingForm
from components._model.package import Package
from components._recipe.model_input import to_columns
from components._table.datatypes import DATATYPES
from components._table.storage import open_table

_ROWS = 30_000
_SECONDS = 4
_ROUNDS = 3
_CONNECTIONS = (1, 8, 32)
_PORT, _GRPC_PORT = 18_080, 18_081
_PATIENCE = 60
_SERVER, _CLIENT = 0, 1
_CONTENTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "INT64": ("int64_contents", int),
    "FP64": ("fp64_contents", float),
    "BOOL": ("bool_contents", bool),
    "BYTES": ("bytes_contents", str.encode),
}
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[BODY]==]
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %f %f %f %d", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class Load(NamedTuple):
    """What a server did under load: requests per second, milliseconds of the median and the slowest 1 %."""

    per_second: float
    p50: float
    p99: float


class Server(NamedTuple):
    """How a server is started and asked."""

    name: str
    command: list[str]
    path: str
    body: dict[str, Any]
    is_grpc: bool = False


def main() -> None:
    """Print the servers' figures and their ratios."""
    if shutil.which("wrk") is None or (os.cpu_count() or 1) <= _CLIENT:
        sys.exit("The benchmark of serving needs wrk (apt install wrk) and two processors.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = _train_model(folder)
        row = json.loads((model / "golden.json").read_text())["rows"][0]
        ours = [sys.executable, "-m", "components.serve", "--model_dir", str(model), "--model_name", "churn"]
        ours += ["--http_port", str(_PORT), "--grpc_port", "0", "--drain_seconds", "0"]
        stock = [sys.executable, "-m", "benchmarks.stock_server", str(model), str(_PORT)]
        listed = {"instances": [{column: [value] for column, value in row.items()}]}
        servers = [
            Server("stock V1", stock, "/v1/models/churn:predict", listed),
            Server("V1", ours, "/v1/models/churn:predict", {"instances": [row]}),
            Server("V2", ours, "/v2/models/churn/infer", _build_tensors(row, model)),
        ]
        if shutil.which("ghz") is not None:
            # Of an option that is given twice the last counts.
            by_grpc = [*ours, "--grpc_port", str(_GRPC_PORT)]
            servers.append(servers[-1]._replace(name="gRPC", command=by_grpc, is_grpc=True))
        else:
            print("ghz is not installed: gRPC is not measured")
        measured = _measure_servers(servers)
        _print_rates(measured)
        _print_batches(model, folder)


def _train_model(folder: Path) -> Path:
    run_stages(folder, f"sample:churn?rows={_ROWS}", "churned", {"identifiers": ["customer_id"]}, trials=1)
    return folder / "model"


def _build_tensors(row: dict[str, Any], model: Path) -> dict[str, Any]:
    columns = json.loads((model / "signature.json").read_text())["columns"]
    return {
        "inputs": [
            {"name": name, "shape": [1], "datatype": DATATYPES[kind], "data": [row[name]]}
            for name, kind in columns.items()
        ]
    }


def _measure_servers(servers: list[Server]) -> dict[str, dict[int, Load]]:
    """Return the medians of rounds in which the servers take turns."""
    rounds: dict[tuple[str, int], list[Load]] = {}
    for _ in range(_ROUNDS):
        for server in servers:
            with _run_server(server) as facts:
                print(
                    f"{server.name}: ready after {facts.seconds:.1f} s, {facts.megabytes:.0f} MB", flush=True
                )
                for connections in _CONNECTIONS:
                    load = (_send_grpc_requests if server.is_grpc else _send_requests)(server, connections)
                    rounds.setdefault((server.name, connections), []).append(load)
    return {
        server.name: {
            connections: Load(*map(statistics.median, zip(*rounds[server.name, connections], strict=True)))
            for connections in _CONNECTIONS
        }
        for server in servers
    }


class Started(NamedTuple):
    """How long a server took to answer, and its memory after a request."""

    seconds: float
    megabytes: float


@contextmanager
def _run_server(server: Server) -> Iterator[Started]:
    started = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", str(_SERVER), *server.command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        request = urllib.request.Request(
            f"http://127.0.0.1:{_PORT}{server.path}",
            json.dumps(server.body).encode(),
            {"content-type": "application/json"},
        )
        while True:
            try:
                urllib.request.urlopen(request).read()
                break
            except urllib.error.HTTPError as error:
                sys.exit(f"{server.name} answered {error.code}: {error.read().decode()}")
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                    sys.exit(f"{server.name} did not start: {' '.join(server.command)}")
                time.sleep(0.02)
        seconds = time.perf_counter() - started
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        yield Started(seconds, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    finally:
        process.terminate()
        process.wait()


def _send_requests(server: Server, connections: int) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.replace("BODY", json.dumps(server.body)))
        script.flush()
        command = ["taskset", "-c", str(_CLIENT), "wrk", "-t1", f"-c{connections}", f"-d{_SECONDS}s"]
        command += ["-s", script.name, f"http://127.0.0.1:{_PORT}{server.path}"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    *figures, errors = output.rpartition("RESULT ")[2].split()
    if int(errors):
        sys.exit(f"{server.name} failed {errors} requests:\n{output}")
    return Load(*map(float, figures))


def _send_grpc_requests(server: Server, connections: int) -> Load:
    message = pb.ModelInferRequest(model_name="churn")
    for tensor in server.body["inputs"]:
        (value,) = tensor["data"]
        kind, cast = _CONTENTS[tensor["datatype"]]
        contents = {kind: [cast(value)]}
        message.inputs.add(name=tensor["name"], shape=[1], datatype=tensor["datatype"], contents=contents)
    descriptors = FileDescriptorSet()
    pb.DESCRIPTOR.CopyToProto(descriptors.file.add())
    with tempfile.TemporaryDirectory() as folder:
        body, protocol = Path(folder, "body"), Path(folder, "protocol")
        body.write_bytes(message.SerializeToString())
        protocol.write_bytes(descriptors.SerializeToString())
        command = ["taskset", "-c", str(_CLIENT), "ghz", "--insecure", "--format", "json"]
        command += ["--protoset", str(protocol), "--call", "inference.GRPCInferenceService/ModelInfer"]
        command += ["--binary-file", str(body), "--concurrency", str(connections)]
        command += [
            "--connections",
            str(connections),
            "--duration",
            f"{_SECONDS}s",
            "--duration-stop",
            "wait",
        ]
        command.append(f"127.0.0.1:{_GRPC_PORT}")
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(output)
    if set(found["statusCodeDistribution"]) != {"OK"}:
        sys.exit(f"{server.name} failed requests: {found['statusCodeDistribution']}")
    nanoseconds = {of["percentage"]: of["latency"] for of in found["latencyDistribution"]}
    return Load(found["rps"], nanoseconds[50] / 1e6, nanoseconds[99] / 1e6)


def _print_rates(measured: dict[str, dict[int, Load]]) -> None:
    print(
        f"\n{'':10}" + "".join(f"{f'req/s at c={c}':>16}" for c in _CONNECTIONS) + f"{'p50, p99 at c=1':>22}"
    )
    for name, loads in measured.items():
        rates = "".join(f"{loads[c].per_second:16,.0f}" for c in _CONNECTIONS)
        print(f"{name:10}{rates}{loads[1].p50:12.3f},{loads[1].p99:6.3f} ms")
    most = _CONNECTIONS[-1]
    rates_at_most = {name: loads[most].per_second for name, loads in measured.items()}
    v1 = rates_at_most["V1"]
    print(f"V1 over stock at c={most}: {v1 / rates_at_most['stock V1']:.0f} (at least 80 is wanted)")
    print(f"V2 over V1 at c={most}: {rates_at_most['V2'] / v1:.2f} (at least 0.8 is wanted)")
    if "gRPC" in rates_at_most:
        print(f"gRPC over stock V1 at c={most}: {rates_at_most['gRPC'] / rates_at_most['stock V1']:.0f}")


def _print_batches(model: Path, folder: Path) -> None:
    """Print how many rows per second the model predicts of a table, in turn with the pipeline."""
    package = Package.load(model)
    columns = package.signature.columns
    table = open_table(folder / "dataset").to_table(columns=list(columns))
    compiled = CompiledModel(ServingForm.load(model / "compiled"))

    def predict_fast() -> None:
        compiled.predict_columns(to_columns(table.to_pandas(strings_to_categorical=True), columns))

    def predict_slow() -> None:
        package.predict(table.to_pandas())

    rounds = [(_measure_time(predict_slow), _measure_time(predict_fast)) for _ in range(_ROUNDS + 1)][1:]
    of_slow, of_fast = (
        [statistics.median(seconds) for seconds in zip(*times, strict=True)]
        for times in zip(*rounds, strict=True)
    )
    wall, processor = (slow / fast for slow, fast in zip(of_slow, of_fast, strict=True))
    print(
        f"batches: {table.num_rows / of_fast[0]:,.0f} rows/s compiled, {wall:.2f} times the pipeline's "
        f"({processor:.2f} by the processor's time; at least 1.5 is wanted)"
    )


def _measure_time(call: Callable[[], None]) -> tuple[float, float]:
    """Return how long a call takes, and how long processors are at it."""
    started, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    main()
