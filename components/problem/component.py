"""The component's interface."""

from kfp.dsl import Markdown, Output

from components._kfp.artifacts import Problem
from components._kfp.stage import stage


@stage
def problem(
    problem: Output[Problem],
    brief: Output[Markdown],
    target: str,
    task: str = "auto",
    metric: str = "auto",
    details: dict = {},  # noqa: B006
):
    """Check the problem and write its specification.

    Args:
        problem: The specification, with "auto" for what the data decide.
        brief: The specification in words, to be signed off.
        target: Column to predict.
        task: Kind of prediction: auto, binary, multiclass or regression.
        metric: What the sweep optimises: auto, value, or a metric that fits the task, such as roc_auc.
        details: The rest of the specification: gates, value, identifiers, event_time, gap,
            group, split_column, weight, sensitive, keep, positive_label, owner, description.
    """
    from components.problem.run import run

    run(problem=problem.path, brief=brief.path, target=target, task=task, metric=metric, details=details)
