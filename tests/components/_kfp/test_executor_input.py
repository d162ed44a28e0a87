import json
from typing import Any

import pytest

from components._kfp.executor_input import read_executor_input


def read_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    artifact = {"name": "7", "uri": "minio://bucket/dataset", "metadata": metadata}
    text = json.dumps({"inputs": {"artifacts": {"dataset": {"artifacts": [artifact]}}}})
    (found,) = read_executor_input(text)["inputs"]["artifacts"]["dataset"]["artifacts"]
    assert found["uri"] == artifact["uri"]
    restored: dict[str, Any] = found["metadata"]
    return restored


@pytest.mark.parametrize(
    ("wrapped", "written"),
    [
        ({"list": []}, []),
        ({"list": ["a", {"b": 1}]}, ["a", {"b": 1}]),
        ({"struct": {}}, {}),
        ({"struct": {"age": 3}}, {"age": 3}),
        ({"struct": {"list": [1]}}, {"list": [1]}),
        ({"age": 3}, {"age": 3}),
        (["a"], ["a"]),
        ("text", "text"),
        (1.5, 1.5),
    ],
)
def test_metadata_is_what_the_task_before_wrote(wrapped: object, written: object) -> None:
    assert read_metadata({"value": wrapped}) == {"value": written}


def test_what_the_backend_adds_is_left_out() -> None:
    added = {"display_name": "dataset", "store_session_info": '{"Provider":"minio"}'}
    assert read_metadata({"rows": 3, **added}) == {"rows": 3}


def test_an_input_without_artifacts_stays_as_it_is() -> None:
    given = {"inputs": {"parameterValues": {"seed": 1}}, "outputs": {}}
    assert read_executor_input(json.dumps(given)) == given
