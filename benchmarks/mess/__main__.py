"""Render clean tables as people bring theirs, and count what goes wrong in silence: ``make bench-mess``."""

import argparse
import sys
import time

from benchmarks.mess.bench import judge_tables
from benchmarks.mess.report import describe
from benchmarks.mess.tables import NAMES


def main() -> int:
    """Print the report; return 1 if any difference is silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=NAMES, choices=NAMES)
    parser.add_argument("--ways", nargs="*", default=())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    started = time.perf_counter()
    outcomes = judge_tables(options.tables, options.ways, options.seed, options.processes)
    for line in describe(outcomes):
        print(line)
    print(f"{time.perf_counter() - started:.0f} s")
    return int(any(outcome.verdict == "silent" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
