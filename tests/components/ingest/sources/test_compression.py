"""Compressed files and folders with such files."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources.catalogue import fetch_source

CSV = b"a,b\n1,2\n"


def test_gzip_is_recognised_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(gzip.compress(CSV))
    assert fetch_source(str(file), tmp_path).path.read_bytes() == CSV


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-9], lambda content: content[:20] + b"\0" + content[21:]]
)
def test_damaged_gzip_is_an_error(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(damage(gzip.compress(CSV * 1000)))  # type: ignore[operator]
    with pytest.raises(InvalidSource, match=r"table\.csv\.gz is a damaged gzip file"):
        fetch_source(str(file), tmp_path)


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(CSV * 100_000))
    code = f"""
import resource, signal
from pathlib import Path
from components.ingest.sources.catalogue import fetch_source
# A limit on the size of files acts as a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
fetch_source({str(file)!r}, Path({str(tmp_path)!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True, text=True
    )
    assert "table.csv.gz cannot be read: File too large" in done.stderr
    assert "give the task more ephemeral storage" in done.stderr
