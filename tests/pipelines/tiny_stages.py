"""The stages of the pipeline ``tiny``. Where a task runs, kfp has no pipelines."""

from kfp.dsl import HTML, Artifact, Dataset, Input, Markdown, Output

from components._kfp.stage import stage


@stage
def problem(brief: Output[Markdown], details: dict):
    import json
    from pathlib import Path

    Path(brief.path).write_text("# Brief\n\n<b>bold</b> " + json.dumps(details), encoding="utf-8")


@stage
def ingest(dataset: Output[Dataset], source: str):
    import tempfile
    import time
    from pathlib import Path

    from components.errors import InvalidSource

    name = Path(source).name
    if name == "mistake":
        raise InvalidSource("The table 'mistake' is empty.", "Give a table with rows.")
    if name == "defect":
        raise KeyError("nobody thought of this")
    if name == "slow":
        with tempfile.TemporaryDirectory(prefix="slow-"):
            time.sleep(60)
    dataset.metadata.update({"source": source, "rows": 12, "columns": 3, "sha256": "0" * 64})


@stage
def tune_plan(workers: int) -> list[int]:
    return list(range(workers))


@stage
def tune(results: Output[Artifact], worker: int, trials: int):
    import os
    from pathlib import Path

    from components.environment import Environment
    from components.events import emit

    environment = Environment.read()
    assert environment.study_journal is not None
    assert (environment.tracking_uri or "").startswith("sqlite:////")
    assert Path.cwd() == Path(os.environ["PYTHONPATH"].split(os.pathsep)[0])
    emit(
        "trial",
        number=worker,
        score=0.8,
        best=0.8,
        finished=worker + 1,
        trials=trials,
        family="Linear",
        best_family="Linear",
        budget=600.0,
        metric="roc_auc",
    )
    Path(results.path).write_text(str(worker), encoding="utf-8")


@stage
def evaluate(
    dataset: Input[Dataset],
    trials: Input[list[Artifact]],
    report: Output[HTML],
    card: Output[Markdown],
    verdict: Output[Artifact],
):
    from pathlib import Path

    from components._problem.verdict import Verdict

    source = Path(dataset.metadata["source"])
    if source.name == "late" and source.exists():
        raise KeyError("nobody thought of this either")
    is_rejected = source.name == "rejected"
    score = 0.6 if is_rejected else 0.8
    record = {
        "model": "Linear",
        "metric": "roc_auc",
        "score": score,
        "low": score - 0.05,
        "high": score + 0.05,
        "baseline": 0.5,
        "simple": 0.55,
        "gates": [{"gate": "0.75 ≤ roc_auc", "value": score, "passed": not is_rejected}],
        "rows_train": 9,
        "rows_test": 3,
        "threshold": 0.5,
        "trials": len(trials),
    }
    failures = ("The gate 0.75 ≤ roc_auc failed with 0.6.",) if is_rejected else ()
    Verdict(failures, "Find better columns." if failures else "", record).save(verdict.path)
    Path(report.path).write_text("<!doctype html><title>Evaluate</title><p>drawn", encoding="utf-8")
    Path(card.path).write_text("# Model card\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", encoding="utf-8")


@stage
def evaluate_gate(verdict: Input[Artifact]):
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()
