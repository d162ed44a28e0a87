import pytest

from components._tracking.run_links import build_kubeflow_tags, build_run_address
from components.environment import Environment


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (Environment(dashboard="https://kubeflow.example"), {}),
        (Environment(pod="train-1"), {"kfp.pipeline_run_id": "4f-1"}),
        (
            Environment(pod="train-1", dashboard="https://kubeflow.example/pipeline/"),
            {
                "kfp.pipeline_run_id": "4f-1",
                "kfp.pipeline_run_url": "https://kubeflow.example/pipeline/#/runs/details/4f-1",
                "mlflow.note.content": "[Its run in Kubeflow Pipelines]"
                "(https://kubeflow.example/pipeline/#/runs/details/4f-1)",
            },
        ),
    ],
)
def test_a_run_on_a_cluster_has_the_tags_of_the_plugin_of_kubeflow_pipelines(
    environment: Environment, expected: dict[str, str]
) -> None:
    assert build_kubeflow_tags(environment, "4f-1") == expected


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        (Environment(), ""),
        (Environment(tracking_uri="sqlite:////runs/mlflow.db"), ""),
        (
            Environment(tracking_uri="http://ada:secret@mlflow:5000/"),
            "http://mlflow:5000/#/experiments/7/runs/a1",
        ),
        (
            Environment(
                tracking_uri="http://mlflow:5000",
                tracking_ui="https://mlflow.example",
                tracking_workspace="team a",
            ),
            "https://mlflow.example/#/experiments/7/runs/a1?workspace=team%20a",
        ),
    ],
)
def test_a_run_has_an_address_where_mlflow_has_pages_and_never_with_a_password(
    environment: Environment, address: str
) -> None:
    assert build_run_address(environment, "7", "a1") == address
