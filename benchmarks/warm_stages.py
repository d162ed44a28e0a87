"""The training pipeline's stages, called one after another in this process; prints their seconds in all.

Usage: ``python -m benchmarks.warm_stages FOLDER ROWS TRIALS``.
"""

import os
import sys
import time
from pathlib import Path

import mlflow.sklearn  # noqa: F401  imported before the clock starts, as all the stages are

import components.eda.run as eda
import components.engineer.run as engineer
import components.evaluate.run as evaluate
import components.ingest.run as ingest
import components.preprocess.run as preprocess
import components.problem.run as problem
import components.select.run as select
import components.split.run as split
import components.train.run as train
import components.tune.run as tune
import components.validate.run as validate


def main(folder: Path, rows: int, trials: int) -> float:
    """Run every stage on the churn sample and return the seconds."""
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/warm.db"

    def at(name: str) -> str:
        return str(folder / name)

    started = time.perf_counter()
    problem.run(
        problem=at("draft"),
        brief=at("brief"),
        target="churned",
        task="auto",
        metric="auto",
        details={"identifiers": ["customer_id"]},
    )
    facts = ingest.run(dataset=at("dataset"), source=f"sample:churn?rows={rows}", seed=0)
    validate.run(
        dataset=at("dataset"),
        draft=at("draft"),
        problem=at("problem"),
        schema=at("schema"),
        verdict=at("verdict"),
        report=at("validate.html"),
    )
    named = {"problem": at("problem")}
    halves = split.run(
        dataset=at("dataset"),
        train=at("train"),
        test=at("test"),
        source=facts,
        settings=split.Settings(),
        **named,
    )
    named |= {"train": at("train")}
    described = {"schema": at("schema"), "findings": at("findings")}
    eda.run(report=at("eda.html"), seed=0, **named, **described)
    preprocess.run(
        recipe=at("clean"),
        report=at("preprocess.html"),
        settings=preprocess.Settings(),
        **named,
        **described,
    )
    engineer.run(cleaned=at("clean"), recipe=at("engineered"), settings=engineer.Settings(), **named)
    select.run(
        engineered=at("engineered"),
        recipe=at("recipe"),
        report=at("select.html"),
        settings=select.Settings(),
        **named,
    )
    tune.plan(recipe=at("recipe"), folds=at("folds"), workers=1, seed=0, **named)
    tune.run(folds=at("folds"), results=at("trials"), settings=tune.Settings(trials=trials))
    train.run(
        schema=at("schema"),
        recipe=at("recipe"),
        folds=at("folds"),
        trials=[at("trials")],
        model=at("model"),
        report=at("train.html"),
        source=halves["train"],
        settings=train.Settings(),
        **named,
    )
    evaluate.run(
        test=at("test"),
        model=at("model"),
        report=at("evaluate.html"),
        card=at("card"),
        verdict=at("judged"),
        seed=0,
        **named,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
