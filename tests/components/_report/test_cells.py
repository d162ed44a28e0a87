import math
import re

from components._report.cells import Cells
from components._report.scales import Axis
from tests.components._report.drawings import draw_mark


def test_cells_are_as_strong_as_their_value_and_paler_under_a_text() -> None:
    names = Axis(kind="category", labels=["a", "b"])
    shapes, texts = draw_mark(Cells([[1.0, math.nan], [-0.5, 0.0]], scale="diverging"), names, names)
    assert re.findall(r"var\(--(\w+)\)(?:;opacity:([\d.]+))?", shapes) == [
        ("blue", ""),
        ("red", "0.5"),
        ("blue", "0.04"),
    ]
    assert texts == ""
    shapes, texts = draw_mark(Cells([[1.0]], [["<5>"]]), names, names)
    assert "opacity:0.55" in shapes
    assert "&lt;5&gt;" in texts
