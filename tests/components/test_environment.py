from pathlib import Path

import pytest

from components.environment import Environment

VARIABLES = {
    "MLFLOW_TRACKING_URI": "sqlite:///runs.db",
    "MLFLOW_TRACKING_USERNAME": "ana",
    "MLFLOW_TRACKING_PASSWORD": "hidden 1",
    "MLFLOW_TRACKING_TOKEN": "hidden 2",
    "MLFLOW_WORKSPACE": "team-a",
    "MLFLOW_UI_ENDPOINT": "https://mlflow.example",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://mlflow",
    "MODEL_REGISTRY_URL": "http://model-registry-service:8080",
    "AWS_ENDPOINT_URL": "http://minio:9000",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "hidden 3",
    "AWS_SECRET_ACCESS_KEY": "hidden 4",
    "AWS_SESSION_TOKEN": "hidden 5",
    "PGPASSWORD": "hidden 6",
    "KFP_TABULAR_STUDY_URL": "postgresql+psycopg://ana:hidden@postgres/sweeps",
    "KFP_TABULAR_STUDY_JOURNAL": "study.log",
    "DASK_SCHEDULER_ADDRESS": "tcp://dask:8786",
    "DASK_MOST_WORKERS": "8",
    "DASK_ARTIFACTS_ENDPOINT_URL": "http://seaweedfs.kubeflow:9000",
    "DASK_ARTIFACTS_SECRET": "mlpipeline-minio-artifact",
    "KFP_TABULAR_WEBHOOK": "https://chat.example/hidden",
    "KF_PIPELINES_ENDPOINT": "http://ml-pipeline.kubeflow:8888",
    "KF_PIPELINES_UI_ENDPOINT": "https://kubeflow.example/pipeline",
    "KFP_TABULAR_EVENTS": "events.jsonl",
    "KFP_TABULAR_STARTED": "1764460800.25",
    "KFP_TABULAR_RUN": "training-1",
    "KFP_TABULAR_SERVE_IMAGE": "registry.example/kfp-tabular-serve:1.2.0",
    "KFP_TABULAR_COMMIT": "abc",
    "KFP_TABULAR_REPEATED_SWEEP": "sweep.json",
    "KFP_POD_NAME": "deployment-1-impl-2",
    "KFP_POD_UID": "0c6f",
}


def test_nothing_set_means_that_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for i, name in enumerate(VARIABLES):
        monkeypatch.delenv(name, raising=False)
        if i % 2:
            monkeypatch.setenv(name, "")
    assert Environment.read() == Environment()
    assert set(vars(Environment()).values()) == {None}


def test_every_variable_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        # As it comes out of a Secret that was made from a file.
        monkeypatch.setenv(name, value + "\n")
    found = Environment.read()
    assert list(map(str, vars(found).values())) == list(VARIABLES.values())
    assert (found.study_journal, found.events) == (Path("study.log"), Path("events.jsonl"))


def test_no_credential_is_in_the_text_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    shown = repr(Environment.read())
    assert "http://minio:9000" in shown
    assert "hidden" not in shown
