"""Help and compilation beside the bare interpreter and the bare import of kfp."""

import statistics
import subprocess
import sys
import tempfile
import time

_REPEATS = 5


def main() -> None:
    """Print the median seconds of each command and its ratio to its baseline."""
    bare = _compute_median([sys.executable, "-c", "pass"])
    kfp = _compute_median([sys.executable, "-c", "import kfp.dsl, kfp.compiler"])
    helped = _compute_median([sys.executable, "-m", "pipelines", "--help"])
    with tempfile.TemporaryDirectory() as folder:
        compiled = _compute_median([sys.executable, "-m", "pipelines", "compile", "--output", folder])
    print(f"help:    {helped:.3f} s, {helped / bare:.1f} times the bare interpreter (under 0.3 s is wanted)")
    print(f"compile: {compiled:.3f} s, {compiled / kfp:.1f} times the import of kfp (under 3 s is wanted)")


def _compute_median(command: list[str]) -> float:
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
