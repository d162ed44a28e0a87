import os
import subprocess
import sys

from pipelines.catalogue import ROOT


def test_a_service_that_is_wrong_ends_with_status_1() -> None:
    # A process of its own: the settings of this machine are not for it.
    environment = {"PATH": os.environ["PATH"], "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "doctor"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "connection refused" in done.stdout
