"""The client against a stand-in for the API: who may ask, and what comes in between."""

import socket
from pathlib import Path
from typing import Any

import pytest
from kfp_server_api import V2beta1Experiment

from pipelines.remote.errors import KubeflowError, KubeflowUnreachable, ObjectExists, RequestOutcomeUnknown
from pipelines.remote.kubeflow_client import PAUSES, KubeflowClient, find_or_create, list_all
from pipelines.remote.kubeflow_connection import KubeflowConnection
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import LOGIN_PAGE, KfpApi, Trouble
from tests.pipelines.remote.cluster import make_patient_client

GET, POST = "GET", "POST"


def list_experiments(connection: KubeflowConnection, pauses: list[float] | None = None) -> list:
    return list_all(
        make_patient_client(connection, pauses).experiments.experiment_service_list_experiments,
        "experiments",
        namespace="",
    )


@pytest.mark.parametrize(
    "who",
    [{"token": "good"}, {"cookie": "session=good"}],
    ids=["token", "cookie"],
)
def test_a_stand_in_api_knows_who_asks(api: KfpApi, who: dict[str, Any]):
    api.users = {"good": set(), "session=good": set()}
    assert list_experiments(KubeflowConnection(host=api.url, **who)) == []


def test_a_stand_in_api_sees_a_token_that_is_renewed_between_two_requests(api: KfpApi, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("first")
    api.users = {"second": set()}
    client = make_patient_client(KubeflowConnection(host=api.url, token_file=file))
    with pytest.raises(KubeflowError, match=r"does not accept the token in .*token"):
        client.fetch_health()
    file.write_text("second\n")
    assert client.fetch_health()["tag_name"] == "2.17.0"


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ({}, "requires a login.\nSet KF_PIPELINES_TOKEN, or KF_PIPELINES_COOKIE"),
        ({"token": "expired-1"}, "does not accept the token: .* expired.\n.*kubectl create token"),
        ({"cookie": "s=expired-1"}, "does not accept the session: .* expired.\nLog in with a browser"),
    ],
    ids=["nobody", "token", "cookie"],
)
def test_a_stand_in_api_refuses_strangers_and_what_has_expired(
    api: KfpApi, who: dict[str, Any], message: str
):
    api.users, api.expired = {}, {"expired-1", "s=expired-1"}
    with pytest.raises(KubeflowError, match=message) as caught:
        list_experiments(KubeflowConnection(host=api.url, **who))
    assert "expired-1" not in str(caught.value)


def test_a_stand_in_login_is_seen_and_not_followed(api: KfpApi):
    login = {"Location": "/dex/auth?client_id=kubeflow"}
    api.troubles = [Trouble(GET, "/apis", 302, body=LOGIN_PAGE, headers=login)]
    with pytest.raises(KubeflowError, match="requires a login"):
        list_experiments(KubeflowConnection(host=api.url))
    assert [path for _, path in api.requests] == ["/apis/v2beta1/experiments"]


@pytest.mark.parametrize("status", [200, 203])
def test_a_stand_in_proxy_that_answers_with_a_page_is_no_api(api: KfpApi, status: int):
    api.troubles = [Trouble(GET, "/apis", status, body=LOGIN_PAGE)]
    with pytest.raises(KubeflowError, match=r"answered with a web page.*\n.*proxy.*/pipeline"):
        list_experiments(KubeflowConnection(host=api.url))


def test_a_stand_in_proxy_may_refuse_in_any_encoding(api: KfpApi):
    api.troubles = [Trouble(GET, "/apis", 403, body="<html>Zugriff verweigert: gehört nicht dazu</html>")]
    with pytest.raises(KubeflowError, match="does not permit this request"):
        list_experiments(KubeflowConnection(host=api.url))


def test_a_stand_in_that_is_no_api_at_all_is_told_apart_from_a_thing_that_is_missing(api: KfpApi):
    api.troubles = [Trouble(GET, "/apis", 404, body=LOGIN_PAGE)]
    with pytest.raises(KubeflowError, match=r"has no API of Kubeflow Pipelines v2.*\n.*address"):
        list_experiments(KubeflowConnection(host=api.url))


def test_no_permission_says_what_the_stand_in_said_and_where():
    with serve_kfp_api(KfpApi(is_multi_user=True, users={"ann": {"team-a"}})) as api:
        connection = KubeflowConnection(host=api.url, namespace="team-b", token="ann")
        ask = make_patient_client(connection).experiments.experiment_service_list_experiments
        with pytest.raises(
            KubeflowError, match=r"in the namespace team-b: .*not authorized.*\nCheck the name"
        ):
            list_all(ask, "experiments", namespace="team-b")


