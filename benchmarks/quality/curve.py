"""Draw scores against time limits: ``python -m benchmarks.quality.curve --results FILE.json``."""

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.quality.arguments import make_names_type
from benchmarks.quality.results import Result, Results
from benchmarks.quality.systems import BASELINE
from benchmarks.quality.tables import METRICS
from components._report.colours import LIGHT

# A small regression, a larger one, rows by time, and 50 classes.
TABLES = ("concrete", "loans", "hotel_rates", "letters")
_OUTPUT = Path("docs/images/curve.svg")
_TITLES = {
    "ours": ("kfp-tabular", LIGHT["blue"]),
    "autogluon_best": ("AutoGluon best_v150", LIGHT["orange"]),
    "autogluon_high": ("AutoGluon high_quality", LIGHT["purple"]),
    "flaml": ("FLAML", LIGHT["green"]),
    "lightgbm": ("LightGBM as it comes", LIGHT["grey"]),
}
_LABELS = {
    "roc_auc": "ROC AUC",
    "neg_log_loss": "− log loss",
    "neg_root_mean_squared_error": "− RMSE",
}
_COLUMNS = 2
_WIDTH, _HEIGHT = 5.0, 3.4


class Point(NamedTuple):
    """The scores of a system at a time limit.

    Attributes
    ----------
    seconds : float
        The limit; of a system that has none, the mean of the seconds that it took.
    scores : tuple of float
        One for each split, larger is better.
    """

    seconds: float
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of the scores."""
        return statistics.mean(self.scores)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.curve", description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="file of results of benchmarks.quality")
    parser.add_argument("--tables", type=make_names_type(METRICS), default=TABLES, help=", ".join(TABLES))
    parser.add_argument("--output", type=Path, default=_OUTPUT, help=f"picture to write ({_OUTPUT})")
    given = parser.parse_args()
    curves = {table: compute_curves(Results(given.results), table) for table in given.tables}
    save_figure(draw_curves(curves), given.output)


def compute_curves(results: Results, table: str) -> dict[str, list[Point]]:
    """Return each system's points of a table by time; the baseline has one, because no limit changes it.

    A point needs a score on every split that any system has a score on, or different splits would be
    compared.
    """
    known: dict[tuple[str, float], dict[int, Result]] = {}
    for key, result in results.list_scored().items():
        if key.table == table and key.system in _TITLES:
            known.setdefault((key.system, key.seconds), {})[key.seed] = result
    seeds = set().union(*known.values())
    curves: dict[str, list[Point]] = {}
    for (system, seconds), by_seed in sorted(known.items()):
        points = curves.setdefault(system, [])
        if set(by_seed) == seeds and not (system == BASELINE and points):
            wall = statistics.mean(one.wall_seconds for one in by_seed.values())
            scores = tuple(one.score for _, one in sorted(by_seed.items()) if one.score is not None)
            points.append(Point(wall if system == BASELINE else seconds, scores))
    return {system: curves[system] for system in _TITLES if curves.get(system)}


def draw_curves(curves: Mapping[str, Mapping[str, Sequence[Point]]]) -> Figure:
    """Return a figure with a plot of each table; ``curves`` are those of ``compute_curves`` by table."""
    n_rows = math.ceil(len(curves) / _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _WIDTH, n_rows * _HEIGHT + 0.5), layout="constrained")
    plots = figure.subplots(n_rows, _COLUMNS, squeeze=False).flatten()
    for plot, (table, of_table) in zip(plots, curves.items(), strict=False):
        _draw_table(plot, table, of_table)
    for plot in plots[len(curves) :]:
        plot.set_axis_off()
    handles: dict[str, Artist] = {}
    for plot in plots:
        handles |= dict(zip(*reversed(plot.get_legend_handles_labels()), strict=True))
    titles = [title for title, _ in _TITLES.values() if title in handles]
    lines = [handles[title] for title in titles]
    figure.legend(lines, titles, loc="outside lower center", ncols=len(titles), frameon=False)
    return figure


def _draw_table(plot: Axes, table: str, curves: Mapping[str, Sequence[Point]]) -> None:
    limits = sorted({point.seconds for system, of in curves.items() if system != BASELINE for point in of})
    for system, points in curves.items():
        title, colour = _TITLES[system]
        seconds, means = [point.seconds for point in points], [point.mean for point in points]
        if system == BASELINE:
            plot.axhline(means[0], color=colour, linestyle="--", linewidth=1, zorder=1)
        plot.plot(seconds, means, color=colour, marker="o", markersize=4, linewidth=1.6, label=title)
        for point in points:
            n_splits = len(point.scores)
            plot.plot([point.seconds] * n_splits, point.scores, ".", color=colour, alpha=0.3, markersize=4)
    plot.set_xscale("log")
    plot.set_xticks(limits, [f"{limit:g}" for limit in limits])
    plot.minorticks_off()
    plot.set_title(table, loc="left", fontsize=10, fontweight="bold")
    plot.set_xlabel("time limit, seconds")
    plot.set_ylabel(f"{_LABELS[METRICS[table]]} (up is better)")
    plot.grid(color="#E5E7EB", linewidth=0.6)
    plot.spines[["top", "right"]].set_visible(False)


def save_figure(figure: Figure, file: Path) -> None:
    """Write an SVG file that is the same whenever the figure is."""
    with mpl.rc_context({"svg.hashsalt": "kfp-tabular"}):
        figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
