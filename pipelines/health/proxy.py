"""The proxy before the database that the workers of a sweep share."""

import socket
import warnings
from urllib.parse import urlsplit

import grpc
from optuna.exceptions import ExperimentalWarning
from optuna.storages import GrpcStorageProxy

from components.errors import InvalidSetting
from pipelines.health.web import ServiceFailed

# No sweep has this name: what is asked about it goes to the database and brings nothing back.
_NOBODY = "kfp-tabular-doctor"


def query_proxy(text: str, seconds: float) -> str:
    """Ask a proxy for a study, as a worker would, and return what is there.

    Parameters
    ----------
    text : str
        The proxy's address, ``grpc://host:port``.
    seconds : float
        How long to wait for a connection.

    Raises
    ------
    InvalidSetting
        The address is not as it must be.
    ServiceFailed
        The proxy cannot be reached, is none, or its database does not answer.
    """
    host, port = _parse_address(text)
    place = f"{host}:{port}"
    _check_connection(host, port, seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        proxy = GrpcStorageProxy(host=host, port=port)
    try:
        proxy.wait_server_ready(timeout=seconds)
        proxy.get_study_id_from_name(_NOBODY)
    except KeyError:
        # So says its database.
        pass
    except ConnectionError:
        raise ServiceFailed(
            f"{place} answers, and not as Optuna's storage proxy does.",
            "Check KFP_TABULAR_STUDY_URL: something else is there.",
        ) from None
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:
            raise ServiceFailed(
                f"{place} speaks gRPC, and is not the storage proxy of this Optuna.",
                "Check KFP_TABULAR_STUDY_URL, and run the proxy from the image of the workers.",
            ) from None
        raise ServiceFailed(
            f"The proxy {place} answers, and the database behind it does not.",
            "See what the proxy logs: kubectl logs --namespace kfp-tabular deployment/sweeps-proxy. "
            "It has the database's address in a Secret of its own.",
        ) from None
    finally:
        proxy.close()
    return f"Optuna's storage proxy at {place}, and the database behind it"


def _parse_address(text: str) -> tuple[str, int]:
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise InvalidSetting(
            "KFP_TABULAR_STUDY_URL is no address of a proxy.",
            "Write it as grpc://sweeps-proxy.kfp-tabular:13000.",
        )
    return host, port


def _check_connection(host: str, port: int, seconds: float) -> None:
    """Find out why no connection comes about, which gRPC does not tell."""
    place = f"The proxy {host}:{port}"
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except socket.gaierror:
        raise ServiceFailed(
            f"{place}: its host name is not known here.",
            "Check the name. That of a Kubernetes Service, service.namespace, is known in its cluster only.",
        ) from None
    except TimeoutError:
        raise ServiceFailed(
            f"{place}: it does not answer in time.",
            "Check that it runs, and the firewalls and network policies between.",
        ) from None
    except OSError as error:
        raise ServiceFailed(
            f"{place}: {(error.strerror or 'connection failed').lower()}.",
            "Check host and port, and that it runs and no network policy is between.",
        ) from None
