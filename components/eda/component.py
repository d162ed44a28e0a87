"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Findings, Problem, Schema, Table, Verdict
from components._kfp.stage import stage


@stage
def eda(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    schema: Input[Schema],
    verdict: Input[Verdict],
    findings: Output[Findings],
    report: Output[HTML],
    seed: int = 0,
    memory: str = "",
):
    """Explore the training rows.

    Args:
        train: The training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        schema: The kinds of the columns.
        verdict: What validate proposes for the problem, of which the effects are measured.
        findings: Findings about the columns, by which preprocess leaves columns out, and their effects.
        report: Distributions, box plots, Q-Q plots, nulls, correlations, relations to the target.
        seed: Seed of the rows and outliers that are chosen.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
    """
    from components.eda.run import resolve_memory, run

    run(
        train=train.path,
        sample=sample.path,
        problem=problem.path,
        schema=schema.path,
        verdict=verdict.path,
        findings=findings.path,
        report=report.path,
        seed=seed,
        memory=resolve_memory(memory),
    )
