"""The whole local run beside its stages' own compute in one warm process.

The baseline calls the stages' functions one after another in a process that has imported everything
before; the run is ``python -m pipelines run training`` as a user starts it.
"""

import subprocess
import sys
import tempfile
import time

TRIALS = 30
ROWS = 10_000


def main() -> None:
    """Print the seconds of both and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        stages = _measure_command(
            [sys.executable, "-m", "benchmarks.warm_stages", folder, str(ROWS), str(TRIALS)], reads=True
        )
        run = _measure_command(
            [sys.executable, "-m", "pipelines", "run", "training", "--runs", folder, "--trials", str(TRIALS)]
        )
    print(f"local run, {ROWS:,} rows, {TRIALS} trials: {run:.1f} s")
    print(f"its stages in one warm process:      {stages:.1f} s")
    print(f"ratio: {run / stages:.2f} (at most 1.3 is wanted)")


def _measure_command(command: list[str], *, reads: bool = False) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return float(done.stdout.split()[-1]) if reads else time.perf_counter() - started


if __name__ == "__main__":
    main()
