import numpy as np

from components._recipe.category_statistics import CategoryStatistics
from components._table.time_blocks import cut_time_blocks

N_ROWS = 2000
N_CATEGORIES = 300


def draw_columns(seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return codes of two strings, and a target without relation to them."""
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, N_CATEGORIES, N_ROWS) for name in "st"}, rng.normal(size=N_ROWS)


def make_statistics(*derivations: list[str]) -> CategoryStatistics:
    categories = {name: [f"{name}{i}" for i in range(N_CATEGORIES)] for name in "st"}
    return CategoryStatistics(derivations, categories, ["s"], {}, {})


def test_cross_fitted_mean_targets_have_not_seen_the_target_of_their_row() -> None:
    columns, y = draw_columns()
    statistics = make_statistics()
    crossed = statistics.cross_fit(columns, y, "regression", seed=0)[:, 0]
    direct = statistics.encodings["s"][columns["s"], 0]
    # Four standard errors of a correlation by chance, 1/sqrt(n).
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 4 / np.sqrt(N_ROWS)
    assert np.corrcoef(direct, y)[0, 1] > 0.25


def test_by_time_a_row_gets_what_was_learned_from_earlier_rows() -> None:
    columns, y = draw_columns()
    blocks = cut_time_blocks(np.arange(N_ROWS), None)
    is_early = blocks.numbers < 10
    _, others = draw_columns(seed=1)
    derivations = [["frequency", "s"], ["cross", "s", "t"]]
    before, after = (
        make_statistics(*derivations).fit_by_time(columns, targets, "regression", blocks)
        for targets in (y, np.where(is_early, y, others))
    )
    np.testing.assert_array_equal(before[is_early], after[is_early])
    # Those of the block after depend on early targets only.
    np.testing.assert_array_equal(before[blocks.numbers == 10], after[blocks.numbers == 10])
    assert not np.array_equal(before[blocks.numbers > 10], after[blocks.numbers > 10])


def test_rows_without_earlier_rows_have_the_deviation_0_and_no_other_statistic() -> None:
    columns, y = draw_columns()
    blocks = cut_time_blocks(np.arange(N_ROWS), None)
    statistics = make_statistics(["frequency", "s"]).fit_by_time(columns, y, "regression", blocks)
    target, frequency = statistics[blocks.numbers == 0].T
    assert not target.any()
    assert np.isnan(frequency).all()


def test_what_is_kept_for_later_rows_is_learned_from_all_rows() -> None:
    columns, y = draw_columns()
    statistics = make_statistics(["frequency", "s"])
    statistics.fit_by_time(columns, y, "regression", cut_time_blocks(np.arange(N_ROWS), None))
    counts = np.bincount(columns["s"], minlength=N_CATEGORIES)
    np.testing.assert_array_equal(statistics.derived[0]["values"], counts / N_ROWS)


def test_a_cross_is_a_column_with_mean_targets() -> None:
    columns = {name: codes % 4 for name, codes in draw_columns()[0].items()}
    y = (columns["s"] == columns["t"]).astype(float)
    statistics = make_statistics(["cross", "s", "t"])
    of_rows = statistics.cross_fit(columns, y, "regression", seed=0)
    assert statistics.target == ["s", "s & t"]
    assert len(statistics.categories["s & t"]) == len(statistics.encodings["s & t"]) == 17
    np.testing.assert_allclose(of_rows[:, 1], y, atol=0.01)
