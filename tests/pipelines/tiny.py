"""A pipeline as small as possible that ends in each way a run can end, by the name of its source."""

from kfp import dsl

from tests.pipelines.tiny_stages import evaluate, evaluate_gate, ingest, tune, tune_plan
from tests.pipelines.tiny_stages import problem as frame_problem


@dsl.pipeline(name="tiny")
def tiny(source: str, target: str, problem: dict = {}, trials: int = 2, workers: int = 1):  # noqa: B006
    framed = frame_problem(details=problem)
    table = ingest(source=source).after(framed)
    plan = tune_plan(workers=workers).after(table)
    with dsl.ParallelFor(plan.output) as worker:
        swept = tune(worker=worker, trials=trials)
    judged = evaluate(dataset=table.outputs["dataset"], trials=dsl.Collected(swept.outputs["results"]))
    evaluate_gate(verdict=judged.outputs["verdict"])
