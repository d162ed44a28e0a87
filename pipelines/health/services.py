"""The services around a run, each with one examination that asks it what a run would ask."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from components.environment import Environment
from components.errors import InvalidSetting, SuiteError, format_list
from pipelines.catalogue import ROOT
from pipelines.health.web import Reply, ServiceFailed, fetch_reply

if TYPE_CHECKING:
    from docker import DockerClient  # type: ignore[import-untyped]

State = Literal["works", "wrong", "not configured", "not examined"]
# Seconds that one answer may take.
_SECONDS = 5.0


class ServiceStatus(NamedTuple):
    """What an examination found, unless it raised: ``text`` says what answers, or what happens without it."""

    state: State
    text: str
    remedy: str = ""


def check_kubeflow(environment: Environment) -> ServiceStatus:
    """Ask Kubeflow Pipelines how it is, and for the experiments, which takes a login."""
    from pipelines.remote.kubeflow_connection import ENDPOINT, POD_NAMESPACE, KubeflowConnection

    if not os.environ.get(ENDPOINT) and not POD_NAMESPACE.exists():
        return ServiceStatus("not configured", f"{ENDPOINT} is not set: runs on a cluster need it or --host.")
    connection = KubeflowConnection.choose()
    token = connection.read_bearer_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if connection.cookie:
        headers["Cookie"] = connection.cookie
    health = _query_kubeflow(connection.host, "healthz", headers)
    if health.get("apiServerReady") is False:
        raise ServiceFailed(
            f"{connection.host} answers, and the API server behind it does not.",
            "See what it logs: kubectl logs -n kubeflow deploy/ml-pipeline.",
        )
    place = ""
    if not health.get("multi_user"):
        _query_kubeflow(connection.host, "experiments?page_size=1", headers)
    elif connection.namespace:
        place = f", namespace {connection.namespace}"
        _query_kubeflow(connection.host, f"experiments?page_size=1&namespace={connection.namespace}", headers)
    users = "several users" if health.get("multi_user") else "one user"
    version = health.get("tag_name") or health.get("apiServerTagName") or "v2"
    return ServiceStatus("works", f"Kubeflow Pipelines {version} for {users} at {connection.host}{place}")


def _query_kubeflow(host: str, question: str, headers: Mapping[str, str]) -> dict[str, object]:
    reply = fetch_reply(f"{host}/apis/v2beta1/{question}", headers, _SECONDS)
    if reply.status in (301, 302, 303, 307, 308, 401):
        raise ServiceFailed(
            f"{host} wants to know who asks, or does not accept the token or cookie that was sent.",
            "Set KF_PIPELINES_TOKEN, or KF_PIPELINES_COOKIE to the session of a browser that has logged in.",
        )
    if reply.status == 403:
        raise ServiceFailed(
            f"{host} does not permit to read the experiments there.",
            "Check the namespace, and ask its owner to add you as a contributor.",
        )
    if reply.status == 404:
        raise ServiceFailed(
            f"{host} has no API of Kubeflow Pipelines v2.",
            "Give the address that the dashboard has, such as https://kubeflow.example.org/pipeline. "
            "A backend before 2.0 must be upgraded.",
        )
    return _require_json(reply, host, "Kubeflow Pipelines", "KF_PIPELINES_ENDPOINT")


def check_object_storage(environment: Environment) -> ServiceStatus:
    """Ask object storage whether it knows the keys."""
    if not (environment.s3_endpoint or environment.s3_region or environment.s3_access_key):
        return ServiceStatus(
            "not configured",
            "No AWS_ variable is set: s3:// sources are Amazon's, read with the role of the pod or machine.",
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
    """Ask MLflow for its version, and for an experiment, which takes a login."""
    uri = environment.tracking_uri
    if uri is None:
        return ServiceStatus(
            "not configured",
            "MLFLOW_TRACKING_URI is not set: make run tracks in runs/mlflow.db, a run on a cluster nowhere.",
        )
    try:
        url = urlsplit(uri)
    except ValueError:
        raise InvalidSetting("MLFLOW_TRACKING_URI is no address.", "Write it as http://host:port.") from None
    if url.scheme == "sqlite":
        return ServiceStatus("works", f"an embedded database, {uri}: no server to ask")
    if url.scheme in ("", "file"):
        raise InvalidSetting(
            "MLFLOW_TRACKING_URI names a folder, and MLflow keeps its runs in folders no longer.",
            "Name a server, http://mlflow.kfp-tabular:5000, or an embedded database, sqlite:///mlflow.db.",
        )
    if url.scheme not in ("http", "https"):
        return ServiceStatus(
            "not examined", f"MLFLOW_TRACKING_URI begins with {url.scheme}: MLflow itself must know it."
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
    """Return the header that MLflow's own client would send; ``user`` is what the address says of one."""
    if environment.tracking_username and environment.tracking_password:
        user = f"{environment.tracking_username}:{environment.tracking_password}"
    elif environment.tracking_token:
        return {"Authorization": f"Bearer {environment.tracking_token}"}
    return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"} if user else {}


