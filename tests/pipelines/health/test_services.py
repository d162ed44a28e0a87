"""What is asked of each service, of real ones where they can run here."""

import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from pathlib import Path

import pytest
from docker import DockerClient

from components.environment import Environment
from components.errors import SuiteError
from pipelines.health import services
from pipelines.health.services import (
    check_docker,
    check_kubeflow,
    check_object_storage,
    check_sweep_database,
    check_tracking,
)
from pipelines.remote.kubeflow_connection import KubeflowConnection
from tests.loopback import Handler, serve_http
from tests.s3 import Fault, Relay, S3Server

HTML: tuple[int, dict[str, str], str] = (200, {}, "<html>console</html>")
EXPERIMENTS = "/api/2.0/mlflow/experiments/search"


@dataclass
class StandIn:
    """A web service that answers each path as a test says: status, headers, body."""

    address: str
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    class Pages(Handler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers))
            status, headers, body = found.answers.get(self.path.partition("?")[0], (404, {}, "not found"))
            self.reply(status, body.encode(), headers)

    with serve_http(Pages) as address:
        found = StandIn(address)
        yield found


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody answers, nor will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# --- object storage


def test_object_storage_works_for_whoever_has_keys(s3: S3Server) -> None:
    answer = check_object_storage(s3.make_environment("reader"))
    assert answer.state == "works"
    assert answer.text.startswith("SeaweedFS")
    assert answer.text.endswith(s3.endpoint)


def test_object_storage_that_does_not_know_the_keys_is_wrong(s3: S3Server) -> None:
    with pytest.raises(SuiteError, match="it does not know the access key"):
        check_object_storage(s3.make_environment("nobody"))


def test_object_storage_without_keys_is_wrong(s3: S3Server) -> None:
    with pytest.raises(SuiteError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"):
        check_object_storage(Environment(s3_endpoint=s3.endpoint))


def test_object_storage_that_is_busy_is_asked_once(s3: S3Server, relay: Relay) -> None:
    relay.faults = [Fault(answer=(503, {}, b"busy"))]
    with pytest.raises(SuiteError, match="cannot answer now"):
        check_object_storage(s3.make_environment(endpoint=relay.endpoint))
    assert len(relay.asked) == 1


def test_a_console_in_the_place_of_object_storage_is_wrong(stand_in: StandIn) -> None:
    stand_in.answers["/"] = (403, {"Content-Type": "text/html"}, "<html>console</html>")
    environment = Environment(s3_endpoint=stand_in.address, s3_access_key="a", s3_secret_key="b")
    with pytest.raises(SuiteError, match="the server there does not speak S3"):
        check_object_storage(environment)


# --- MLflow


@pytest.mark.slow
def test_a_real_mlflow_works(mlflow_server: str) -> None:
    answer = check_tracking(Environment(tracking_uri=mlflow_server + "/"))
    assert answer.state == "works"
    assert answer.text.startswith("MLflow 3.")


@pytest.mark.slow
def test_a_real_mlflow_that_goes_by_another_name_is_wrong(mlflow_server: str) -> None:
    address = mlflow_server.replace("localhost", "127.0.0.1")
    with pytest.raises(
        SuiteError, match=r"does not accept the host name 127.*\n.*--allowed-hosts '127\.0\.0\.1:"
    ):
        check_tracking(Environment(tracking_uri=address))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {}, "who"), r"requires a login \(401\)\.\nSet MLFLOW_TRACKING_USERNAME"),
        ((403, {}, "no"), r"does not permit reading experiments \(403\)"),
        ((500, {}, "oh"), r"fails with status 500\.\nRead the service's log"),
        ((404, {}, "??"), r"answers \(status 404\), but is not MLflow\.\nCheck MLFLOW_TRACKING_URI"),
        (HTML, r"answers \(status 200\), but is not MLflow"),
    ],
)
def test_a_stand_in_for_mlflow_that_refuses_is_wrong(
    stand_in: StandIn, answer: tuple[int, dict[str, str], str], message: str
) -> None:
    stand_in.answers[EXPERIMENTS] = answer
    with pytest.raises(SuiteError, match=message):
        check_tracking(Environment(tracking_uri=stand_in.address))


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        (Environment(tracking_username="ana", tracking_password="b c"), "Basic YW5hOmIgYw=="),
        (Environment(tracking_token="abc"), "Bearer abc"),
        (
            Environment(tracking_username="ana", tracking_password="b c", tracking_token="abc"),
            "Basic YW5hOmIgYw==",
        ),
        (Environment(), None),
    ],
)
def test_a_stand_in_for_mlflow_is_told_who_asks(
    stand_in: StandIn, login: Environment, sent: str | None
) -> None:
    stand_in.answers = {EXPERIMENTS: (200, {}, "{}"), "/version": (200, {}, "3.17.2")}
    answer = check_tracking(replace(login, tracking_uri=stand_in.address))
    assert answer.text == f"MLflow 3.17.2 at {stand_in.address}"
    assert {headers.get("Authorization") for _, headers in stand_in.asked} == {sent}


