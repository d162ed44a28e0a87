"""The Job that sets MinIO up, run against a real MinIO."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from minio import Minio
from minio.error import S3Error

from tests.manifests.builds import MANIFESTS, build, list_containers, list_pods
from tests.minio_server import run_minio

pytestmark = pytest.mark.slow

SCRIPT = MANIFESTS / "components" / "object-storage" / "minio" / "set_up_minio.py"
USERS = {
    "kfp-tabular-runs": "RUNS",
    "kfp-tabular-data": "DATA",
    "kfp-tabular-mlflow": "MLFLOW",
    "kfp-tabular-serving": "SERVING",
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = make_root()
    folder = tmp_path_factory.mktemp("minio")
    with run_minio(folder, root["MINIO_ROOT_USER"], root["MINIO_ROOT_PASSWORD"]) as endpoint:
        done = set_up(endpoint)
        assert done.returncode == 0, done.stderr
        yield endpoint


def make_root() -> dict[str, str]:
    return {"MINIO_ROOT_USER": "root-user", "MINIO_ROOT_PASSWORD": "root-password"}


def make_key(user: str) -> str:
    return f"{user}-secret-key"


def set_up(endpoint: str, **variables: str) -> subprocess.CompletedProcess[str]:
    keys = {f"{prefix}_SECRET_KEY": make_key(user) for user, prefix in USERS.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": endpoint,
        **make_root(),
        **keys,
        **variables,
    }
    return subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, env=environment)


def make_client(endpoint: str, user: str) -> Minio:
    return Minio(endpoint.removeprefix("http://"), user, make_key(user), secure=False)


def put(storage: Minio, bucket: str) -> str:
    return str(storage.put_object(bucket, "object", io.BytesIO(b"content"), 7).version_id)


def test_people_put_data_of_which_every_version_stays(endpoint: str) -> None:
    people = make_client(endpoint, "kfp-tabular-data")
    first, second = put(people, "data"), put(people, "data")
    assert first != second
    people.remove_object("data", "object")
    assert people.get_object("data", "object", version_id=first).read() == b"content"


def test_runs_read_data(endpoint: str) -> None:
    put(make_client(endpoint, "kfp-tabular-data"), "data")
    runs = make_client(endpoint, "kfp-tabular-runs")
    assert runs.get_object("data", "object").read() == b"content"
    assert [item.object_name for item in runs.list_objects("data")] == ["object"]


def test_runs_add_their_monitoring_reports_to_the_logs(endpoint: str) -> None:
    put(make_client(endpoint, "kfp-tabular-data"), "monitoring")
    runs = make_client(endpoint, "kfp-tabular-runs")
    assert runs.get_object("monitoring", "object").read() == b"content"
    assert put(runs, "monitoring")


def test_mlflow_writes_and_deletes_in_its_own_bucket(endpoint: str) -> None:
    mlflow = make_client(endpoint, "kfp-tabular-mlflow")
    put(mlflow, "mlflow")
    mlflow.remove_object("mlflow", "object")


def test_models_servers_read_what_mlflow_wrote(endpoint: str) -> None:
    put(make_client(endpoint, "kfp-tabular-mlflow"), "mlflow")
    assert make_client(endpoint, "kfp-tabular-serving").get_object("mlflow", "object").read() == b"content"


FORBIDDEN: list[tuple[str, Callable[[Minio], Any]]] = [
    ("kfp-tabular-runs", lambda storage: put(storage, "data")),
    ("kfp-tabular-runs", lambda storage: storage.remove_object("data", "object")),
    ("kfp-tabular-runs", lambda storage: list(storage.list_objects("mlflow"))),
    ("kfp-tabular-mlflow", lambda storage: list(storage.list_objects("data"))),
    ("kfp-tabular-serving", lambda storage: put(storage, "mlflow")),
    ("kfp-tabular-serving", lambda storage: list(storage.list_objects("data"))),
    ("kfp-tabular-data", lambda storage: put(storage, "mlflow")),
    ("kfp-tabular-data", lambda storage: storage.make_bucket("another")),
    ("kfp-tabular-data", lambda storage: storage.remove_object("data", "object", put(storage, "data"))),
]


@pytest.mark.parametrize(("user", "act"), FORBIDDEN)
def test_a_user_may_do_nothing_else(endpoint: str, user: str, act: Callable[[Minio], Any]) -> None:
    with pytest.raises(S3Error, match="AccessDenied"):
        act(make_client(endpoint, user))


def test_doing_it_again_keeps_what_is_there_and_renews_a_key(endpoint: str) -> None:
    version = put(make_client(endpoint, "kfp-tabular-data"), "data")
    assert set_up(endpoint, RUNS_SECRET_KEY="renewed-key").returncode == 0
    renewed = Minio(endpoint.removeprefix("http://"), "kfp-tabular-runs", "renewed-key", secure=False)
    assert renewed.get_object("data", "object", version_id=version).read() == b"content"
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        make_client(endpoint, "kfp-tabular-runs").get_object("data", "object")
    assert set_up(endpoint).returncode == 0


def test_a_wrong_root_password_is_an_error_that_does_not_show_it(endpoint: str) -> None:
    done = set_up(endpoint, MINIO_ROOT_PASSWORD="another-password")
    assert done.returncode == 1
    assert "SignatureDoesNotMatch" in done.stderr
    assert "another-password" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_variable_is_an_error_that_names_it(endpoint: str) -> None:
    done = set_up(endpoint, DATA_SECRET_KEY="")
    assert done.returncode == 1
    assert "DATA_SECRET_KEY not set. Create the Secrets" in done.stderr


def test_the_job_gives_the_script_all_that_it_reads() -> None:
    (container,) = list_containers(dict(list_pods(build("kind")))["Job/minio-set-up"])
    given = {variable["name"] for variable in container["env"]}
    assert given == {"AWS_ENDPOINT_URL", *make_root(), *(f"{prefix}_SECRET_KEY" for prefix in USERS.values())}