def test_nothing_at_the_address_is_said_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    pauses: list[float] = []
    with pytest.raises(
        KubeflowUnreachable, match=r"127.* cannot be reached: connection refused.*\n.*port-forw"
    ):
        list_experiments(KubeflowConnection(host=address), pauses)
    assert pauses == []


def test_a_name_that_nobody_has_is_said():
    with pytest.raises(KubeflowError, match=r"nobody\.invalid cannot be reached: its host name is not known"):
        list_experiments(KubeflowConnection(host="http://nobody.invalid"))


def test_a_server_without_tls_is_said(api: KfpApi):
    with pytest.raises(KubeflowError, match=r"it does not answer with TLS.*\n.*http://"):
        list_experiments(KubeflowConnection(host=api.url.replace("http:", "https:")))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 0])
def test_a_stand_in_that_is_out_of_breath_is_asked_again(api: KfpApi, status: int):
    api.troubles = [Trouble(GET, "/apis", status, times=2)]
    pauses: list[float] = []
    assert list_experiments(KubeflowConnection(host=api.url), pauses) == []
    assert pauses == list(PAUSES[:2])


def test_a_stand_in_that_stays_out_of_breath_is_an_error(api: KfpApi):
    api.troubles = [Trouble(GET, "/apis", 503, times=99)]
    pauses: list[float] = []
    with pytest.raises(RequestOutcomeUnknown, match=r"failed with 503 .*: out of order\n.*kubectl logs"):
        list_experiments(KubeflowConnection(host=api.url), pauses)
    assert pauses == list(PAUSES)


def test_a_stand_in_that_never_answers_is_not_waited_for(api: KfpApi):
    api.troubles = [Trouble(GET, "/apis", -1, times=99)]
    pauses: list[float] = []
    client = KubeflowClient(KubeflowConnection(host=api.url), timeouts=(10, 0.05), sleep=pauses.append)
    with pytest.raises(RequestOutcomeUnknown, match="was lost: it does not answer in time"):
        client.fetch_health()
    assert pauses == list(PAUSES)


@pytest.mark.parametrize("status", [400, 409, 501])
def test_what_a_stand_in_will_never_take_is_not_sent_again(api: KfpApi, status: int):
    api.troubles = [Trouble(GET, "/apis", status)]
    pauses: list[float] = []
    with pytest.raises(KubeflowError, match=f"refused the request with {status} .*: out of order"):
        list_experiments(KubeflowConnection(host=api.url), pauses)
    assert pauses == []


def test_a_lost_answer_makes_nothing_twice_on_a_stand_in(api: KfpApi):
    api.troubles = [Trouble(POST, "/apis/v2beta1/experiments", 0, is_done_first=True)]
    connection = KubeflowConnection(host=api.url)
    client = make_patient_client(connection)
    found, is_made = find_or_create(
        client,
        lambda: list_experiments(connection),
        lambda: client.experiments.experiment_service_create_experiment(
            V2beta1Experiment(display_name="mine")
        ),
    )
    assert (found.display_name, is_made) == ("mine", True)
    assert len(api.experiments) == 1


def test_what_somebody_else_makes_on_a_stand_in_meanwhile_is_used(api: KfpApi):
    api.troubles = [Trouble(POST, "/apis/v2beta1/experiments", 409, is_done_first=True)]
    connection = KubeflowConnection(host=api.url)
    client = make_patient_client(connection)

    def create() -> V2beta1Experiment:
        return client.experiments.experiment_service_create_experiment(V2beta1Experiment(display_name="mine"))

    found, is_made = find_or_create(client, lambda: list_experiments(connection), create)
    assert (found.display_name, is_made) == ("mine", False)
    api.troubles = [Trouble(POST, "/apis/v2beta1/experiments", 409)]
    with pytest.raises(ObjectExists, match="refused the request with 409"):
        find_or_create(client, lambda: [], create)


def test_a_listing_of_a_stand_in_is_read_to_its_last_page(api: KfpApi):
    api.page_size_at_most = 2
    for number in range(5):
        key = str(number)
        api.experiments[key] = {"experiment_id": key, "display_name": f"e{number}", "namespace": ""}
    found = list_experiments(KubeflowConnection(host=api.url))
    assert [experiment.display_name for experiment in found] == ["e0", "e1", "e2", "e3", "e4"]


def test_a_client_asks_nothing_before_it_is_asked(api: KfpApi):
    make_patient_client(KubeflowConnection(host=api.url))
    assert api.requests == []
