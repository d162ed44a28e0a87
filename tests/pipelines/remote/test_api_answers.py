from pathlib import Path

import pytest

from pipelines.remote.api_answers import explain_refusal, is_api_server_down, read_version
from pipelines.remote.kubeflow_connection import KubeflowConnection

HOST = "http://kubeflow.example.org"


@pytest.mark.parametrize(
    ("health", "version", "is_down"),
    [
        ({"tag_name": "2.5.0"}, "2.5.0", False),
        ({"apiServerTagName": "2.14.3", "apiServerReady": True}, "2.14.3", False),
        ({"apiServerReady": False}, None, True),
        ({"tag_name": ""}, None, False),
        ({}, None, False),
    ],
)
def test_the_api_and_its_dashboard_say_their_version(
    health: dict[str, object], version: str | None, is_down: bool
) -> None:
    assert read_version(health) == version
    assert is_api_server_down(health) is is_down


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 401])
@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (KubeflowConnection(host=HOST), "requires a login.\nSet KF_PIPELINES_TOKEN"),
        (KubeflowConnection(host=HOST, token="secret"), "does not accept the token: it is wrong"),
        (KubeflowConnection(host=HOST, token_file=Path("t")), "does not accept the token in t: it is wrong"),
        (KubeflowConnection(host=HOST, cookie="a=secret"), "does not accept the session: its cookie"),
    ],
    ids=["nobody", "token", "file", "cookie"],
)
def test_a_login_is_asked_for_by_what_was_given(
    status: int, connection: KubeflowConnection, message: str
) -> None:
    error = explain_refusal(connection, status)
    assert message in str(error)
    assert "secret" not in str(error)


def test_a_refusal_says_where_and_why() -> None:
    connection = KubeflowConnection(host=HOST, namespace="team")
    assert str(explain_refusal(connection, 403, ": not yours.")).startswith(
        f"{HOST} does not permit this request in the namespace team: not yours.\n"
    )
    assert f"{HOST} has no API of Kubeflow Pipelines v2" in str(explain_refusal(connection, 404))


@pytest.mark.parametrize("status", [200, 400, 500])
def test_other_answers_are_no_refusal(status: int) -> None:
    assert explain_refusal(KubeflowConnection(host=HOST), status) is None
