from components._metrics.estimate import Estimate


def test_half_the_width_needs_an_interval() -> None:
    assert Estimate(2, 1, 4).half_width == 1.5
    assert Estimate(2).half_width is None
