"""The stage: check the settings, write the specification and the brief."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components._problem.spec import Problem
from components.errors import InvalidSetting
from components.problem.brief import render_brief


def run(*, problem: str, brief: str, target: str, task: str, metric: str, details: dict[str, Any]) -> None:
    """Write the specification of a problem, and the brief that says it in words.

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
        The specification is wrong.
    """
    specification = build_specification(target=target, task=task, metric=metric, details=details)
    text = render_brief(specification)
    specification.save(problem)
    Path(brief).write_text(text, encoding="utf-8")


def build_specification(*, target: str, task: str, metric: str, details: dict[str, Any]) -> Problem:
    """Return the specification of a problem.

    Parameters
    ----------
    target, task, metric : str
        The settings that have a parameter of their own.
    details : dict
        The rest of the specification, by the names of ``Problem``.

    Raises
    ------
    InvalidSetting
        The specification is wrong, or a setting is given twice with different values.
    """
    parameters = {"target": target, "task": task, "metric": metric}
    # "auto" leaves the choice open, so the details may make it.
    chosen = {name: value for name, value in parameters.items() if value != "auto"}
    faults = list(_collect_conflicts(chosen, details))
    allowed = {name: value for name, value in details.items() if name != "classes"}
    try:
        specification = Problem.from_settings({**parameters, **allowed, **chosen})
    except InvalidSetting as error:
        faults.append(error)
    if faults:
        remedies = dict.fromkeys(fault.remedy for fault in faults)
        raise InvalidSetting("\n".join(fault.what for fault in faults), "\n".join(remedies))
    return specification


def _collect_conflicts(parameters: dict[str, str], details: dict[str, Any]) -> Iterator[InvalidSetting]:
    for name, value in parameters.items():
        if details.get(name, value) != value:
            yield InvalidSetting(
                f"The {name} is set twice: {value!r} as a parameter and {details[name]!r} in the details.",
                f"Remove {name} from the details.",
            )
    if "classes" in details:
        yield InvalidSetting(
            "The details set the classes, which are read from the table.", "Remove classes from the details."
        )
