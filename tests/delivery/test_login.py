"""The login of CI's jobs, with a token as each service gives it, against moto's STS and ECR.

The command of Amazon is the real one. docker is a stub that records what it gets, because no registry here
asks for a password of Amazon.
"""

import base64
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.catalogue import ROOT
from tests.docker_engine import skip_or_fail
from tests.loopback import Handler, serve_http
from tests.moto_server import ACCOUNT, REGION, Amazon, read_requests, run_moto

pytestmark = pytest.mark.slow

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/kfp-tabular-build"
# What a JSON web token looks like.
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2IifQ."
# The variables of a job beside those of the services.
OURS = {"REGISTRY": f"{REGISTRY}/team", "AWS_ROLE_ARN": ROLE}
_STUB = """#!/bin/sh
printf '%s ' "$@" >>"$HOME/docker"
cat >>"$HOME/docker"
"""


class GitHub(Handler):
    """Gives tokens as GitHub does: to who has the job's own, for the audience of the address."""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if self.headers["Authorization"] != "bearer of-the-job":
            return self.reply(401)
        if asked != {"api-version": ["2.0"], "audience": ["sts.amazonaws.com"]}:
            return self.reply(400)
        return self.reply(200, json.dumps({"count": 1, "value": TOKEN}).encode())


class ExpiredToken(Handler):
    """Answers as STS does if a token is too old."""

    def do_POST(self) -> None:
        error = "<Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired</Message>"
        namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
        text = f'<ErrorResponse xmlns="{namespace}"><Error>{error}</Error></ErrorResponse>'
        self.reply(400, text.encode(), {"Content-Type": "text/xml"})


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The requests that moto has got."""
    return tmp_path_factory.mktemp("moto") / "requests"


@pytest.fixture(scope="module")
def amazon(recording: Path) -> Iterator[Amazon]:
    if shutil.which("aws") is None:
        skip_or_fail("aws is missing: .ci/run installs it")
    with run_moto(recording) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder, with a docker that records its words and what it reads."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(_STUB)
    docker.chmod(0o755)
    return tmp_path


def log_in(
    home: Path, url: str, variables: dict[str, str], then: str = ":"
) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PYENV_VERSION", "LANG") if name in os.environ}
    environment = {
        **kept,
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": url,
        "AWS_MAX_ATTEMPTS": "1",
        **variables,
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". .ci/login\n{then}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=["GitHub", "GitLab", "Bitbucket", "CircleCI"])
def service(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables with which a service gives its token."""
    if request.param == "GitHub":
        with serve_http(GitHub) as url:
            yield {
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/token?api-version=2.0",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job",
            }
    else:
        names = {
            "GitLab": "AWS_ID_TOKEN",
            "Bitbucket": "BITBUCKET_STEP_OIDC_TOKEN",
            "CircleCI": "CIRCLE_OIDC_TOKEN_V2",
        }
        yield {names[request.param]: TOKEN}


def test_the_token_of_a_service_takes_the_role_and_a_stub_of_docker_gets_the_password(
    amazon: Amazon, recording: Path, home: Path, service: dict[str, str]
) -> None:
    recording.write_text("")
    done = log_in(
        home, amazon.url, {**OURS, **service}, "aws sts get-caller-identity --query Arn --output text"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/kfp-tabular-build/kfp-tabular")
    sent = [form for form in read_requests(recording) if form.get("Action") == ["AssumeRoleWithWebIdentity"]]
    assert sent
    for form in sent:
        assert form["WebIdentityToken"] == [TOKEN]
        assert form["RoleArn"] == [ROLE]
    (data,) = amazon.connect("ecr").get_authorization_token()["authorizationData"]
    password = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    expected = f"login --username AWS --password-stdin {REGISTRY} {password}"
    assert (home / "docker").read_text().strip() == expected
    # Nobody else on the machine may take the role.
    assert stat.S_IMODE((home / ".kfp-tabular-oidc-token").stat().st_mode) == 0o600
    assert TOKEN not in done.stdout + done.stderr


def test_a_job_without_a_token_is_told_so(home: Path) -> None:
    done = log_in(home, "http://127.0.0.1:9", OURS)
    assert done.returncode == 1
    assert "error: AWS_ROLE_ARN is set, but this job has no OIDC token; see docs/delivery.md" in done.stderr
    assert not (home / "docker").exists()


def test_a_job_of_github_that_may_not_ask_for_a_token_is_told_which_permission_it_needs(home: Path) -> None:
    with serve_http(GitHub) as url:
        variables = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-another-job",
        }
        done = log_in(home, url, {**OURS, **variables})
    assert done.returncode == 1
    assert "needs the permission id-token: write" in done.stderr
    assert not (home / "docker").exists()


@pytest.mark.usefixtures("amazon")
def test_an_expired_token_ends_the_job_with_amazons_reason(home: Path) -> None:
    with serve_http(ExpiredToken) as url:
        done = log_in(home, url, {**OURS, "AWS_ID_TOKEN": TOKEN}, "echo went on")
    assert done.returncode != 0
    assert "ExpiredTokenException" in done.stderr
    assert "went on" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_cluster_of_eks_becomes_kubectls_own(amazon: Amazon, home: Path) -> None:
    amazon.connect("eks").create_cluster(
        name="kfp-tabular",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )
    variables = {**OURS, "AWS_ID_TOKEN": TOKEN, "EKS_CLUSTER": "kfp-tabular"}
    done = log_in(home, amazon.url, variables)
    assert done.returncode == 0, done.stderr
    assert f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/kfp-tabular" in (home / ".kube" / "config").read_text()


def test_a_file_of_kubectl_is_written_for_this_user_alone(home: Path) -> None:
    variables = {"REGISTRY": "registry.example.org/team", "KUBECONFIG_CONTENT": "apiVersion: v1"}
    done = log_in(home, "http://127.0.0.1:9", variables, 'cat "$KUBECONFIG"')
    assert done.stdout.strip() == "apiVersion: v1"
    assert stat.S_IMODE((home / ".kfp-tabular-kubeconfig").stat().st_mode) == 0o600
    # Somebody has logged in to that registry before.
    assert not (home / "docker").exists()


def test_docker_hub_gets_the_token_on_a_stubs_input(home: Path) -> None:
    variables = {"REGISTRY": "docker.io/team", "DOCKERHUB_USERNAME": "robot", "DOCKERHUB_TOKEN": "hub-token"}
    done = log_in(home, "http://127.0.0.1:9", variables)
    assert done.returncode == 0, done.stderr
    assert (home / "docker").read_text() == "login --username robot --password-stdin hub-token\n"


def test_a_registry_is_asked_for(home: Path) -> None:
    done = log_in(home, "http://127.0.0.1:9", {})
    assert done.returncode != 0
    assert "set REGISTRY, for example docker.io/team" in done.stderr
