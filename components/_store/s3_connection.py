"""The connection to object storage: its address, the credentials, and TLS."""

import re
import ssl
from urllib.parse import SplitResult, urlsplit

import urllib3
from minio import Minio
from minio.credentials.credentials import Credentials
from minio.credentials.providers import IamAwsProvider, Provider, StaticProvider

from components._store.failures import FAILURES
from components.environment import Environment
from components.errors import InvalidSetting

_AMAZON = "https://s3.amazonaws.com"
_AMAZON_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_REGION = "us-east-1"
_VISIBLE = re.compile(r"[\x21-\x7e]+")
# Seconds to connect: a network policy drops what it does not allow.
_CONNECT_TIMEOUT = 10.0
# Threads that read small objects beside each other keep a connection each.
_CONNECTIONS = 8
# Without a role, the address that would know it never answers.
_ROLE_TIMEOUT = 5.0


def get_endpoint(environment: Environment) -> str:
    """Return the address of the object storage, without a path.

    Raises
    ------
    InvalidSetting
        ``AWS_ENDPOINT_URL`` is not such an address.
    """
    address = environment.s3_endpoint or _AMAZON
    url = _parse_url(address)
    # The text before an @ may be a password, so it is not shown.
    if url is None or "@" in address or url.path.strip("/") or url.query:
        shown = "" if "@" in address else f" {address}"
        raise InvalidSetting(
            f"AWS_ENDPOINT_URL{shown} is not an address of object storage.",
            "Give only scheme, host and port: http://minio.kfp-tabular:9000. Credentials go into "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        )
    return f"{url.scheme}://{url.netloc}"


def build_client(environment: Environment, timeout: float) -> Minio:
    """Return a client that tries everything once. It sends no request yet.

    Parameters
    ----------
    environment : Environment
        The address and the keys. Without keys, the client uses the role of the pod or machine at Amazon.
    timeout : float
        Seconds to wait for a response, or for the next piece of one.

    Raises
    ------
    InvalidSetting
        A variable of the environment is wrong, or one is missing.
    """
    url = urlsplit(get_endpoint(environment))
    # Trusts the authorities of the machine, or those of SSL_CERT_FILE.
    context = ssl.create_default_context()
    try:
        return Minio(
            url.netloc,
            secure=url.scheme == "https",
            # Without it the client asks the storage, which needs a further right.
            region=environment.s3_region or _REGION,
            credentials=_choose_credentials(environment, context),
            http_client=urllib3.PoolManager(
                maxsize=_CONNECTIONS,
                timeout=urllib3.Timeout(connect=min(timeout, _CONNECT_TIMEOUT), read=timeout),
                retries=False,
                ssl_context=context,
            ),
        )
    except ValueError:
        raise InvalidSetting.from_out_of_range(
            "AWS_REGION", environment.s3_region, "the name of a region, such as eu-central-1"
        ) from None


class _RoleProvider(Provider):
    """The role of the pod (IRSA and its like) or of the machine."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._provider = IamAwsProvider(
            http_client=urllib3.PoolManager(timeout=_ROLE_TIMEOUT, retries=1, ssl_context=context)
        )

    def retrieve(self) -> Credentials:
        """Return the role's credentials, renewed if they have expired."""
        try:
            return self._provider.retrieve()
        except (*FAILURES, OSError, LookupError):
            # The text of the error may contain the pod's token.
            raise InvalidSetting(
                "There are no credentials for Amazon S3: no keys are set, and no role is accepted.",
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the runs' service account a role. "
                "If the storage is not Amazon's, set AWS_ENDPOINT_URL.",
            ) from None


def _parse_url(address: str) -> SplitResult | None:
    """Return the parts of an address; None if it is not valid."""
    try:
        url = urlsplit(address)
        # An invalid port raises when it is read.
        is_valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return None
    return url if is_valid else None


def _choose_credentials(environment: Environment, context: ssl.SSLContext) -> Provider:
    key, secret, token = environment.s3_access_key, environment.s3_secret_key, environment.s3_session_token
    host = urlsplit(get_endpoint(environment)).hostname or ""
    if not key and not secret and host.endswith(_AMAZON_HOSTS):
        return _RoleProvider(context)
    if not key or not secret:
        keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        missing = " and ".join(name for name, value in keys.items() if not value)
        raise InvalidSetting(
            f"There are no credentials for object storage: {missing} not set.",
            "Set both variables. On a cluster they come from the Secret kfp-tabular.",
        )
    if not all(_VISIBLE.fullmatch(part) for part in (key, secret, token or "none")):
        raise InvalidSetting(
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN has characters that no key has.",
            "Copy it again, without blanks and line breaks.",
        )
    return StaticProvider(key, secret, token)
