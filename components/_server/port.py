"""The socket that a server listens at."""

import socket

from components.errors import InvalidSetting

HIGHEST_PORT = 65_535
_BACKLOG = 2_048


def open_socket(port: int) -> socket.socket:
    """Listen at a port of all addresses.

    Raises
    ------
    InvalidSetting
        The port is in use, or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("0.0.0.0", port))  # noqa: S104
    except OSError as error:
        raise InvalidSetting(
            f"The server cannot listen on port {port}: {error.strerror}.", "Choose another port."
        ) from None
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening
