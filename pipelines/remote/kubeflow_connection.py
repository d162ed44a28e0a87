"""The address of Kubeflow Pipelines, and the credentials for it.

Credentials come from the environment or from a file, and are never shown.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from components.errors import InvalidSetting

ENDPOINT = "KF_PIPELINES_ENDPOINT"
DASHBOARD = "KF_PIPELINES_UI_ENDPOINT"
TOKEN = "KF_PIPELINES_TOKEN"  # noqa: S105
TOKEN_FILE = "KF_PIPELINES_SA_TOKEN_PATH"  # noqa: S105
COOKIE = "KF_PIPELINES_COOKIE"
AUTHORITIES = "SSL_CERT_FILE"
# What Kubernetes and Kubeflow mount into a pod.
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
POD_TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
HOST_IN_CLUSTER = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
# RFC 1123, which Kubernetes uses for namespaces.
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, kw_only=True)
class KubeflowConnection:
    """How to reach a Kubeflow Pipelines.

    Attributes
    ----------
    host : str
        Address of its API, or of the dashboard that forwards requests, without a slash at the end.
    dashboard : str or None
        Address to open in a browser. None: unknown, as within a cluster.
    namespace : str or None
        The profile in which runs run, if there are several users.
    is_namespace_given : bool
        Whether a person gave the namespace; else it is that of this pod.
    token : str or None
        Bearer token.
    token_file : Path or None
        File with a bearer token, read for every request because a cluster renews it.
    cookie : str or None
        Cookie of a session, as ``name=value``. Without a token and a cookie, requests are anonymous.
    authorities : Path or None
        Certificates to trust. None: the public ones.
    """

    host: str
    dashboard: str | None = None
    namespace: str | None = None
    is_namespace_given: bool = False
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    cookie: str | None = field(default=None, repr=False)
    authorities: Path | None = None

    @classmethod
    def choose(
        cls,
        host: str | None = None,
        namespace: str | None = None,
        token_file: Path | None = None,
        *,
        environment: Mapping[str, str] = os.environ,
        pod_namespace: Path = POD_NAMESPACE,
        pod_token: Path = POD_TOKEN,
    ) -> "KubeflowConnection":
        """Return a connection; what is not given comes from the environment or, in a pod, from its files.

        Parameters
        ----------
        host : str or None
            None: ``KF_PIPELINES_ENDPOINT``, else, in a pod, the API's service in the namespace ``kubeflow``.
        namespace : str or None
            None: that of this pod, if any; used only if there are several users.
        token_file : Path or None
            None: ``KF_PIPELINES_SA_TOKEN_PATH``, else, in a pod, the token that Kubeflow mounts.
        environment : mapping of str to str
            The variables.
        pod_namespace, pod_token : Path
            Files of a pod with its namespace and its token for Kubeflow Pipelines.

        Raises
        ------
        InvalidSetting
            There is no host, or a setting is invalid.
        """
        is_pod = pod_namespace.exists()
        host = host or environment.get(ENDPOINT) or (HOST_IN_CLUSTER if is_pod else None)
        if host is None:
            raise InvalidSetting(
                "The address of Kubeflow Pipelines is missing.",
                f"Forward a port, kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80, and add "
                f"--host http://localhost:8080, or set {ENDPOINT}.",
            )
        # An option counts first, then a variable with a credential, then a file.
        token = None if token_file else _read_token(environment)
        cookie = None if token_file else _read_cookie(environment)
        if token is not None and cookie is not None:
            raise InvalidSetting(
                f"Both {TOKEN} and {COOKIE} are set, but a request can have only one.", "Unset one of them."
            )
        if token_file is None and token is None and cookie is None:
            token_file = _read_path(environment, TOKEN_FILE) or (pod_token if pod_token.exists() else None)
        is_namespace_given = namespace is not None
        if namespace is None and is_pod:
            namespace = pod_namespace.read_text(encoding="utf-8").strip()
        return cls(
            host=_check_host(host),
            dashboard=_choose_dashboard(host, environment),
            namespace=None if namespace is None else _check_namespace(namespace),
            is_namespace_given=is_namespace_given,
            token=token,
            token_file=token_file,
            cookie=cookie,
            authorities=_read_path(environment, AUTHORITIES),
        )

    def read_bearer_token(self) -> str | None:
        """Return the token to send now; None for no token.

        Raises
        ------
        InvalidSetting
            The token file cannot be read, or has no token.
        """
        if self.token_file is None:
            return self.token
        try:
            text = self.token_file.read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidSetting(
                f"The token file {self.token_file} cannot be read: {error.strerror}.",
                f"Give another file with --token-file, or set {TOKEN}.",
            ) from None
        return _check_token(text, f"The file {self.token_file}")

    def build_page_url(self, path: str) -> str:
        """Return the address of a page of the dashboard; only its path if the dashboard is unknown."""
        return f"{self.dashboard or ''}/#/{path}"


def _check_host(host: str) -> str:
    try:
        parts = urlsplit(host)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("http", "https"):
        raise InvalidSetting(
            f"The host {_hide_password(host)!r} is not an address.",
            "Write it with its scheme, such as http://localhost:8080 or https://kubeflow.example.org/pipeline.",
        )
    if parts.username or parts.password:
        raise InvalidSetting(
            f"The host {_hide_password(host)!r} contains credentials, which messages would show.",
            f"Leave them out, and set {TOKEN} or {COOKIE}.",
        )
    if parts.query or parts.fragment:
        raise InvalidSetting(
            f"The host {host!r} is the address of a page.",
            f"Write only the beginning: {parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}.",
        )
    return host.rstrip("/")


def _hide_password(host: str) -> str:
    return re.sub(r"[^/@]*@", "***@", host)


def _check_namespace(namespace: str) -> str:
    if not _NAMESPACE.fullmatch(namespace):
        raise InvalidSetting.from_out_of_range(
            "namespace", namespace, "a name in Kubernetes: lower-case letters, digits and dashes"
        )
    return namespace


def _choose_dashboard(host: str, environment: Mapping[str, str]) -> str | None:
    address = environment.get(DASHBOARD) or (None if host == HOST_IN_CLUSTER else host)
    return None if address is None else address.rstrip("/")


def _read_token(environment: Mapping[str, str]) -> str | None:
    text = environment.get(TOKEN, "").strip()
    return _check_token(text, TOKEN) if text else None


def _check_token(text: str, source: str) -> str:
    token = text.strip().removeprefix("Bearer ").strip()
    # The error for a line break in a header would show the token.
    if not _VISIBLE.fullmatch(token):
        raise InvalidSetting(
            f"{source} does not contain a token.", "A token is one word, without spaces or line breaks."
        )
    return token


def _read_cookie(environment: Mapping[str, str]) -> str | None:
    text = environment.get(COOKIE, "").strip()
    if text and not re.fullmatch(r"[\x21-\x7e]+=[\x20-\x7e]+", text):
        raise InvalidSetting(
            f"{COOKIE} does not contain a cookie.",
            "Copy it from the browser as name=value, such as oauth2_proxy_kubeflow=...",
        )
    return text or None


def _read_path(environment: Mapping[str, str], variable: str) -> Path | None:
    value = environment.get(variable, "").strip()
    return Path(value) if value else None
