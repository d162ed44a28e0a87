"""A task as kfp hands it over to be run: what it is called, what it gets, and what it owes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.local.run_state import get_stage

_WITHOUT_FILE = ("system.Metrics", "system.ClassificationMetrics")


@dataclass(frozen=True)
class KfpTask:
    """One task of a run.

    Parameters
    ----------
    name : str
        The task; those of a loop have one name.
    parameters : mapping of str to JSON values
        What it was given.
    outputs : mapping
        ``outputs`` of kfp's executor input: where each output belongs.
    """

    name: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @classmethod
    def from_command(cls, command: Sequence[str]) -> "KfpTask":
        """Find out from the command of a component's container."""
        given = json.loads(command[command.index("--executor_input") + 1])
        outputs = given["outputs"]
        # kfp keeps a task's files in a folder of its name.
        name = Path(outputs["outputFile"]).parent.name
        return cls(name, given.get("inputs", {}).get("parameterValues", {}), outputs)

    @property
    def stage(self) -> str:
        """The stage that it belongs to."""
        return get_stage(self.name)

    def list_missing_outputs(self) -> list[str]:
        """Return the names of the outputs that it has not left behind, parameters first."""
        told = self._read_executor_output()
        parameters = self.outputs.get("parameters", {})
        missing = [
            name
            for name, place in parameters.items()
            if name not in told.get("parameterValues", {}) and not Path(place["outputFile"]).exists()
        ]
        for name, listed in self.outputs.get("artifacts", {}).items():
            (artifact,) = listed["artifacts"]
            # Figures are metadata and have no file: kfp's executor tells of them.
            is_told = artifact["type"]["schemaTitle"] in _WITHOUT_FILE and name in told.get("artifacts", {})
            if not (is_told or Path(artifact["uri"]).exists()):
                missing.append(name)
        return missing

    def _read_executor_output(self) -> dict[str, Any]:
        path = Path(self.outputs["outputFile"])
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return told
