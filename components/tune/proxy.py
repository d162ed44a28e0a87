"""A proxy to the sweeps' database for all workers: ``python -m components.tune.proxy --port 13000``.

Workers whose ``KFP_TABULAR_STUDY_URL`` is ``grpc://host:port`` use this proxy. The database then has few
connections, no matter how many processes search, and its password stays out of their pods. Everyone who can
reach the port can read and write every sweep.
"""

import argparse
import signal
import sys
import warnings
from collections.abc import Sequence

from optuna.exceptions import ExperimentalWarning
from optuna.storages import run_grpc_proxy_server

from components.environment import Environment
from components.errors import InvalidSetting, SuiteError
from components.tune.storage import StorageLost, is_address, open_storage, retry

_PORT = 13000
_EXAMPLE = "postgresql+psycopg://user:password@host:5432/sweeps"
# Seconds to wait for a database that is started together with the proxy.
_PATIENCE = 120.0


def serve(address: str | None, host: str, port: int) -> None:
    """Answer workers until the process is ended.

    Raises
    ------
    InvalidSetting
        No database is named, it cannot be used, or the port is in use.
    """
    if address is None or not is_address(address) or address.startswith("grpc:"):
        raise InvalidSetting(
            "KFP_TABULAR_STUDY_URL must be the address of the proxy's database.", f"Set it to {_EXAMPLE}."
        )
    try:
        database = retry(lambda: open_storage(address), _PATIENCE)
    except StorageLost as error:
        raise InvalidSetting(
            f"The sweeps' database does not answer: {error}", "Check it with make doctor."
        ) from None
    sys.stdout.write(f"The database answers. Starting to listen at {host}:{port}.\n")
    sys.stdout.flush()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            run_grpc_proxy_server(database, host=host, port=port)
    except RuntimeError as error:
        raise InvalidSetting(f"Cannot listen at {host}:{port}: {error}", "Set another --port.") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proxy, and return its exit status: 0 if it was ended, 1 if it could not start."""
    parser = argparse.ArgumentParser(prog="python -m components.tune.proxy", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="address to listen at (default: %(default)s)")  # noqa: S104
    parser.add_argument("--port", type=int, default=_PORT, help="port to listen at (default: %(default)s)")
    options = parser.parse_args(arguments)
    # The first process of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(Environment.read().study_url, options.host, options.port)
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
