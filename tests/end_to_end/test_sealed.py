"""The test rows are sealed: nothing that is made before evaluate depends on them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.stages import run_stages
from components._table.storage import read_frame

N_ROWS = 200
N_TEST = 40


def draw_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2024-01-01", periods=N_ROWS, freq="D"),
            "amount": rng.normal(size=N_ROWS).round(4),
            "count": rng.integers(0, 9, N_ROWS),
            "shop": rng.choice(["a", "b", "c"], N_ROWS),
        }
    )
    frame["left"] = np.where(frame["amount"] + rng.normal(0, 0.5, N_ROWS) > 0.3, "yes", "no")
    return frame


def change_test_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its latest rows, which are tested on, changed in every column but the date."""
    other = frame.copy()
    late = other.index[-N_TEST:]
    other.loc[late, "amount"] = np.linspace(-1e6, 1e6, N_TEST)
    other.loc[late[::3], "amount"] = np.nan
    other.loc[late, "count"] = 10_000
    other.loc[late, "shop"] = "never seen before"
    other.loc[late, "left"] = ["yes", "no"] * (N_TEST // 2)
    return other


def train_table(frame: pd.DataFrame, folder: Path) -> dict[str, str]:
    """Run all stages; return what those before evaluate made, as text."""
    folder.mkdir()
    source = folder / "table.csv"
    frame.to_csv(source, index=False)
    details = {"event_time": "day"}
    run_stages(folder, str(source), "left", details, trials=3, test_fraction=N_TEST / N_ROWS)
    assert len(read_frame(folder / "test")) == N_TEST
    trials = json.loads((folder / "trials" / "trials.json").read_text(encoding="utf-8"))["trials"]
    made = [
        "findings",
        "recipe/recipe.json",
        "model/signature.json",
        "model/profile.json",
        "model/golden.json",
    ]
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in made}
    texts["scores"] = json.dumps([(trial["parameters"], trial["fold_scores"]) for trial in trials])
    return texts


@pytest.mark.slow
def test_other_test_rows_change_nothing_before_evaluate(tmp_path: Path) -> None:
    frame = draw_table()
    assert train_table(frame, tmp_path / "one") == train_table(change_test_rows(frame), tmp_path / "two")


# The counterpart of the test above; each of them runs all stages twice.
@pytest.mark.slow
def test_other_training_rows_do_change_the_model(tmp_path: Path) -> None:
    frame = draw_table()
    other = frame.copy()
    other.loc[:20, "amount"] += 1
    one, two = train_table(frame, tmp_path / "one"), train_table(other, tmp_path / "two")
    assert one["scores"] != two["scores"]
    assert one["model/golden.json"] != two["model/golden.json"]
