"""The services that runs use, each with a check that sends the requests of a run."""

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from components.environment import Environment
from components.errors import InvalidSetting, SuiteError, format_list
from pipelines.catalogue import ROOT
from pipelines.health.web import Reply, ServiceFailed, fetch_reply

if TYPE_CHECKING:
    from docker import DockerClient


State = Literal["works", "wrong", "not configured", "not examined"]
# Seconds to wait for an answer.
_SECONDS = 5.0


class ServiceStatus(NamedTuple):
    """The result of a check that did not raise; ``text`` says what answers, or what happens without it."""

    state: State
    text: str
    remedy: str = ""


def check_kubeflow(environment: Environment) -> ServiceStatus:
    """Ask Kubeflow Pipelines for its version and for the experiments, which needs a login."""
    from pipelines.remote.backend import check_backend
    from pipelines.remote.kubeflow_client import KubeflowClient
    from pipelines.remote.kubeflow_connection import ENDPOINT, POD_NAMESPACE, KubeflowConnection

    if not os.environ.get(ENDPOINT) and not POD_NAMESPACE.exists():
        return ServiceStatus("not configured", f"{ENDPOINT} is not set: runs on a cluster need it or --host.")
    connection = KubeflowConnection.choose()
    client = KubeflowClient(connection, timeouts=(_SECONDS, _SECONDS), pauses=())
    backend = check_backend(client, connection)
    namespace = connection.namespace if backend.has_users else None
    if namespace or not backend.has_users:
        client.experiments.experiment_service_list_experiments(page_size=1, namespace=namespace)
    users = "several users" if backend.has_users else "one user"
    where = f"{connection.host}, namespace {namespace}" if namespace else connection.host
    return ServiceStatus("works", f"Kubeflow Pipelines {backend.version or 'v2'} for {users} at {where}")


def check_object_storage(environment: Environment) -> ServiceStatus:
    """Sign in to object storage with the keys."""
    if not (environment.s3_endpoint or environment.s3_region or environment.s3_access_key):
        return ServiceStatus(
            "not configured",
            "No AWS_ variable is set: s3:// sources are on Amazon S3 and read with the role of the pod or "
            "machine.",
        )
    try:
        from components._store.s3_connection import get_endpoint
        from components._store.store import Store
    except ImportError:
        raise _make_missing_package_error("minio", "ingest") from None
    address = get_endpoint(environment)
    Store(environment, timeout=_SECONDS, waits=()).check_access()
    server = fetch_reply(address, {}, _SECONDS).headers.get("Server") or "S3"
    return ServiceStatus("works", f"{server} at {address}")


def check_tracking(environment: Environment) -> ServiceStatus:
    """Ask MLflow for its version and for an experiment, which needs a login."""
    uri = environment.tracking_uri
    if uri is None:
        return ServiceStatus(
            "not configured",
            "MLFLOW_TRACKING_URI is not set: make run logs to runs/mlflow.db, runs on a cluster do not log.",
        )
    try:
        url = urlsplit(uri)
    except ValueError:
        raise InvalidSetting(
            "MLFLOW_TRACKING_URI is not an address.", "Write it as http://host:port."
        ) from None
    if url.scheme == "sqlite":
        return ServiceStatus("works", f"an embedded database, {uri}, without a server")
    if url.scheme in ("", "file"):
        raise InvalidSetting(
            "MLFLOW_TRACKING_URI is a folder, but MLflow no longer stores runs in folders.",
            "Give a server, http://mlflow.kfp-tabular:5000, or an embedded database, sqlite:///mlflow.db.",
        )
    if url.scheme not in ("http", "https"):
        return ServiceStatus(
            "not examined", f"MLFLOW_TRACKING_URI begins with {url.scheme}, which only MLflow can check."
        )
    user, at, host = url.netloc.rpartition("@")
    address = f"{url.scheme}://{host}{url.path.rstrip('/')}"
    headers = _build_mlflow_headers(environment, unquote(user) if at else None)
    version = fetch_reply(f"{address}/version", headers, _SECONDS)
    _check_mlflow_reply(
        fetch_reply(f"{address}/api/2.0/mlflow/experiments/search?max_results=1", headers, _SECONDS), address
    )
    name = f"MLflow {version.text}" if version.status == 200 and len(version.text) < 20 else "MLflow"
    return ServiceStatus("works", f"{name} at {address}")


