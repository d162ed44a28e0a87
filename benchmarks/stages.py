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
from benchmarks.defaults import build_settings
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

    def get_path(name: str) -> str:
        return str(folder / name)

    problem.run(
        problem=get_path("draft"),
        brief=get_path("brief"),
        target=target,
        task="auto",
        metric="auto",
        details=details,
    )
    facts = ingest.run(
        dataset=get_path("dataset"),
        reading=get_path("reading"),
        problem=get_path("draft"),
        source=source,
        seed=0,
    )
    checked: dict[str, Any] = {
        name: get_path(name) for name in ("dataset", "reading", "draft", "problem", "schema", "verdict")
    }
    validate.run(**checked, report=get_path("validate.html"), expectations={})
    halves = split.run(
        dataset=get_path("dataset"),
        problem=get_path("problem"),
        train=get_path("train"),
        test=get_path("test"),
        sample=get_path("sample"),
        source=facts,
        settings=split.Settings(test_fraction=test_fraction),
    )
    rows: dict[str, Any] = {name: get_path(name) for name in ("train", "sample", "problem")}
    described: dict[str, Any] = {name: get_path(name) for name in ("schema", "findings")}
    eda.run(**rows, **described, report=get_path("eda.html"), seed=0)
    preprocess.run(
        **rows,
        **described,
        recipe=get_path("cleaned"),
        report=get_path("preprocess.html"),
        settings=build_settings("preprocess"),
    )
    engineer.run(
        **rows,
        cleaned=get_path("cleaned"),
        recipe=get_path("engineered"),
        report=get_path("engineer.html"),
        settings=build_settings("engineer"),
    )
    select.run(
        **rows,
        engineered=get_path("engineered"),
        recipe=get_path("recipe"),
        report=get_path("select.html"),
        settings=build_settings("select"),
    )
    sweep = build_settings("tune", trials=trials)
    tune.plan(
        **rows,
        recipe=get_path("recipe"),
        folds=get_path("folds"),
        study="",
        workers=1,
        budget_minutes=sweep.budget_minutes,
        seed=0,
    )
    tune.run(
        folds=get_path("folds"),
        results=get_path("worker"),
        study="sweep",
        settings=sweep,
    )
    join_workers(
        folds=get_path("folds"),
        parts=[get_path("worker")],
        results=get_path("trials"),
        report=get_path("tune.html"),
        seed=0,
    )
    train.run(
        **rows,
        schema=get_path("schema"),
        recipe=get_path("recipe"),
        folds=get_path("folds"),
        trials=get_path("trials"),
        model=get_path("model"),
        report=get_path("train.html"),
        source=halves["train"],
        settings=build_settings("train"),
    )
    evaluate.run(
        **rows,
        test=get_path("test"),
        model=get_path("model"),
        report=get_path("evaluate.html"),
        card=get_path("card"),
        verdict=get_path("judged"),
        seed=0,
    )
