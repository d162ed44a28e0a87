"""Lists on the benchmark's command lines."""

import argparse
from collections.abc import Callable, Mapping


def parse_budgets(text: str) -> tuple[float, ...]:
    """Return time limits in seconds.

    Raises
    ------
    argparse.ArgumentTypeError
        One of them is not a number above 0.
    """
    try:
        budgets = tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        budgets = ()
    if not budgets or not all(0 < seconds < float("inf") for seconds in budgets):
        raise argparse.ArgumentTypeError(f"time limits are numbers above 0, such as 60,240: {text!r}")
    return budgets


def make_names_type(known: Mapping[str, object]) -> Callable[[str], tuple[str, ...]]:
    """Return a function that parses a list of known names, and raises ArgumentTypeError for others."""

    def parse_names(text: str) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        unknown = [name for name in given if name not in known]
        if unknown or not given:
            raise argparse.ArgumentTypeError(f"no such name: {unknown}; there are {', '.join(known)}")
        return given

    return parse_names
