import argparse

import pytest

from benchmarks.quality.arguments import make_names_type, parse_budgets


@pytest.mark.parametrize(("text", "budgets"), [("60", (60.0,)), ("60, 0.5,60", (60.0, 0.5))])
def test_time_limits_are_a_list_without_repetitions(text: str, budgets: tuple[float, ...]) -> None:
    assert parse_budgets(text) == budgets


@pytest.mark.parametrize("text", ["", "0", "60,-1", "60,ten", "nan", "inf"])
def test_a_time_limit_that_is_no_number_above_0_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="numbers above 0"):
        parse_budgets(text)


def test_names_are_known_ones() -> None:
    parse = make_names_type({"wine": 1, "digits": 2})
    assert parse("digits, wine,digits") == ("digits", "wine")
    with pytest.raises(
        argparse.ArgumentTypeError, match="no such name: \\['vine'\\]; there are wine, digits"
    ):
        parse("vine")
    with pytest.raises(argparse.ArgumentTypeError, match="no such name"):
        parse(" ,")
