"""Check the settings, write the specification and the brief."""

from pathlib import Path
from typing import Any

from components._problem.spec import Problem
from components.errors import InvalidSetting
from components.problem.brief import brief as brief_of


def run(*, problem: str, brief: str, target: str, task: str, metric: str, details: dict[str, Any]) -> None:
    """Write what a person wants to know as a specification and in words.

    Parameters
    ----------
    problem, brief : str
        Files to write: JSON and Markdown.
    target, task, metric : str
        The settings that have a parameter of their own.
    details : dict
        The rest of the specification, by the names of ``Problem``.

    Raises
    ------
    InvalidSetting
        The specification does not hold.
    """
    specification = Problem.parse(_merged({"target": target, "task": task, "metric": metric}, details))
    text = brief_of(specification)
    specification.save(problem)
    Path(brief).write_text(text, encoding="utf-8")


def _merged(parameters: dict[str, str], details: dict[str, Any]) -> dict[str, Any]:
    # "auto" leaves the choice open, so the details may make it.
    given_here = {name: given for name, given in parameters.items() if given != "auto"}
    for name, given in given_here.items():
        if details.get(name, given) != given:
            raise InvalidSetting(
                f"The {name} is set twice: {given!r} as a parameter and {details[name]!r} in the details.",
                f"Take {name} out of the details.",
            )
    if "classes" in details:
        raise InvalidSetting(
            "The details set the classes, which are found in the table.", "Take classes out of the details."
        )
    return {**parameters, **details, **given_here}