def test_a_stand_in_for_mlflow_gets_the_credentials_of_its_address_and_nobody_sees_them(
    stand_in: StandIn,
) -> None:
    uri = stand_in.address.replace("//", "//ana:hidden%40@")
    stand_in.answers[EXPERIMENTS] = (401, {}, "")
    with pytest.raises(SuiteError, match="requires a login") as raised:
        check_tracking(Environment(tracking_uri=uri))
    assert "hidden" not in str(raised.value)
    assert stand_in.asked[-1][1]["Authorization"] == "Basic YW5hOmhpZGRlbkA="


def test_mlflow_that_refuses_a_connection_is_wrong(closed_port: int) -> None:
    with pytest.raises(SuiteError, match=rf"http://127\.0\.0\.1:{closed_port}/version: connection refused"):
        check_tracking(Environment(tracking_uri=f"http://127.0.0.1:{closed_port}"))


def test_mlflow_that_says_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SuiteError, match="it does not answer in time"):
            check_tracking(Environment(tracking_uri=address))


@pytest.mark.parametrize("uri", ["http://mlflow:port", "http://", "http://[::1"])
def test_what_is_no_address_is_wrong(uri: str) -> None:
    with pytest.raises(SuiteError, match=r"is not an address\.\nWrite it as http://host:port"):
        check_tracking(Environment(tracking_uri=uri))


@pytest.mark.parametrize("token", ["hidden\ntoken", "hidden ключ"])
def test_a_token_that_no_header_can_hold_is_wrong_and_not_shown(stand_in: StandIn, token: str) -> None:
    with pytest.raises(SuiteError, match=r"its credentials contain .*\nCopy them again") as raised:
        check_tracking(Environment(tracking_uri=stand_in.address, tracking_token=token))
    assert "hidden" not in str(raised.value)


def test_an_embedded_database_needs_no_server() -> None:
    assert check_tracking(Environment(tracking_uri="sqlite:///runs/mlflow.db")).state == "works"


@pytest.mark.parametrize("uri", ["./mlruns", "file:///tmp/mlruns"])
def test_a_folder_that_mlflow_no_longer_takes_is_wrong(uri: str) -> None:
    with pytest.raises(SuiteError, match=r"is a folder.*\nGive a server"):
        check_tracking(Environment(tracking_uri=uri))


def test_what_only_mlflow_knows_is_not_examined() -> None:
    assert check_tracking(Environment(tracking_uri="databricks://profile")).state == "not examined"


# --- the sweep's database; see test_database.py


def test_a_database_that_refuses_a_connection_is_wrong(closed_port: int) -> None:
    url = f"postgresql+psycopg://ana:hidden@127.0.0.1:{closed_port}/sweeps"
    with pytest.raises(SuiteError, match=r"sweeps at 127.0.0.1:\d+: connection refused") as raised:
        check_sweep_database(Environment(study_url=url))
    assert "hidden" not in str(raised.value)


def test_a_driver_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipelines.health.database", None)
    with pytest.raises(SuiteError, match=r"without psycopg and sqlalchemy\.\nRun pip install"):
        check_sweep_database(Environment(study_url="postgresql+psycopg://ana:b@host/sweeps"))


