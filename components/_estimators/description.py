"""Families and their parameters as text."""

from components._estimators import FAMILIES, Parameters


def get_title(family: str) -> str:
    """Return a family's title; "no family" for a trial that ended before it had one."""
    return FAMILIES[family].title if family in FAMILIES else family or "no family"


def format_parameters(parameters: Parameters) -> str:
    """Return a trial's parameters."""
    return ", ".join(f"{name} {format_parameter_value(value)}" for name, value in parameters.items())


def format_parameter_value(value: object) -> str:
    """Return a parameter's value as text."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
