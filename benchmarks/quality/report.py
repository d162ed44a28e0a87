"""Results as Markdown: for each budget by half and by regime, what they cost, and which tables lose."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.comparison import NOISE, Comparison, compare_with_baseline, compute_standings
from benchmarks.quality.environments import NotInstalled
from benchmarks.quality.leaderboard import NotRated, Rating
from benchmarks.quality.ranking import Interval
from benchmarks.quality.results import Result, Results
from benchmarks.quality.systems import BASELINE, OURS
from benchmarks.quality.tables import HALVES, METRICS, REGIMES

Rate = Callable[[Mapping[str, Comparison]], dict[str, dict[str, Rating]]]

_NOTHING = "—"
_ALL = "all tables"


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    systems, tables : tuple of str
        Names.
    seeds : int
        Splits of each table, numbered from 0.
    budgets : tuple of float
        Time limits of a system, in seconds.
    cores : int
        Cores of a system.
    """

    systems: tuple[str, ...]
    tables: tuple[str, ...]
    seeds: int
    budgets: tuple[float, ...]
    cores: int


def render_page(plan: Plan, results: Results, missing: Mapping[str, str], rate: Rate) -> str:
    """Return the whole page.

    Parameters
    ----------
    plan, results
        What is compared, and what is known of it.
    missing : dict of str to str
        Why systems were left out, by their names.
    rate : callable
        ``leaderboard.compute_ratings``.
    """
    by_budget = {
        seconds: Comparison.collect(results, plan.systems, plan.tables, plan.seeds, seconds)
        for seconds in plan.budgets
    }
    by_budget = {seconds: comparison for seconds, comparison in by_budget.items() if comparison.tables}
    groups = {
        (seconds, name): group
        for seconds, comparison in by_budget.items()
        for name, group in list_groups(comparison).items()
    }
    ratings, why_not = _rate(groups, rate)
    parts = [_render_heading(plan, by_budget.values())]
    parts += [f"{system}: not installed: {why}" for system, why in missing.items()]
    parts += [why_not] if why_not else []
    for seconds, comparison in by_budget.items():
        parts.append(f"## {seconds:g} s")
        for name in list_groups(comparison):
            heading = f"### {name[0].upper()}{name[1:]}, {seconds:g} s"
            parts += [heading, _render_standings(groups[seconds, name], ratings.get((seconds, name), {}))]
        parts += [f"### Cost, {seconds:g} s", _render_costs(comparison, seconds, plan.cores)]
        parts += _render_beside_baseline(comparison, seconds)
        parts += [f"### Scores, {seconds:g} s", _render_scores(comparison)]
        parts += _list_failures(comparison, seconds)
    return "\n\n".join(parts)


def list_groups(comparison: Comparison) -> dict[str, Comparison]:
    """Return the comparison of all tables, of each half and of each regime, unless it is that of all."""
    groups = {_ALL: comparison}
    for kinds, prefix in ((HALVES, "half: "), (REGIMES, "regime: ")):
        for kind in dict.fromkeys(kinds[table] for table in comparison.tables):
            tables = [table for table in comparison.tables if kinds[table] == kind]
            if len(tables) < len(comparison.tables):
                groups[prefix + kind] = comparison.select(tables)
    return groups


def _rate(
    groups: Mapping[tuple[float, str], Comparison], rate: Rate
) -> tuple[dict[tuple[float, str], dict[str, Rating]], str]:
    """Return bencheval's ratings of each group, or none of them and why."""
    names = {f"{seconds:g}|{name}": (seconds, name) for seconds, name in groups}
    try:
        rated = rate({name: groups[key] for name, key in names.items()})
    except (NotInstalled, NotRated) as error:
        return {}, f"No Elo and no improvability: {error}"
    return {names[name]: of for name, of in rated.items()}, ""


def _render_heading(plan: Plan, comparisons: Iterable[Comparison]) -> str:
    known = [
        (system, result)
        for comparison in comparisons
        for (system, _, _), result in comparison.results.items()
        if result is not None
    ]
    dates = sorted({result.date[:10] for _, result in known})
    days = " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "never"
    others = max((result.others for _, result in known), default=0.0)
    versions = {system: result.versions for system, result in known if result.versions}
    budgets = ", ".join(f"{seconds:g}" for seconds in plan.budgets)
    lines = [
        f"# Quality at {budgets} s on {plan.cores} cores, {plan.seeds} splits per table",
        "",
        f"Measured {days}. Other processes used {others:.2f} cores at most during a run.",
        "Intervals are of 95 %, by bootstrap over the tables. A system is behind on a table if its error is",
        f"larger than that of {BASELINE} by more than {NOISE:g} standard errors of the paired difference",
        "over the splits.",
        "",
    ]
    for system, packages in versions.items():
        lines.append(f"- {system}: " + ", ".join(f"{name} {version}" for name, version in packages.items()))
    return "\n".join(lines)


