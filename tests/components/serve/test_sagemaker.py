"""SageMaker's contract with a container, kept by the server with the options of the image's script."""

import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.serve.__main__ import parse_arguments
from components.serve.sagemaker import build_aliases
from components.serve.settings import Settings
from pipelines.catalogue import ROOT
from tests.components.serve.models import PREDICT, ROW
from tests.model_server import ModelServer, run_model_server

SCRIPT = ROOT / "images" / "serve" / "serve"
INVOCATIONS = "/invocations"


@pytest.fixture(scope="module")
def options() -> list[str]:
    """The words of the script after the module's."""
    *_, command = SCRIPT.read_text().splitlines()
    words = shlex.split(command)
    assert words[:4] == ["exec", "python3", "-m", "components.serve"]
    return words[4:]


@pytest.fixture(scope="module")
def server(folder: Path, options: list[str]) -> Iterator[ModelServer]:
    assert options[:3] == ["--sagemaker", "--model_dir", "/opt/ml/model"]
    with run_model_server(folder, "--sagemaker") as running:
        yield running


def test_the_script_serves_the_folder_of_sagemaker_at_the_port_of_sagemaker(options: list[str]) -> None:
    settings = parse_arguments([word.replace("$(nproc)", "2") for word in options])
    assert settings == Settings(Path("/opt/ml/model"), sagemaker=True, grpc_port=0, workers=2)
    assert settings.http_port == 8080


def test_unless_asked_for_the_server_has_its_own_paths_alone() -> None:
    assert build_aliases(Settings(Path("m"))) == {}


@pytest.mark.slow
def test_a_ping_is_answered_when_the_model_is_ready(client: httpx.Client) -> None:
    answer = client.get("/ping")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 2


def test_an_invocation_is_answered_as_a_prediction(client: httpx.Client) -> None:
    body = {"instances": [ROW, {**ROW, "amount": None}]}
    answer = client.post(INVOCATIONS, json=body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == client.post(PREDICT, json=body).json()


def test_a_large_invocation_is_answered_too(client: httpx.Client) -> None:
    body = {"instances": [ROW] * 1_000}
    assert len(client.post(INVOCATIONS, json=body).json()["predictions"]) == 1_000


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("content_type", "content", "status", "says"),
    [
        ("text/csv", b"41,Bern\n", 415, "send application/json"),
        ("application/json", b'{"instances": [{}]}', 400, "missing"),
        ("application/json", b"[]", 400, "The body is not a V1 request"),
    ],
)
def test_a_bad_invocation_is_told_what_is_wrong(
    client: httpx.Client, content_type: str, content: bytes, status: int, says: str
) -> None:
    answer = client.post(INVOCATIONS, content=content, headers={"content-type": content_type})
    assert answer.status_code == status
    assert says in answer.json()["error"]


@pytest.mark.slow
def test_a_server_that_must_stop_is_not_ready_and_ends_before_it_is_killed(folder: Path) -> None:
    with run_model_server(folder, "--sagemaker", "--drain_seconds", "5") as running:
        running.process.send_signal(signal.SIGTERM)
        running.wait_until(lambda: not running.is_alive("/ping"))
        # SageMaker kills it 30 seconds later.
        assert running.process.wait(30) == 0
