"""The names of the stages' images."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.errors import InvalidSetting
from pipelines.catalogue import ROOT, describe_commit

DEFAULT_REGISTRY = "docker.io/kfptabular"
PREFIX = "kfp-tabular-"
# Written by make push: the digests that the registry gave to the images.
DIGESTS = ROOT / "dist" / "images.json"
# https://github.com/distribution/reference: host with an optional port, then path components; and a tag.
_REGISTRY = re.compile(r"[a-z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class ImageNames:
    """The names of one set of images.

    Parameters
    ----------
    registry : str
        Host and path, such as ``ghcr.io/team``.
    tag : str
        Tag of the build.
    digests : mapping of str to str
        The images' digests by stage, ``sha256:`` and so on, used instead of the tag. Empty: the tag is used.
    """

    registry: str
    tag: str
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def choose(cls, registry: str | None = None, tag: str | None = None) -> "ImageNames":
        """Return the names with a registry and a tag.

        Parameters
        ----------
        registry : str or None
            None: ``REGISTRY`` of the environment, else ``DEFAULT_REGISTRY``.
        tag : str or None
            None: ``TAG`` of the environment, else ``git describe``.

        Raises
        ------
        InvalidSetting
            The registry or the tag is invalid.
        """
        return cls(
            registry=_check_registry(registry or os.environ.get("REGISTRY") or DEFAULT_REGISTRY),
            tag=_check_tag(tag or os.environ.get("TAG") or _require_commit()),
        )

    @classmethod
    def read_pushed(cls, registry: str | None = None, tag: str | None = None) -> "ImageNames":
        """Return the names, with digests, of the images that were pushed from this checkout.

        Parameters
        ----------
        registry, tag : str or None
            The registry and the tag of the push. None: ``REGISTRY`` and ``TAG`` of the environment, else any.

        Raises
        ------
        InvalidSetting
            No images were pushed, or with another registry or tag.
        """
        if not DIGESTS.exists():
            raise InvalidSetting(
                f"There is no {DIGESTS.relative_to(ROOT)}, which has the digests of pushed images.",
                "Run make push first, or copy the file from the machine that pushed the images.",
            )
        record = json.loads(DIGESTS.read_text(encoding="utf-8"))
        wanted = {
            "registry": registry or os.environ.get("REGISTRY"),
            "tag": tag or os.environ.get("TAG"),
        }
        for key, value in wanted.items():
            if value and value != record[key]:
                raise InvalidSetting(
                    f"The images were pushed with the {key} {record[key]!r}, not {value!r}.",
                    f"Leave the {key} out, or push them with it: make push {key.upper()}={value}.",
                )
        return cls(record["registry"], record["tag"], record["digests"])

    @staticmethod
    def find_pushed_revision(stage: str, digest: str) -> str | None:
        """Return the commit of an image that was pushed from this checkout; None if it was not."""
        record = json.loads(DIGESTS.read_text(encoding="utf-8")) if DIGESTS.exists() else {}
        return record.get("revision") if record.get("digests", {}).get(stage) == digest else None

    def name_image(self, stage: str) -> str:
        """Return the full name of a stage's image.

        Raises
        ------
        InvalidSetting
            The names have digests, but this image was not pushed.
        """
        if self.digests and stage not in self.digests:
            raise InvalidSetting(
                f"The image of {stage} was not pushed with the others.", f"Push it: make push STAGE={stage}."
            )
        # A folder of Python code has no dashes, and the names of images have no underscores.
        name = f"{self.registry}/{PREFIX}{stage.replace('_', '-')}"
        return f"{name}@{self.digests[stage]}" if self.digests else f"{name}:{self.tag}"

    def complete(self, image: str) -> str:
        """Return the full name of an image whose name is from ``@stage``; other names are unchanged."""
        return self.name_image(image.removeprefix(PREFIX)) if image.startswith(PREFIX) else image


def _check_registry(registry: str) -> str:
    if not _REGISTRY.fullmatch(registry):
        raise InvalidSetting.from_out_of_range(
            "registry", registry, "a host and a path without a scheme, such as ghcr.io/team"
        )
    return registry


def _check_tag(tag: str) -> str:
    if tag == "latest":
        raise InvalidSetting(
            "The tag 'latest' may be another image tomorrow, which Kubeflow's cache would not notice.",
            "Give the tag of a build, or leave it out to use the version from git.",
        )
    if not _TAG.fullmatch(tag):
        raise InvalidSetting.from_out_of_range("tag", tag, "letters, digits, dots, dashes and underscores")
    return tag


def _require_commit() -> str:
    described = describe_commit()
    if described is None:
        raise InvalidSetting(
            "The tag is missing, and git cannot describe this folder.",
            "Give a tag: --tag 1.2.0, or TAG=1.2.0.",
        )
    return described
