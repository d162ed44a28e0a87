"""A service that is away for a while: nobody listens at its port, and later it is there again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress


@contextmanager
def return_after(seconds: float, port: int) -> Iterator[int]:
    """Yield a port of loopback that refuses connections for so long, and then leads to the given port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        front: int = free.getsockname()[1]
    is_over = threading.Event()

    def serve() -> None:
        if is_over.wait(seconds):
            return
        with socket.create_server(("127.0.0.1", front)) as listener:
            listener.settimeout(0.1)
            while not is_over.is_set():
                with suppress(TimeoutError):
                    client, _ = listener.accept()
                    client.settimeout(None)
                    threading.Thread(target=_pass_on, args=(client, port), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield front
    finally:
        is_over.set()
        thread.join()


def _pass_on(client: socket.socket, port: int) -> None:
    with closing(client), socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
