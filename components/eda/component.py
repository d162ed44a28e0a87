"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Findings, Problem, Schema, Table
from components._kfp.stage import stage


@stage
def eda(
    train: Input[Table],
    problem: Input[Problem],
    schema: Input[Schema],
    findings: Output[Findings],
    report: Output[HTML],
    seed: int = 0,
):
    """Look at the training rows.

    Args:
        train: Rows to learn from.
        problem: The resolved problem.
        schema: What each column is.
        findings: What the rows suggest; preprocess follows it.
        report: Distributions, box plots, Q-Q plots, nulls, correlation, relation to the target.
        seed: Seed of the sample that is drawn in the figures.
    """
    from components.eda.run import run

    run(
        train=train.path,
        problem=problem.path,
        schema=schema.path,
        findings=findings.path,
        report=report.path,
        seed=seed,
    )
