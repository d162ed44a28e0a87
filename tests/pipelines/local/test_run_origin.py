import hashlib
import platform

from pipelines.catalogue import ROOT, find_revision
from pipelines.local.run_origin import describe_origin, restore_variables


def test_a_run_keeps_what_decides_its_digits() -> None:
    origin = describe_origin({"OPENBLAS_CORETYPE": "Haswell", "NPY_A": "1", "HOME": "/root", "AWS_KEY": "x"})
    assert origin["variables"] == {"NPY_A": "1", "OPENBLAS_CORETYPE": "Haswell"}
    assert origin["revision"] == find_revision()
    assert origin["lock_sha256"] == hashlib.sha256((ROOT / "constraints.txt").read_bytes()).hexdigest()
    assert origin["python"] == platform.python_version()
    assert origin["processor"]
    assert origin["processors"] >= 1


def test_linear_algebra_is_computed_as_in_the_recorded_run() -> None:
    here = {"OPENBLAS_CORETYPE": "Haswell", "NPY_A": "1", "HOME": "/root"}
    recorded = {"NPY_A": "2", "NPY_B": "3"}
    assert restore_variables(recorded, here) == {"OPENBLAS_CORETYPE": None, "NPY_A": "2", "NPY_B": "3"}
