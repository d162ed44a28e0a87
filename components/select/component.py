"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Problem, Recipe, Table
from components._kfp.stage import stage


@stage
def select(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    engineered: Input[Recipe],
    recipe: Output[Recipe],
    report: Output[HTML],
    redundant_above: float = 0.999,
    seed: int = 0,
):
    """Fit the recipe's third step: keep the features that help to predict.

    Args:
        train: Training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        engineered: The recipe of engineer.
        recipe: The recipe with this step.
        report: Which features are kept, and why the others are dropped.
        redundant_above: One of two features with a higher absolute correlation is dropped; above 0, up to 1.
        seed: Seed of the noise that a useful feature must beat.
    """
    from components.select.run import Settings, run

    run(
        train=train.path,
        sample=sample.path,
        problem=problem.path,
        engineered=engineered.path,
        recipe=recipe.path,
        report=report.path,
        settings=Settings(redundant_above=redundant_above, seed=seed),
    )
