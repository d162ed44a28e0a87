"""The training pipeline's stages, called one after another in this process.

The same wiring as ``pipelines.training``, without kfp: for measurements of the stages' own compute, and for
tests that look at what lies between them.
"""

from pathlib import Path
from typing import Any

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
from benchmarks.defaults import settings_of
from components.tune.result import join_workers


def run_stages(
    folder: Path,
    source: str,
    target: str,
    details: dict[str, Any],
    *,
    trials: int,
    test_fraction: float = 0.2,
) -> None:
    """Run every stage, each output in ``folder`` under a name of its own.

    Parameters
    ----------
    folder : Path
        An existing folder.
    source, target, details
        The table, and what is asked of it, as the pipeline's parameters of these names.
    trials : int
        Trials of the sweep.
    test_fraction : float
        Share of the rows to test on.
    """

    def at(name: str) -> str:
        return str(folder / name)

    problem.run(
        problem=at("draft"), brief=at("brief"), target=target, task="auto", metric="auto", details=details
    )
    facts = ingest.run(
        dataset=at("dataset"), reading=at("reading"), problem=at("draft"), source=source, seed=0
    )
    checked = {name: at(name) for name in ("dataset", "reading", "draft", "problem", "schema", "verdict")}
    validate.run(**checked, report=at("validate.html"))
    halves = split.run(
        dataset=at("dataset"),
        problem=at("problem"),
        train=at("train"),
        test=at("test"),
        source=facts,
        settings=split.Settings(test_fraction=test_fraction),
    )
    rows = {"train": at("train"), "problem": at("problem")}
    described = {"schema": at("schema"), "findings": at("findings")}
    eda.run(**rows, **described, report=at("eda.html"), seed=0)
    preprocess.run(
        **rows,
        **described,
        recipe=at("cleaned"),
        report=at("preprocess.html"),
        settings=settings_of("preprocess"),
    )
    engineer.run(**rows, cleaned=at("cleaned"), recipe=at("engineered"), settings=settings_of("engineer"))
    select.run(
        **rows,
        engineered=at("engineered"),
        recipe=at("recipe"),
        report=at("select.html"),
        settings=settings_of("select"),
    )
    tune.plan(**rows, recipe=at("recipe"), folds=at("folds"), workers=1, seed=0)
    tune.run(
        folds=at("folds"), results=at("worker"), study="sweep", settings=settings_of("tune", trials=trials)
    )
    join_workers(
        folds=at("folds"), parts=[at("worker")], results=at("trials"), report=at("tune.html"), seed=0
    )
    train.run(
        **rows,
        schema=at("schema"),
        recipe=at("recipe"),
        folds=at("folds"),
        trials=at("trials"),
        model=at("model"),
        report=at("train.html"),
        source=halves["train"],
        settings=settings_of("train"),
    )
    evaluate.run(
        **rows,
        test=at("test"),
        model=at("model"),
        report=at("evaluate.html"),
        card=at("card"),
        verdict=at("judged"),
        seed=0,
    )
