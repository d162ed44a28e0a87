"""A registry with a version that two people may approve."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import APPROVALS, Registry
from components._tracking.registry_version import EVALUATION, RegistryVersion
from components.json_file import write_json
from tests.components._tracking.test_registry import log_folder
from tests.ssh_keys import make_key, read_line

EVALUATED = """{
    "model": "Ensemble of 2 models", "metric": "roc_auc", "score": 0.8412, "low": 0.8195, "high": 0.8617,
    "against_baseline": {"words": "the model is better (95 % interval of its gain 0.32 to 0.36)"},
    "caveat": "no better than a linear model", "rows_test": 2000,
    "gates": [{"gate": "0.75 ≤ roc_auc", "value": 0.8412, "passed": true}],
    "metrics": {"roc_auc": 0.8412, "roc_auc_low": 0.8195, "roc_auc_high": 0.8617, "f1": 0.5519}
}"""
TAGS = {
    "source": "s3://data/customers.csv",
    "dataset_sha256": "ab" * 32,
    "commit": "844d7a1",
    EVALUATION: EVALUATED,
    "compared_with": "1",
    "comparison": "better",
    "better_by": "0.021",
    "better_by_low": "0.011",
    "better_by_high": "0.0312",
    APPROVALS: "1 of ali, maria",
}


class Setting(NamedTuple):
    """A registry, a version in it, and the keys of people by their names; eve is nobody's approver."""

    registry: Registry
    version: RegistryVersion
    keys: dict[str, Path]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder, name) for name in ("ali", "maria", "eve")}


def register_model(
    registry: Registry, client: object, folder: Path, keys: dict[str, Path], n: int
) -> RegistryVersion:
    """Register a version as train and register do, whose problem asks for ``n`` approvals."""
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"the model")
    (folder / "card.md").write_text("# The card\n")
    if n:
        approvers = {name: [read_line(keys[name])] for name in ("ali", "maria")}
        write_json(folder / "problem.json", {"approvers": approvers, "approvals": n})
    return registry.register(log_folder(client, folder), None, TAGS, "")  # type: ignore[arg-type]


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.slow)])
def setting(request: pytest.FixtureRequest, tmp_path: Path, keys: dict[str, Path]) -> Iterator[Setting]:
    address = request.getfixturevalue("tracking_uri" if request.param == "embedded" else "mlflow_server")
    with connect_to_mlflow(address, "keep approvals") as client:
        registry = Registry(client, f"churn-{tmp_path.name}")
        version = register_model(registry, client, tmp_path / "package", keys, 1)
        yield Setting(registry, version, keys)