# --- Kubeflow Pipelines, for which a stand-in answers


@pytest.fixture
def cluster(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    for name in ("KF_PIPELINES_TOKEN", "KF_PIPELINES_COOKIE", "KF_PIPELINES_SA_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", stand_in.address)
    stand_in.answers = {
        "/apis/v2beta1/healthz": (200, {}, json.dumps({"multi_user": False})),
        "/apis/v2beta1/experiments": (200, {}, "{}"),
    }
    return stand_in


def test_a_stand_in_for_kubeflow_works(cluster: StandIn) -> None:
    assert check_kubeflow(Environment()).text == f"Kubeflow Pipelines v2 for one user at {cluster.address}"


def test_a_stand_in_for_kubeflow_tells_its_version_and_that_it_has_several_users(cluster: StandIn) -> None:
    health = {"multi_user": True, "tag_name": "2.17.0"}
    cluster.answers["/apis/v2beta1/healthz"] = (200, {}, json.dumps(health))
    assert "Kubeflow Pipelines 2.17.0 for several users" in check_kubeflow(Environment()).text


def test_a_stand_in_for_kubeflow_is_asked_for_the_namespace_of_this_pod(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a pod has one.
    monkeypatch.setattr(
        KubeflowConnection, "choose", lambda: KubeflowConnection(host=cluster.address, namespace="team")
    )
    cluster.answers["/apis/v2beta1/healthz"] = (200, {}, json.dumps({"multi_user": True}))
    assert check_kubeflow(Environment()).text.endswith(", namespace team")
    assert cluster.asked[-1][0] == "/apis/v2beta1/experiments?page_size=1&namespace=team"


def test_a_stand_in_for_kubeflow_whose_api_server_is_not_ready_is_wrong(cluster: StandIn) -> None:
    # The dashboard answers in its place.
    cluster.answers["/apis/v2beta1/healthz"] = (200, {}, json.dumps({"apiServerReady": False}))
    with pytest.raises(SuiteError, match=r"cannot reach the API server\.\n.*kubectl get pods"):
        check_kubeflow(Environment())


@pytest.mark.parametrize(
    ("variable", "value", "header", "sent"),
    [
        ("KF_PIPELINES_TOKEN", "abc", "Authorization", "Bearer abc"),
        ("KF_PIPELINES_COOKIE", "session=abc", "Cookie", "session=abc"),
    ],
)
def test_a_stand_in_for_kubeflow_is_told_who_asks(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, header: str, sent: str
) -> None:
    monkeypatch.setenv(variable, value)
    check_kubeflow(Environment())
    assert [headers[header] for _, headers in cluster.asked] == [sent] * 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {}, ""), r"requires a login.*\nSet KF_PIPELINES_TOKEN"),
        ((302, {"Location": "/dex"}, ""), "requires a login"),
        ((403, {}, ""), r"does not permit this request.*\nCheck the namespace"),
        ((404, {}, ""), r"has no API of Kubeflow Pipelines v2"),
        ((503, {}, ""), "failed with 503"),
        (HTML, r"answered with a web page.*\n.*Check the address"),
    ],
)
@pytest.mark.parametrize("path", ["healthz", "experiments"])
def test_a_stand_in_for_kubeflow_that_refuses_is_wrong(
    cluster: StandIn, path: str, answer: tuple[int, dict[str, str], str], message: str
) -> None:
    cluster.answers[f"/apis/v2beta1/{path}"] = answer
    with pytest.raises(SuiteError, match=message):
        check_kubeflow(Environment())


# --- Docker


@pytest.mark.slow
def test_a_real_engine_works_and_lacks_images_that_nobody_built(
    docker_engine: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAG", "never-built")
    answer = check_docker(Environment())
    assert answer.state == "works"
    assert docker_engine.version()["Version"] in answer.text
    assert " images of never-built missing: deploy, eda, engineer" in answer.text


def test_an_engine_that_is_named_and_does_not_answer_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(SuiteError, match="No Docker Engine answers"):
        check_docker(Environment())
