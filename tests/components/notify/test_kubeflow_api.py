from collections.abc import Iterator
from pathlib import Path

import pytest

from components.notify.kubeflow_api import KubeflowApi, explain_error
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble, describe_run


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi(page_size_at_most=2)) as api:
        yield api


def add_run(api: KfpApi, run_id: str, state: str) -> None:
    run = {"run_id": run_id, "experiment_id": "1", "display_name": "a", "script": [describe_run(state)]}
    api.runs[run_id] = run


def test_runs_in_a_state_are_listed_page_after_page(api: KfpApi) -> None:
    for i, state in enumerate(["RUNNING", "FAILED", "RUNNING", "PENDING", "RUNNING"]):
        add_run(api, str(i), state)
    client = KubeflowApi(api.url, Path("nowhere"))
    assert list(client.list_run_ids("", "RUNNING")) == ["0", "2", "4"]
    assert list(client.list_run_ids("", "CANCELING")) == []


def test_with_profiles_the_runs_of_one_namespace_are_listed_with_its_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken\n", encoding="utf-8")
    with serve_kfp_api(KfpApi(is_multi_user=True, users={"t0ken": {"team"}})) as api:
        client = KubeflowApi(f"{api.url}/", token)
        assert list(client.list_run_ids("team", "RUNNING")) == []
        with pytest.raises(OSError, match="403"):
            list(client.list_run_ids("others", "RUNNING"))
    assert {headers["Authorization"] for headers in api.headers_seen} == {"Bearer t0ken"}


def test_an_object_is_sent_as_json(api: KfpApi) -> None:
    add_run(api, "1", "RUNNING")
    assert KubeflowApi(api.url).post("v2beta1/runs/1:terminate", {}) == {}
    assert api.headers_seen[-1]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("trouble", "text", "reason"),
    [
        (Trouble("GET", "/apis", 503), "503", "it answered 503"),
        (Trouble("GET", "/apis", 200, body="<html>"), "Expecting value", "it is something else"),
        (Trouble("GET", "/apis", 200, body="[]"), "not an object", "it is something else"),
        (
            Trouble("GET", "/apis", 200, body="{}", headers={"Content-Length": "9"}),
            "broke off",
            "the connection broke off",
        ),
        (Trouble("GET", "/apis", 0), "broke off", "the connection broke off"),
    ],
)
def test_a_failed_request_is_explained(api: KfpApi, trouble: Trouble, text: str, reason: str) -> None:
    api.troubles = [trouble]
    with pytest.raises((OSError, ValueError), match=text) as caught:
        KubeflowApi(api.url).get("v2beta1/runs/1")
    assert isinstance(caught.value, OSError | ValueError)
    assert explain_error(caught.value) == reason
