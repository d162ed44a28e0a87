import shutil
from pathlib import Path

import pandas as pd
import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components._problem.registration import RegisteredModel
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.errors import InvalidSetting
from components.ingest.run import run as ingest
from pipelines.data.table_version import TableVersion
from pipelines.data.version_search import open_both, open_version
from tests.components._tracking.test_registry import log_folder
from tests.pipelines.data.training_runs import PROBLEM, write_training
from tests.pipelines.data.versions import write_csv
from tests.s3 import S3Server, make_secret

_COLUMNS: dict[str, list] = {"id": [1, 2], "y": ["no", "yes"]}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def registered(runs: Path, mlflow_database: Path, tmp_path: Path) -> str:
    """A registry whose champion was trained on a.csv, by a run that is not here; the hash of its table."""
    source = write_csv(tmp_path / "a.csv", pd.DataFrame(_COLUMNS))
    package = tmp_path / "package"
    package.mkdir()
    PROBLEM.save(package / "problem.json")
    facts = ingest(
        dataset=str(tmp_path / "dataset"),
        reading=str(tmp_path / "reading"),
        problem=str(package / "problem.json"),
        source=source,
        seed=0,
    )
    database = shutil.copy(mlflow_database, runs)
    with connect_to_mlflow(f"sqlite:///{database}", "keep") as client:
        registry = Registry(client, "churn")
        tags = {"dataset_sha256": facts["sha256"], "source": source, "seed": "0"}
        registry.register(log_folder(client, package), None, tags, "")
        registry.promote("1")
    return str(facts["sha256"])


def _open(given: str, runs: Path, other: TableVersion | None = None) -> TableVersion:
    return open_version(given, runs.parent / f"of {given.replace('/', '_')}", runs, None, other)


def test_a_file_an_address_and_a_run_are_told_apart(runs: Path) -> None:
    write_csv(runs.parent / "a.csv", pd.DataFrame(_COLUMNS))
    write_training(runs, "first", _COLUMNS)
    run = _open("first", runs)
    assert (run.title, run.n_rows, run.problem) == ("the run first", 2, PROBLEM)
    for given, title in (("a.csv", "the table a.csv"), ("./a.csv", "the table ./a.csv")):
        found = _open(given, runs)
        assert (found.title, found.kinds) == (title, run.kinds)


def test_a_word_that_is_both_a_run_and_a_file_is_an_error(runs: Path) -> None:
    write_training(runs, "first", _COLUMNS)
    (runs.parent / "first").write_text("id\n1\n")
    with pytest.raises(
        InvalidSetting, match=r"'first' is a run in .*, and a file here.\nFor the file write \./"
    ):
        _open("first", runs)


def test_a_table_beside_a_run_is_read_as_the_run_read_it(runs: Path) -> None:
    write_csv(runs.parent / "a.csv", pd.DataFrame(_COLUMNS))
    write_training(runs, "first", _COLUMNS)
    for number, words in enumerate((("a.csv", "first"), ("first", "a.csv"))):
        both = open_both(*words, runs.parent / str(number), runs, None)
        (notes,) = (side.notes for side in both if side.given == "a.csv")
        assert notes == ("The cells of the table a.csv were read as those of the run first, where they fit.",)


def test_a_run_without_its_table_is_an_error(runs: Path) -> None:
    folder = write_training(runs, "first", _COLUMNS)
    shutil.rmtree(folder.artifacts)
    with pytest.raises(InvalidSetting, match="The run 'first' has no table"):
        _open("first", runs)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("frist", r"There is no table 'frist': .*\nDid you mean 'first'\?"),
        ("xyzxyz", r"There is no table 'xyzxyz': .*\nKnown runs: first."),
        ("champion", "There is no registry"),
    ],
)
def test_a_word_that_names_nothing_is_an_error(runs: Path, given: str, message: str) -> None:
    write_training(runs, "first", _COLUMNS)
    with pytest.raises(InvalidSetting, match=message):
        _open(given, runs)


def test_a_version_is_read_again_from_its_source_if_its_content_is_the_same(
    runs: Path, registered: str
) -> None:
    found = _open("champion", runs)
    assert found.title == "version 1 of churn (champion)"
    assert found.origin == f"read again from {runs.parent / 'a.csv'}, with the same hash as at its training"
    assert (found.n_rows, found.problem, found.run) == (2, PROBLEM, None)


def test_a_version_of_an_object_that_was_overwritten_is_read_again(
    runs: Path, registered: str, s3: S3Server, empty_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "a.csv", (runs.parent / "a.csv").read_bytes())
    version = s3.client.stat_object(empty_bucket, "a.csv").version_id
    s3.put(empty_bucket, "a.csv", b"id,y\n9,no\n")
    tags = {"dataset_sha256": registered, "source": f"s3://{empty_bucket}/a.csv"}
    with connect_to_mlflow(f"sqlite:///{runs}/mlflow.db", "keep") as client:
        registry = Registry(client, "churn")
        for known in ({"source_version": str(version)}, {}):
            registry.register(log_folder(client, runs.parent / "package"), None, {**tags, **known}, "")
    found = _open("2", runs)
    assert f"?versionId={version}, with the same hash" in found.origin
    with pytest.raises(InvalidSetting, match=f"s3://{empty_bucket}/a.csv now has other content"):
        _open("3", runs)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("content", "reason"), [("id,y\n1,no\n", "now has other content"), (None, "There is no file")]
)
def test_a_version_whose_table_is_gone_is_an_error(runs: Path, content: str | None, reason: str) -> None:
    file = runs.parent / "a.csv"
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(InvalidSetting, match=f"The table of version 1 of churn .* is gone: .*{reason}"):
        _open("1", runs)


@pytest.mark.usefixtures("registered")
def test_a_version_has_the_table_of_its_run_or_of_any_with_the_same_content(runs: Path) -> None:
    write_training(runs, "other", {"id": [7], "y": ["no"]}, registered=RegisteredModel("churn", "1"))
    write_training(runs, "same", _COLUMNS)
    found = _open("1", runs)
    assert found.run is not None
    assert (found.run.name, found.origin) == ("same", "trained on the table of the run same")
