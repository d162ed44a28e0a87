import json
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.local.recorded_run import RecordedRun, build_parameters, read_run
from pipelines.local.run_folder import RunFolder

PARAMETERS = {"source": "/a.csv", "target": "y", "budget_minutes": 10.0, "seed": 0, "test": None}


def write_run(tmp_path: Path, lineage: dict[str, Any] | None = None, **record: Any) -> RunFolder:
    folder = RunFolder.create(tmp_path / "runs", "one")
    usual = {
        "pipeline": "training",
        "status": "succeeded",
        "seconds": 3.0,
        "parameters": PARAMETERS,
        "commit": "abc1234",
        "origin": {"revision": "a" * 40, "processors": 3},
    }
    folder.save_record({**usual, **record})
    for task, name, content in (
        ("train", "model/lineage.json", {"trials_asked": 3, **(lineage or {})}),
        ("tune-result", "results/trials.json", {"trials": [{"number": 0}], "asked": 3}),
    ):
        file = folder.artifacts / "training-1" / task / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))
    return folder


def test_a_run_is_repeated_with_its_commit_and_parameters(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path))
    assert (run.title, run.revision, run.status, run.seconds) == ("the run one", "a" * 40, "succeeded", 3.0)
    # What has no value has its default.
    assert run.parameters == {name: value for name, value in PARAMETERS.items() if value is not None}
    assert sorted(run.tasks) == ["train", "tune-result"]
    assert run.sweep is None
    assert build_parameters(run) == (run.parameters, [])


def test_a_run_from_before_origins_has_the_commit_that_git_describes(tmp_path: Path) -> None:
    assert read_run(write_run(tmp_path, origin={}, commit="v1.0-3-gabc1234")).revision == "v1.0-3-gabc1234"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"pipeline": "scoring"}, "The run one is of the pipeline scoring, which depends on a model"),
        ({"status": "failed"}, "The run one has the status failed, so its result is not complete"),
        ({"status": "running"}, "has the status running"),
        ({"origin": {"revision": "abc-dirty"}}, "made with files that differ from its commit, abc, and"),
        ({"origin": {}, "commit": None}, "The commit of the run one is not recorded"),
    ],
)
def test_what_cannot_be_repeated_is_refused(record: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=message):
        read_run(write_run(tmp_path, **record))


def test_a_run_without_artifacts_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.clear()
    with pytest.raises(InvalidSetting, match=r"The artifacts of the run one are gone.*\n.*statement"):
        read_run(folder)


@pytest.mark.parametrize(
    ("lineage", "parameters"),
    [
        ({"ended_by_time": True}, {}),
        ({"hurried_by_time": True}, {}),
        ({"trials_asked": 0}, {}),
        ({}, {"weighs_time": True}),
        ({}, {"warm_start": "earlier"}),
        ({}, {"study": "churn"}),
    ],
)
def test_where_time_had_a_part_the_recorded_trials_are_repeated(
    lineage: dict[str, Any], parameters: dict[str, Any], tmp_path: Path
) -> None:
    run = read_run(write_run(tmp_path, lineage, parameters={**PARAMETERS, **parameters}))
    assert run.sweep == {
        "trials": [{"number": 0}],
        "asked": 3,
        "time_for_fits": {"seconds": 600.0, "processors": 3},
    }
    changed, notes = build_parameters(run)
    assert (changed["warm_start"], changed["study"]) == ("", "")
    assert notes == ["The 1 recorded trials run again, because time had a part in their choice."]


def test_the_recorded_time_for_the_fits_is_kept(tmp_path: Path) -> None:
    time = {"seconds": 7.5, "processors": 2}
    run = read_run(write_run(tmp_path, {"ended_by_time": True, "time_for_fits": time}))
    assert run.sweep is not None
    assert run.sweep["time_for_fits"] == time


def make_run(tmp_path: Path, source: str, version: str | None) -> RecordedRun:
    lineage: dict[str, Any] = {} if version is None else {"source_version": version}
    return read_run(write_run(tmp_path, lineage, parameters={**PARAMETERS, "source": source}))


@pytest.mark.parametrize(
    ("source", "version", "expected"),
    [
        ("s3://data/k.csv", "3HL4kqtJ", "s3://data/k.csv?versionId=3HL4kqtJ"),
        ("s3://data/k.csv?versionId=1", "1", "s3://data/k.csv?versionId=1"),
        ("s3://data/k/", "2026-11-30T08:15:00Z", "s3://data/k/?asOf=2026-11-30T08:15:00Z"),
        ("s3://data/k.csv", None, "s3://data/k.csv"),
        ("postgresql://u@h/db?table=t", "2026-11-30T08:15:00Z, snapshot 7", "postgresql://u@h/db?table=t"),
        ("/a.csv", None, "/a.csv"),
        ("sample:churn", None, "sample:churn"),
    ],
)
def test_a_source_is_read_in_the_version_that_was_read(
    source: str, version: str | None, expected: str, tmp_path: Path
) -> None:
    parameters, notes = build_parameters(make_run(tmp_path, source, version))
    assert parameters["source"] == expected
    is_unversioned = "://" in source and expected == source and "?versionId" not in source
    assert [note.startswith("The source keeps no versions") for note in notes] == (
        [True] if is_unversioned else []
    )


def test_the_version_of_an_earlier_lineage_which_may_be_an_etag_is_that_of_ingest(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path, {"source_version": "7"}, parameters={**PARAMETERS, "source": "s3://data/k.csv"}
    )
    written = {"artifacts": {"dataset": {"artifacts": [{"metadata": {"version": "7", "etag": "e"}}]}}}
    file = folder.artifacts / "training-1" / "ingest" / "executor_output.json"
    file.parent.mkdir()
    file.write_text(json.dumps(written))
    parameters, notes = build_parameters(read_run(folder))
    assert (parameters["source"], notes) == ("s3://data/k.csv?versionId=7", [])


def test_a_version_to_beat_is_left_out_and_said(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, parameters={**PARAMETERS, "must_beat": "2"}))
    parameters, notes = build_parameters(run)
    assert parameters["must_beat"] == ""
    assert notes == ["must_beat is left out: the registry is not the one of that time."]
