"""The cloud-init file of a machine with a cluster. No machine was started with it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.catalogue import ROOT
from tests.docker_engine import skip_or_fail

FILE = ROOT / "clouds" / "aws" / "ec2-cluster.yaml"
# Of Debian's package, which .ci/run unpacks: an installed one would take over the machine at its next start.
SCHEMA = "usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json"
# Bytes that EC2 takes as a machine's user data.
MOST_BYTES = 16_384


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text()))


@pytest.mark.slow
def test_it_is_what_cloud_init_reads(content: dict[str, Any]) -> None:
    places = [folder / SCHEMA for folder in (ROOT / "build" / "cloud-init", Path("/"))]
    schema = next((place for place in places if place.exists()), None)
    if schema is None:
        skip_or_fail("the schema of cloud-init is missing: .ci/run unpacks it")
    jsonschema.Draft4Validator(json.loads(schema.read_text())).validate(content)
    assert FILE.read_text().startswith("#cloud-config\n")
    assert FILE.stat().st_size <= MOST_BYTES


def test_its_script_is_sound_and_checks_what_it_downloads(content: dict[str, Any], tmp_path: Path) -> None:
    (file,) = content["write_files"]
    assert file["path"] == "/usr/local/bin/make-cluster"
    subprocess.run(["bash", "-n"], input=file["content"], text=True, check=True)
    assert content["runcmd"][-1][-1] == Path(file["path"]).name
    # With stubs of what it downloads and runs: a wrong checksum ends it, and nothing is kept.
    curl = tmp_path / "stubs" / "curl"
    curl.parent.mkdir()
    curl.write_text(
        '#!/bin/sh\ncase "$*" in *--output*) shift 5; echo program >"$1" ;; *) printf %064d 0 ;; esac\n'
    )
    curl.chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": f"{curl.parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-s"], input=file["content"], env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert "kind.new: FAILED" in done.stdout
    assert not (tmp_path / "bin" / "kind").exists()


def test_it_installs_what_the_script_of_the_cluster_needs(content: dict[str, Any]) -> None:
    needed = set(re.findall(r"^require (\S+)", (ROOT / ".ci" / "cluster").read_text(), re.MULTILINE))
    assert needed == {"docker", "kind", "kubectl"}
    assert {"docker.io", "git", "make", "python3-venv"} <= set(content["packages"])
    assert "docker" in content["users"][1]["groups"]
