"""What a run on a cluster ran, asked from a stand-in for the API."""

import copy
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components.environment import Environment
from components.errors import InvalidSetting
from components.machine import NUMERICAL_PREFIXES
from pipelines import image_names
from pipelines.cli.main import main
from pipelines.local.checkout import Checkout, resolve_commit
from pipelines.parameters import read_signature
from pipelines.remote.cluster_run import ClusterRun, RunLink, build_local_parameters, read_cluster_run
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.spec import Spec
from pipelines.remote.submission import Submission, submit_run
from tests.kfp_api.state import KfpApi
from tests.pipelines.remote.cluster import make_document, make_patient_client
from tests.s3 import S3Server

ID = "2f1c7c0a-8a3c-4d5b-9a51-0c6f2ab3d4e5"
PARAMETERS = {"source": "s3://data/t.csv", "target": "y", "trials": 5, "problem": {"identifiers": ["id"]}}


@pytest.mark.parametrize(
    ("text", "host", "run_id"),
    [
        (f"http://localhost:8080/#/runs/details/{ID}", "http://localhost:8080", ID),
        (f"https://a.example/pipeline/#/runs/details/{ID}?tab=1", "https://a.example/pipeline", ID),
        (f"https://a.example/_/pipeline/?ns=ann#/runs/details/{ID}", "https://a.example/_/pipeline", ID),
        (ID, None, ID),
    ],
)
def test_a_link_names_the_cluster_and_the_run(text: str, host: str | None, run_id: str) -> None:
    assert RunLink.parse(text) == RunLink(host, run_id)


@pytest.mark.parametrize("text", ["first", "http://localhost:8080/#/experiments/details/7", ""])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="is neither the link of a run nor its id"):
        RunLink.parse(text)


def start(api: KfpApi, image: str, name: str = "training", **parameters: Any) -> str:
    """Start a run whose tasks have an image, and return its link."""
    document = copy.deepcopy(make_document(image))
    document["pipelineInfo"]["name"] = name
    connection = KubeflowConnection(host=api.url, dashboard=api.url)
    given = {**PARAMETERS, **parameters}
    submission = Submission(Spec((document,)), given, "mine", "weekly")
    return submit_run(make_patient_client(connection), connection, submission).url


def read(api: KfpApi, link: str) -> ClusterRun:
    client = make_patient_client(KubeflowConnection(host=api.url, dashboard=api.url))
    return read_cluster_run(client, RunLink.parse(link).run_id)


def test_a_run_has_the_parameters_that_are_no_defaults_and_the_commit_of_its_images(api: KfpApi) -> None:
    run = read(api, start(api, "localhost:5000/team/kfp-tabular-train:v1.0-3-gabc1234"))
    assert (run.name, run.state, run.revision) == ("weekly", "SUCCEEDED", "v1.0-3-gabc1234")
    assert run.parameters == PARAMETERS
    assert run.created is not None


def test_minutes_come_with_the_number_of_trials(api: KfpApi) -> None:
    trials = read_signature("training")["trials"].default
    link = start(api, "a.example/kfp-tabular-train:abc1234", budget_minutes=5.0, trials=trials)
    run = read(api, link)
    assert (run.parameters["budget_minutes"], run.parameters["trials"]) == (5.0, trials)


