"""The script that fills PostgreSQL's empty volume, run against a real server."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.docker_engine import skip_or_fail
from tests.manifests.builds import MANIFESTS
from tests.postgres import Postgres, run_postgres

pytestmark = pytest.mark.slow

SCRIPT = MANIFESTS / "components" / "database" / "postgres" / "create-databases.sh"
# As a password may be that a person made up.
PASSWORDS = {"sweeps": 'it\'s \\ a $HOME "word"', "mlflow": "mlflow-password"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        skip_or_fail("PostgreSQL is missing: install Debian's package postgresql")
    with run_postgres(programs[-1]) as server:
        done = run(server, **{f"{name.upper()}_PASSWORD": word for name, word in PASSWORDS.items()})
        assert done.returncode == 0, done.stderr
        yield server


def run(server: Postgres, **variables: str) -> subprocess.CompletedProcess[str]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    administrator = {"POSTGRES_USER": "admin", "PGPASSWORD": "admin-password"}
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        **administrator,
        **variables,
    }
    return subprocess.run([SCRIPT], capture_output=True, text=True, env=environment)


def connect(server: Postgres, user: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1", port=server.port, user=user, password=PASSWORDS[user], dbname=database
    )


@pytest.mark.parametrize("name", PASSWORDS)
def test_each_purpose_has_a_database_in_which_it_may_make_tables(server: Postgres, name: str) -> None:
    with closing(connect(server, name, name)) as connection:
        connection.execute("CREATE TABLE trials (number int)")


@pytest.mark.parametrize(("user", "database"), [("sweeps", "mlflow"), ("mlflow", "sweeps")])
def test_a_user_does_not_get_into_anothers_database(server: Postgres, user: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(server, user, database)


def test_a_user_may_do_nothing_that_an_administrator_may(server: Postgres) -> None:
    with (
        closing(connect(server, "sweeps", "sweeps")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied to create role"),
    ):
        connection.execute("CREATE ROLE another")


def test_an_empty_password_is_an_error_that_says_which(server: Postgres) -> None:
    done = run(server, SWEEPS_PASSWORD="")
    assert done.returncode != 0
    assert "SWEEPS_PASSWORD" in done.stderr
    assert "make the Secret postgres anew" in done.stderr


def test_a_failed_statement_fails_the_script(server: Postgres) -> None:
    done = run(server, SWEEPS_PASSWORD="x", MLFLOW_PASSWORD="y")
    assert done.returncode != 0
    assert 'role "sweeps" already exists' in done.stderr
