import socket

import pytest

from components._server.port import open_socket
from components.errors import InvalidSetting
from tests.sweeps_proxy import find_free_port


def test_it_listens_and_a_port_in_use_is_named() -> None:
    port = find_free_port()
    with open_socket(port), socket.create_connection(("127.0.0.1", port)):
        message = f"cannot listen on port {port}: Address already in use"
        with pytest.raises(InvalidSetting, match=message):
            open_socket(port)
