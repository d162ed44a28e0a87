import pytest

from pipelines.catalogue import PIPELINES
from pipelines.cli.main import main


def test_every_parameter_of_every_pipeline_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters"]) == 0
    page = capsys.readouterr().out
    assert all(f"\n## {name}\n" in page for name in PIPELINES)
    rows = {line.split(" | ")[0]: line for line in page.splitlines() if line.startswith("| `")}
    assert "| `budget_minutes` | `MINUTES` | `10.0` |" in rows["| `budget_minutes`"]
    assert "| `SERVICE` | required |" in rows["| `service`"]
    assert all(row.count("|") == 5 for row in rows.values())
