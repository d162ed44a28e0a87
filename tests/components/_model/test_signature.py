import numpy as np
import pytest

from components._model.signature import Signature


@pytest.mark.parametrize(
    ("threshold", "decisions"),
    [(None, [False, False, True]), (0.5, [False, True, True]), (0.3, [True, True, True])],
)
def test_the_positive_class_is_predicted_from_the_threshold_on(
    threshold: float | None, decisions: list[bool]
) -> None:
    signature = Signature("binary", "y", {}, ["no", "yes"], threshold, "linear", "Linear", "roc_auc")
    probabilities = np.array([0.3, 0.5, 0.7])
    assert signature.decide(probabilities).tolist() == decisions
    assert [signature.decide(probability) for probability in probabilities] == decisions


def test_labels_are_written_as_in_json() -> None:
    signature = Signature("multiclass", "y", {}, ["yes", True, 3], None, "linear", "Linear", "roc_auc")
    assert signature.labels == ["yes", "true", "3"]
