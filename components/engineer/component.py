"""The component's interface."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Problem, Recipe, Table
from components._kfp.stage import stage


@stage
def engineer(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    cleaned: Input[Recipe],
    recipe: Output[Recipe],
    report: Output[HTML],
    one_hot_up_to: int = 40,
    target_above: int = 10,
    budget_minutes: float = 10.0,
    seed: int = 0,
):
    """Fit the recipe's second step: date parts, encodings, and the derived features that pay.

    Args:
        train: Training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        cleaned: The recipe of preprocess.
        recipe: The recipe with this step.
        report: Which blocks of features were tried, what each gave, and which are kept.
        one_hot_up_to: Columns with more categories than this are not encoded one-hot.
        target_above: Columns with more categories than this are encoded by mean targets.
        budget_minutes: Time for the sweep, in minutes; at most a tenth of it is used to try features.
        seed: Seed of the folds.
    """
    from components.engineer.run import Settings, run

    run(
        train=train.path,
        sample=sample.path,
        problem=problem.path,
        cleaned=cleaned.path,
        recipe=recipe.path,
        report=report.path,
        settings=Settings(
            one_hot_up_to=one_hot_up_to, target_above=target_above, budget_minutes=budget_minutes, seed=seed
        ),
    )
