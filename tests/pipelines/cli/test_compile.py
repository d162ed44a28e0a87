from pathlib import Path

import pytest

from pipelines.catalogue import PIPELINES
from pipelines.cli.main import main


def test_specs_of_all_pipelines_are_written_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--output", str(tmp_path), "--registry", "ghcr.io/team", "--tag", "1.2.0", "--size", "large"]
    assert main(["compile", *words]) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {tmp_path / "pipelines" / f"{name}.yaml" for name in PIPELINES} <= set(written)
    assert all(path.exists() for path in written)
    text = (tmp_path / "pipelines" / "training.yaml").read_text(encoding="utf-8")
    assert "ghcr.io/team/kfp-tabular-ingest:1.2.0" in text
