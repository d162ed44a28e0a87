"""The components' interfaces."""

from kfp.dsl import HTML, ClassificationMetrics, Input, Markdown, Metrics, Output

from components._kfp.artifacts import Model, Problem, Table, Verdict
from components._kfp.stage import stage


@stage
def evaluate(
    train: Input[Table],
    sample: Input[Table],
    test: Input[Table],
    problem: Input[Problem],
    model: Input[Model],
    metrics: Output[Metrics],
    curves: Output[ClassificationMetrics],
    report: Output[HTML],
    card: Output[Markdown],
    verdict: Output[Verdict],
    seed: int = 0,
    memory: str = "",
):
    """Evaluate the model on the sealed rows.

    Args:
        train: The training rows, for the baselines.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        test: The sealed rows.
        problem: The resolved problem.
        model: The model.
        metrics: Every metric, with an interval for the main one.
        curves: The ROC curve and the confusion matrix.
        report: Metrics, curves, importances and gates.
        card: The model card.
        verdict: Whether the model passed its gates; enforced by evaluate-gate.
        seed: Seed of the bootstrap and the permutations.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
    """
    from components.evaluate.run import resolve_memory, run

    figures = run(
        train=train.path,
        sample=sample.path,
        test=test.path,
        problem=problem.path,
        model=model.path,
        report=report.path,
        card=card.path,
        verdict=verdict.path,
        seed=seed,
        memory=resolve_memory(memory),
    )
    metrics.metadata.update(figures["metrics"])
    curves.metadata.update(figures["curves"])


@stage
def evaluate_gate(verdict: Input[Verdict]):
    """Stop the run if the model failed a gate.

    Args:
        verdict: What evaluate found.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()