def _render_standings(comparison: Comparison, ratings: Mapping[str, Rating]) -> str:
    rows = []
    for standing in compute_standings(comparison):
        rating = ratings.get(standing.system)
        rows.append(
            [
                standing.system,
                f"{standing.rank.mean:.2f}",
                _render_interval(standing.rank, 2),
                _NOTHING if np.isnan(standing.relative_error) else f"{standing.relative_error:.3f}",
                f"{standing.n_behind} of {len(comparison.tables)}",
                *(_render_rating(rating.elo, 1) if rating else (_NOTHING, _NOTHING)),
                *(_render_rating(rating.improvability, 100) if rating else (_NOTHING, _NOTHING)),
                f"{standing.n_without_result}",
            ]
        )
    heads = (
        "system",
        "mean rank",
        "95 %",
        f"error / {BASELINE}",
        f"behind {BASELINE}",
        "Elo",
        "95 %",
        "improvability, %",
        "95 %",
        "splits without a result",
    )
    return f"{_name_tables(comparison)}\n\n{_render_markdown(heads, rows)}"


def _render_rating(interval: Interval, factor: float) -> tuple[str, str]:
    scaled = Interval(*(factor * value for value in interval))
    digits = 0 if factor == 1 else 1
    return f"{scaled.mean:.{digits}f}", _render_interval(scaled, digits)


def _render_interval(interval: Interval, digits: int) -> str:
    return f"{interval.low:.{digits}f} to {interval.high:.{digits}f}"


def _name_tables(comparison: Comparison) -> str:
    return f"{len(comparison.tables)} tables: {', '.join(comparison.tables)}."


def _render_costs(comparison: Comparison, seconds: float, cores: int) -> str:
    rows = []
    for system in comparison.systems:
        fitted = comparison.get_fitted(system)
        if not fitted:
            rows.append([system, *[_NOTHING] * 6])
            continue
        milliseconds = {key: of.milliseconds for key, of in fitted.items()}
        rows.append(
            [
                system,
                _render_largest({key: of.wall_seconds / seconds for key, of in fitted.items()}, 2),
                _render_largest({key: of.cpu_seconds / (cores * seconds) for key, of in fitted.items()}, 2),
                f"{np.median(list(milliseconds.values())):.2f}",
                _render_largest(milliseconds, 2),
                _render_largest(
                    {key: of.model_megabytes for key, of in fitted.items() if of.model_megabytes is not None},
                    1,
                ),
                _render_largest({key: of.peak_megabytes for key, of in fitted.items()}, 0),
            ]
        )
    heads = (
        "system",
        "wall s / limit, most",
        f"CPU s / ({cores} × limit), most",
        "ms per row, median",
        "most",
        "model MB, most",
        "peak memory MB, most",
    )
    return _render_markdown(heads, rows)


def _render_largest(values: Mapping[tuple[str, int], float], digits: int) -> str:
    """Return the largest value with the table that has it."""
    if not values:
        return _NOTHING
    largest = max(values, key=lambda key: values[key])
    return f"{values[largest]:.{digits}f} ({largest[0]})"


def _render_beside_baseline(comparison: Comparison, seconds: float) -> Iterator[str]:
    differences = compare_with_baseline(comparison, OURS)
    if not differences:
        return
    losing = [table for table, of in differences.items() if of.is_behind]
    yield f"### {OURS} beside {BASELINE}, {seconds:g} s"
    yield f"Behind beyond noise: {', '.join(losing) or 'no table'}."
    rows = [
        [
            f"**{table}**" if of.is_behind else table,
            HALVES[table],
            REGIMES[table],
            f"{of.mean:+.4g}",
            _NOTHING if np.isnan(of.standard_error) else f"{of.standard_error:.2g}",
            f"{100 * of.mean / _compute_mean_error(comparison, table):+.1f}",
        ]
        for table, of in differences.items()
    ]
    heads = (
        "table",
        "half",
        "regime",
        "difference of the errors",
        "its standard error",
        f"in % of {BASELINE}'s",
    )
    yield _render_markdown(heads, rows)


def _compute_mean_error(comparison: Comparison, table: str) -> float:
    errors = comparison.errors[comparison.tables.index(table), :, comparison.systems.index(BASELINE)]
    return float(np.nanmean(errors))


def _render_scores(comparison: Comparison) -> str:
    rows = []
    for table, scores in zip(comparison.tables, comparison.scores, strict=True):
        # A system that failed on a split is not measured by the others.
        means = scores.mean(axis=0)
        best = np.nanmax(means) if not np.isnan(means).all() else np.nan
        rows.append(
            [
                f"{table} ({METRICS[table]})",
                *(
                    _NOTHING if np.isnan(mean) else f"**{mean:.4f}**" if mean == best else f"{mean:.4f}"
                    for mean in means
                ),
            ]
        )
    return "\n\n".join(
        [
            "Means over the splits, larger is better; the best is bold.",
            _render_markdown(("table (metric)", *comparison.systems), rows),
        ]
    )


def _list_failures(comparison: Comparison, seconds: float) -> Iterator[str]:
    failed: dict[tuple[str, str, int], Result] = {
        key: one for key, one in comparison.results.items() if one is not None and one.score is None
    }
    for (system, table, seed), result in failed.items():
        yield f"{system} failed on {table}, split {seed}, {seconds:g} s: it {result.note}"


def _render_markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
