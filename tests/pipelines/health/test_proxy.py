"""Asking a real proxy, before a real PostgreSQL."""

import socket
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from components.environment import Environment
from components.errors import InvalidSetting
from pipelines.health.proxy import query_proxy
from pipelines.health.services import check_sweep_database
from pipelines.health.web import ServiceFailed
from tests.postgres import Postgres
from tests.sweeps_proxy import find_free_port, run_proxy


@pytest.mark.slow
def test_a_proxy_works_as_long_as_its_database_does(postgres: Postgres) -> None:
    postgres.run("create role eve login password 'hidden'", "create database behind owner eve")
    address = postgres.make_url("eve", "hidden", "behind")
    port = find_free_port()
    environment = Environment(study_url=f"grpc://127.0.0.1:{port}")
    said = f"Optuna's storage proxy at 127.0.0.1:{port}, and its database"
    with run_proxy(address, port):
        assert check_sweep_database(environment) == ("works", said, "")
        postgres.stop()
        try:
            with pytest.raises(ServiceFailed, match=f"{port} answers, but its database does not"):
                check_sweep_database(environment)
        finally:
            postgres.start()
        assert check_sweep_database(environment).text == said
    with pytest.raises(ServiceFailed, match=f"The proxy 127.0.0.1:{port}: connection refused"):
        check_sweep_database(environment)


def test_what_is_no_proxy_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(ServiceFailed, match="answers, but is not Optuna's storage proxy"):
            query_proxy(f"grpc://127.0.0.1:{port}", 0.5)
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(ServiceFailed, match="answers by gRPC, but is not the storage proxy"):
            query_proxy(f"grpc://127.0.0.1:{port}", 5)
    finally:
        server.stop(None)


def test_a_host_that_nobody_knows_is_named() -> None:
    with pytest.raises(ServiceFailed, match=r"The proxy proxy\.invalid:13000: its host name is not known"):
        query_proxy("grpc://proxy.invalid:13000", 5)


@pytest.mark.parametrize("text", ["grpc://", "grpc://host", "grpc:host:13000", "grpc://host:port"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"is not the address of a proxy\.\nWrite it as grpc://"):
        query_proxy(text, 5)
