"""A real git repository with DVC, and an object storage as its remote."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.s3 import S3Server

OLD, NEW = b"a,b\n1,2\n", b"a,b\n1,2\n3,4\n"
PARTS = {"1.csv": b"a,b\n1,2\n", "2.csv": b"a,b\n3,4\n", "more/3.csv": b"a,b\n5,6\n"}
_WHO = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org"}
_GIT = {**_WHO, **{name.replace("AUTHOR", "COMMITTER"): value for name, value in _WHO.items()}}


@dataclass(frozen=True)
class DvcData:
    """A repository whose table.csv has OLD at the tag v1 and NEW at its last commit, and its commits.

    Its folder ``parts`` has PARTS; ``notes.txt`` is in git. ``lost.csv`` was never pushed.
    """

    folder: Path
    bucket: str
    first: str
    last: str


def run_git(folder: Path, *words: str) -> str:
    environment = {**os.environ, **_GIT}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="session")
def dvc_data(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DvcData]:
    """The repository, without a cache, so that content comes from the remote."""
    # The import takes a second.
    from dvc.repo import Repo

    place = tmp_path_factory.mktemp("dvc")
    folder, pushed, bucket = place / "data", place / "pushed", "dvc-data"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    with Repo.init(str(folder)) as repo:
        # DVC's driver for S3 needs an older botocore than boto3. DVC names its objects alike in every remote,
        # so it pushes them to a folder, and its files are copied to the bucket.
        with repo.config.edit("local") as config:
            config["remote"]["folder"] = {"url": str(pushed)}
        with repo.config.edit() as config:
            config["remote"]["store"] = {"url": f"s3://{bucket}/data", "endpointurl": s3.endpoint}
            config["core"]["remote"] = "store"
        for name, content in {"table.csv": OLD, **{f"parts/{name}": PARTS[name] for name in PARTS}}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        repo.add([str(folder / "table.csv"), str(folder / "parts")])
        (folder / "notes.txt").write_text("About the tables.\n")
        first = _commit(folder, "v1")
        repo.push(remote="folder")
        (folder / "table.csv").write_bytes(NEW)
        repo.add(str(folder / "table.csv"))
        repo.push(remote="folder")
        (folder / "lost.csv").write_bytes(b"a,b\n9,9\n")
        repo.add(str(folder / "lost.csv"))
        last = _commit(folder, "v2")
    s3.client.make_bucket(bucket)
    for file in pushed.rglob("*"):
        if file.is_file():
            s3.put(bucket, f"data/{file.relative_to(pushed)}", file.read_bytes())
    shutil.rmtree(folder / ".dvc" / "cache")
    yield DvcData(folder, bucket, first, last)
    shutil.rmtree(place)


def _commit(folder: Path, tag: str) -> str:
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "-m", f"Data {tag}")
    run_git(folder, "tag", tag)
    return run_git(folder, "rev-parse", "HEAD")
