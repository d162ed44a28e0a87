"""Signing in to a real PostgreSQL, as the workers of a sweep do."""

import pytest

from components.errors import InvalidSetting
from pipelines.health.database import sign_in
from pipelines.health.web import ServiceFailed
from tests.postgres import Postgres


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> Postgres:
    """A server with a user, a database of that user's, and one of somebody else's."""
    postgres.run(
        "create role ana login password 'hidden@1'",
        "create database sweeps owner ana",
        "create database foreign_sweeps",
    )
    return postgres


def make_url(
    server: Postgres, password: str = "hidden%401", database: str = "sweeps", user: str = "ana"
) -> str:
    return server.make_url(user, password, database)


@pytest.mark.slow
def test_whoever_owns_the_database_signs_in(server: Postgres) -> None:
    said = sign_in(make_url(server), 5)
    assert said.startswith("PostgreSQL 1")
    assert said.endswith(f"sweeps at 127.0.0.1:{server.port}, without tables yet")
    assert sign_in(make_url(server, database="sweeps?connect_timeout=3&application_name=doctor"), 5) == said


@pytest.mark.slow
def test_the_tables_of_a_sweep_are_seen(server: Postgres) -> None:
    import optuna

    optuna.storages.RDBStorage(make_url(server))
    assert sign_in(make_url(server), 5).endswith(", with its tables")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"password": "hidden-wrong"},
            "the password of ana is wrong or missing.*\nCorrect it in ",
        ),
        ({"database": "sweep"}, "there is no database with this name.*\nCreate it: createdb -O ana sweep"),
        (
            {"database": "foreign_sweeps"},
            "user .* may not create tables in the .*\n.*ALTER DATABASE foreign_sw",
        ),
        # A server tells nobody which users it has.
        ({"user": "bob"}, "the password of bob is wrong or missing"),
        ({"database": "sweeps?sslmode=require"}, "a connection with TLS failed"),
    ],
)
def test_whoever_is_not_let_in_is_told_why(server: Postgres, change: dict[str, str], message: str) -> None:
    with pytest.raises(ServiceFailed, match=message) as raised:
        sign_in(make_url(server, **change), 5)
    assert "hidden" not in str(raised.value)


def test_a_host_that_nobody_knows_is_named() -> None:
    with pytest.raises(ServiceFailed, match=r"sweeps at postgres\.invalid:5432: its host name is not known"):
        sign_in("postgresql+psycopg://ana:hidden@postgres.invalid/sweeps", 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hidden", "is not the URL of a database"),
        ("postgresql+psycopg://ana:hidden@host:port/sweeps", "is not the URL of a database"),
        (
            "postgresql+psycopg://ana:hid@den@host/sweeps",
            r"has an @ in its user or .*\nWrite it as %40",
        ),
        (
            "postgresql://ana:hidden@host/sweeps",
            r"begins with postgresql://.*\nBegin it with .*\+psyc",
        ),
        ("postgres://ana:hidden@host/sweeps", "begins with postgres://"),
        ("postgresql+psycopg2://ana:hidden@host/sweeps", r"begins with postgresql\+psycopg2://"),
        ("postgresql+psycopg://ana:hidden@host", "has no name of a database"),
    ],
)
def test_a_url_that_is_not_as_it_must_be_is_refused_and_not_shown(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=f"KFP_TABULAR_STUDY_URL {message}") as raised:
        sign_in(text, 5)
    assert "hid" not in str(raised.value)
