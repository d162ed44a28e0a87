"""A part of ``make bench-mess``: tables as people bring them, none of them wrong in silence."""

import pytest

from benchmarks.mess.bench import judge_table, judge_tables
from benchmarks.mess.outcomes import Outcome
from benchmarks.mess.report import describe_silent
from benchmarks.mess.tables import NAMES, make_table
from benchmarks.mess.transformations import TRANSFORMATIONS

# Of each task one; together they have columns of all roles.
_TABLES = ("patients", "orders", "flats")
_FEW = ("dd/mm/yyyy", "euro sign after", "'-' for nulls", "rows shuffled", "Parquet of texts")


def run_silently(outcomes: list[Outcome]) -> str:
    return "\n".join(describe_silent(outcomes))


@pytest.mark.slow
def test_a_table_in_a_few_forms_is_read_alike() -> None:
    outcomes = judge_table("customers", _FEW)
    assert {outcome.verdict for outcome in outcomes} == {"equal"}, run_silently(outcomes)


@pytest.mark.slow
def test_no_difference_is_silent() -> None:
    outcomes = judge_tables(_TABLES)
    assert len(outcomes) > 100 * len(_TABLES)
    assert not run_silently(outcomes)


def test_tables_are_the_same_for_the_same_seed() -> None:
    assert make_table("loans") == make_table("loans")
    assert make_table("loans").training.values != make_table("loans", seed=1).training.values


def test_there_are_twelve_tables_and_forty_ways_at_least() -> None:
    assert len(NAMES) == 12
    assert len({way.name for way in TRANSFORMATIONS}) == len(TRANSFORMATIONS) >= 40
