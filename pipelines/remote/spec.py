"""A compiled pipeline to send to a cluster."""

import copy
import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.errors import InvalidSetting
from pipelines.backend_versions import BackendRelease, Documents, Feature, adapt_documents
from pipelines.catalogue import PIPELINES
from pipelines.parameters import Parameter

_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Spec:
    """A compiled pipeline.

    Attributes
    ----------
    documents : tuple of dict
        The pipeline, then the settings for Kubernetes, if any.
    """

    documents: Documents

    @classmethod
    def read(cls, pipeline: str, folder: Path) -> "Spec":
        """Read a pipeline that ``compile`` wrote to a folder.

        A missing file is not compiled here, because compiling also chooses the images.

        Raises
        ------
        InvalidSetting
            There is no such pipeline, it is not compiled, or the file is not a spec.
        """
        if pipeline not in PIPELINES:
            raise InvalidSetting.from_unknown_name("pipeline", pipeline, PIPELINES)
        path = folder / "pipelines" / f"{pipeline}.yaml"
        try:
            documents = tuple(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InvalidSetting(
                f"The compiled pipeline {path} cannot be read: {error.strerror}.",
                "Compile it, with the images to run: make compile REGISTRY=... TAG=...",
            ) from None
        except (yaml.YAMLError, ValueError):
            documents = ()
        is_spec = (
            bool(documents)
            and all(isinstance(document, dict) for document in documents)
            and {"pipelineInfo", "root", "deploymentSpec"} <= documents[0].keys()
        )
        if not is_spec:
            raise InvalidSetting(f"{path} is not a compiled pipeline.", "Compile it again: make compile.")
        return cls(documents)

    @property
    def name(self) -> str:
        """Name of the pipeline."""
        return str(self.documents[0]["pipelineInfo"]["name"])

    @property
    def description(self) -> str:
        """What the pipeline does, in one line; may be empty."""
        return str(self.documents[0]["pipelineInfo"].get("description", ""))

    @property
    def version(self) -> str:
        """Name of this content, independent of the file's format."""
        content = json.dumps(self.documents, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return f"{self.name}-{digest[:_SHOWN_DIGITS]}"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by name, as the spec defines them."""
        defined = self.documents[0]["root"].get("inputDefinitions", {}).get("parameters", {})
        return {name: Parameter.from_spec(name, definition) for name, definition in defined.items()}

    @property
    def images(self) -> list[str]:
        """The images of the tasks, sorted."""
        executors = self.documents[0]["deploymentSpec"]["executors"].values()
        return sorted({executor["container"]["image"] for executor in executors if "container" in executor})

    @property
    def titles(self) -> dict[str, str]:
        """The title of each task that is not a group, by its name in the spec."""
        return {
            name: str(task.get("taskInfo", {}).get("name", name))
            for name, task in _iterate_tasks(self.documents[0])
            if "dag" not in self.documents[0]["components"][task["componentRef"]["name"]]
        }

    def adapt(self, release: BackendRelease) -> "tuple[Spec, list[Feature]]":
        """Return the same pipeline for a release, and the features that it does not know."""
        documents, omitted = adapt_documents(self.documents, release)
        return Spec(documents), omitted

    def disable_cache(self, names: Container[str] | None = None) -> "Spec":
        """Return the same pipeline without caching of tasks: of all, or of those with these names.

        kfp can do this for a run only for the outermost tasks, and here all tasks are in one group.
        """
        changed = copy.deepcopy(self.documents)
        for name, task in _iterate_tasks(changed[0]):
            if names is None or name in names:
                task["cachingOptions"] = {}
        return Spec(changed)

    def write(self, path: Path) -> None:
        """Write the spec for an upload."""
        with path.open("w", encoding="utf-8") as file:
            yaml.safe_dump_all(self.documents, file, sort_keys=True, allow_unicode=True)


def _iterate_tasks(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (spec["root"], *spec.get("components", {}).values()):
        yield from part.get("dag", {}).get("tasks", {}).items()
