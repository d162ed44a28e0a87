import re
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.remote.kubeflow_connection import HOST_IN_CLUSTER, KubeflowConnection

NOWHERE = Path("/nowhere/at/all")


def choose(
    host="http://localhost:8080", namespace=None, token_file=None, **environment: str
) -> KubeflowConnection:
    return KubeflowConnection.choose(
        host,
        namespace,
        token_file,
        environment=environment,
        pod_namespace=NOWHERE,
        pod_token=NOWHERE,
    )


def test_a_forwarded_port_needs_no_credentials():
    connection = choose()
    assert connection.host == "http://localhost:8080"
    assert connection.read_bearer_token() is None
    assert connection.cookie is None
    assert connection.build_page_url("runs/details/1") == "http://localhost:8080/#/runs/details/1"


def test_the_endpoint_of_the_environment_stands_in_for_a_host():
    connection = choose(None, KF_PIPELINES_ENDPOINT="https://kubeflow.example.org/pipeline/")
    assert connection.host == "https://kubeflow.example.org/pipeline"


def test_a_dashboard_elsewhere_is_where_links_lead():
    connection = choose(KF_PIPELINES_UI_ENDPOINT="https://ui.example.org/")
    assert connection.build_page_url("x") == "https://ui.example.org/#/x"


def test_no_host_names_the_port_to_forward():
    with pytest.raises(
        InvalidSetting, match=r"The address of Kubeflow Pipelines is missing.*\n.*kubectl port-forward"
    ):
        choose(None)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("localhost:8080", "'localhost:8080' is not an address"),
        ("ftp://host", "is not an address"),
        ("http://", "is not an address"),
        ("http://host:port", "is not an address"),
        ("http://host:99999", "is not an address"),
        ("https://kubeflow.example.org/pipeline/#/runs", "is the address of a page.\n.*/pipeline"),
        (
            "https://ann:hunter2@kubeflow.example.org",
            r"'https://\*\*\*@kubeflow.example.org' contains credentials",
        ),
        ("ann:hunter2@kubeflow.example.org", r"'\*\*\*@kubeflow.example.org' is not an address"),
    ],
)
def test_a_host_that_cannot_be_one_is_refused(host: str, message: str):
    with pytest.raises(InvalidSetting, match=message) as caught:
        choose(host)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("namespace", ["Team", "a_b", "", "-a", "a" * 64])
def test_a_namespace_that_kubernetes_would_not_have_is_refused(namespace: str):
    with pytest.raises(InvalidSetting, match="namespace = "):
        choose(namespace=namespace)


@pytest.mark.parametrize("text", ["secret-1", "  secret-1\n", "Bearer secret-1"])
def test_a_token_of_the_environment_is_taken_without_what_surrounds_it(text: str):
    assert choose(KF_PIPELINES_TOKEN=text).read_bearer_token() == "secret-1"


def test_a_token_file_is_read_for_every_request(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("first\n")
    connection = choose(token_file=file)
    assert connection.read_bearer_token() == "first"
    file.write_text("second\n")
    assert connection.read_bearer_token() == "second"


def test_a_named_token_file_comes_before_the_environment(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("of-the-file")
    connection = choose(token_file=file, KF_PIPELINES_TOKEN="of-the-environment", KF_PIPELINES_COOKIE="a=b")
    assert connection.read_bearer_token() == "of-the-file"
    assert (connection.token, connection.cookie) == (None, None)


def test_the_environment_comes_before_a_mounted_token(tmp_path: Path):
    mounted = tmp_path / "token"
    mounted.write_text("mounted")
    environment = {"KF_PIPELINES_SA_TOKEN_PATH": str(mounted), "KF_PIPELINES_TOKEN": "mine"}
    assert choose(**environment).read_bearer_token() == "mine"
    assert choose(KF_PIPELINES_SA_TOKEN_PATH=str(mounted)).read_bearer_token() == "mounted"


def test_a_missing_token_file_is_named(tmp_path: Path):
    with pytest.raises(InvalidSetting, match=r"token cannot be read: No such file"):
        choose(token_file=tmp_path / "token").read_bearer_token()


def test_an_empty_token_file_is_named(tmp_path: Path):
    (tmp_path / "token").write_text("\n")
    with pytest.raises(InvalidSetting, match=r"The file .*token does not contain a token"):
        choose(token_file=tmp_path / "token").read_bearer_token()


def test_a_token_with_a_line_break_is_refused_and_not_shown():
    with pytest.raises(InvalidSetting, match="KF_PIPELINES_TOKEN does not contain a token") as caught:
        choose(KF_PIPELINES_TOKEN="se\ncret")
    assert "cret" not in str(caught.value).replace("no token", "")


@pytest.mark.parametrize("cookie", ["value-alone", "a\nb=c", "=c"])
def test_a_cookie_without_a_name_is_refused_and_not_shown(cookie: str):
    with pytest.raises(InvalidSetting, match="KF_PIPELINES_COOKIE does not contain a cookie") as caught:
        choose(KF_PIPELINES_COOKIE=cookie)
    assert cookie not in str(caught.value)


def test_a_token_and_a_cookie_are_one_too_many():
    with pytest.raises(InvalidSetting, match="KF_PIPELINES_TOKEN and KF_PIPELINES_COOKIE"):
        choose(KF_PIPELINES_TOKEN="a", KF_PIPELINES_COOKIE="b=c")


def test_no_credential_is_in_the_text_of_a_connection():
    token, cookie = choose(KF_PIPELINES_TOKEN="hunter2"), choose(KF_PIPELINES_COOKIE="session=hunter2")
    assert "hunter2" not in repr(token) + repr(cookie)


def test_a_pod_finds_its_own_cluster_its_namespace_and_its_token(tmp_path: Path):
    namespace, token = tmp_path / "namespace", tmp_path / "token"
    namespace.write_text("team-a\n")
    token.write_text("projected\n")
    connection = KubeflowConnection.choose(environment={}, pod_namespace=namespace, pod_token=token)
    assert connection.host == HOST_IN_CLUSTER
    assert (connection.namespace, connection.is_namespace_given) == ("team-a", False)
    assert connection.read_bearer_token() == "projected"
    # A pod does not know what people call the dashboard.
    assert connection.build_page_url("runs/details/1") == "/#/runs/details/1"


def test_a_pod_without_a_mounted_token_asks_as_nobody(tmp_path: Path):
    namespace = tmp_path / "namespace"
    namespace.write_text("kubeflow")
    connection = KubeflowConnection.choose(environment={}, pod_namespace=namespace, pod_token=NOWHERE)
    assert connection.read_bearer_token() is None


def test_a_person_in_a_pod_may_choose_another_namespace(tmp_path: Path):
    namespace = tmp_path / "namespace"
    namespace.write_text("team-a")
    connection = KubeflowConnection.choose(
        "http://x", "team-b", environment={}, pod_namespace=namespace, pod_token=NOWHERE
    )
    assert (connection.namespace, connection.is_namespace_given) == ("team-b", True)


def test_no_option_takes_a_credential(capsys: pytest.CaptureFixture[str]):
    from pipelines.cli.main import main

    for command in (["submit"], ["schedule", "training"], ["schedule", "list"]):
        with pytest.raises(SystemExit, match="0"):
            main([*command, "--help"])
        options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
        assert not {option for option in options if "cookie" in option or "password" in option}
        assert {option for option in options if "token" in option} == {"--token-file"}
