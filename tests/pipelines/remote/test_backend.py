import pytest

from components.errors import InvalidSetting
from pipelines.backend_versions import NEWEST, BackendRelease
from pipelines.remote.backend import Backend, check_backend, choose_namespace
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from tests.kfp_api.state import KfpApi, Trouble
from tests.pipelines.remote.cluster import make_patient_client

GET, POST = "GET", "POST"


@pytest.mark.parametrize(
    ("health", "version"),
    [
        ({"tag_name": "2.14.0"}, "2.14.0"),
        ({"tag_name": "v2.16.1-rc.0"}, "2.16.1"),
        ({"tag_name": "unknown"}, None),
        # The dashboard's own words for the same.
        ({"apiServerTagName": "2.14.3", "apiServerReady": True}, "2.14.3"),
        ({}, None),
    ],
)
def test_a_stand_in_tells_its_version(api: KfpApi, health: dict[str, object], version: str | None):
    api.health = health
    connection = KubeflowConnection(host=api.url)
    assert check_backend(make_patient_client(connection), connection).version == version


def test_a_stand_in_that_is_older_than_the_spec_needs_is_refused(api: KfpApi):
    api.health = {"tag_name": "2.13.1"}
    connection = KubeflowConnection(host=api.url)
    with pytest.raises(
        KubeflowError, match=r"is Kubeflow Pipelines 2\.13\.1, but the specs need 2\.14 or newer"
    ):
        check_backend(make_patient_client(connection), connection)


def test_a_stand_in_dashboard_without_its_api_is_said(api: KfpApi):
    api.health = {"apiServerReady": False, "apiServerTagName": "2.16.0"}
    connection = KubeflowConnection(host=api.url)
    with pytest.raises(KubeflowError, match="cannot reach the API server"):
        check_backend(make_patient_client(connection), connection)


def test_a_stand_in_of_something_else_is_said(api: KfpApi):
    api.troubles = [Trouble(GET, "/apis/v2beta1/healthz", 200, body='{"status": "ok"}')]
    connection = KubeflowConnection(host=api.url)
    with pytest.raises(KubeflowError, match="is not Kubeflow Pipelines 2"):
        check_backend(make_patient_client(connection), connection)


@pytest.mark.parametrize(("version", "release"), [("2.14.3", BackendRelease(2, 14)), (None, NEWEST)])
def test_a_backend_without_a_version_is_taken_for_the_newest(version: str | None, release: BackendRelease):
    assert Backend(version, has_users=False).release == release


def test_several_users_need_a_namespace():
    connection = KubeflowConnection(host="http://h")
    with pytest.raises(InvalidSetting, match="has a namespace for each user, and no namespace was given"):
        choose_namespace(Backend(None, has_users=True), connection)


def test_one_namespace_for_all_is_no_choice():
    connection = KubeflowConnection(host="http://h", namespace="team-a", is_namespace_given=True)
    with pytest.raises(InvalidSetting, match="has one namespace for all users: 'team-a' cannot be chosen"):
        choose_namespace(Backend(None, has_users=False), connection)


def test_a_pod_of_a_cluster_with_one_namespace_asks_for_none():
    connection = KubeflowConnection(host="http://h", namespace="kubeflow")
    assert choose_namespace(Backend(None, has_users=False), connection) == ""
