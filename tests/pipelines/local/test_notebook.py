import ast
import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from pipelines.cli.main import main
from pipelines.local.notebook import write_notebook
from pipelines.local.run_folder import RunFolder
from tests.notebooks import find_output, run_notebook
from tests.pipelines.local.test_summary import PASSED


def test_its_cells_are_texts_and_code_in_turn(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    (folder.artifacts / "one" / "train" / "model").mkdir(parents=True)
    write_notebook(folder, PASSED)
    notebook = nbformat.read(folder.notebook, as_version=4)
    nbformat.validate(notebook)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert texts[0].startswith(f"# {tmp_path.name}\n")
    assert "Passed its gates. LightGBM predicts y with ROC AUC" in texts[0]
    assert not any("```" in text for text in texts)
    assert 'FinishedTraining.read("artifacts/one")' in codes[0]
    for code in codes:
        ast.parse(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "digits"),
    [
        pytest.param(load_diabetes(as_frame=True).frame.round(4), 6, id="regression"),
        pytest.param(
            load_wine(as_frame=True).frame.replace({"target": {0: "a", 1: "b", 2: "c"}}), 9, id="classes"
        ),
    ],
)
def test_it_scores_the_model_again(
    table: pd.DataFrame, digits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "table.csv"
    table.to_csv(source, index=False)
    words = ["--source", str(source), "--target", "target", "--trials", "2", "--name", "one"]
    main(["run", "training", *words, "--runs", str(tmp_path / "runs")])
    notebook = run_notebook(tmp_path / "runs" / "one" / "notebook.ipynb")
    found = ast.literal_eval(find_output(notebook, "compare_scores"))
    record = json.loads((tmp_path / "runs" / "one" / "run.json").read_text())
    assert record["status"] == "succeeded"
    assert found["rows"] > 30
    assert found["here"] == pytest.approx(found["recorded"], rel=10**-digits)
    assert find_output(notebook, "compute_effect")
    # The same from the registry alone, as on another machine.
    (tmp_path / "runs" / "one").rename(tmp_path / "elsewhere")
    file = tmp_path / "version.ipynb"
    words = ["--notebook", str(file), "--runs", str(tmp_path / "runs")]
    assert main(["models", "export", "challenger", *words]) == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}")
    notebook = run_notebook(file)
    assert notebook.cells[0].source.startswith("# Version 1 of target\n")
    assert ast.literal_eval(find_output(notebook, "compare_scores")) == found
    assert find_output(notebook, "compute_effect")


def test_a_notebook_needs_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "export", "--notebook", "model.ipynb"]) == 2
    assert "A run has notebook.ipynb in its folder." in capsys.readouterr().err
