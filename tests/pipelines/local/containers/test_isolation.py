import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from docker import DockerClient

from components.memory import Memory
from pipelines.local.containers import RunContainers
from pipelines.local.run_folder import RunFolder
from tests.pipelines.commands_of_tasks import build_command
from tests.pipelines.local.containers.tasks import in_background, list_left_behind


@pytest.mark.slow
def test_a_container_can_change_nothing_but_its_run(
    run: Callable[..., int], folder: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s")
    script = (
        "for path in /x /opt/x /var/tmp/x; do if touch $path 2>/dev/null; then exit 1; fi; done; "
        f"if test -e {tmp_path}/secret; then exit 2; fi; touch /tmp/x {folder.path}/mine; "
        "grep -q 'CapEff:.0000000000000000' /proc/self/status; "
        "grep -q 'NoNewPrivs:.1' /proc/self/status; test $(ls /sys/class/net) = lo"
    )
    assert run(script) == 0
    assert (folder.path / "mine").exists()


@pytest.mark.slow
def test_a_container_has_no_variables_of_others(
    run: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:9")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    script = f"mkdir -p {folder.artifacts}; env >{folder.artifacts}/env; echo $MLFLOW_TRACKING_URI $OURS"
    assert run(script, "tune", variables={"OURS": "of the pipeline"}) == 0
    seen = (folder.artifacts / "env").read_text()
    assert f"KFP_TABULAR_EVENTS={folder.events}\n" in seen
    assert "OURS=of the pipeline\n" in seen
    assert "secret" not in seen
    assert "MLFLOW" not in seen
    assert run(script, "train") == 0
    assert "MLFLOW_TRACKING_PASSWORD=secret\n" in (folder.artifacts / "env").read_text()


@pytest.mark.slow
def test_dockers_proxies_are_for_those_who_have_a_network(
    python_image: str, folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = {"proxies": {"default": {"httpProxy": "http://me:secret@proxy"}}}
    (tmp_path / "config.json").write_text(json.dumps(proxies))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    script = f"env >{folder.path}/env"
    with closing(DockerClient.from_env()) as client:
        containers = RunContainers(client, folder, Memory(64, "m"))
        for name, source in (("tune", ""), ("ingest", "sample:churn"), ("ingest", "http://host/t.csv")):
            command = build_command(name, folder.artifacts, "sh", "-c", script, given={"source": source})
            assert containers.run(python_image, command, {}) == 0
            seen = (folder.path / "env").read_text()
            assert ("HTTP_PROXY=http://me:secret@proxy" in seen) == source.startswith("http")
        containers.close()


@pytest.mark.slow
def test_ingest_reads_its_source_and_cannot_change_it(run: Callable[..., int], tmp_path: Path) -> None:
    source = tmp_path / "a: b.csv"
    source.write_text("a,b\n")
    given = {"source": str(source)}
    assert run(f"grep -q a,b '{source}'; if echo x >'{source}'; then exit 1; fi", "ingest", given=given) == 0
    assert source.read_text() == "a,b\n"
    missing = {"source": str(tmp_path / "b.csv")}
    assert run(f"ls {tmp_path} | grep -q 'a: b.csv'", "ingest", given=missing) == 0


@pytest.mark.slow
def test_ingest_reaches_a_server_on_this_machines_localhost(run: Callable[..., int], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n")
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split()[0]
        address = f"http://127.0.0.1:{port}/t.csv"
        script = f"python3 -c 'import urllib.request; urllib.request.urlopen(\"{address}\", timeout=5)'"
        assert run(script, "ingest", given={"source": address}) == 0
        assert run(script, "ingest", given={"source": "sample:churn"}) != 0
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.slow
def test_a_container_is_labelled_and_runs_as_no_other_user(
    docker_engine: DockerClient, folder: RunFolder, python_image: str
) -> None:
    folder.path.chmod(0o777)
    containers = RunContainers(docker_engine, folder, Memory(64, "m"))
    # Whoever runs the tests may be root.
    containers._identity = {"user": "12345:54321"}
    with closing(containers), in_background(containers, python_image, folder, "sleep 60"):
        (one,) = list_left_behind(docker_engine, folder)
        attributes = docker_engine.containers.get(one).attrs
        assert attributes["Config"]["Labels"] == {"kfp-tabular.run": "one", "kfp-tabular.task": "tune"}
        assert attributes["HostConfig"]["Memory"] == attributes["HostConfig"]["MemorySwap"] == 64 << 20
        assert not attributes["HostConfig"]["AutoRemove"]
        assert (folder.path / "begun").stat().st_uid == 12345
        assert (folder.path / "begun").stat().st_gid == 54321
    assert list_left_behind(docker_engine, folder) == []
