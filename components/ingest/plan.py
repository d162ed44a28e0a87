"""The look at the tables of a run before they are read: which content they have.

It imports no library for tables, because it runs in every run and mostly has little else to do.
"""

import sys
from collections.abc import Sequence

from components.ingest.sources.catalogue import PREFIX, find_source
from components.ingest.sources.source import TIMEOUT, explain_file_errors
from components.network import WAITS


def plan(*, source: str, test: str) -> dict[str, str]:
    """Return the fingerprints of the tables of a run.

    Parameters
    ----------
    source : str
        Address of ``find_source``, or ``sample:NAME``.
    test : str
        The same for a test table; empty for none.

    Returns
    -------
    dict
        The fingerprint of ``"source"`` and, if there is a test table, of ``"test"``.

    Raises
    ------
    SuiteError
        As from ``components.ingest.sources.catalogue.fetch_source``.
    """
    tables = {"source": source, "test": test} if test else {"source": source}
    fingerprints = {name: compute_fingerprint(address) for name, address in tables.items()}
    for name, fingerprint in fingerprints.items():
        sys.stdout.write(f"The content of {name} is {fingerprint}\n")
    return fingerprints


def compute_fingerprint(source: str, timeout: float = TIMEOUT, waits: Sequence[float] = WAITS) -> str:
    """Return the fingerprint of a source.

    Parameters
    ----------
    source : str
        Address of ``find_source``, or ``sample:NAME``.
    timeout : float
        Seconds to wait for a server.
    waits : sequence of float
        Seconds before each further attempt, if a server does not answer.

    Raises
    ------
    SuiteError
        As from ``components.ingest.sources.catalogue.fetch_source``.
    """
    if source.startswith(PREFIX):
        # It depends on the code and the seed alone.
        return source
    with explain_file_errors(source):
        return find_source(source, timeout, waits).compute_fingerprint()
