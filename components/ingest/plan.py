"""The look at the tables of a run before they are read: which content they have.

It imports no library for tables, because it runs in every run and mostly has little else to do.
"""

import hashlib
import sys
from collections.abc import Sequence
from http.client import HTTPResponse

from components._store.address import Address
from components.environment import Environment
from components.ingest.fingerprints import (
    describe_object,
    describe_response,
    format_hash,
    is_unknown,
    make_unknown,
)
from components.ingest.sources import (
    PREFIX,
    TIMEOUT,
    describe_path,
    explain_file_errors,
    find_scheme,
    open_url,
    read_response,
    repeat_request,
)
from components.network import WAITS

# Bytes of the largest download that is read only to compute its hash.
MOST_BYTES = 20_000_000


def plan(*, source: str, test: str) -> dict[str, str]:
    """Return the fingerprints of the tables of a run.

    Parameters
    ----------
    source : str
        Path, http(s) URL, ``s3://bucket/key`` or ``sample:NAME``.
    test : str
        The same for a test table; empty for none.

    Returns
    -------
    dict
        The fingerprint of ``"source"`` and, if there is a test table, of ``"test"``.

    Raises
    ------
    SuiteError
        As from ``components.ingest.sources.fetch_source``.
    """
    tables = {"source": source, "test": test} if test else {"source": source}
    fingerprints = {name: compute_fingerprint(address) for name, address in tables.items()}
    for name, fingerprint in fingerprints.items():
        sys.stdout.write(f"The content of {name} is {fingerprint}\n")
        if is_unknown(fingerprint):
            sys.stdout.write(
                f"Its server gives neither an ETag nor the time of its last change, and it has more than "
                f"{MOST_BYTES / 1e6:.0f} MB, so it is not compared with that of earlier runs.\n"
            )
    return fingerprints


def compute_fingerprint(source: str, timeout: float = TIMEOUT, waits: Sequence[float] = WAITS) -> str:
    """Return the fingerprint of a source.

    Parameters
    ----------
    source : str
        Path, http(s) URL, ``s3://bucket/key`` or ``sample:NAME``.
    timeout : float
        Seconds to wait for a server.
    waits : sequence of float
        Seconds before each further attempt, if a server does not answer.

    Raises
    ------
    SuiteError
        As from ``components.ingest.sources.fetch_source``.
    """
    if source.startswith(PREFIX):
        # It depends on the code and the seed alone.
        return source
    scheme = find_scheme(source)
    with explain_file_errors(source):
        if not scheme:
            return describe_path(source)
        if scheme == Address.SCHEME:
            return _look_at_object(source, timeout, waits)
        # A GET and not a HEAD: a signed address is valid for one method, and some servers answer a HEAD with
        # other headers.
        return repeat_request(lambda: _look_at_url(source, timeout), waits)


def _look_at_url(url: str, timeout: float) -> str:
    with open_url(url, timeout) as response:
        return describe_response(response.headers) or _hash_response(response, url)


def _look_at_object(source: str, timeout: float, waits: Sequence[float]) -> str:
    # The import takes a tenth of a second, and most sources do not need it.
    from components._store.store import Store

    store = Store(Environment.read(), timeout=timeout, waits=waits)
    return describe_object(store.find_version(Address.parse(source)))


def _hash_response(response: HTTPResponse, url: str) -> str:
    """Return the fingerprint of a response by its content, unless that is too large."""
    if int(response.headers.get("Content-Length") or 0) > MOST_BYTES:
        return make_unknown()
    digest, n_bytes = hashlib.sha256(), 0
    for chunk in read_response(response, url):
        n_bytes += len(chunk)
        if n_bytes > MOST_BYTES:
            return make_unknown()
        digest.update(chunk)
    return format_hash(digest.hexdigest())
