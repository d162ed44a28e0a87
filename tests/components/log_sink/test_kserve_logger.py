"""Requests through the real logger of KServe 0.16, to a real model server and the real sink."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from components._inference_log.kserve_events import ID_HEADER
from components.deploy.model_endpoint import ModelEndpoint
from components.deploy.objects import Release, build_log_url
from tests.components.log_sink.models import register_model
from tests.components.log_sink.test_run import count_rows, read_folder
from tests.components.serve.models import INFER, PREDICT, ROW, make_tensors
from tests.go_programs import build_program
from tests.log_sink import LogSink, run_log_sink
from tests.model_server import run_model_server
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

_KSERVE = "github.com/kserve/kserve/pkg"
MODULES = (f"{_KSERVE}/logger@v0.16.0", f"{_KSERVE}/apis/serving/v1beta1@v0.16.0", "go.uber.org/zap@v1.27.0")
# The part of KServe's agent that logs.
PROGRAM = """
package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/kserve/kserve/pkg/apis/serving/v1beta1"
	"github.com/kserve/kserve/pkg/logger"
	"go.uber.org/zap"
)

func main() {
	server, _ := url.Parse(os.Args[2])
	sink, _ := url.Parse(os.Args[3])
	source, _ := url.Parse("pod-1")
	logger.StartDispatcher(5, nil, zap.NewNop().Sugar())
	proxy := httputil.NewSingleHostReverseProxy(server)
	handler := logger.New(sink, source, v1beta1.LogAll, "small", "kubeflow", "", "predictor", proxy,
		[]string{os.Args[4]}, "service-ca.crt", nil, false)
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], handler))
}
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_program(tmp_path_factory.mktemp("agent"), PROGRAM, *MODULES)


@contextmanager
def run_agent(program: Path, server: str, sink: str) -> Iterator[str]:
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([program, str(port), server, sink, ID_HEADER]) as process:
        try:
            while process.poll() is None:
                try:
                    httpx.get(f"{address}/v2/health/ready").raise_for_status()
                    break
                except httpx.TransportError:
                    continue
            yield address
        finally:
            process.kill()


def test_what_kserve_logs_becomes_the_log_of_the_release(
    agent: Path, tracking_uri: str, tmp_path: Path
) -> None:
    name = "a b%"
    model = register_model(tmp_path, tracking_uri, n_versions=2, name=name)
    environment = {"MLFLOW_TRACKING_URI": tracking_uri}
    target = tmp_path / "target"

    def send(sink: LogSink, url: str) -> None:
        with httpx.Client(base_url=url) as client:
            for number in range(20):
                body = {"instances": [{**ROW, "customer": f"c{number}"}]}
                answer = client.post(PREDICT, json=body, headers={ID_HEADER: f"r{number}"})
                assert answer.status_code == 200
            assert client.post(INFER, json=make_tensors(ROW, ROW)).status_code == 200
            assert client.post(PREDICT, json={"instances": [{**ROW, "visits": "x"}]}).status_code == 400
            assert client.get("/v2/models/small").status_code == 200
        # Deploy's own requests are no traffic.
        assert ModelEndpoint(url, "small").fetch_version(ROW) == "2"
        sink.wait_until(lambda: count_rows(sink) == 22)
        sink.wait_until(lambda: sink.count_dropped("check") == 2)
        sink.wait_until(lambda: sink.count_dropped("no_prediction") >= 2)
        assert sink.count_dropped("unconvertible") == 0

    with (
        run_log_sink(str(target), tmp_path / "spool", environment) as sink,
        run_model_server(model, "--model_version", "2") as server,
    ):
        release = Release(name, "2", "s3://mlflow/model", "kfp-tabular")
        place = build_log_url(sink.url, release)
        assert quote(name) in place
        with run_agent(agent, server.url, place) as url:
            send(sink, url)
        assert sink.end() == 0
    ((folder, records),) = read_folder(target).items()
    assert folder.startswith(f"{name}/logs/2-")
    ids = {record["id"] for record in records}
    assert ids == {*(f"r{number}" for number in range(20)), "one"}
    assert {record["keys"].get("customer") for record in records} == {
        *(f"c{number}" for number in range(20)),
        None,
    }
