import re

from components._report.points import Points
from tests.components._report.drawings import draw_mark


def test_marks_without_tips_share_a_path_of_their_colour() -> None:
    shapes, _ = draw_mark(Points([0, 1, 2], [0, 1, 2], colours=["red", "red", "blue"]))
    assert [path.count("h0") for path in re.findall(r' d="(.*?)"', shapes)] == [2, 1]
