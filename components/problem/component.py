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
    """Check the business question and write it down.

    Args:
        problem: The specification, with "auto" where the data decide.
        brief: The specification in words, to be signed off.
        target: Column to predict.
        task: Kind of prediction: auto, binary, multiclass or regression.
        metric: What the sweep maximises: auto, value, or a scorer of scikit-learn that fits the task.
        details: The rest of the specification: gates, value, identifiers, event_time, group,
            sensitive, keep, positive_label, owner, description.
    """
    from components.problem.run import run

    run(problem=problem.path, brief=brief.path, target=target, task=task, metric=metric, details=details)
