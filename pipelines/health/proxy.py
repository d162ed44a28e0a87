"""Checks the proxy of the database that the workers of a sweep share."""

import socket
import warnings
from urllib.parse import urlsplit

import grpc
from optuna.exceptions import ExperimentalWarning
from optuna.storages import GrpcStorageProxy

from components.errors import InvalidSetting
from components.network import explain_connection_error
from pipelines.health.web import ServiceFailed

# No sweep has this name: a query for it reaches the database and finds nothing.
_UNUSED_NAME = "kfp-tabular-doctor"


def query_proxy(text: str, seconds: float) -> str:
    """Ask a proxy for a study, like a worker, and return a description of the proxy.

    Parameters
    ----------
    text : str
        The proxy's address, ``grpc://host:port``.
    seconds : float
        How long to wait for a connection.

    Raises
    ------
    InvalidSetting
        The address is invalid.
    ServiceFailed
        The proxy cannot be reached, is something else, or its database does not answer.
    """
    host, port = _parse_address(text)
    address = f"{host}:{port}"
    _check_connection(host, port, seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        proxy = GrpcStorageProxy(host=host, port=port)
    try:
        proxy.wait_server_ready(timeout=seconds)
        proxy.get_study_id_from_name(_UNUSED_NAME)
    except KeyError:
        # The answer of its database.
        pass
    except ConnectionError:
        raise ServiceFailed(
            f"{address} answers, but is not Optuna's storage proxy.",
            "Check KFP_TABULAR_STUDY_URL: another service has this address.",
        ) from None
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:
            raise ServiceFailed(
                f"{address} answers by gRPC, but is not the storage proxy of this version of Optuna.",
                "Check KFP_TABULAR_STUDY_URL, and run the proxy from the image of the workers.",
            ) from None
        raise ServiceFailed(
            f"The proxy {address} answers, but its database does not.",
            "Read the proxy's log: kubectl logs --namespace kfp-tabular deployment/sweeps-proxy. "
            "The proxy has the database's address in its own Secret.",
        ) from None
    finally:
        proxy.close()
    return f"Optuna's storage proxy at {address}, and its database"


def _parse_address(text: str) -> tuple[str, int]:
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise InvalidSetting(
            "KFP_TABULAR_STUDY_URL is not the address of a proxy.",
            "Write it as grpc://sweeps-proxy.kfp-tabular:13000.",
        )
    return host, port


def _check_connection(host: str, port: int, seconds: float) -> None:
    """Connect without gRPC, which does not say why a connection fails."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        reason, remedy, _ = explain_connection_error(error)
        raise ServiceFailed(f"The proxy {host}:{port}: {reason}.", remedy) from None
