import hashlib
import json
import os
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage

from components._problem.verdict import Verdict
from components.environment import Environment
from components.machine import NUMERICAL_PREFIXES
from components.register.statement import REPOSITORY, build_statement
from pipelines.catalogue import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LINEAGE = {
    "commit": COMMIT,
    "seed": 7,
    "source": "s3://data/k.csv?versionId=5",
    "source_version": "5",
    "dataset_sha256": "d" * 64,
    "versions": {"numpy": "2.4.6"},
    "machine": {"processor": "a processor", "processors": 2},
}


def write_model(folder: Path) -> Path:
    (folder / "compiled").mkdir(parents=True)
    (folder / "model.skops").write_bytes(b"model")
    (folder / "compiled" / "plan.json").write_bytes(b"{}")
    (folder / "mlflow.json").write_bytes(b"{}")
    return folder


def build(
    tmp_path: Path,
    lineage: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    **environment: Any,
) -> dict[str, Any]:
    return build_statement(
        write_model(tmp_path / "model"),
        lineage or LINEAGE,
        Verdict((), "", {"metrics": {"roc_auc": 0.9}}),
        "run-1",
        Environment(**environment),
        parameters or {},
    )


def check_form(statement: dict[str, Any]) -> None:
    """Check what in-toto's statement v1 and the provenance of SLSA v1 ask for."""
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"]
    predicate = statement["predicate"]
    assert set(predicate) == {"buildDefinition", "runDetails"}
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    assert {"buildType", "externalParameters"} <= set(definition)
    assert set(definition) <= {
        "buildType", "externalParameters", "internalParameters", "resolvedDependencies",
    }  # fmt: skip
    assert definition["buildType"].startswith("https://")
    assert details["builder"]["id"]
    assert set(details) <= {"builder", "metadata", "byproducts"}
    # A descriptor of a resource has a URI, a digest or content.
    for resource in [*statement["subject"], *definition["resolvedDependencies"]]:
        assert resource.get("digest") or resource.get("uri") or resource.get("content")
        assert set(resource) <= {
            "name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations",
        }  # fmt: skip
        lengths = {"sha256": 64, "gitCommit": 40}
        for algorithm, digest in resource["digest"].items():
            assert len(digest) == lengths[algorithm]
            assert digest == digest.lower()


def test_it_has_the_form_of_in_toto_and_slsa(tmp_path: Path) -> None:
    check_form(json.loads(json.dumps(build(tmp_path))))


def test_the_library_of_in_toto_accepts_it(tmp_path: Path) -> None:
    statement = build(tmp_path, parameters={"source": "a.csv", "trials": 3, "known_trials": []})
    # Fields that the messages do not have are errors.
    Statement.copy_from_pb(ParseDict(statement, StatementMessage())).validate()
    provenance = ParseDict(statement["predicate"], Provenance())
    assert provenance.build_definition.external_parameters["trials"] == 3
    assert provenance.build_definition.resolved_dependencies[1].digest["gitCommit"] == COMMIT


def test_its_subjects_are_the_files_of_the_model(tmp_path: Path) -> None:
    assert build(tmp_path)["subject"] == [
        {"name": "compiled/plan.json", "digest": {"sha256": hashlib.sha256(b"{}").hexdigest()}},
        {"name": "model.skops", "digest": {"sha256": hashlib.sha256(b"model").hexdigest()}},
    ]


def test_it_names_data_code_lock_server_parameters_and_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in filter(lambda name: name.startswith(NUMERICAL_PREFIXES), list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    server = f"registry.example/serve@sha256:{'e' * 64}"
    parameters = {"source": "s3://data/k.csv", "trials": 30, "problem": {"keep": ["a"]}}
    predicate = build(tmp_path, serve_image=server, parameters=parameters)["predicate"]
    data, code, lock, image = predicate["buildDefinition"]["resolvedDependencies"]
    assert (data["uri"], data["digest"]) == ("s3://data/k.csv?versionId=5", {"sha256": "d" * 64})
    assert data["annotations"]["version"] == "5"
    assert code == {"uri": f"git+{REPOSITORY}", "digest": {"gitCommit": COMMIT}}
    assert lock["digest"]["sha256"] == hashlib.sha256((ROOT / "constraints.txt").read_bytes()).hexdigest()
    assert (image["uri"], image["digest"]) == ("oci://registry.example/serve", {"sha256": "e" * 64})
    assert predicate["buildDefinition"]["externalParameters"] == parameters
    assert predicate["buildDefinition"]["internalParameters"] == {
        "revision": COMMIT,
        "seed": 7,
        "versions": {"numpy": "2.4.6"},
        "processor": "a processor",
        "processors": 2,
        "variables": {"OPENBLAS_CORETYPE": "Haswell"},
    }
    assert predicate["runDetails"]["metadata"] == {"invocationId": "run-1"}
    (metrics,) = predicate["runDetails"]["byproducts"]
    assert metrics["annotations"] == {"roc_auc": 0.9}


def test_a_commit_with_changed_files_is_marked(tmp_path: Path) -> None:
    statement = build(tmp_path, {**LINEAGE, "commit": f"{COMMIT}-dirty"})
    code = statement["predicate"]["buildDefinition"]["resolvedDependencies"][1]
    assert code["digest"] == {"gitCommit": COMMIT}
    assert code["annotations"] == {"is_dirty": True}


@pytest.mark.parametrize(
    "source",
    ["https://ana:hidden@example.org/a.csv", "https://example.org/a.csv?X-Amz-Signature=hidden&a=1"],
)
def test_it_has_no_credentials(source: str, tmp_path: Path) -> None:
    parameters = {"source": source, "test": source, "target": "y"}
    text = json.dumps(build(tmp_path, {**LINEAGE, "source": source}, parameters=parameters))
    assert "hidden" not in text
    assert "example.org/a.csv" in text


def test_without_parameters_it_has_those_of_the_lineage(tmp_path: Path) -> None:
    # A pipeline of somebody else need not pass them, and then their defaults say nothing.
    parameters = {"source": "", "trials": 30}
    definition = build(tmp_path, parameters=parameters)["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {"source": "s3://data/k.csv?versionId=5", "seed": 7}


def test_the_repository_is_the_one_of_the_package() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["url"] == REPOSITORY
