"""Whole runs on a table with planted bad rows, started by make's words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components._table.storage import read_frame
from pipelines.interface import MAKE_TARGET
from tests.end_to_end.test_run import ROOT, find_artifact

EXPECTED = """
rows: {min: 200}
columns:
  id: {type: string, nullable: false, unique: true}
  age: {type: integer, nullable: false, min: 0, max: 120}
  plan: {type: string, allowed: [basic, plus, pro]}
  price:
rules:
- name: a discount is at most the price
  expression: discount <= price
"""
# Rows that break something, counted from 1.
BAD = {17: ("age", 999), 21: ("age", -5), 41: ("plan", "gold"), 51: ("discount", 500), 61: ("age", "")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("expected")
    columns = ["id", "age", "plan", "price", "discount", "left"]
    lines = [",".join(columns)]
    for i in range(240):
        row: dict[str, object] = {
            "id": f"C{i:05d}x{i * 7919 % 1009}",
            "age": 18 + i * 7 % 60,
            "plan": ("basic", "plus", "pro")[i % 3],
            "price": 50 + i % 11,
            "discount": i % 13,
            "left": "yes" if (i * 7 % 60) + i % 5 > 35 else "no",
        }
        if i + 1 in BAD:
            name, value = BAD[i + 1]
            row[name] = value
        lines.append(",".join(str(row[name]) for name in columns))
    (place / "t.csv").write_text("\n".join(lines) + "\n")
    (place / "stop.yaml").write_text(EXPECTED)
    (place / "aside.yaml").write_text(f"{EXPECTED}\nquarantine: true\n")
    return place


def _run(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    words = ["--source", "t.csv", "--target", "left", "--expectations", f"{name}.yaml", "--name", name]
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "run", "training", *words, "--trials", "2", "--runs", "runs"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), MAKE_TARGET: "run"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_bad_rows_stop_a_run_and_all_of_them_are_named(folder: Path) -> None:
    done = _run(folder, "stop")
    assert done.returncode == 1, done.stderr
    # Lines are wrapped.
    told = " ".join(done.stdout.split())
    for line in (
        "Column 'age' has no value in 1 row (0.4%): row 61.",
        "Column 'age' is below its min of 0 in 1 row (0.4%): row 21: -5.",
        "Column 'age' is above its max of 120 in 1 row (0.4%): row 17: 999.",
        "Column 'plan' has a value that is not allowed in 1 row (0.4%): row 41: 'gold'.",
        "The rule 'a discount is at most the price' (discount <= price) is broken in 1 row (0.4%): "
        "row 51: discount = 500, price = 56.",
        "Or set such rows aside: quarantine: true.",
        "correct t.csv or stop.yaml as described above, then: make run SOURCE=t.csv TARGET=left "
        "EXPECTATIONS=stop.yaml",
    ):
        assert line in told, done.stdout
    page = (folder / "runs" / "stop" / "pages" / "validate.html").read_text(encoding="utf-8")
    assert "is above its max of 120 in 1 row" in page


@pytest.mark.slow
def test_bad_rows_are_set_aside_counted_and_not_learnt_from(folder: Path) -> None:
    done = _run(folder, "aside")
    told = " ".join(done.stdout.split())
    assert "5 rows set aside, as the validation page says" in told, done.stdout + done.stderr
    place = folder / "runs" / "aside"
    quarantine = read_frame(find_artifact(place, "validate", "quarantine"))
    assert dict(zip(quarantine["quarantine_row"], quarantine["quarantine_reason"], strict=True)) == {
        17: "age: max",
        21: "age: min",
        41: "plan: allowed",
        51: "rule: a discount is at most the price",
        61: "age: nullable",
    }
    sides = [read_frame(find_artifact(place, "split", side)) for side in ("train", "test")]
    assert sum(map(len, sides)) == 235
    assert not {*quarantine["id"]} & {name for side in sides for name in side["id"]}
    lineage = json.loads((find_artifact(place, "train", "model") / "lineage.json").read_text())
    verdict = json.loads(find_artifact(place, "validate", "verdict").read_text())
    assert lineage["rows_set_aside"] == 5
    assert lineage["expectations_sha256"] == verdict["record"]["expectations"]["sha256"]
    # A retraining expects the same.
    schema = json.loads((find_artifact(place, "train", "model") / "schema.json").read_text())
    assert schema["expectations"]["rules"][0]["expression"] == "discount <= price"
    assert "5 rows set aside" in (place / "index.html").read_text(encoding="utf-8")
    assert lineage["expectations_sha256"] in (place / "index.html").read_text(encoding="utf-8")