def _check_mlflow_reply(reply: Reply, address: str) -> None:
    if reply.status == 403 and "Invalid Host header" in reply.text:
        host = urlsplit(address).netloc
        raise ServiceFailed(
            f"MLflow at {address} does not go by the name {host}, and answers 403 to whoever uses it.",
            f"Start it with --allowed-hosts '{host},localhost:*', or MLFLOW_SERVER_ALLOWED_HOSTS; the list "
            "replaces MLflow's own.",
        )
    if reply.status in (401, 403):
        refusal = "wants to know who asks" if reply.status == 401 else "does not permit to read experiments"
        raise ServiceFailed(
            f"MLflow at {address} {refusal} ({reply.status}).",
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; on a "
            "cluster they come from the Secret kfp-tabular.",
        )
    _require_json(reply, address, "MLflow", "MLFLOW_TRACKING_URI")


def check_sweep_database(environment: Environment) -> ServiceStatus:
    """Sign in to the sweep's database, and see that its tables are there or may be made; or ask its proxy."""
    if environment.study_url is None:
        return ServiceStatus(
            "not configured",
            "KFP_TABULAR_STUDY_URL is not set: make run shares a file; on a cluster each worker of a sweep "
            "searches alone.",
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
        return ServiceStatus("not configured", f"{error.what} make run needs none; make run-docker does.")
    try:
        return ServiceStatus(
            "works", f"Docker Engine {client.version()['Version']}, {_describe_images(client)}"
        )
    finally:
        client.close()


def _describe_images(client: "DockerClient") -> str:
    from docker.errors import ImageNotFound  # type: ignore[import-untyped]

    from pipelines.image_names import ImageNames

    try:
        images = ImageNames.choose()
    except SuiteError as error:
        return f"images unknown: {error.what}"
    missing = []
    stages = sorted(path.parent.name for path in ROOT.glob("components/*/component.py"))
    for stage in stages:
        try:
            client.images.get(images.name_image(stage))
        except ImageNotFound:
            missing.append(stage)
    if not missing:
        return f"all {len(stages)} images of {images.tag}"
    return (
        f"{len(missing)} of {len(stages)} images of {images.tag} missing: {format_list(missing)} "
        f"(make images)"
    )


def _require_json(reply: Reply, address: str, service: str, variable: str) -> dict[str, object]:
    if reply.status >= 500:
        raise ServiceFailed(f"{address} fails with status {reply.status}.", "Look at the service's log.")
    if reply.status != 200 or reply.json is None:
        raise ServiceFailed(
            f"{address} answers (status {reply.status}), and not as {service} does.",
            f"Check {variable}: something else, or a proxy, is there.",
        )
    return reply.json


def _make_missing_package_error(package: str, extra: str) -> ServiceFailed:
    return ServiceFailed(
        f"It cannot be examined here: {package} not installed.", f"pip install 'kfp-tabular[{extra}]'"
    )


SERVICES: dict[str, Callable[[Environment], ServiceStatus]] = {
    "Kubeflow Pipelines": check_kubeflow,
    "Object storage": check_object_storage,
    "MLflow": check_tracking,
    "Sweep's database": check_sweep_database,
    "Docker Engine": check_docker,
}
