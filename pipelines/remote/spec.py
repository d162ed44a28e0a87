"""A compiled pipeline, as it is sent to a cluster."""

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.errors import InvalidSetting
from pipelines.catalogue import PIPELINES
from pipelines.parameters import Parameter

_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Spec:
    """A compiled pipeline.

    Attributes
    ----------
    documents : tuple of dict
        The pipeline, and after it what is for Kubernetes alone, if anything.
    """

    documents: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, pipeline: str, folder: Path) -> "Spec":
        """Read a pipeline from where ``compile`` writes it.

        A missing one is not compiled on the way: compiling decides which images run, so it is a step of its
        own.

        Parameters
        ----------
        pipeline : str
            Name of a pipeline of the catalogue.
        folder : Path
            What ``compile`` had as its output.

        Raises
        ------
        InvalidSetting
            There is no such pipeline, it is not compiled, or the file is no spec.
        """
        if pipeline not in PIPELINES:
            raise InvalidSetting.from_unknown_name("pipeline", pipeline, PIPELINES)
        path = folder / "pipelines" / f"{pipeline}.yaml"
        try:
            documents = tuple(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InvalidSetting(
                f"The compiled pipeline {path} cannot be read: {error.strerror}.",
                "Compile it with the images that are to run: make compile REGISTRY=... TAG=...",
            ) from None
        except (yaml.YAMLError, ValueError):
            documents = ()
        if not documents or not all(isinstance(document, dict) for document in documents):
            raise InvalidSetting(f"{path} is no compiled pipeline.", "Compile it anew: make compile.")
        if not {"pipelineInfo", "root", "deploymentSpec"} <= documents[0].keys():
            raise InvalidSetting(f"{path} is no compiled pipeline.", "Compile it anew: make compile.")
        return cls(documents)

    @property
    def name(self) -> str:
        """Name of the pipeline."""
        return str(self.documents[0]["pipelineInfo"]["name"])

    @property
    def description(self) -> str:
        """What the pipeline does, in a line; empty where it does not say."""
        return str(self.documents[0]["pipelineInfo"].get("description", ""))

    @property
    def version(self) -> str:
        """Name of this very content, whatever its file looks like."""
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
        """Every image that a task runs in, once, sorted."""
        executors = self.documents[0]["deploymentSpec"]["executors"].values()
        return sorted({executor["container"]["image"] for executor in executors if "container" in executor})

    @property
    def titles(self) -> dict[str, str]:
        """What people call each task that does work, by its name in the spec."""
        return {
            name: str(task.get("taskInfo", {}).get("name", name))
            for name, task in _iterate_tasks(self.documents[0])
            if "dag" not in self.documents[0]["components"][task["componentRef"]["name"]]
        }

    def disable_cache(self) -> "Spec":
        """Return the same pipeline with every task run anew.

        kfp can say so for a run only of the outermost tasks, and here those are one group.
        """
        changed = copy.deepcopy(self.documents)
        for _, task in _iterate_tasks(changed[0]):
            task["cachingOptions"] = {}
        return Spec(changed)

    def write(self, path: Path) -> None:
        """Write the spec for an upload."""
        with path.open("w", encoding="utf-8") as file:
            yaml.safe_dump_all(self.documents, file, sort_keys=True, allow_unicode=True)


def _iterate_tasks(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (spec["root"], *spec.get("components", {}).values()):
        yield from part.get("dag", {}).get("tasks", {}).items()
