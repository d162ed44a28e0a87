import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT

_PRINTS_MUCH = """
import subprocess
import sys
from pathlib import Path

from pipelines.standard_streams import outlive_readers

outlive_readers()
for number in range(20_000):
    print(number)
    print(number, file=sys.stderr)
subprocess.run(["echo", "a child writes, too"], check=True)
Path(sys.argv[1]).write_text("came to its end")
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_process_comes_to_its_end_when_nobody_reads_it_any_more(tmp_path: Path, unbuffered: str) -> None:
    words = [sys.executable, "-c", _PRINTS_MUCH, str(tmp_path / "end")]
    own = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    process = subprocess.Popen(words, cwd=ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"0\n"
    process.stdout.close()
    process.stderr.close()
    assert process.wait(30) == 0
    assert (tmp_path / "end").read_text() == "came to its end"


@pytest.mark.parametrize("program", [["pipelines", "--help"], ["images", "--help"]])
def test_the_commands_outlive_their_readers(program: list[str]) -> None:
    words = [sys.executable, "-m", *program]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(30) == 0


def test_output_is_as_before_while_somebody_reads() -> None:
    script = (
        "import sys\n"
        "from pipelines.standard_streams import outlive_readers\n"
        "outlive_readers()\n"
        "print('für', sys.stdout.errors, sys.stdout.isatty(), sys.stderr.line_buffering)\n"
    )
    own = {**os.environ, "PYTHONIOENCODING": "latin-1:replace", "PYTHONUNBUFFERED": ""}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=own, capture_output=True, check=True)
    assert done.stdout.decode("latin-1").lower() == "für replace false true\n"
