"""Compare systems: ``python -m benchmarks.quality --seconds 60,240 --seeds 3 --results FILE.json``."""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.quality.arguments import make_names_type, parse_budgets
from benchmarks.quality.environments import NotInstalled
from benchmarks.quality.leaderboard import compute_ratings
from benchmarks.quality.report import Plan, render_page
from benchmarks.quality.results import Key, Result, Results
from benchmarks.quality.runs import run_system
from benchmarks.quality.splits import write_split
from benchmarks.quality.systems import SYSTEMS
from benchmarks.quality.tables import METRICS, SUITES, load_table


def main() -> None:
    """Run what has no result yet and print the page."""
    arguments = _parse_arguments()
    results = Results(arguments.results)
    interpreters, missing = _find_interpreters(arguments.systems)
    of_suites = (name for suite in arguments.suite for name in SUITES[suite])
    tables = arguments.tables or tuple(dict.fromkeys(of_suites))
    plan = Plan(
        tuple(interpreters),
        tables,
        arguments.seeds,
        arguments.seconds,
        arguments.cores,
    )
    if not plan.systems:
        sys.exit("\n".join(f"{system}: not installed: {why}" for system, why in missing.items()))
    _run(plan, results, interpreters, arguments.again, arguments.disturbed)
    print(render_page(plan, results, missing, compute_ratings))


def _find_interpreters(names: tuple[str, ...]) -> tuple[dict[str, Path], dict[str, str]]:
    found, missing = {}, {}
    for name in names:
        try:
            found[name] = SYSTEMS[name].find_interpreter_of_system()
        except NotInstalled as error:
            missing[name] = str(error)
    return found, missing


def _run(
    plan: Plan, results: Results, interpreters: Mapping[str, Path], again: tuple[str, ...], disturbed: float
) -> None:
    for name in plan.tables:
        table = load_table(name)
        for seed, seconds in itertools.product(range(plan.seeds), plan.budgets):
            with tempfile.TemporaryDirectory() as folder:
                split = write_split(table, seed, Path(folder))
                for system in plan.systems:
                    key = Key(system, name, seed, seconds)
                    known = results.get(key)
                    if known is not None and system not in again and _holds(known, disturbed):
                        continue
                    place = Path(folder, system)
                    place.mkdir()
                    result = run_system(
                        SYSTEMS[system],
                        interpreters[system],
                        table,
                        split,
                        seed=seed,
                        seconds=seconds,
                        cores=plan.cores,
                        folder=place,
                    )
                    results.add(key, result)
                    _print_result(key, result)


def _holds(result: Result, disturbed: float) -> bool:
    """Return whether a result may be reused; what failed is tried again."""
    return result.score is not None and result.others <= disturbed


def _print_result(key: Key, result: Result) -> None:
    told = "failed" if result.score is None else f"{result.score:.5f}"
    line = f"{key}: {told} in {result.wall_seconds:.1f} s, others {result.others:.2f} cores ({result.note})"
    print(line, file=sys.stderr, flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument(
        "--seconds", type=parse_budgets, default=(60.0,), help="time limits of a system, such as 60,240 (60)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="splits of each table (3)")
    parser.add_argument("--cores", type=int, default=2, help="cores of a system (2)")
    parser.add_argument(
        "--systems", type=make_names_type(SYSTEMS), default=tuple(SYSTEMS), help=", ".join(SYSTEMS)
    )
    tables = parser.add_mutually_exclusive_group()
    tables.add_argument("--tables", type=make_names_type(METRICS), help=", ".join(METRICS))
    tables.add_argument(
        "--suite",
        type=make_names_type(SUITES),
        default=("generated",),
        help=f"their tables: {', '.join(SUITES)} (generated)",
    )
    parser.add_argument("--results", type=Path, help="file of results, kept and reused")
    parser.add_argument(
        "--again",
        type=make_names_type(SYSTEMS),
        nargs="?",
        const=tuple(SYSTEMS),
        default=(),
        help="run anew what has a result: all, or these systems",
    )
    parser.add_argument(
        "--disturbed",
        type=float,
        default=float("inf"),
        metavar="CORES",
        help="run anew, too, what other processes disturbed by using more than so many cores",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
