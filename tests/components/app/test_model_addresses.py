from pathlib import Path

import pytest

from components.app.model_addresses import ModelAddress, read_addresses
from components.errors import InvalidSetting
from tests.app_server import write_addresses


def test_models_are_the_files_of_a_mounted_configmap_by_name(tmp_path: Path) -> None:
    models = {"value": "https://value.example:8443/\n", "churn": " http://churn-predictor.kubeflow "}
    assert read_addresses(write_addresses(tmp_path / "models", models)) == [
        ModelAddress("churn", "http://churn-predictor.kubeflow"),
        ModelAddress("value", "https://value.example:8443"),
    ]


@pytest.mark.parametrize(
    ("name", "url", "fault"),
    [
        ("churn", "churn-predictor", "The address of 'churn' is 'churn-predictor'"),
        ("churn", "", "The address of 'churn' is ''"),
        ("churn", "ftp://churn-predictor", "The address of 'churn'"),
        ("churn", "http://churn-predictor/v1/models", "The address of 'churn'"),
        ("churn", "http://churn-predictor:port", "The address of 'churn'"),
        ("churn", "http://user:word@churn-predictor", "The address of 'churn'"),
        ("churn", "http://churn-predictor?a=b", "Write it like http://churn-predictor.kubeflow"),
        ("My model", "http://churn-predictor", "'My model' cannot be a model's name"),
        ("churn.", "http://churn-predictor", "'churn.' cannot be a model's name"),
    ],
)
def test_what_cannot_be_a_model_is_named(tmp_path: Path, name: str, url: str, fault: str) -> None:
    (tmp_path / name).write_text(url, encoding="utf-8")
    with pytest.raises(InvalidSetting, match=fault):
        read_addresses(tmp_path)


def test_a_folder_without_models_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="names no model"):
        read_addresses(write_addresses(tmp_path / "models", {}))
    with pytest.raises(InvalidSetting, match=r"cannot be read: .*\nMount the ConfigMap"):
        read_addresses(tmp_path / "none")
    (tmp_path / "churn").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSetting, match="cannot be read"):
        read_addresses(tmp_path)
