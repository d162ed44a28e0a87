"""The component's interface."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Problem, Recipe, Table
from components._kfp.stage import stage


@stage
def engineer(
    train: Input[Table],
    problem: Input[Problem],
    cleaned: Input[Recipe],
    recipe: Output[Recipe],
    one_hot_up_to: int = 40,
    target_above: int = 10,
    seed: int = 0,
):
    """Fit the recipe's second step: date parts, one-hot and target encodings.

    Args:
        train: Training rows.
        problem: The resolved problem.
        cleaned: The recipe of preprocess.
        recipe: The recipe with this step.
        one_hot_up_to: Columns with more categories than this are not encoded one-hot.
        target_above: Columns with more categories than this are encoded by mean targets.
        seed: Seed of the cross-fitting folds.
    """
    from components.engineer.run import Settings, run

    run(
        train=train.path,
        problem=problem.path,
        cleaned=cleaned.path,
        recipe=recipe.path,
        settings=Settings(one_hot_up_to=one_hot_up_to, target_above=target_above, seed=seed),
    )
