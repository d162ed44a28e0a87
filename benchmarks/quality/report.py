"""Results as Markdown."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.ranking import compute_mean_ranks, compute_ranks, compute_relative_errors
from benchmarks.quality.results import Key, Result, Results
from benchmarks.quality.splits import compute_error
from benchmarks.quality.systems import BASELINE
from benchmarks.quality.tables import METRICS


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    systems, tables : tuple of str
        Names.
    seeds : int
        Splits of each table, numbered from 0.
    seconds : float
        Time limit of a system.
    cores : int
        Cores of a system.
    """

    systems: tuple[str, ...]
    tables: tuple[str, ...]
    seeds: int
    seconds: float
    cores: int


def render_page(plan: Plan, results: Results, missing: dict[str, str]) -> str:
    """Return a table of each table and one of them all; ``missing`` says why systems were left out."""
    known = [
        (system, result)
        for system in plan.systems
        for table in plan.tables
        for result in _list_results(plan, results, system, table)
        if result is not None
    ]
    parts = [_render_heading(plan, known)]
    parts += [f"{system}: not installed: {why}" for system, why in missing.items()]
    parts += [_render_table_section(plan, results, table) for table in plan.tables]
    parts += [_render_summary(plan, results), *_list_failures(plan, results)]
    return "\n\n".join(parts)


def _render_heading(plan: Plan, known: Sequence[tuple[str, Result]]) -> str:
    dates = sorted({result.date[:10] for _, result in known})
    days = " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "never"
    others = max((result.others for _, result in known), default=0.0)
    lines = [
        f"# Quality at {plan.seconds:g} s on {plan.cores} cores, {plan.seeds} splits per table",
        f"Measured {days}. Other processes used {others:.2f} cores at most during a run.",
    ]
    versions = {system: result.versions for system, result in known if result.versions}
    for system, packages in versions.items():
        lines.append(f"- {system}: " + ", ".join(f"{name} {version}" for name, version in packages.items()))
    return "\n".join([lines[0], "", lines[1], "", *lines[2:]])


def _render_table_section(plan: Plan, results: Results, table: str) -> str:
    ranked = _compute_mean_by_system(compute_ranks(_collect_scores(plan, results, [table])))
    rows = []
    for i, system in enumerate(plan.systems):
        fitted = [
            r for r in _list_results(plan, results, system, table) if r is not None and r.score is not None
        ]
        if not fitted:
            rows.append([system, "—", f"{ranked[i]:.1f}", "—", "—", "—", "—"])
            continue
        spread = [r.score for r in fitted if r.score is not None]
        rows.append(
            [
                system,
                f"{statistics.mean(spread):.4f}",
                f"{ranked[i]:.1f}",
                f"{statistics.mean(r.wall_seconds for r in fitted):.1f}",
                f"{statistics.mean(r.cpu_seconds for r in fitted):.1f}",
                f"{max(r.peak_megabytes for r in fitted):.0f}",
                f"{statistics.mean(r.milliseconds for r in fitted):.1f}",
            ]
        )
    heads = ("system", "score", "rank", "wall s", "CPU s", "peak MB", "ms per row")
    return f"## {table} ({METRICS[table]})\n\n{_render_markdown(heads, rows)}"


def _render_summary(plan: Plan, results: Results) -> str:
    scores = _collect_scores(plan, results, plan.tables)
    metrics = [METRICS[table] for table in plan.tables for _ in range(plan.seeds)]
    intervals = compute_mean_ranks(scores)
    relative = np.full(len(plan.systems), np.nan)
    if BASELINE in plan.systems:
        errors = np.array(
            [[compute_error(metric, s) for s in row] for metric, row in zip(metrics, scores, strict=True)]
        )
        relative = compute_relative_errors(errors, errors[:, plan.systems.index(BASELINE)])
    rows = [
        [
            system,
            f"{interval.mean:.2f}",
            f"{interval.low:.2f} to {interval.high:.2f}",
            "—" if np.isnan(ratio) else f"{ratio:.3f}",
            f"{int(np.isnan(column).sum())}",
        ]
        for system, interval, ratio, column in zip(plan.systems, intervals, relative, scores.T, strict=True)
    ]
    heads = ("system", "mean rank", "95 %", f"error / {BASELINE}", "without a result")
    return f"## All tables\n\n{_render_markdown(heads, rows)}"


def _list_failures(plan: Plan, results: Results) -> Iterable[str]:
    for system in plan.systems:
        for table in plan.tables:
            for seed, result in enumerate(_list_results(plan, results, system, table)):
                if result is not None and result.score is None:
                    yield f"{system} failed on {table}, split {seed}: it {result.note}"


def _list_results(plan: Plan, results: Results, system: str, table: str) -> list[Result | None]:
    return [results.get(Key(system, table, seed, plan.seconds)) for seed in range(plan.seeds)]


def _collect_scores(plan: Plan, results: Results, tables: Sequence[str]) -> np.ndarray:
    """Return the scores, shape (n_tables * n_seeds, n_systems), NaN where there is none."""
    columns = [
        [
            np.nan if result is None or result.score is None else result.score
            for table in tables
            for result in _list_results(plan, results, system, table)
        ]
        for system in plan.systems
    ]
    return np.array(columns, dtype=np.float64).T


def _compute_mean_by_system(ranked: np.ndarray) -> list[float]:
    return [float(value) for value in ranked.mean(axis=0)]


def _render_markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
