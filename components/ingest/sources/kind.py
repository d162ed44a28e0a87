"""Whether a source is a path or an address, and of which kind: decided here alone."""

import re

_KIND = re.compile(r"(sample):|(dvc|delta|iceberg)\+|([A-Za-z][A-Za-z0-9+.-]*)://", re.IGNORECASE)


def find_kind(source: str) -> str:
    """Return what an address begins with, such as ``"s3"``, in lower case; empty for a path."""
    found = _KIND.match(source)
    return "" if found is None else (found[1] or found[2] or found[3]).lower()
