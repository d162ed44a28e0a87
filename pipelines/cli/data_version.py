"""Which version of a table a run reads."""

import argparse
from typing import Any

from components.errors import InvalidSetting


def add_data_version(parser: argparse.ArgumentParser) -> None:
    """Add the option for the version of the source."""
    parser.add_argument(
        "--data-version",
        metavar="VERSION",
        help="version of the source, as an earlier run's lineage names it (source_version)",
    )


def pin_source(parameters: dict[str, Any], version: str | None) -> dict[str, Any]:
    """Return a run's parameters with the address of one version of its source.

    Parameters
    ----------
    parameters : dict
        What was given for the run.
    version : str or None
        The version; None changes nothing.

    Raises
    ------
    SuiteError
        There is no source, it has no versions, or its address names another one.
    """
    if version is None:
        return parameters
    # Most commands do without.
    from components.ingest.sources.catalogue import PREFIX, find_source

    source = parameters.get("source", PREFIX)
    if source.startswith(PREFIX):
        raise InvalidSetting(
            f"A sample has no versions, so there is no {version!r} of it.",
            "Leave --data-version out. A generated sample depends on --seed alone.",
        )
    return {**parameters, "source": find_source(source).pin(version)}
