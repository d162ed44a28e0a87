"""Whether a distance between a window and the reference is large, and more than chance."""

import numpy as np
from scipy.stats import false_discovery_control, gamma

from components.monitor.column_bins import ColumnBins, Measure
from components.monitor.drift_measures import compute_distance

THRESHOLDS: dict[Measure, float] = {"wasserstein": 0.1, "jensen_shannon": 0.1}
# Share of false discoveries that is accepted among the windows that count as drifted.
FALSE_DISCOVERIES = 0.01
# Effective rows below which a window is not judged.
LEAST_SIZE = 100.0
_RESAMPLES = 200
# Sizes at which chance is simulated are powers of this; between them it follows the root of the size.
_SIZE_STEP = 2.0


class ChanceTable:
    """Distances that chance alone gives, simulated once for each reference and size.

    Parameters
    ----------
    seed : int
        Seed of the resamples.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._moments: dict[tuple[str, bytes, int, float], tuple[float, float]] = {}

    def test(
        self,
        bins: ColumnBins,
        references: np.ndarray,
        windows: np.ndarray,
        reference_sizes: np.ndarray,
        window_sizes: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compare windows of a column with their references.

        Parameters
        ----------
        references, windows : ndarray of shape (n_windows, n_bins)
            Shares of the bins.
        reference_sizes, window_sizes : ndarray of shape (n_windows,)
            Effective numbers of rows.

        Returns
        -------
        effects : ndarray of shape (n_windows,)
            The distances without what chance alone gives: the root of the squared distance minus the squared
            distance to be expected by chance.
        p : ndarray of shape (n_windows,)
            Probability of a distance at least as large without a drift.
        """
        distances = compute_distance(bins, references, windows)
        moments = [
            self.estimate(bins, *sample)
            for sample in zip(references, reference_sizes.tolist(), window_sizes.tolist(), strict=True)
        ]
        mean, variance = np.array(moments).reshape(-1, 2).T
        effects = np.sqrt(np.maximum(distances**2 - mean**2 - variance, 0))
        # Without variance the reference has one bin, and any distance is more than chance.
        variance = np.maximum(variance, np.finfo(np.float64).tiny)
        scale = variance / np.maximum(mean, np.finfo(np.float64).tiny)
        p = np.where(mean > 0, gamma.sf(distances, mean**2 / variance, scale=scale), distances <= 0)
        return effects, p.astype(np.float64)

    def estimate(
        self, bins: ColumnBins, reference: np.ndarray, reference_size: float, window_size: float
    ) -> tuple[float, float]:
        """Return mean and variance of the distance between two samples of the reference's distribution."""
        near = float(_SIZE_STEP ** np.round(np.log(window_size) / np.log(_SIZE_STEP)))
        key = (bins.name, reference.tobytes(), round(reference_size), near)
        if key not in self._moments:
            self._moments[key] = self._simulate(bins, reference, round(reference_size), round(near))
        mean, variance = self._moments[key]
        factor = (1 / window_size + 1 / reference_size) / (1 / near + 1 / reference_size)
        return mean * np.sqrt(factor), variance * factor

    def _simulate(
        self, bins: ColumnBins, reference: np.ndarray, reference_size: int, window_size: int
    ) -> tuple[float, float]:
        rng = np.random.default_rng([self._seed, reference_size, window_size])
        shares = reference / reference.sum()
        samples = [
            rng.multinomial(size, shares, size=_RESAMPLES) / size for size in (reference_size, window_size)
        ]
        distances = compute_distance(bins, samples[0], samples[1])
        return float(distances.mean()), float(distances.var())


def adjust(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted over all tests (Benjamini and Hochberg 1995)."""
    return np.asarray(false_discovery_control(p, method="bh")) if p.size else p
