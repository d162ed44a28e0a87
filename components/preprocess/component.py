"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Findings, Problem, Recipe, Schema, Table
from components._kfp.stage import stage


@stage
def preprocess(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    schema: Input[Schema],
    findings: Input[Findings],
    recipe: Output[Recipe],
    report: Output[HTML],
    fence_factor: float = 3.0,
    rare_below: float = 0.001,
    memory: str = "",
    engine: str = "",
):
    """Fit the recipe's first step: types, nulls, outliers, standardisation, rare categories.

    Args:
        train: Training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        schema: Each column's kind and range.
        findings: What eda found; it leaves columns out.
        recipe: The recipe with its first step.
        report: What the step does to each column.
        fence_factor: Numbers are clipped this many interquartile ranges beyond the quartiles;
            0 does not clip them.
        rare_below: Categories rarer than this share of the rows are merged into one, from 0 to below 1.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
        engine: What computes what all training rows teach: local or dask; empty for Dask where it has a
            scheduler and the rows take more than 4 times the memory.
    """
    from components.preprocess.run import Settings, resolve_memory, run

    recipe.metadata["notes"] = run(
        train=train.path,
        sample=sample.path,
        problem=problem.path,
        schema=schema.path,
        findings=findings.path,
        recipe=recipe.path,
        report=report.path,
        settings=Settings(fence_factor=fence_factor, rare_below=rare_below, engine=engine),
        memory=resolve_memory(memory),
    )
