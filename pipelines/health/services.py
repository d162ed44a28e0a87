"""The services around a run, each with one examination that asks it what a run would ask."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from components.environment import Environment
from components.errors import InvalidSetting, SuiteError, listed
from pipelines.catalogue import ROOT
from pipelines.health.web import Reply, ServiceFailed, get

if TYPE_CHECKING:
    from docker import DockerClient  # type: ignore[import-untyped]

State = Literal["works", "wrong", "not configured", "not examined"]
# Seconds that one answer may take.
_SECONDS = 5.0


class Answer(NamedTuple):
    """What an examination found, unless it raised: ``text`` says what answers, or what happens without it."""

    state: State
    text: str
    remedy: str = ""


def kubeflow(environment: Environment) -> Answer:
    """Ask Kubeflow Pipelines how it is, and for the experiments, which takes a login."""
    from pipelines.remote.connection import ENDPOINT, POD_NAMESPACE, Connection

    if not os.environ.get(ENDPOINT) and not POD_NAMESPACE.exists():
        return Answer("not configured", f"{ENDPOINT} is not set: runs on a cluster need it or --host.")
    connection = Connection.choose()
    token = connection.bearer()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if connection.cookie:
        headers["Cookie"] = connection.cookie
    health = _kubeflow_says(connection.host, "healthz", headers)
    if health.get("apiServerReady") is False:
        raise ServiceFailed(
            f"{connection.host} answers, and the API server behind it does not.",
            "See what it logs: kubectl logs -n kubeflow deploy/ml-pipeline.",
        )
    place = ""
    if not health.get("multi_user"):
        _kubeflow_says(connection.host, "experiments?page_size=1", headers)
    elif connection.namespace:
        place = f", namespace {connection.namespace}"
        _kubeflow_says(connection.host, f"experiments?page_size=1&namespace={connection.namespace}", headers)
    users = "several users" if health.get("multi_user") else "one user"
    version = health.get("tag_name") or health.get("apiServerTagName") or "v2"
    return Answer("works", f"Kubeflow Pipelines {version} for {users} at {connection.host}{place}")


def _kubeflow_says(host: str, question: str, headers: Mapping[str, str]) -> dict[str, object]:
    reply = get(f"{host}/apis/v2beta1/{question}", headers, _SECONDS)
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
    return _json_of(reply, host, "Kubeflow Pipelines", "KF_PIPELINES_ENDPOINT")


def object_storage(environment: Environment) -> Answer:
    """Ask object storage whether it knows the keys."""
    if not (environment.s3_endpoint or environment.s3_region or environment.s3_access_key):
        return Answer(
            "not configured",
            "No AWS_ variable is set: s3:// sources are Amazon's, read with the role of the pod or machine.",
        )
    try:
        from components._store.connection import endpoint
        from components._store.store import Store
    except ImportError:
        raise _not_installed("minio", "ingest") from None
    address = endpoint(environment)
    Store(environment, timeout=_SECONDS, waits=()).sign_in()
    server = get(address, {}, _SECONDS).headers.get("Server") or "S3"
    return Answer("works", f"{server} at {address}")


def tracking(environment: Environment) -> Answer:
    """Ask MLflow for its version, and for an experiment, which takes a login."""
    uri = environment.tracking_uri
    if uri is None:
        return Answer(
            "not configured",
            "MLFLOW_TRACKING_URI is not set: make run tracks in runs/mlflow.db, a run on a cluster nowhere.",
        )
    try:
        url = urlsplit(uri)
    except ValueError:
        raise InvalidSetting("MLFLOW_TRACKING_URI is no address.", "Write it as http://host:port.") from None
    if url.scheme == "sqlite":
        return Answer("works", f"an embedded database, {uri}: no server to ask")
    if url.scheme in ("", "file"):
        raise InvalidSetting(
            "MLFLOW_TRACKING_URI names a folder, and MLflow keeps its runs in folders no longer.",
            "Name a server, http://mlflow.kfp-tabular:5000, or an embedded database, sqlite:///mlflow.db.",
        )
    if url.scheme not in ("http", "https"):
        return Answer(
            "not examined", f"MLFLOW_TRACKING_URI begins with {url.scheme}: MLflow itself must know it."
        )
    user, at, host = url.netloc.rpartition("@")
    address = f"{url.scheme}://{host}{url.path.rstrip('/')}"
    headers = _mlflow_login(environment, unquote(user) if at else None)
    version = get(f"{address}/version", headers, _SECONDS)
    _check_mlflow(
        get(f"{address}/api/2.0/mlflow/experiments/search?max_results=1", headers, _SECONDS), address
    )
    name = f"MLflow {version.text}" if version.status == 200 and len(version.text) < 20 else "MLflow"
    return Answer("works", f"{name} at {address}")


def _mlflow_login(environment: Environment, user: str | None) -> dict[str, str]:
    """Return the header that MLflow's own client would send; ``user`` is what the address says of one."""
    if environment.tracking_username and environment.tracking_password:
        user = f"{environment.tracking_username}:{environment.tracking_password}"
    elif environment.tracking_token:
        return {"Authorization": f"Bearer {environment.tracking_token}"}
    return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"} if user else {}


