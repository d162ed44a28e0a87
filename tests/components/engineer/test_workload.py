import pytest

from components.engineer.workload import Workload, plan_workload


def test_a_small_table_is_split_several_times() -> None:
    assert plan_workload(800, 10, 1, 1, 1.0) == Workload(rows=800, steps=100, repeats=5, blocks=1)


def test_many_rows_are_sampled() -> None:
    plan = plan_workload(1_000_000, 20, 2, 1, 10.0)
    assert plan is not None
    assert plan.rows == 10_000


@pytest.mark.parametrize(("more", "less"), [((60, 5, 1), (10, 5, 1)), ((10, 1, 10), (10, 1, 1))])
def test_more_features_or_classes_leave_fewer_rows_or_steps(
    more: tuple[int, int, int], less: tuple[int, int, int]
) -> None:
    large, small = plan_workload(50_000, *more, 1.0), plan_workload(50_000, *less, 1.0)
    assert large is not None
    assert small is not None
    assert large.rows * large.steps * large.repeats < small.rows * small.steps * small.repeats


def test_more_budget_never_plans_less() -> None:
    plans = [plan_workload(50_000, 40, 4, 3, minutes) for minutes in (0.25, 0.5, 1.0, 2.0, 60.0)]
    rows = [0 if plan is None else plan.rows for plan in plans]
    assert rows == sorted(rows)
    assert 0 < rows[1] <= rows[-1]
    # A first run on a laptop must not wait for it.
    assert plans[2] == plans[3] == plans[4]


def test_where_even_the_least_is_too_much_nothing_is_planned() -> None:
    assert plan_workload(50_000, 2_000, 5, 50, 1.0) is None
    assert plan_workload(500, 10, 5, 1, 0.01) is None


def test_blocks_are_spared_last() -> None:
    plan = plan_workload(50_000, 60, 5, 6, 1.0)
    assert plan is not None
    assert plan.rows == 1_000
    assert 0 < plan.blocks < 5


def test_texts_take_time_by_their_characters() -> None:
    plain = plan_workload(10_000, 10, 2, 1, 0.5)
    short, long = (plan_workload(10_000, 10, 2, 1, 0.5, [characters]) for characters in (20, 300))
    assert plain is not None
    assert short is not None
    assert long is not None
    assert plain.rows >= short.rows > long.rows
    assert short.blocks == 3
    # The longest texts can be judged in a minute.
    assert plan_workload(10_000, 10, 2, 1, 0.5, [2_000]) is None
    assert plan_workload(10_000, 10, 2, 1, 1.0, [2_000]) is not None
