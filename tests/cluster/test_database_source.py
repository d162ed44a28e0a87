"""A table of a team's own database, which the tasks of ingest alone may reach."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.database_server import DatabaseServer, read_documented_policy, run_database
from tests.cluster.kubectl import Kubectl
from tests.cluster.probes import Probe, run_probes
from tests.cluster.registry import fetch_version
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRuns
from tests.end_to_end.tables import write_csv
from tests.manifests.test_network import COMPONENT, PART

pytestmark = pytest.mark.cluster

MODEL = f"{PREFIX}-from-sql"
TYPES = "size float8, age float8, district text, street text, opened timestamp, bought text"


@pytest.fixture(scope="module")
def database(suite: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    path: Path = write_csv(tmp_path_factory.mktemp("table") / "table.csv", "binary")
    with run_database(suite) as server:
        server.load_csv(path, "customers", TYPES)
        yield server


def list_reaching(kubectl: Kubectl, database: DatabaseServer) -> set[str]:
    """Return the tasks whose pods reach the database."""
    probes = {
        name: Probe(NAMESPACE, {PART: "kfp-tabular", COMPONENT: name}, [database.address])
        for name in ("ingest", "ingest-rows", "train")
    }
    return {name for name, found in run_probes(kubectl, probes).items() if found["reached"]}


def test_a_run_reads_the_table_with_the_documented_policy(
    runs: ClusterRuns, kubectl: Kubectl, database: DatabaseServer
) -> None:
    assert list_reaching(kubectl, database) == set()
    policy = read_documented_policy(kubectl)
    kubectl.apply(policy)
    try:
        assert list_reaching(kubectl, database) == {"ingest", "ingest-rows"}
        source = f"postgresql://ana@{database.address}/postgres?table=customers"
        words = ["target=bought", "trials=2", "budget_minutes=2", f"model_name={MODEL}"]
        run = runs.run("training", f"source={source}", *words)
    finally:
        kubectl.delete(policy)
    assert run.exit_status == 0, run.output
    tags = fetch_version(kubectl, MODEL)["tags"]
    assert tags["source"] == source
    assert tags["source_version"]
