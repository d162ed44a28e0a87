import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from images import probe
from pipelines.catalogue import ROOT


def probe_checkout(before: str = "", **environment: str) -> dict[str, Any]:
    """Look at this checkout in place of an image, in a process of its own: kfp gets into its runtime."""
    script = (
        "import json, sys; from pathlib import Path; from images import probe\n"
        f"probe._CODE = Path({str(ROOT)!r})\n{before}\n"
        "print(json.dumps(probe.probe('notify')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_stage_and_its_packages_are_listed() -> None:
    found = probe_checkout()
    assert "components.notify.run" in found["modules"]
    assert set(found["packages"]["numpy"]) == {"version", "requires"}
    assert found["has_temporary_folder"] is True
    assert found["user"] == os.getuid()
    assert "components.notify.run" not in found["broken"]


def test_modules_that_cannot_be_imported_and_compilers_are_named(tmp_path: Path) -> None:
    (tmp_path / "gcc").touch(0o755)
    found = probe_checkout("sys.modules['components.notify.message'] = None", PATH=str(tmp_path))
    halted = "ModuleNotFoundError: import of components.notify.message halted; None in sys.modules"
    assert found["broken"]["components.notify.message"] == halted
    assert found["compilers"] == ["gcc"]


def test_it_runs_as_a_program_with_the_standard_library_alone() -> None:
    source = Path(probe.__file__).read_text(encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-c", source, "no_such_stage"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["modules"] == []
