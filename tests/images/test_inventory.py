import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from images import inventory

pytestmark = pytest.mark.skipif(
    not Path("/etc/os-release").exists(), reason="only Linux says what system it is"
)


def test_an_image_tells_with_the_standard_library_alone() -> None:
    source = Path(inventory.__file__).read_text()
    # Without site-packages.
    command = [sys.executable, "-I", "-S", "-c", source]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told.keys() == {"python", "system", "distributions", "packages"}
    assert told["python"] == platform.python_version()


def test_distributions_are_listed_by_their_folder() -> None:
    found = inventory.build_inventory()["distributions"]
    (numpy,) = (
        distribution
        for distributions in found.values()
        for distribution in distributions
        if distribution["name"] == "numpy"
    )
    assert numpy["requires"] == []
    assert any("Programming Language" in classifier for classifier in numpy["classifiers"])


def test_packages_are_those_that_dpkg_has_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["libc6\t2.36\tamd64\tglibc\t2.36\tinstalled", "gone\t1\tamd64\tgone\t1\tconfig-files"]
    script = tmp_path / "dpkg-query"
    script.write_text("#!/bin/sh\nprintf '" + "".join(f"{line}\n" for line in lines) + "'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (package,) = inventory.build_inventory()["packages"]
    assert (package["Package"], package["source:Package"]) == ("libc6", "glibc")
    monkeypatch.setenv("PATH", "")
    assert inventory.build_inventory()["packages"] is None
