from pathlib import Path

import pandas as pd
import pytest

from pipelines.local import prediction_files
from pipelines.local.prediction_files import write_prediction_files
from pipelines.local.run_folder import RunFolder


def make_run(path: Path) -> tuple[RunFolder, pd.DataFrame]:
    """A run whose predictions are in two parts."""
    folder = RunFolder(path)
    artifact = folder.artifacts / "scoring" / "score-result" / "predictions"
    artifact.mkdir(parents=True)
    rows = pd.DataFrame({"row": range(5), "prediction": ['says "no"', "yes", "no, never", "yes", "ja"]})
    rows[:3].to_parquet(artifact / "part-00000.parquet")
    rows[3:].to_parquet(artifact / "part-00001.parquet")
    return folder, rows


def test_predictions_are_at_the_top_of_the_folder(tmp_path: Path) -> None:
    folder, rows = make_run(tmp_path)
    write_prediction_files(folder)
    pd.testing.assert_frame_equal(pd.read_parquet(folder.predictions).reset_index(drop=True), rows)
    pd.testing.assert_frame_equal(pd.read_csv(folder.predictions_csv), rows, check_dtype=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["artifacts", "predictions", "predictions.csv"]


def test_there_is_no_csv_of_very_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_files, "MOST_ROWS_OF_CSV", 4)
    folder, rows = make_run(tmp_path)
    write_prediction_files(folder)
    assert len(pd.read_parquet(folder.predictions)) == len(rows)
    assert not folder.predictions_csv.exists()


def test_a_run_without_predictions_gets_no_files(tmp_path: Path) -> None:
    write_prediction_files(RunFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []
