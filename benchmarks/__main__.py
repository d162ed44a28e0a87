"""Run every benchmark: ``make bench``."""

from benchmarks import command_line, fit_times, local_run, sweep_scaling, trial_overhead

if __name__ == "__main__":
    for benchmark in (command_line, fit_times, trial_overhead, sweep_scaling, local_run):
        benchmark.main()
        print()
