import numpy as np

from components.train.report import draw_threshold
from components.train.threshold import Threshold


def test_the_threshold_is_marked_on_its_curve() -> None:
    threshold = Threshold(0.25, "F1", np.array([0.1, 0.25, 0.5]), np.array([0.2, 0.6, 0.3]))
    drawing = draw_threshold(threshold)
    assert list(drawing.data[0].x) == [0.1, 0.25, 0.5]
    assert drawing.layout.shapes[0].x0 == 0.25
    assert drawing.layout.yaxis.title.text == "F1"
