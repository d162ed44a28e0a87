"""Run every benchmark: ``make bench``."""

from benchmarks import command_line, local_run, trial_overhead

if __name__ == "__main__":
    for benchmark in (command_line, trial_overhead, local_run):
        benchmark.main()
        print()
