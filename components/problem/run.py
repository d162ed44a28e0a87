"""Check the settings, write the specification and the brief."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components._problem.spec import Problem
from components.errors import InvalidSetting
from components.problem.brief import render_brief as brief_of


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
    written = build_specification(target=target, task=task, metric=metric, details=details)
    text = brief_of(written)
    written.save(problem)
    Path(brief).write_text(text, encoding="utf-8")


def build_specification(*, target: str, task: str, metric: str, details: dict[str, Any]) -> Problem:
    """Return what a person wants to know as a specification.

    Parameters
    ----------
    target, task, metric : str
        The settings that have a parameter of their own.
    details : dict
        The rest of the specification, by the names of ``Problem``.

    Raises
    ------
    InvalidSetting
        The specification does not hold, or a setting is given twice and differs.
    """
    parameters = {"target": target, "task": task, "metric": metric}
    # "auto" leaves the choice open, so the details may make it.
    given_here = {name: given for name, given in parameters.items() if given != "auto"}
    faults = list(_collect_conflicts(given_here, details))
    allowed = {name: given for name, given in details.items() if name != "classes"}
    try:
        written = Problem.from_settings({**parameters, **allowed, **given_here})
    except InvalidSetting as error:
        faults.append(error)
    if faults:
        remedies = dict.fromkeys(fault.remedy for fault in faults)
        raise InvalidSetting("\n".join(fault.what for fault in faults), "\n".join(remedies))
    return written


def _collect_conflicts(given_here: dict[str, str], details: dict[str, Any]) -> Iterator[InvalidSetting]:
    for name, given in given_here.items():
        if details.get(name, given) != given:
            yield InvalidSetting(
                f"The {name} is set twice: {given!r} as a parameter and {details[name]!r} in the details.",
                f"Take {name} out of the details.",
            )
    if "classes" in details:
        yield InvalidSetting(
            "The details set the classes, which are found in the table.", "Take classes out of the details."
        )
