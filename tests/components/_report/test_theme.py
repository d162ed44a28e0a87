import plotly.graph_objects as go
import pytest

from components._report.theme import shorten_label, style_figure


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 28, "short"),
        ("<b>", 28, "&lt;b&gt;"),
        ("abcdefghijkl", 12, "abcdefghijkl"),
        ("abcdefghijklm", 9, "abcde…klm"),
        ("", 28, ""),
    ],
)
def test_labels_are_short_and_carry_no_markup(text, most, expected):
    assert shorten_label(text, most) == expected


def test_a_styled_figure_has_the_height_and_title_asked_for():
    figure = style_figure(go.Figure(go.Bar(y=[1])), height=200, title="Rows")
    assert (figure.layout.height, figure.layout.title.text) == (200, "Rows")
