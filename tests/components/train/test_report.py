import numpy as np

from components._report.charts import Line, Rule
from components._report.colours import RED
from components.train.report import draw_threshold
from components.train.threshold import Threshold


def test_the_threshold_is_marked_on_its_curve() -> None:
    threshold = Threshold(0.25, "F1", np.array([0.1, 0.25, 0.5]), np.array([0.2, 0.6, 0.3]))
    chart = draw_threshold(threshold)
    line, chosen = chart.marks
    assert isinstance(line, Line)
    assert list(line.xs) == [0.1, 0.25, 0.5]
    assert chosen == Rule(x=0.25, label="0.25", colour=RED)
    assert chart.y.title == "F1"