def test_images_by_digest_have_the_commit_of_their_push(
    api: KfpApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = f"sha256:{'1' * 64}"
    link = start(api, f"localhost:5000/team/kfp-tabular-train@{digest}")
    monkeypatch.setattr(image_names, "DIGESTS", tmp_path / "images.json")
    with pytest.raises(InvalidSetting, match=r"names its images by digest, and dist/images.json here has"):
        read(api, link)
    (tmp_path / "images.json").write_text(json.dumps({"revision": "c" * 40, "digests": {"train": digest}}))
    assert read(api, link).revision == "c" * 40


@pytest.mark.parametrize(
    ("image", "name", "message"),
    [
        (
            "a.example/kfp-tabular-train:abc-dirty",
            "training",
            "built from files that differ from their commit",
        ),
        ("a.example/team/other:1", "training", "has no image kfp-tabular-train"),
        ("a.example/kfp-tabular-train:1", "scoring", "is of the pipeline scoring, and only a training"),
    ],
)
def test_what_cannot_run_again_is_refused(image: str, name: str, message: str, api: KfpApi) -> None:
    link = start(api, image, name)
    with pytest.raises(InvalidSetting, match=message):
        read(api, link)


def test_a_run_that_is_not_there_and_one_without_its_pipeline_are_errors(api: KfpApi) -> None:
    link = start(api, "a.example/kfp-tabular-train:1")
    with pytest.raises(KubeflowError, match="not found"):
        read(api, ID)
    (run,) = api.runs.values()
    del run["pipeline_version_reference"]
    with pytest.raises(KubeflowError, match="does not show the pipeline of the run weekly"):
        read(api, link)


def make_run(created: datetime | None = None, **parameters: Any) -> ClusterRun:
    return ClusterRun("weekly", "SUCCEEDED", "abc", {**PARAMETERS, **parameters}, created)


def test_what_is_of_the_cluster_is_left_out_and_said() -> None:
    parameters, notes = build_local_parameters(
        make_run(source="a.csv", deploy=True, must_beat="3", study="", trials=0), Environment()
    )
    assert parameters == {**PARAMETERS, "source": "a.csv", "trials": 0}
    assert notes == [
        "deploy is left out: it is of the cluster.",
        "must_beat is left out: it is of the cluster.",
        "Time ended its sweep, so that this run tries other trials than it did.",
    ]


def test_an_object_is_read_in_the_version_that_the_run_read(s3: S3Server, empty_bucket: str) -> None:
    s3.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    s3.put(empty_bucket, "t.csv", b"old")
    old = s3.client.stat_object(empty_bucket, "t.csv")
    source = f"s3://{empty_bucket}/t.csv"
    run = make_run(old.last_modified, source=source)
    parameters, notes = build_local_parameters(run, s3.make_environment())
    assert parameters["source"] == f"{source}?versionId={old.version_id}"
    assert notes == [f"source is read in version {old.version_id}, its newest when the run began."]
    early = make_run(datetime.now(UTC) - timedelta(days=1), source=source)
    parameters, notes = build_local_parameters(early, s3.make_environment())
    assert parameters["source"] == source
    assert notes[0].startswith("source is read as it is now: its bucket keeps no version from ")
    named = make_run(old.last_modified, source=f"{source}?versionId=7")
    assert build_local_parameters(named, Environment())[0]["source"] == f"{source}?versionId=7"


def test_a_folder_is_read_as_it_was_when_the_run_began() -> None:
    run = make_run(datetime(2026, 11, 30, 8, 15, tzinfo=UTC), source="s3://data/customers/")
    parameters, notes = build_local_parameters(run, Environment())
    assert parameters["source"] == "s3://data/customers/?asOf=2026-11-30T08:15:00+00:00"
    assert notes == ["source is read as it was when the run began, at 2026-11-30T08:15:00+00:00."]


def test_a_delta_table_is_read_as_it_was_and_a_database_as_it_is() -> None:
    began = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
    found, notes = build_local_parameters(make_run(began, source="delta+s3://lake/t"), Environment())
    assert found["source"] == "delta+s3://lake/t@2026-11-30T08:15:00+00:00"
    assert notes == ["source is read as it was when the run began, at 2026-11-30T08:15:00+00:00."]
    for source in ("delta+s3://lake/t@7", "iceberg+s3://lake/0.metadata.json"):
        found, notes = build_local_parameters(make_run(began, source=source), Environment())
        assert (found["source"], notes) == (source, [])
    run = make_run(began, source="postgresql://ana@host/shop?table=t")
    assert build_local_parameters(run, Environment())[1] == [
        "source is read as it is now: a database keeps no earlier rows."
    ]


def test_the_command_runs_the_commit_of_the_cluster_here_up_to_the_run_itself(
    api: KfpApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = resolve_commit("HEAD")
    link = start(api, f"a.example/kfp-tabular-train:{commit[:9]}", source="/table of mine.csv")
    ran: list[Any] = []
    for name in filter(lambda name: name.startswith(NUMERICAL_PREFIXES), list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(
        Checkout, "run", lambda self, words, changes: ran.append((self.commit, words, changes)) or 0
    )
    words = ["run", "training", "--from", link, "--name", "again", "--runs", str(tmp_path)]
    assert main(words) == 0
    problem = json.dumps(PARAMETERS["problem"])
    own = ["run", "training", "--name", "again", "--runs", str(tmp_path)]
    values = ["target=y", "trials=5", f"problem={problem}"]
    ((ran_commit, given, changes),) = ran
    assert changes == {"OPENBLAS_CORETYPE": None}
    assert (ran_commit, given[:6]) == (commit, own)
    assert sorted(given[6:]) == sorted(["source=/table of mine.csv", *values])
    said = capsys.readouterr().out
    assert said == (
        f"The run weekly of the cluster, SUCCEEDED, at commit {commit[:12]}\n"
        "  OPENBLAS_CORETYPE is not set: "
        "it changes the last digits, and the images of the cluster do not set it.\n"
    )
    assert main([*words, "--trials", "3"]) == 2
    assert "has settings of its own, so --trials cannot be given" in capsys.readouterr().err
