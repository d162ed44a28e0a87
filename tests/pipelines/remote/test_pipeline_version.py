import pytest

from components.errors import InvalidSetting
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.pipeline_version import find_or_create_experiment, find_or_upload_spec
from tests.kfp_api.state import KfpApi, Trouble
from tests.pipelines.remote.cluster import make_patient_client, make_spec


@pytest.fixture
def client(api: KfpApi) -> KubeflowClient:
    return make_patient_client(KubeflowConnection(host=api.url))


def test_a_version_is_uploaded_only_when_the_spec_changed(api: KfpApi, client: KubeflowClient) -> None:
    first, again, changed, before = (
        find_or_upload_spec(client, "", make_spec(f"localhost:1/a:{tag}")) for tag in (1, 1, 2, 1)
    )
    assert [found.is_new for found in (first, again, changed, before)] == [True, False, True, False]
    assert first.version_id == again.version_id == before.version_id != changed.version_id
    assert len(api.pipelines) == 1
    assert list(api.versions) == [first.version_id, changed.version_id]


def test_an_upload_that_is_refused_says_what_was_made(api: KfpApi, client: KubeflowClient) -> None:
    message = '{"error_message": "Failed to create a version"}'
    upload = "/apis/v2beta1/pipelines/upload_version"
    api.troubles = [Trouble("POST", upload, 400, times=2, body=message)]
    with pytest.raises(
        KubeflowError, match=r"Failed to create a version(?s:.*)pipeline training was created without"
    ):
        find_or_upload_spec(client, "", make_spec())
    # The next attempt continues from there.
    with pytest.raises(KubeflowError, match="Failed to create a version") as caught:
        find_or_upload_spec(client, "", make_spec())
    assert "was created" not in str(caught.value)
    assert find_or_upload_spec(client, "", make_spec()).is_new
    assert len(api.pipelines) == 1


def test_an_experiment_is_made_once(api: KfpApi, client: KubeflowClient) -> None:
    key = find_or_create_experiment(client, "", "mine")
    assert find_or_create_experiment(client, "", "mine") == key
    assert list(api.experiments) == [key]


def test_an_experiment_in_the_archive_is_said(api: KfpApi, client: KubeflowClient) -> None:
    api.experiments[find_or_create_experiment(client, "", "mine")]["storage_state"] = "ARCHIVED"
    with pytest.raises(InvalidSetting, match="The experiment mine is archived"):
        find_or_create_experiment(client, "", "mine")
