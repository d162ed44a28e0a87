"""What each version of Kubeflow Pipelines' backend knows of the specs and schedules.

A backend reads a task's settings for Kubernetes strictly: it refuses a run with a field that it does not
know. The fields and their versions are those of the message definitions in kfp-kubernetes and
kfp-pipeline-spec.
"""

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from components.errors import InvalidSetting

Documents = tuple[dict[str, Any], ...]


class BackendRelease(NamedTuple):
    """A release of Kubeflow Pipelines. Its patches, such as 2.14.3, know the same fields."""

    major: int
    minor: int

    @classmethod
    def find(cls, version: str | None) -> "BackendRelease | None":
        """Return the release of a version such as ``v2.14.3`` or ``2.17.0-rc.1``; None if it names none."""
        found = re.match(r"v?(\d+)\.(\d+)(?!\d)", version or "")
        return cls(int(found[1]), int(found[2])) if found else None

    @classmethod
    def parse(cls, version: str) -> "BackendRelease":
        """Return the release of a version that a person gives.

        Raises
        ------
        InvalidSetting
            It is no version, or older than the oldest that the specs support.
        """
        release = cls.find(version)
        if release is None:
            raise InvalidSetting(
                f"{version!r} is not a version of Kubeflow Pipelines.",
                f"Give --for VERSION, such as {OLDEST}.",
            )
        if release < OLDEST:
            raise InvalidSetting(
                f"The specs need Kubeflow Pipelines {OLDEST} or newer, not {release}.",
                "Upgrade the backend, and give its version with --for VERSION.",
            )
        return release

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST = BackendRelease(2, 14)
# The newest release whose message definitions were read. Later ones know them, too.
NEWEST = BackendRelease(2, 17)


@dataclass(frozen=True)
class Feature:
    """What only some backends know.

    Attributes
    ----------
    name : str
        Its name, for people.
    since : BackendRelease
        The first release that knows it.
    consequence : str
        What follows where it is left out.
    fields : tuple of tuple of str
        The keys that lead to its fields, from a task's settings for Kubernetes on. Empty: it is not in specs.
    """

    name: str
    since: BackendRelease
    consequence: str
    fields: tuple[tuple[str, ...], ...] = ()


SPEC_FEATURES = (
    Feature(
        "optional",
        BackendRelease(2, 15),
        "Every key of the ConfigMap and the Secret kfp-tabular must exist, even if it is empty. "
        "The manifests and manifests/create-secrets write all of them.",
        (("configMapAsEnv", "optional"), ("secretAsEnv", "optional")),
    ),
    Feature(
        "securityContext",
        BackendRelease(2, 16),
        "Pods do not get runAsNonRoot, which a namespace with the pod security standard restricted requires. "
        "The images run as user 65532 in any case.",
        (("securityContext",),),
    ),
)
SCHEDULE_ACCOUNT = Feature(
    "the service account of a schedule",
    BackendRelease(2, 17),
    "The runs of the schedule use the installation's account, pipeline-runner by default.",
)


def adapt_documents(documents: Documents, release: BackendRelease) -> tuple[Documents, list[Feature]]:
    """Return a compiled spec without what a release does not know, and the features that were left out.

    Parameters
    ----------
    documents : tuple of dict
        The pipeline, then the settings for Kubernetes, if any. They stay as they are.
    release : BackendRelease
        The release of the backend.
    """
    adapted = copy.deepcopy(documents)
    omitted = []
    for feature in SPEC_FEATURES:
        found = list(_find_fields(adapted, feature)) if release < feature.since else []
        for holder, key in found:
            del holder[key]
        if found:
            omitted.append(feature)
    return adapted, omitted


def describe_omissions(release: BackendRelease, omitted: Sequence[Feature]) -> str:
    """Return lines that say what was left out for a release, and what follows; empty if nothing was."""
    if not omitted:
        return ""
    lines = (f"  {feature.name} (since {feature.since}): {feature.consequence}\n" for feature in omitted)
    return f"note: left out, because Kubeflow Pipelines {release} does not know it:\n{''.join(lines)}"


def _find_fields(documents: Documents, feature: Feature) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each mapping that has a field of the feature, and the field's key."""
    for document in documents[1:]:
        for platform in document.get("platforms", {}).values():
            for settings in platform.get("deploymentSpec", {}).get("executors", {}).values():
                for *keys, key in feature.fields:
                    yield from ((holder, key) for holder in _find_mappings(settings, keys) if key in holder)


def _find_mappings(part: Any, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the mappings that keys lead to, of each element of lists on the way."""
    if isinstance(part, list):
        for element in part:
            yield from _find_mappings(element, keys)
    elif not keys:
        yield part
    elif keys[0] in part:
        yield from _find_mappings(part[keys[0]], keys[1:])
