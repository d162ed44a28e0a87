from components._metrics.estimate import Estimate


def test_half_the_width_needs_an_interval() -> None:
    assert Estimate(2, 1, 4).half_width == 1.5
    assert Estimate(2).half_width is None


def test_counted_the_other_way_the_bounds_change_places() -> None:
    assert Estimate(-2, -4, -1).negate() == Estimate(2, 1, 4)
    assert Estimate(2).negate() == Estimate(-2)