def _check_mlflow(reply: Reply, address: str) -> None:
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
    _json_of(reply, address, "MLflow", "MLFLOW_TRACKING_URI")


def sweep_database(environment: Environment) -> Answer:
    """Sign in to the sweep's database, and see that its tables are there or may be made; or ask its proxy."""
    if environment.study_url is None:
        return Answer(
            "not configured",
            "KFP_TABULAR_STUDY_URL is not set: make run shares a file; on a cluster each worker of a sweep "
            "searches alone.",
        )
    if environment.study_url.startswith("grpc:"):
        try:
            from pipelines.health.proxy import ask
        except ImportError:
            raise _not_installed("grpcio and optuna", "tune") from None
        return Answer("works", ask(environment.study_url, _SECONDS))
    try:
        from pipelines.health.database import sign_in
    except ImportError:
        raise _not_installed("psycopg and sqlalchemy", "tune") from None
    return Answer("works", sign_in(environment.study_url, _SECONDS))


def docker(environment: Environment) -> Answer:
    """Ask the Docker Engine for its version and for the stages' images."""
    from pipelines.local.engine import EngineUnavailable, connected

    try:
        client = connected()
    except EngineUnavailable as error:
        if os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists():
            raise
        return Answer("not configured", f"{error.what} make run needs none; make run-docker does.")
    try:
        return Answer("works", f"Docker Engine {client.version()['Version']}, {_images_of(client)}")
    finally:
        client.close()


def _images_of(client: "DockerClient") -> str:
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
            client.images.get(images.of(stage))
        except ImageNotFound:
            missing.append(stage)
    if not missing:
        return f"all {len(stages)} images of {images.tag}"
    return f"{len(missing)} of {len(stages)} images of {images.tag} missing: {listed(missing)} (make images)"


def _json_of(reply: Reply, address: str, service: str, variable: str) -> dict[str, object]:
    if reply.status >= 500:
        raise ServiceFailed(f"{address} fails with status {reply.status}.", "Look at the service's log.")
    if reply.status != 200 or reply.json is None:
        raise ServiceFailed(
            f"{address} answers (status {reply.status}), and not as {service} does.",
            f"Check {variable}: something else, or a proxy, is there.",
        )
    return reply.json


def _not_installed(package: str, extra: str) -> ServiceFailed:
    return ServiceFailed(
        f"It cannot be examined here: {package} not installed.", f"pip install 'kfp-tabular[{extra}]'"
    )


SERVICES: dict[str, Callable[[Environment], Answer]] = {
    "Kubeflow Pipelines": kubeflow,
    "Object storage": object_storage,
    "MLflow": tracking,
    "Sweep's database": sweep_database,
    "Docker Engine": docker,
}
