"""Connections to the server, byte by byte."""

import json
import socket
import struct
import time
from typing import Any

import httpx
import pytest

from tests.components.serve.models import PREDICT, ROW
from tests.model_server import ModelServer


def send_raw(server: ModelServer, sent: bytes, answers: int) -> bytes:
    """Send bytes as they are, and return what comes back, so many answers or until the end."""
    with socket.create_connection(
        ("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10
    ) as connection:
        connection.sendall(sent)
        received = b""
        while received.count(b"HTTP/1.1 ") < answers or not received.endswith(b"}"):
            part = connection.recv(65_536)
            if not part:
                break
            received += part
    return received


def write_plain_request(row: dict[str, Any], *headers: str) -> bytes:
    body = json.dumps({"instances": [row]}).encode()
    lines = [f"POST {PREDICT} HTTP/1.1", "host: x", "content-type: application/json", *headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


@pytest.mark.slow
def test_pipelined_requests_are_answered_in_their_order(server: ModelServer) -> None:
    requests = [write_plain_request({**ROW, "visits": visits}) for visits in (1, 9, "bad", 3)]
    metadata = b"GET /v1/models/small HTTP/1.1\r\nhost: x\r\n\r\n"
    received = send_raw(server, b"".join([*requests[:2], metadata, *requests[2:]]), 5)
    first, second, third, fourth, fifth = received.split(b"HTTP/1.1 ")[1:]
    assert (first[:3], second[:3], third[:3], fourth[:3], fifth[:3]) == (
        b"200",
        b"200",
        b"200",
        b"400",
        b"200",
    )
    assert third.endswith(b'"ready":true}')
    assert b"Column 'visits' must be a whole number, not the text 'bad'" in fourth
    alone = [send_raw(server, request, 1).rpartition(b"\r\n")[2] for request in requests]
    assert [part.rpartition(b"\r\n")[2] for part in (first, second, fourth, fifth)] == alone


def test_a_connection_is_closed_if_the_client_asks_for_it(server: ModelServer) -> None:
    received = send_raw(server, write_plain_request(ROW, "connection: close"), 2)
    assert received.count(b"HTTP/1.1 200") == 1
    assert b"connection: close\r\n" in received


def test_a_client_that_waits_before_its_body_is_asked_for_it(server: ModelServer) -> None:
    request = write_plain_request(ROW, "expect: 100-continue")
    received = send_raw(server, request, 2)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_a_body_in_pieces_is_put_together(server: ModelServer) -> None:
    request = write_plain_request(ROW)
    with socket.create_connection(
        ("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10
    ) as connection:
        for i in range(0, len(request), 7):
            connection.sendall(request[i : i + 7])
            time.sleep(0.001)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_a_client_that_leaves_is_no_trouble_to_others(server: ModelServer, client: httpx.Client) -> None:
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(write_plain_request(ROW))
    assert client.post(PREDICT, json={"instances": [ROW]}).status_code == 200
