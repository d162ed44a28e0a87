import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.cluster import (
    EMPTY,
    RUN,
    PodTime,
    compare_runs,
    compute_shares,
    draw,
    list_pods,
    main,
    read_status,
)
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.submission import Submission, submit_run
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, describe_run
from tests.pipelines.remote.cluster import make_patient_client, make_spec
from tests.workflows import WORKFLOW

PODS = [
    PodTime("ingest", "backend", 2, 4),
    PodTime("ingest", "stage", 5, 13),
    PodTime("split", "backend", 12, 15),
    PodTime("split", "stage", 16, 20),
]
EMPTY_PODS = [
    PodTime("ingest", "backend", 1, 3),
    PodTime("ingest", "stage", 4, 5),
    PodTime("split", "backend", 6, 7),
    PodTime("split", "stage", 8, 10),
]


def make_manifest(pods: list[PodTime], *, is_packed: bool = False) -> str:
    def format_time(seconds: float) -> str:
        return f"2026-11-29T06:00:{int(seconds):02d}Z"

    nodes: dict[str, dict[str, Any]] = {
        str(number): {
            "type": "Pod",
            "name": f"{WORKFLOW}.root.stages.{pod.task}"
            + {"stage": ".executor(0)", "backend": "-driver"}[pod.owner],
            "startedAt": format_time(pod.start),
            "finishedAt": format_time(pod.end),
        }
        for number, pod in enumerate(pods)
    }
    nodes["group"] = {"type": "DAG", "name": f"{WORKFLOW}.root", "finishedAt": format_time(50)}
    nodes["running"] = {"type": "Pod", "name": f"{WORKFLOW}.root.late-driver", "startedAt": format_time(40)}
    status: dict[str, Any] = {"startedAt": format_time(0), "nodes": nodes}
    if is_packed:
        status["nodes"] = {}
        status["compressedNodes"] = base64.b64encode(gzip.compress(json.dumps(nodes).encode())).decode()
    return json.dumps({"metadata": {"name": WORKFLOW}, "status": status})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        for variable in ("TOKEN", "SA_TOKEN_PATH", "COOKIE"):
            monkeypatch.delenv(f"KF_PIPELINES_{variable}", raising=False)
        monkeypatch.setenv("KF_PIPELINES_ENDPOINT", api.url)
        yield api


def start(api: KfpApi, *manifests: str) -> str:
    """Start a run; it and the next ones have ended with these workflows."""
    api.scripts = [[describe_run("SUCCEEDED", manifest)] for manifest in manifests]
    connection = KubeflowConnection(host=api.url, dashboard=api.url)
    parameters = {"source": "s3://data/t.csv", "target": "y"}
    submission = Submission(make_spec(), parameters, "mine", "monday")
    return submit_run(make_patient_client(connection), connection, submission).run_id


@pytest.mark.parametrize("is_packed", [False, True])
def test_pods_that_ended_are_listed_by_their_start(is_packed: bool) -> None:
    assert list_pods(read_status(make_manifest(PODS[::-1], is_packed=is_packed))) == PODS


def test_the_pod_of_an_iteration_has_the_name_of_its_task() -> None:
    (pod,) = list_pods(
        read_status(make_manifest([PodTime("sweep.iteration-iterations(1:1).tune", "stage", 1, 2)]))
    )
    assert pod.task == "tune"


def test_shares_count_no_second_twice() -> None:
    # Kubeflow's pods are alone from 2 to 4 and from 13 to 15; one starts while a stage runs.
    assert compute_shares(PODS) == (20, 12 / 20, 4 / 20, 4 / 20)


def test_what_an_empty_run_takes_is_kubeflows_part() -> None:
    assert compare_runs(PODS, EMPTY_PODS, None).splitlines() == [
        "                    seconds  pods  stages  Kubeflow  no pod",
        "run                      20     4     60%       20%     20%",
        "with empty tasks         10     4     30%       30%     40%",
        "Kubeflow's part of the run: 10 s, 50%; the stages' programs: 10 s",
    ]


def test_a_local_run_is_compared_with_the_run_and_with_the_stages() -> None:
    assert compare_runs(PODS, EMPTY_PODS, 8).splitlines()[-1] == (
        "make run: 8 s; the run takes 2.50 times that, the stages' programs alone 1.25 times"
    )


def test_runs_of_other_pods_are_noted() -> None:
    (note,) = compare_runs(PODS[:1] + PODS[2:], EMPTY_PODS, None).splitlines()[4:]
    assert note.startswith("note: pods that only one of them has: ingest (stage). ")


def test_runs_are_drawn_on_one_scale() -> None:
    svg = ElementTree.fromstring(draw({RUN: PODS, "a < b": EMPTY_PODS}))
    texts = [element.text for element in svg.findall(".//{*}text")]
    assert texts[:4] == ["run: 20 s, 4 pods", "ingest", "split", "a < b: 10 s, 4 pods"]
    ends = [float(bar.attrib["x"]) + float(bar.attrib["width"]) for bar in svg.findall(".//{*}rect[@x]")][:8]
    origin = ends[-1] - (ends[3] - ends[-1])
    assert [round(20 * (end - origin) / (ends[3] - origin)) for end in ends] == [4, 13, 15, 20, 3, 5, 7, 10]


def test_one_command_starts_the_empty_run_and_compares(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = start(api, make_manifest(PODS), make_manifest(EMPTY_PODS))
    picture = tmp_path / "runs.svg"
    assert main([run, "--empty", "--local", "8", "--picture", str(picture)]) == 0
    _, empty = api.runs
    printed = capsys.readouterr().out
    assert f"the same with empty tasks: run {empty}\n" in printed
    comparison = compare_runs(PODS, EMPTY_PODS, 8)
    assert printed.endswith(f"{comparison}\n")
    assert picture.read_text(encoding="utf-8") == draw({RUN: PODS, EMPTY: EMPTY_PODS})
    assert main([run, "--beside", empty, "--local", "8"]) == 0
    assert capsys.readouterr().out.endswith(f"{comparison}\n")
    assert len(api.runs) == 2


def test_an_empty_run_that_fails_is_not_compared(api: KfpApi, capsys: pytest.CaptureFixture[str]) -> None:
    run = start(api, make_manifest(PODS))
    api.scripts = [[describe_run("FAILED", make_manifest(EMPTY_PODS))]]
    assert main([run, "--empty"]) == 1
    assert "Kubeflow's part" not in capsys.readouterr().out


def test_a_run_alone_is_described(api: KfpApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([start(api, make_manifest(PODS))]) == 0
    assert capsys.readouterr().out.splitlines()[-2] == (
        "4 pods, 20 s: the stages' pods 60%, Kubeflow's pods alone 20%, no pod 20%"
    )


@pytest.mark.parametrize("manifest", ["", make_manifest([])])
def test_a_run_without_pods_is_an_error(
    api: KfpApi, capsys: pytest.CaptureFixture[str], manifest: str
) -> None:
    assert main([start(api, manifest)]) == 1
    assert capsys.readouterr().err.startswith("error: No pod of the run ")


def test_an_unknown_run_is_an_error(api: KfpApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["00000000-0000-4000-8000-999999999999"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("words", [["a", "--local", "8"], ["a", "--empty", "--local", "0"]])
def test_seconds_of_a_local_run_need_a_comparison(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "--local needs seconds above 0, and --empty or --beside RUN" in capsys.readouterr().err
