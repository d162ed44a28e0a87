"""The test rows are sealed: nothing that is made before evaluate depends on them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import components.eda.run as eda
import components.engineer.run as engineer
import components.ingest.run as ingest
import components.preprocess.run as preprocess
import components.problem.run as problem
import components.select.run as select
import components.split.run as split
import components.train.run as train
import components.tune.run as tune
import components.validate.run as validate

N_ROWS = 200
N_TEST = 40


def table() -> pd.DataFrame:
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


def with_other_test_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its latest rows, which are tested on, changed in every column but the date."""
    other = frame.copy()
    late = other.index[-N_TEST:]
    other.loc[late, "amount"] = np.linspace(-1e6, 1e6, N_TEST)
    other.loc[late[::3], "amount"] = np.nan
    other.loc[late, "count"] = 10_000
    other.loc[late, "shop"] = "never seen before"
    other.loc[late, "left"] = ["yes", "no"] * (N_TEST // 2)
    return other


def trained(frame: pd.DataFrame, folder: Path) -> dict[str, str]:
    """Run all stages before evaluate; return what they made, as text."""

    def at(name: str) -> str:
        return str(folder / name)

    folder.mkdir()
    frame.to_csv(at("table.csv"), index=False)
    question = {"target": "left", "task": "auto", "metric": "auto", "details": {"event_time": "day"}}
    problem.run(problem=at("draft"), brief=at("brief"), **question)
    facts = ingest.run(dataset=at("dataset"), source=at("table.csv"), seed=0)
    checked = {name: at(name) for name in ("dataset", "draft", "problem", "schema", "verdict", "report")}
    validate.run(**checked)
    halves = split.run(
        dataset=at("dataset"),
        problem=at("problem"),
        train=at("train"),
        test=at("test"),
        source=facts,
        settings=split.Settings(test_fraction=N_TEST / N_ROWS),
    )
    assert halves["test"]["rows"] == N_TEST
    rows = {"train": at("train"), "problem": at("problem")}
    described = {"schema": at("schema"), "findings": at("findings")}
    eda.run(**rows, **described, report=at("eda.html"), seed=0)
    preprocess.run(**rows, **described, recipe=at("r1"), report=at("r1.html"), settings=preprocess.Settings())
    engineer.run(**rows, cleaned=at("r1"), recipe=at("r2"), settings=engineer.Settings())
    select.run(**rows, engineered=at("r2"), recipe=at("r3"), report=at("r3.html"), settings=select.Settings())
    tune.plan(**rows, recipe=at("r3"), folds=at("folds"), workers=1, seed=0)
    tune.run(folds=at("folds"), results=at("trials"), settings=tune.Settings(trials=3))
    train.run(
        **rows,
        schema=at("schema"),
        recipe=at("r3"),
        folds=at("folds"),
        trials=[at("trials")],
        model=at("model"),
        report=at("train.html"),
        source={},
        settings=train.Settings(),
    )
    trials = json.loads((folder / "trials" / "trials.json").read_text(encoding="utf-8"))
    made = ["findings", "r3/recipe.json", "model/signature.json", "model/profile.json", "model/golden.json"]
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in made}
    texts["scores"] = json.dumps([(trial["parameters"], trial["fold_scores"]) for trial in trials])
    return texts


def test_other_test_rows_change_nothing_before_evaluate(tmp_path: Path) -> None:
    frame = table()
    assert trained(frame, tmp_path / "one") == trained(with_other_test_rows(frame), tmp_path / "two")


def test_other_training_rows_do_change_the_model(tmp_path: Path) -> None:
    frame = table()
    other = frame.copy()
    other.loc[:20, "amount"] += 1
    one, two = trained(frame, tmp_path / "one"), trained(other, tmp_path / "two")
    assert one["scores"] != two["scores"]
    assert one["model/golden.json"] != two["model/golden.json"]
