import subprocess
import sys
from pathlib import Path

import pytest

from components.serve.__main__ import main, parse_arguments
from components.serve.settings import Settings
from pipelines.catalogue import ROOT


def test_options_are_the_settings_and_have_their_defaults() -> None:
    assert parse_arguments(["--model_dir", "m"]) == Settings(Path("m"))
    words = "--model_dir=m --model_name=churn --model_version=3 --http_port=1 --grpc_port=0 --workers=2"
    more = "--max_rows=5 --max_bytes=6 --drain_seconds=0.5"
    log = "--log_dir=l --log_rows_per_second=2.5 --log_bytes=1000000"
    assert parse_arguments(f"{words} {more} {log}".split()) == Settings(
        Path("m"), "churn", "3", 1, 0, 2, 5, 6, 0.5, Path("l"), 2.5, 1_000_000
    )


@pytest.mark.parametrize("words", [[], ["--model_dir", "m", "--workers", "many"], ["--model", "m"]])
def test_wrong_usage_has_status_2(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)


def test_a_mistake_ends_with_its_message_and_status_1() -> None:
    words = [sys.executable, "-m", "components.serve", "--model_dir", "m", "--http_port", "0"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: http_port = 0 is out of range.")
