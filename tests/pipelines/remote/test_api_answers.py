import json
from pathlib import Path

import pytest

from pipelines.remote.api_answers import make_refusal_error
from pipelines.remote.errors import RequestOutcomeUnknown
from pipelines.remote.kubeflow_connection import KubeflowConnection

HOST = "http://kubeflow.example.org"


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
    error = make_refusal_error(connection, status, "", None)
    assert message in str(error)
    assert "secret" not in str(error)


def test_a_refusal_says_where_and_why() -> None:
    connection = KubeflowConnection(host=HOST, namespace="team")
    assert str(make_refusal_error(connection, 403, "Forbidden", b'{"message": "not yours."}')).startswith(
        f"{HOST} does not permit this request in the namespace team: not yours.\n"
    )
    assert f"{HOST} has no API of Kubeflow Pipelines v2" in str(
        make_refusal_error(connection, 404, "Not Found", b"<html>")
    )


@pytest.mark.parametrize(
    ("status", "is_unknown"),
    [(400, False), (404, False), (429, True), (500, True), (501, False), (503, True)],
)
def test_only_a_failed_server_leaves_the_outcome_unknown(status: int, is_unknown: bool) -> None:
    error = make_refusal_error(KubeflowConnection(host=HOST), status, "Title", b'{"error": "it broke"}')
    assert isinstance(error, RequestOutcomeUnknown) == is_unknown
    assert f"{status} Title: it broke" in str(error)


@pytest.mark.parametrize(
    ("status", "reason", "is_unknown"),
    [
        (500, "failed to unmarshal kubernetes config: proto: (line 1:2): unknown field", False),
        (500, "Failed to create a pipeline version: invalid v2 pipeline spec: proto: syntax error", False),
        (500, "Failed to compile job", False),
        (500, "dial tcp 10.0.0.1:3306: connection refused", True),
        (503, "unknown field", True),
    ],
)
def test_a_spec_that_cannot_be_read_is_no_failure_of_the_server(
    status: int, reason: str, is_unknown: bool
) -> None:
    body = json.dumps({"message": f"Internal error: {'x' * 300} {reason}"}).encode()
    error = make_refusal_error(KubeflowConnection(host=HOST), status, "Title", body)
    assert isinstance(error, RequestOutcomeUnknown) == is_unknown
    assert ("make compile FOR=2.14" in str(error)) != is_unknown
