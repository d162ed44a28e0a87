"""A PostgreSQL server on loopback, from Debian's package."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.docker_engine import skip_or_fail

# It refuses to run as root.
_USER = "nobody"
_PASSWORD = "admin-password"


@dataclass(frozen=True)
class Postgres:
    """A server, and its superuser's way in.

    ``stop`` ends it as a crash would; ``start`` brings it back.
    """

    port: int
    stop: Callable[[], None]
    start: Callable[[], None]

    def make_url(self, user: str = "admin", password: str = _PASSWORD, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> None:
        """Run statements as the superuser."""
        address = self.make_url().replace("+psycopg", "")
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def run_postgres(programs: Path) -> Iterator[Postgres]:
    """Run an empty server for the length of a block."""
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = _USER if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    password = folder / "password"
    password.write_text(_PASSWORD)
    password.chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    make = ["initdb", "-D", str(data), "-U", "admin", "-A", "scram-sha-256", "--no-sync"]
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    flags = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    control = ["pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log")]
    try:
        _run(programs, [*make, f"--pwfile={password}"], user)

        def start() -> None:
            _run(programs, [*control, "-o", flags, "start"], user)

        def stop() -> None:
            _run(programs, [*control, "-m", "immediate", "stop"], user)

        start()
        try:
            yield Postgres(port, stop, start)
        finally:
            stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests; each takes users and databases of its own."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")), shutil.which("initdb")]
    if found[0] is None:
        skip_or_fail("PostgreSQL is missing: install Debian's package postgresql")
    with run_postgres(Path(found[0]).parent) as server:
        yield server


def _run(programs: Path, command: list[str], user: str | None) -> None:
    whole = [str(programs / command[0]), *command[1:]]
    # Its children keep what they inherit, so nothing may wait for the end of their output.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(whole, user=user, stdout=output, stderr=output, cwd="/")
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{whole} failed: {output.read().decode()}")
