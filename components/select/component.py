"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Problem, Recipe, Table
from components._kfp.stage import stage


@stage
def select(
    train: Input[Table],
    problem: Input[Problem],
    engineered: Input[Recipe],
    recipe: Output[Recipe],
    report: Output[HTML],
    redundant_above: float = 0.999,
    seed: int = 0,
):
    """Learn which features carry signal.

    Args:
        train: Rows to learn from.
        problem: The resolved problem.
        engineered: The recipe so far.
        recipe: The recipe with one step more.
        report: Which features stay, and why the others go.
        redundant_above: Of two features with a higher absolute correlation one goes, above 0 up to 1.
        seed: Seed of the noise that a useful feature must beat.
    """
    from components.select.run import Settings, run

    run(
        train=train.path,
        problem=problem.path,
        engineered=engineered.path,
        recipe=recipe.path,
        report=report.path,
        settings=Settings(redundant_above=redundant_above, seed=seed),
    )