def _build_mlflow_headers(environment: Environment, user: str | None) -> dict[str, str]:
    """Return the headers that MLflow's own client sends; ``user`` is the user in the address."""
    if environment.tracking_username and environment.tracking_password:
        user = f"{environment.tracking_username}:{environment.tracking_password}"
    elif environment.tracking_token:
        return {"Authorization": f"Bearer {environment.tracking_token}"}
    return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"} if user else {}


def _check_mlflow_reply(reply: Reply, address: str) -> None:
    if reply.status == 403 and "Invalid Host header" in reply.text:
        host = urlsplit(address).netloc
        raise ServiceFailed(
            f"MLflow at {address} does not accept the host name {host} (403).",
            f"Start it with --allowed-hosts '{host},localhost:*', or set MLFLOW_SERVER_ALLOWED_HOSTS. The "
            "list replaces MLflow's default.",
        )
    if reply.status in (401, 403):
        refusal = "requires a login" if reply.status == 401 else "does not permit reading experiments"
        raise ServiceFailed(
            f"MLflow at {address} {refusal} ({reply.status}).",
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN. On a "
            "cluster they come from the Secret kfp-tabular.",
        )
    _require_json(reply, address, "MLflow", "MLFLOW_TRACKING_URI")


def check_sweep_database(environment: Environment) -> ServiceStatus:
    """Sign in to the sweep's database and check its tables, or the right to create them; or ask its proxy."""
    if environment.study_url is None:
        return ServiceStatus(
            "not configured",
            "KFP_TABULAR_STUDY_URL is not set: the workers of make run share a file, but on a cluster each "
            "worker of a sweep searches alone.",
        )
    if environment.study_url.startswith("grpc:"):
        try:
            from pipelines.health.proxy import query_proxy
        except ImportError:
            raise _make_missing_package_error("grpcio and optuna", "tune") from None
        return ServiceStatus("works", query_proxy(environment.study_url, _SECONDS))
    try:
        from pipelines.health.database import sign_in
    except ImportError:
        raise _make_missing_package_error("psycopg and sqlalchemy", "tune") from None
    return ServiceStatus("works", sign_in(environment.study_url, _SECONDS))


def check_docker(environment: Environment) -> ServiceStatus:
    """Ask the Docker Engine for its version and for the stages' images."""
    from pipelines.local.docker_client import EngineUnavailable, connect_to_engine

    try:
        client = connect_to_engine()
    except EngineUnavailable as error:
        if os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists():
            raise
        return ServiceStatus("not configured", f"{error.what} Only make run-docker needs it.")
    try:
        return ServiceStatus(
            "works", f"Docker Engine {client.version()['Version']}, {_describe_images(client)}"
        )
    finally:
        client.close()


def _describe_images(client: "DockerClient") -> str:
    from pipelines.image_names import ImageNames
    from pipelines.local.docker_client import has_image

    try:
        images = ImageNames.choose()
    except SuiteError as error:
        return f"images unknown: {error.what}"
    stages = sorted(path.parent.name for path in ROOT.glob("components/*/component.py"))
    missing = [stage for stage in stages if not has_image(client, images.name_image(stage))]
    if not missing:
        return f"all {len(stages)} images of {images.tag}"
    return (
        f"{len(missing)} of {len(stages)} images of {images.tag} missing: {format_list(missing)} "
        f"(make images)"
    )


def _require_json(reply: Reply, address: str, service: str, variable: str) -> dict[str, object]:
    if reply.status >= 500:
        raise ServiceFailed(f"{address} fails with status {reply.status}.", "Read the service's log.")
    if reply.status != 200 or reply.json is None:
        raise ServiceFailed(
            f"{address} answers (status {reply.status}), but is not {service}.",
            f"Check {variable}: another service or a proxy has this address.",
        )
    return reply.json


def _make_missing_package_error(package: str, extra: str) -> ServiceFailed:
    return ServiceFailed(
        f"It cannot be checked without {package}.",
        f"Run pip install 'kfp-tabular[{extra}]'.",
    )


SERVICES: dict[str, Callable[[Environment], ServiceStatus]] = {
    "Kubeflow Pipelines": check_kubeflow,
    "Object storage": check_object_storage,
    "MLflow": check_tracking,
    "Sweep's database": check_sweep_database,
    "Docker Engine": check_docker,
}
