"""The script that makes the Secrets of a laptop. kubectl is a stand-in: no cluster runs here."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.task_settings import SECRETS
from tests.manifests.builds import MANIFESTS, build, get_object, list_containers, list_pods

SCRIPT = MANIFESTS / "create-secrets"
# Answers `get` from a list of names, and keeps what `create` is given, with its words.
KUBECTL = """#!/bin/sh
echo "$@" >>"$PLACE/words"
case " $* " in
  *" create "*) cat >"$PLACE/created" ;;
  *) for name in $THERE; do
       case "$*" in *" --namespace ${name%/*} ${name#*/} "*) echo "secret/${name#*/}" ;; esac
     done ;;
esac
"""


def run(folder: Path, there: str = "", *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "kubectl").write_text(KUBECTL, encoding="utf-8")
    (folder / "kubectl").chmod(0o755)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PLACE": str(folder),
        "THERE": there,
        **variables,
    }
    return subprocess.run([SCRIPT, *words], capture_output=True, text=True, env=environment)


def read_created(folder: Path) -> Mapping[str, dict[str, str]]:
    documents = yaml.safe_load_all((folder / "created").read_text(encoding="utf-8"))
    return {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["stringData"]
        for each in documents
    }


def list_referred() -> dict[str, set[str]]:
    """Return the keys of Secrets that tasks and the pods of the overlay cannot start without."""
    keys = {"kubeflow/kfp-tabular": set(SECRETS)}
    for _, pod in list_pods(build("kind")):
        for container in list_containers(pod):
            for variable in container.get("env", []):
                source: dict[str, Any] = variable.get("valueFrom", {}).get("secretKeyRef", {})
                if source:
                    keys.setdefault(f"{pod['namespace']}/{source['name']}", set()).add(source["key"])
    return keys


def test_it_makes_every_key_that_the_overlay_refers_to_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 0
    made = read_created(tmp_path)
    assert {name: set(made[name]) for name in list_referred()} == list_referred()
    assert set(made["kubeflow/kfp-tabular-storage"]) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert set(made) == {*list_referred(), "kubeflow/kfp-tabular-storage"}


def test_kserve_is_told_where_the_storage_is_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    run(tmp_path)
    (secret,) = (
        each
        for each in yaml.safe_load_all((tmp_path / "created").read_text(encoding="utf-8"))
        if each["metadata"]["name"] == "kfp-tabular-storage"
    )
    runs = get_object(build("kind"), "ConfigMap", "kfp-tabular", "kubeflow")["data"]
    said = {
        key.removeprefix("serving.kserve.io/"): value
        for key, value in secret["metadata"]["annotations"].items()
    }
    assert said == {
        "s3-endpoint": runs["AWS_ENDPOINT_URL"].removeprefix("http://"),
        "s3-usehttps": "0",
        "s3-region": runs["AWS_REGION"],
    }


def test_those_who_share_a_password_get_the_same_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    run(tmp_path)
    made = read_created(tmp_path)
    runs, postgres, users = (
        made[name] for name in ("kubeflow/kfp-tabular", "kfp-tabular/postgres", "kfp-tabular/minio-users")
    )
    mlflow = made["kfp-tabular/mlflow"]
    assert f":{postgres['SWEEPS_PASSWORD']}@" in runs["KFP_TABULAR_STUDY_URL"]
    assert f":{postgres['MLFLOW_PASSWORD']}@" in mlflow["MLFLOW_BACKEND_STORE_URI"]
    assert runs["AWS_SECRET_ACCESS_KEY"] == users["RUNS_SECRET_KEY"]
    assert mlflow["AWS_SECRET_ACCESS_KEY"] == users["MLFLOW_SECRET_KEY"]
    assert made["kubeflow/kfp-tabular-storage"]["AWS_SECRET_ACCESS_KEY"] == users["SERVING_SECRET_KEY"]


def test_no_two_passwords_and_no_two_times_are_alike_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        run(tmp_path)
        text = (tmp_path / "created").read_text(encoding="utf-8")
        found += sorted(set(re.findall(r"[0-9a-f]{48}", text)))
    # The administrator's, two users' of the database, and of the storage the root's and four users'.
    assert len(found) == len(set(found)) == 2 * 8


def test_no_password_is_on_a_command_line_or_shown_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    done = run(tmp_path, "", "--context", "kind-kfp-tabular")
    words = (tmp_path / "words").read_text(encoding="utf-8")
    assert not re.search(r"[0-9a-f]{48}", words + done.stdout + done.stderr)


@pytest.mark.parametrize("words", [("--context", "kind-kfp-tabular")])
def test_further_words_go_to_kubectl_by_a_stand_in_of_kubectl(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "kubectl").write_text(
        '#!/bin/sh\necho "$@" >>"$PLACE/words"\ncat >/dev/null\n', encoding="utf-8"
    )
    (tmp_path / "kubectl").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PLACE": str(tmp_path)}
    done = subprocess.run([SCRIPT, *words], stdin=subprocess.DEVNULL, env=environment)
    assert done.returncode == 0
    lines = (tmp_path / "words").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("--context kind-kfp-tabular ") for line in lines)


def test_runs_may_run_elsewhere_and_somebody_may_be_told_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    run(tmp_path, RUNS_NAMESPACE="team", KFP_TABULAR_WEBHOOK="https://chat.example.org/hook")
    assert (
        read_created(tmp_path)["team/kfp-tabular"]["KFP_TABULAR_WEBHOOK"] == "https://chat.example.org/hook"
    )


ALL = (
    "kfp-tabular/postgres kfp-tabular/mlflow kfp-tabular/minio kfp-tabular/minio-users "
    "kubeflow/kfp-tabular kubeflow/kfp-tabular-storage"
)


def test_doing_it_again_changes_nothing_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    done = run(tmp_path, ALL)
    assert done.returncode == 0
    assert "nothing was changed" in done.stdout
    assert not (tmp_path / "created").exists()


def test_half_of_them_is_an_error_that_names_both_halves_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    done = run(tmp_path, "kfp-tabular/postgres")
    assert done.returncode == 1
    assert "only kfp-tabular/postgres exist; kfp-tabular/mlflow" in done.stderr
    assert not (tmp_path / "created").exists()


def test_a_cluster_that_does_not_answer_is_an_error_by_a_stand_in_of_kubectl(tmp_path: Path) -> None:
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho refused >&2\nexit 1\n", encoding="utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([SCRIPT], capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "refused" in done.stderr
