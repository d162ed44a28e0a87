import numpy as np
import pytest

from components._table.kinds import Kind
from components.monitor.column_bins import ColumnBins, build_bins
from components.monitor.drift_tests import ChanceTable, adjust
from tests.components.monitor.predicted_rows import make_rows


def draw_column(kind: Kind, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    if kind == "string":
        return np.array([f"k{i}" for i in rng.zipf(2, n_rows)], dtype=object)
    return np.exp(rng.normal(size=n_rows)) if kind == "float" else rng.poisson(2, n_rows).astype(float)


def count_shares(bins: ColumnBins, values: np.ndarray) -> np.ndarray:
    counts = np.bincount(bins.assign(make_rows({"x": values})), minlength=bins.n_bins)
    return np.asarray(counts / counts.sum())


def compare(
    kind: Kind, n_rows: int, n_windows: int, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray, ColumnBins]:
    """Return effects and p values of windows, each beside a reference of its own."""
    rng = np.random.default_rng(0)
    chance = ChanceTable()
    effects, ps = [], []
    for _ in range(10):
        reference = make_rows({"x": draw_column(kind, 4000, rng)})
        bins = build_bins(reference, {"x": kind}, is_class=True)["x"]
        expected = np.bincount(bins.assign_reference(reference), minlength=bins.n_bins) / 4000
        samples = [draw_column(kind, n_rows, rng) for _ in range(n_windows // 10)]
        windows = np.stack([count_shares(bins, x + shift if shift else x) for x in samples])
        sizes = np.full(len(windows), float(n_rows))
        some = np.repeat(expected[None], len(windows), axis=0)
        effect, p = chance.test(bins, some, windows, np.full(len(windows), 4000.0), sizes)
        effects.append(effect)
        ps.append(p)
    return np.concatenate(effects), np.concatenate(ps), bins


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["float", "integer", "string"])
@pytest.mark.parametrize("n_rows", [150, 2000])
def test_without_a_drift_p_values_are_as_rare_as_they_say(kind: Kind, n_rows: int) -> None:
    effects, p, _ = compare(kind, n_rows, 1000)
    assert (p < 0.05).mean() < 0.08
    assert (p < 0.001).mean() <= 0.005
    assert np.median(effects) < 0.05


def test_the_effect_of_a_drift_is_its_size_also_in_a_small_window() -> None:
    sd = 1.7  # of a log-normal column, without its first and last percent
    small, p, _ = compare("float", 150, 200, shift=0.5 * sd)
    large, _, _ = compare("float", 5000, 20, shift=0.5 * sd)
    assert np.mean(small) == pytest.approx(np.mean(large), rel=0.05)
    assert p.max() < 0.01


def test_chance_of_any_size_is_near_that_of_its_own_simulation() -> None:
    bins = build_bins(make_rows({"x": np.arange(500.0)}), {"x": "float"}, is_class=True)["x"]
    reference = np.full(bins.n_bins, 1 / bins.n_bins)
    table = ChanceTable()
    mean, variance = table.estimate(bins, reference, 1000, 350)
    rng = np.random.default_rng(1)
    samples = [rng.multinomial(n, reference, size=4000) / n for n in (1000, 350)]
    gap = np.abs(np.cumsum(samples[0] - samples[1], axis=1)[:, :-2]) @ np.diff(bins.centres)
    assert mean == pytest.approx(gap.mean(), rel=0.15)
    assert np.sqrt(variance) == pytest.approx(gap.std(), rel=0.25)


def test_any_distance_from_a_column_of_one_bin_is_more_than_chance() -> None:
    bins = build_bins(make_rows({"x": ["a"] * 50}), {"x": "string"}, is_class=True)["x"]
    reference = np.array([[1.0, 0, 0, 0]] * 2)
    windows = np.array([[1.0, 0, 0, 0], [0.9, 0, 0.1, 0]])
    effects, p = ChanceTable().test(bins, reference, windows, np.full(2, 50.0), np.full(2, 200.0))
    assert effects[0] == 0
    assert effects[1] > 0.1
    assert p.tolist() == [1, 0]


def test_p_values_are_adjusted_for_their_number() -> None:
    assert adjust(np.array([0.01, 0.04, 0.5])).tolist() == pytest.approx([0.03, 0.06, 0.5])
    assert adjust(np.empty(0)).size == 0
