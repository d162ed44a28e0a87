import time

import pytest

from components._report.charts import Axis, Bars, Chart, Line, Points, Rule, render_chart

HISTOGRAM = Chart(
    "Rows by tenure",
    Axis("tenure, months"),
    Axis("rows"),
    [Bars([i + 0.5 for i in range(40)], [100.5 * i for i in range(40)], width=1, tips=["some text"] * 40)],
)


def test_a_histogram_is_small_and_quick_to_draw() -> None:
    started = time.process_time()
    pages = [render_chart(HISTOGRAM) for _ in range(100)]
    assert time.process_time() - started < 1
    assert len(pages[0]) < 6_000


def test_a_chart_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    marks = [Line([0, 1], [0, 1])]
    named = Chart("Title", Axis("x"), Axis("y"), marks, description="It rises.")
    assert 'role="img" aria-label="Title. It rises."' in render_chart(named)
    assert 'aria-label="y by x"' in render_chart(Chart("", Axis("x"), Axis("y"), marks))
    assert "figcaption" not in render_chart(Chart("", Axis("x"), Axis("y"), marks))


def test_every_text_is_escaped() -> None:
    bad = '<b>"bold"</b>' * 5
    chart = Chart(
        bad,
        Axis(bad, "category", [bad, "b"]),
        Axis(bad, "category", [bad]),
        [Points([0], [0], name=bad, tips=[bad], labels=[bad], colours='red"><b>'), Rule(x=0, label=bad)],
        description=bad,
    )
    page = render_chart(chart)
    assert "<b>" not in page
    assert '"bold"' not in page


def test_a_legend_has_each_named_mark_once() -> None:
    marks = [Line([0, 1], [0, 1], name="a"), Line([0, 1], [1, 0], name="a"), Line([0, 1], [1, 1])]
    page = render_chart(Chart("", Axis(), Axis(), marks))
    assert page.count('<span class="line"><i style="--c:var(--blue)"></i>a</span>') == 1
    assert page.count("<i ") == 1


def test_the_first_and_the_last_text_below_are_not_cut() -> None:
    page = render_chart(Chart("", Axis("", "share", low=0, high=1), Axis(), [Line([0, 1], [0, 1])]))
    assert '<span class="start" style="left:0%">0%</span>' in page
    assert '<span class="end" style="left:100%">100%</span>' in page


@pytest.mark.parametrize(("n_names", "amount"), [(2, "few"), (8, "many"), (20, "too-many")])
def test_many_names_are_upright(n_names: int, amount: str) -> None:
    names = [f"name {i}" for i in range(n_names)]
    page = render_chart(
        Chart("", Axis("", "category", names), Axis(), [Bars(range(n_names), range(n_names))])
    )
    assert f'<div class="names {amount}">' in page


def test_of_very_many_names_only_some_are_written() -> None:
    names = [f"name {i}" for i in range(100)]
    page = render_chart(Chart("", Axis("", "category", names), Axis(), [Bars(range(100), range(100))]))
    assert page.count("<span>name") == 34
    assert page.count("<span></span>") == 66


def test_a_long_name_is_cut_and_whole_in_its_title() -> None:
    name = "a_very_long_name_of_a_column_in_a_table"
    page = render_chart(Chart("", Axis(), Axis("", "category", [name]), [Bars([0], [1], is_horizontal=True)]))
    assert f'title="{name}">a_very_long_name_o…n_a_table</span>' in page
