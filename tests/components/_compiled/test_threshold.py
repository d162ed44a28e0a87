import numpy as np
import pytest

from components._compiled.threshold import is_positive


@pytest.mark.parametrize(
    ("probability", "threshold", "expected"),
    [(0.5, None, False), (0.51, None, True), (0.3, 0.3, True), (0.29, 0.3, False)],
)
def test_a_threshold_is_enough_and_without_one_the_likelier_class_is_predicted(
    probability: float, threshold: float | None, expected: bool
) -> None:
    assert is_positive(probability, threshold) is expected
    assert is_positive(np.array([probability]), threshold).tolist() == [expected]
