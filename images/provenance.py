"""Where pushed images come from, as a predicate of SLSA.

https://slsa.dev/spec/v1.0/provenance
"""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from components._model.provenance import build_predicate, list_code
from images.docker_command import inspect_image
from images.layers import read_setup
from pipelines.catalogue import ROOT
from pipelines.image_names import DIGESTS, ImageNames

# By the CI service: the variable that names a run's page.
_RUN_VARIABLES = {
    "GITLAB_CI": "CI_JOB_URL",
    "CIRCLECI": "CIRCLE_BUILD_URL",
    "TRAVIS": "TRAVIS_JOB_WEB_URL",
}


def build_provenance(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the predicate for the images of ``dist/images.json``.

    Parameters
    ----------
    environment : mapping of str to str
        The variables of the CI service; without them, nobody vouches for the build.

    Raises
    ------
    InvalidSetting
        No images were pushed.
    """
    names = ImageNames.read_pushed()
    revision = json.loads(DIGESTS.read_text(encoding="utf-8"))["revision"]
    source = read_setup()["metadata"]["url"]
    run = find_run(environment)
    return build_predicate(
        f"{source}/blob/{revision}/.ci/publish",
        external={"registry": names.registry, "tag": names.tag},
        dependencies=[*list_code(source, revision, _hash_lock()), *_list_bases(names)],
        run=run,
    )


def find_run(environment: Mapping[str, str]) -> str:
    """Return the address of the CI service's run; empty outside of a service."""
    if environment.get("GITHUB_ACTIONS"):
        server, repository, number = (
            environment[f"GITHUB_{name}"] for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
        )
        return f"{server}/{repository}/actions/runs/{number}"
    if environment.get("BITBUCKET_BUILD_NUMBER"):
        origin, number = environment["BITBUCKET_GIT_HTTP_ORIGIN"], environment["BITBUCKET_BUILD_NUMBER"]
        return f"{origin}/pipelines/results/{number}"
    return next((environment[run] for mark, run in _RUN_VARIABLES.items() if environment.get(mark)), "")


def _hash_lock() -> str:
    return hashlib.sha256((ROOT / "constraints.txt").read_bytes()).hexdigest()


def _list_bases(names: ImageNames) -> list[dict[str, Any]]:
    """Return the base images that the images were built on, if their digests are known."""
    found = {}
    for stage in names.digests:
        labels = (inspect_image(names.name_image(stage)) or {"Config": {}})["Config"].get("Labels") or {}
        base, digest = (labels.get(f"org.opencontainers.image.base.{part}") for part in ("name", "digest"))
        if base and digest:
            found[base] = digest
    return [
        {"uri": f"oci://{base}", "digest": {"sha256": digest.removeprefix("sha256:")}}
        for base, digest in sorted(found.items())
    ]
