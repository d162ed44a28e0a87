"""Versions that need approvals, on the stand-in for Kubernetes; registry, keys and signatures are real."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components._approval.approvals import ApprovalError, store_approval
from components._approval.statement import render_statement
from components._problem.verdict import Verdict
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components._tracking.registry_version import RegistryVersion
from components.deploy.run import Settings, run
from components.errors import InvalidSetting
from components.json_file import write_json
from tests.components._tracking.test_registry import log_folder
from tests.components.deploy.rollouts import QUICK, Servers, write_registration
from tests.kube_api.cluster import KubeApi
from tests.ssh_keys import make_key, read_line, sign


class ApprovedModel:
    """A version of the registry whose problem names maria as its approver."""

    def __init__(self, registry: Registry, version: RegistryVersion, package: Path, key: Path) -> None:
        self.registry, self.version, self.package, self.key = registry, version, package, key

    def approve(self) -> None:
        text = render_statement(self.version, self.package, "maria").encode()
        store_approval(self.registry, self.version, "maria", text, sign(self.key, text))


@pytest.fixture
def approved(
    kube: KubeApi, tracking_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ApprovedModel]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    key, package = make_key(tmp_path, "maria"), tmp_path / "package"
    package.mkdir()
    (package / "model.skops").write_bytes(b"the model")
    write_json(package / "problem.json", {"approvers": {"maria": [read_line(key)]}, "approvals": 1})
    with connect_to_mlflow(tracking_uri, "keep the model") as client:
        registry = Registry(client, "churn")
        version = registry.register(log_folder(client, package), None, {}, "")
        yield ApprovedModel(registry, version, package, key)


def deploy(servers: Servers, folder: Path) -> tuple[Verdict, str]:
    """Roll version 1 out, which needs one approval."""
    place = write_registration(servers, folder, "1", "mlflow-artifacts:/1")
    record = json.loads((place / "registration.json").read_text())
    write_json(place / "registration.json", {**record, "n_approvals": 1})
    verdict, summary = folder / "verdict", folder / "summary"
    settings = Settings(**QUICK)  # type: ignore[arg-type]
    run(registration=str(place), summary=str(summary), verdict=str(verdict), run_name="1", settings=settings)
    return Verdict.load(verdict), summary.read_text()


@pytest.mark.slow
def test_an_approved_version_is_served_and_its_approvers_are_named(
    servers: Servers, approved: ApprovedModel, tmp_path: Path
) -> None:
    approved.approve()
    verdict, summary = deploy(servers, tmp_path)
    assert verdict.passed, verdict.failures
    assert "Approved by maria." in summary


@pytest.mark.slow
def test_a_version_without_approval_changes_nothing(
    servers: Servers, kube: KubeApi, approved: ApprovedModel, tmp_path: Path
) -> None:
    with pytest.raises(ApprovalError, match=r"Version 1 of 'churn' has 0 of the 1 approval .*\nAsk maria: "):
        deploy(servers, tmp_path)
    assert kube.history == []


def test_a_model_that_was_changed_after_its_approval_changes_nothing(
    servers: Servers, kube: KubeApi, approved: ApprovedModel, tmp_path: Path
) -> None:
    approved.approve()
    (approved.package / "model.skops").write_bytes(b"another model")
    approved.registry.upload_folder(approved.version, approved.package, "package")
    with pytest.raises(ApprovalError, match="the model's files are not those that were approved"):
        deploy(servers, tmp_path)
    assert kube.history == []


def test_a_model_that_no_longer_asks_for_approvals_changes_nothing(
    servers: Servers, kube: KubeApi, approved: ApprovedModel, tmp_path: Path
) -> None:
    write_json(approved.package / "problem.json", {"approvers": {}, "approvals": 0})
    approved.registry.upload_folder(approved.version, approved.package, "package")
    with pytest.raises(ApprovalError, match="no longer ask for the 1 approval that its problem asked for"):
        deploy(servers, tmp_path)
    assert kube.history == []


def test_without_the_registry_nobody_knows_of_an_approval(
    servers: Servers, kube: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(InvalidSetting, match="Whether version 1 is approved is unknown"):
        deploy(servers, tmp_path)
    assert kube.history == []
