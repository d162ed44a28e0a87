"""Files and folders of a real DVC repository, whose remote is a real S3 server."""

import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source
from components.ingest.sources.dvc_content import DvcSource
from tests.dvc_data import NEW, OLD, PARTS, DvcData
from tests.s3 import make_secret


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    # The repository says where its remote is.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("prefix", "rev"), [("", "v1"), ("", None), ("", "commit"), ("file://", "v1"), ("file://", None)]
)
def test_a_file_is_read_as_it_was_at_a_revision(
    dvc_data: DvcData, tmp_path: Path, prefix: str, rev: str | None
) -> None:
    typed = dvc_data.first if rev == "commit" else rev
    is_old = rev in ("v1", "commit")
    source = f"dvc+{prefix}{dvc_data.folder}{f'@{typed}' if typed else ''}:table.csv"
    fingerprint = compute_fingerprint(source)
    found = fetch_source(source, tmp_path, fingerprint)
    assert found.path.read_bytes() == (OLD if is_old else NEW)
    assert found.facts["source_version"] == (dvc_data.first if is_old else dvc_data.last)
    assert found.facts.get("rev") == typed
    assert fingerprint == f"md5 {found.facts['md5']}"


def test_a_folder_is_read_with_all_its_files(dvc_data: DvcData, tmp_path: Path) -> None:
    found = fetch_source(f"dvc+{dvc_data.folder}@v1:parts", tmp_path)
    files = {str(file.relative_to(found.path)): file.read_bytes() for file in found.path.rglob("*.csv")}
    assert files == PARTS


@pytest.mark.parametrize(("path", "expected"), [("2.csv", [PARTS["2.csv"]]), ("more", [PARTS["more/3.csv"]])])
def test_a_part_of_a_folder_is_read_alone(
    dvc_data: DvcData, tmp_path: Path, path: str, expected: list[bytes]
) -> None:
    source = f"dvc+{dvc_data.folder}@v1:parts/{path}"
    found = fetch_source(source, tmp_path, compute_fingerprint(source)).path
    assert [file.read_bytes() for file in ([found] if found.is_file() else found.iterdir())] == expected


def test_a_missing_part_of_a_folder_is_named_with_the_nearest(dvc_data: DvcData, tmp_path: Path) -> None:
    with pytest.raises(
        InvalidSource, match=r"parts of .* has no 4\.csv at v1\.\nDid you mean '2\.csv'|1\.csv"
    ):
        fetch_source(f"dvc+{dvc_data.folder}@v1:parts/4.csv", tmp_path)


def test_data_that_changed_since_the_plan_are_refused(dvc_data: DvcData, tmp_path: Path) -> None:
    source = f"dvc+{dvc_data.folder}@{{}}:table.csv"
    with pytest.raises(InvalidSource, match="changed while the run was reading"):
        fetch_source(source.format("v2"), tmp_path, compute_fingerprint(source.format("v1")))


@pytest.mark.parametrize("rev", ["", "@v1", "@main"])
def test_a_run_is_repeated_with_its_commit(dvc_data: DvcData, rev: str) -> None:
    pinned = DvcSource(f"dvc+{dvc_data.folder}{rev}:table.csv").pin(dvc_data.first)
    assert pinned == f"dvc+{dvc_data.folder}@{dvc_data.first}:table.csv"


def test_two_commits_are_an_error(dvc_data: DvcData) -> None:
    with pytest.raises(InvalidSetting, match="names another commit than --data-version"):
        DvcSource(f"dvc+{dvc_data.folder}@{dvc_data.first}:table.csv").pin(dvc_data.last)


def test_the_plan_imports_no_library_for_tables(dvc_data: DvcData) -> None:
    code = f"""
import sys
from components.ingest.plan import plan
plan(source="dvc+{dvc_data.folder}@v1:table.csv", test="")
assert not {{"pandas", "pyarrow", "numpy"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "."}, check=True)
