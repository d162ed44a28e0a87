"""A stand-in for Kubeflow, which no setting of this machine is for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.image_names import ImageNames
from tests.compiled_specs import compile_catalogue
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        yield api


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``compile`` writes."""
    folder = tmp_path_factory.mktemp("dist")
    return compile_catalogue(folder, ImageNames("ghcr.io/team", "1.2.0"), "medium")


@pytest.fixture(autouse=True)
def _without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("ENDPOINT", "UI_ENDPOINT", "TOKEN", "SA_TOKEN_PATH", "COOKIE"):
        monkeypatch.delenv(f"KF_PIPELINES_{variable}", raising=False)
