"""Images that tests make, and that no registry has."""

import os
import subprocess

from pipelines.catalogue import ROOT
from tests.docker_engine import skip_or_fail

_SECONDS = 600


def load_images(*names: str) -> None:
    """Hand images of Docker to the nodes."""
    if os.environ.get("LOAD_IMAGES") == "":
        skip_or_fail("the nodes pull their images, and no registry has the one that this test makes")
    subprocess.run([ROOT / ".ci" / "load-images", *names], check=True, timeout=_SECONDS)
